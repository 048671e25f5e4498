package dev.howdah.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import dev.howdah.wire.FrontendMessage.SaslInitialResponse;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScramTest {
    private static final Optional<ByteString> NO_TLS = Optional.empty();
    private static final Optional<ByteString> CERTIFICATE = Optional.of(ByteString.ofUtf8("hash of a certificate"));
    private static final ByteString SALT = ByteString.of(Base64.getDecoder().decode("W22ZaJ0SNY7soEsUEjb6gQ=="));
    private static final ScramVerifier PENCIL = ScramVerifier.derive("pencil", SALT, 4096);

    @Test
    void theExampleOfRfc7677IsReproducedByBothSides() {
        var client = new ScramClient("pencil", NO_TLS, "user", "rOprNGfwEbeRWgbNEkqO");
        var server = new ScramServer(PENCIL, NO_TLS, "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");

        var first = client.start(List.of("SCRAM-SHA-256"));
        assertEquals(
                "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
                first.response().orElseThrow().toUtf8());
        var challenge = challenge(server.start(first));
        assertEquals(
                "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
                challenge.toUtf8());
        var response = client.respond(challenge);
        assertEquals(
                "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
                response.data().toUtf8());
        var verified = assertInstanceOf(ScramStep.Verified.class, server.next(response.data()));
        assertEquals(
                "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
                verified.serverFinal().toUtf8());
        client.finish(verified.serverFinal());
        assertEquals(
                PENCIL.storedKey(),
                ByteString.of(ScramKeys.sha256(verified.clientKey().toByteArray())));
    }

    /** Made by PostgreSQL 18 for {@code CREATE ROLE ... PASSWORD 'pencil'}. */
    @Test
    void theVerifierOfPostgresqlIsReadCheckedAndWritten() {
        var text =
                "SCRAM-SHA-256$4096:n+RgzQ6B3h/sDAf9XzZtXw==$JZ4UDQ1Ma8m4QhE77haysui5tTCx3GspmYuuslUN99Y=:8y5168ky3bWQEdS38MwojF7Dx+UWs9ftQn0AGtiou4k=";
        var verifier = ScramVerifier.parse(text).orElseThrow();
        assertTrue(verifier.matches("pencil"));
        assertFalse(verifier.matches("Pencil"));
        assertEquals(text, verifier.format());
        assertEquals(
                text,
                ScramVerifier.derive("pencil", verifier.salt(), verifier.iterations())
                        .format());
        assertFalse(verifier.toString().contains(text.substring(30, 40)));
    }

    @ParameterizedTest
    @CsvSource({
        "md5a6343a68d964ca596d9752250d54bb8a",
        "''",
        "SCRAM-SHA-256$4096:AAAA$AAAA:AAAA",
        "SCRAM-SHA-256$0:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6g$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
    })
    void whatIsNotAVerifierIsNotRead(String text) {
        assertEquals(Optional.empty(), ScramVerifier.parse(text));
    }

    @Test
    void aWrongPasswordAndAnUnknownUserTakeTheSameCourse() {
        var unknown = ScramVerifier.mock(ByteString.ofUtf8("secret"), "nobody");
        for (var verifier : List.of(PENCIL, unknown)) {
            var client = client("pen", NO_TLS);
            var server = server(verifier, NO_TLS);
            var challenge = challenge(server.start(client.start(server.mechanisms())));
            assertTrue(challenge.toUtf8().endsWith(",i=4096"));
            assertEquals(
                    new ScramStep.Refused(),
                    server.next(client.respond(challenge).data()));
        }
    }

    @Test
    void theMockSaltIsStablePerNameAndSecret() {
        var secret = ByteString.ofUtf8("secret");
        var mock = ScramVerifier.mock(secret, "nobody");
        assertEquals(mock.salt(), ScramVerifier.mock(secret, "nobody").salt());
        assertFalse(mock.salt().equals(ScramVerifier.mock(secret, "nobody2").salt()));
        assertFalse(mock.salt()
                .equals(ScramVerifier.mock(ByteString.ofUtf8("other"), "nobody").salt()));
        assertEquals(
                ScramVerifier.random("x", new Random(1)).salt().size(),
                mock.salt().size());
        assertThrows(IllegalStateException.class, mock::format);
    }

    @Test
    void aMockIsRefusedEvenWhenTheProofFits() {
        var mock = new ScramVerifier(PENCIL.iterations(), PENCIL.salt(), PENCIL.storedKey(), PENCIL.serverKey(), true);
        assertEquals(new ScramStep.Refused(), login("pencil", CERTIFICATE, mock, CERTIFICATE));
    }

    @Test
    void channelBindingIsUsedWhenBothSidesCan() {
        var client = client("pencil", CERTIFICATE);
        var server = server(PENCIL, CERTIFICATE);
        var first = client.start(server.mechanisms());
        assertEquals("SCRAM-SHA-256-PLUS", first.mechanism());
        var response = client.respond(challenge(server.start(first)));
        var verified = assertInstanceOf(ScramStep.Verified.class, server.next(response.data()));
        client.finish(verified.serverFinal());
    }

    @Test
    void aClientWithoutBindingIsStillServed() {
        assertInstanceOf(ScramStep.Verified.class, login("pencil", NO_TLS, PENCIL, CERTIFICATE));
        assertInstanceOf(ScramStep.Verified.class, login("pencil", CERTIFICATE, PENCIL, NO_TLS)); // "y,,"
    }

    @Test
    void anotherCertificateInBetweenIsNoticed() {
        var between = Optional.of(ByteString.ofUtf8("hash of another certificate"));
        refused("28000", "SCRAM channel binding check failed", () -> login("pencil", between, PENCIL, CERTIFICATE));
    }

    @Test
    void aHiddenOfferOfChannelBindingIsNoticed() {
        var client = client("pencil", CERTIFICATE);
        var server = server(PENCIL, CERTIFICATE);
        var first = client.start(List.of("SCRAM-SHA-256")); // somebody cut PLUS out of the list
        refused("28000", "SCRAM channel binding negotiation error", () -> server.start(first));
    }

    @Test
    void aServerThatDoesNotKnowTheVerifierIsNotTrusted() {
        var client = client("pencil", NO_TLS);
        var response = client.respond(challenge(server(PENCIL, NO_TLS).start(client.start(List.of("SCRAM-SHA-256")))));
        assertFalse(response.data().isEmpty());
        var forged = ByteString.ofUtf8("v=" + Base64.getEncoder().encodeToString(new byte[32]));
        refused("08P01", "incorrect server signature", () -> client.finish(forged));
        refused("08P01", "incorrect server signature", () -> client.finish(ByteString.ofUtf8("v=")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "NULL",
            value = {
                "n,,n=,r=abc|NULL",
                "y,,n=,r=abc|NULL",
                "n,,n=,r=abc,x=1|NULL",
                "''|malformed SCRAM message",
                "x,,n=,r=abc|malformed SCRAM message",
                "n;,n=,r=abc|malformed SCRAM message",
                "p=tls-server-end-point,,n=,r=abc|malformed SCRAM message",
                "n,a=me,n=,r=abc|client uses authorization identity, but it is not supported",
                "n,,m=1,n=,r=abc|client requires an unsupported SCRAM extension",
                "n,,r=abc|malformed SCRAM message",
                "n,,n=,r=a c|non-printable characters in SCRAM nonce",
                "n,,n=,r=abc,1=2|malformed SCRAM message",
            })
    void clientFirstFollowsTheRulesOfPostgresql(String message, String refusal) {
        var server = server(PENCIL, NO_TLS);
        var initial = new SaslInitialResponse("SCRAM-SHA-256", Optional.of(ByteString.ofUtf8(message)));
        if (refusal == null) {
            assertInstanceOf(ScramStep.Challenge.class, server.start(initial));
        } else {
            assertEquals(
                    refusal,
                    assertThrows(PlatformException.class, () -> server.start(initial))
                            .message());
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "c=biws,r=NONCE,p=AAAA|malformed SCRAM message",
                "c=biws,r=NONCE,p=!|malformed SCRAM message",
                "c=biws,r=NONCE|malformed SCRAM message",
                "c=eSws,r=NONCE,p=PROOF|unexpected SCRAM channel-binding attribute in client-final-message",
                "c=biws,r=abc,p=PROOF|invalid SCRAM response",
                "c=biws,r=NONCE,p=PROOF,x=1|malformed SCRAM message",
            })
    void clientFinalFollowsTheRulesOfPostgresql(String message, String refusal) {
        var server = new ScramServer(PENCIL, NO_TLS, "xyz");
        server.start(new SaslInitialResponse("SCRAM-SHA-256", Optional.of(ByteString.ofUtf8("n,,n=,r=abc"))));
        var proof = Base64.getEncoder().encodeToString(new byte[32]);
        var bytes = ByteString.ofUtf8(message.replace("NONCE", "abcxyz").replace("PROOF", proof));
        refused("08P01", refusal, () -> server.next(bytes));
    }

    @Test
    void aClientMayAskTheServerToBegin() {
        var server = server(PENCIL, NO_TLS);
        var client = client("pencil", NO_TLS);
        var first = client.start(server.mechanisms());
        assertEquals(
                ByteString.EMPTY,
                challenge(server.start(new SaslInitialResponse(first.mechanism(), Optional.empty()))));
        var challenge = challenge(server.next(first.response().orElseThrow()));
        assertInstanceOf(
                ScramStep.Verified.class, server.next(client.respond(challenge).data()));
    }

    @Test
    void anUnknownMechanismIsRefused() {
        var server = server(PENCIL, NO_TLS);
        var initial = new SaslInitialResponse("SCRAM-SHA-256-PLUS", Optional.of(ByteString.EMPTY));
        refused("08P01", "client selected an invalid SASL authentication mechanism", () -> server.start(initial));
    }

    @Test
    void randomMessagesNeverMakeTheServerFailOtherwise() {
        var seed = Long.getLong("howdah.seed", new Random().nextLong());
        System.out.println("SCRAM: seed " + seed);
        var random = new Random(seed);
        var samples = List.of(
                "n,,n=,r=abc",
                "y,,n=a,r=b,x=c",
                "p=tls-server-end-point,,n=,r=b",
                "c=biws,r=abcxyz,p=" + "A".repeat(43) + "=");
        for (var i = 0; i < 100_000; i++) {
            var bytes = samples.get(random.nextInt(samples.size())).getBytes(java.nio.charset.StandardCharsets.UTF_8);
            for (var k = random.nextInt(3); k > 0; k--) {
                bytes[random.nextInt(bytes.length)] =
                        random.nextBoolean() ? (byte) random.nextInt() : (byte) "n,=pcry".charAt(random.nextInt(7));
            }
            var server = new ScramServer(PENCIL, random.nextBoolean() ? CERTIFICATE : NO_TLS, "xyz");
            try {
                var mechanisms = server.mechanisms();
                server.start(new SaslInitialResponse(
                        mechanisms.get(random.nextInt(mechanisms.size())),
                        Optional.of(ByteString.ofUtf8(samples.getFirst()))));
                var step = server.next(ByteString.of(bytes));
                assertFalse(step instanceof ScramStep.Verified, "seed " + seed + ", input " + i);
            } catch (PlatformException e) {
                assertTrue(
                        List.of("08P01", "28000", "0A000").contains(e.state().code()), "seed " + seed + ", input " + i);
            }
        }
    }

    /** The expectations are PostgreSQL's: see {@code pg_saslprep}. */
    @ParameterizedTest
    @CsvSource({
        "pencil, pencil",
        "I\u00ADX, IX", // soft hyphen is mapped to nothing
        "a\u00A0b, a b", // non-ASCII space becomes a space
        "a\u200Bb, a b", // in both tables: a space
        "\u00AA, a", // NFKC
        "\u2168, IX",
        "a\u0007\u00AA, a\u0007\u00AA", // a prohibited character: the bytes as they are
        "\u06271, \u06271", // right-to-left must also end so: the bytes as they are
        "\u2168\u0221, \u2168\u0221", // unassigned in Unicode 3.2: the bytes as they are
        "\u00AD, \u00AD", // nothing left: the bytes as they are
    })
    void passwordsArePreparedAsPostgresqlDoes(String password, String prepared) {
        assertEquals(ByteString.ofUtf8(prepared), ByteString.of(SaslPrep.prepare(password)));
    }

    /** What PostgreSQL 18 stored for these passwords: mapped, normalised, or taken as they are. */
    @ParameterizedTest
    @CsvSource({
        "a\u00A0b\u00AA, SCRAM-SHA-256$4096:RiTlO8sWHA4F2PVsL/T/JA==$IyjuED46WaTcTJk8UNMyumKkxTQhdoI42fu61QQLZNc=:hEXNumuMuHxUG3gpCXRnReWg02oDQ9YH4QWW0Q6yH+w=",
        "I\u00ADX, SCRAM-SHA-256$4096:Vgqy90Nl3rumz9kG7ZiC4A==$IPmqxV3ArEePSPlioZ1eJ1QUTBtH9US+OYT6J+0X+n0=:gvynWRtu2dek7auKl+3gZbUVOvy+WsmywjYmF3INVqU=",
        "a\u200Bb, SCRAM-SHA-256$4096:l71ALo8kxZxbsDDziUDeew==$elQxq3XVyB9Oab/IWj9OmS+LO/e1Y14Oaa82/ks76Cg=:V0pld2SIUBmA+7VN3eFpqvrZUXgoVaeNFf7cx2K92M8=",
        "a\u0007\u00AA, SCRAM-SHA-256$4096:nZIgEQOIbuL/lVMkfdZhNQ==$YueoK/LAUN6vIH+c7Qxg2Y5EtmQnVpQoAGyFxxBiMYg=:7WmgzwR3TRGWxfGzJBga/+KMz8UeBnDe0lHV2xUTTPo=",
        "\u06271\u00AA, SCRAM-SHA-256$4096:9EqjpIq8OASeFbzO3rUnJw==$EVShrvqSbXQpKQ95CEASm168fxiyLnxnS+LD4zSAgF8=:bWsMm9bkmo5kahXsEiddlbZOwmrG6FibKh12C5PgfmU=",
        "\u0627\u0628, SCRAM-SHA-256$4096:Lshj9B8wAgzDJHQxAnUIKw==$/EmdlmeWN0xPpk9JQ33IFGyuenYMaZl/QJU4sP30sUo=:xAePTl5SJsZapchzwIRQ/TArEJddkXBAiCxx6p28FsE=",
        "\u2168\uD83D\uDE00, SCRAM-SHA-256$4096:LbSAjsDpBeY2ml10r0zhCA==$RK7+82bUkYiJGeB3wf2ZlyKQJ8ZnBex81rIC0GlEm+c=:tPClZj8XMq/Z77S49tS1eRNkBmTFXUT3iL5FzQv14CQ=",
        "\u00AD, SCRAM-SHA-256$4096:CXZUIQsM104uo+9zTSkFNA==$y4CdbM3wI6Z9s2m42hhwQk0EFEGFI8USUn+EX1u4TLw=:sffAFoZhKQq5SYQyw/coBl5rNhDAUVBFPd3FiNlYjhk=",
        "\u2168\u0221, SCRAM-SHA-256$4096:YlHYgrvpBkcogkrjb3TJRg==$ZlqdFnEFDnZVqUXX2SC84PA6mMDXaf9qwZfl1g/9F9Q=:sAoZ5kuCwoavw+QxrlF+mYzuQdwKFApy6qsJN9gJ+DQ=",
        "\u1E9B\u0323, SCRAM-SHA-256$4096:VxzfqhtQFqCFfCR7Lmuttw==$fXFj+tRamHsNhmXaHnrgf94rQNrjckdz7mjAJaPxt9E=:JGkGEPngT2yHfbytUs1HDadOD3v9XEU8aBjC7vIS70g=",
        "\uFB01\u0130, SCRAM-SHA-256$4096:uZf3OwJU77gf2l3qUCOtmA==$21/avYCIoBRE9Zba10d8T6KG6+3b71z0N8LEIqrhffw=:7rziFkPbIWI5wuyo06FT/odXDiRdN4Xn0qmykXDCCe4=",
    })
    void verifiersOfUnusualPasswordsAreThoseOfPostgresql(String password, String verifier) {
        assertTrue(ScramVerifier.parse(verifier).orElseThrow().matches(password));
    }

    private static ScramStep login(
            String password,
            Optional<ByteString> clientSees,
            ScramVerifier verifier,
            Optional<ByteString> serverShows) {
        var client = client(password, clientSees);
        var server = server(verifier, serverShows);
        var challenge = challenge(server.start(client.start(server.mechanisms())));
        return server.next(client.respond(challenge).data());
    }

    private static ScramClient client(String password, Optional<ByteString> certificate) {
        return new ScramClient(password, certificate, new Random(7));
    }

    private static ScramServer server(ScramVerifier verifier, Optional<ByteString> certificate) {
        return new ScramServer(verifier, certificate, new Random(8));
    }

    private static ByteString challenge(ScramStep step) {
        return assertInstanceOf(ScramStep.Challenge.class, step).data();
    }

    private static void refused(String code, String message, org.junit.jupiter.api.function.Executable attempt) {
        var refused = assertThrows(PlatformException.class, attempt);
        assertEquals(message, refused.message());
        assertEquals(code, refused.state().code());
        assertEquals(SqlState.valueOf(refused.state().name()), refused.state());
    }
}
