package dev.howdah.wire;

import static dev.howdah.wire.WireLimits.violation;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import dev.howdah.wire.FrontendMessage.SaslInitialResponse;
import dev.howdah.wire.FrontendMessage.SaslResponse;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * The client's side of one SCRAM login: {@link #start}, {@link #respond}, {@link #finish}. It trusts no server that cannot prove that it
 * knows the verifier. Not thread-safe.
 */
public final class ScramClient {
    /** More than this is not a setting but an attempt to keep us busy. */
    public static final int ITERATIONS_MAX = 10_000_000;

    private final String password;
    private final String user;
    private final String clientNonce;
    private final Optional<ByteString> endPointHash;

    private String header = "";
    private boolean bound;
    private ByteString expectedSignature = ByteString.EMPTY;

    /** @param endPointHash the hash of the server's certificate, when the connection is TLS and binding is wanted */
    public ScramClient(String password, Optional<ByteString> endPointHash, RandomGenerator random) {
        this(password, endPointHash, "", nonce(random)); // no user name: PostgreSQL takes the one of the startup packet
    }

    /** For known vectors. */
    ScramClient(String password, Optional<ByteString> endPointHash, String user, String clientNonce) {
        this.password = password;
        this.endPointHash = endPointHash;
        this.user = user;
        this.clientNonce = clientNonce;
    }

    private static String nonce(RandomGenerator random) {
        var bytes = new byte[ScramServer.NONCE_BYTES];
        random.nextBytes(bytes);
        return Base64.getEncoder().encodeToString(bytes);
    }

    /** Chooses the strongest of the mechanisms the server offered. */
    public SaslInitialResponse start(List<String> mechanisms) {
        bound = endPointHash.isPresent() && mechanisms.contains(ScramServer.SCRAM_SHA_256_PLUS);
        if (!bound && !mechanisms.contains(ScramServer.SCRAM_SHA_256)) {
            throw new PlatformException(
                    SqlState.FEATURE_NOT_SUPPORTED,
                    "none of the server's SASL authentication mechanisms is supported: "
                            + String.join(", ", mechanisms),
                    "");
        }
        header = bound ? "p=" + ScramServer.END_POINT + ",," : endPointHash.isPresent() ? "y,," : "n,,";
        return new SaslInitialResponse(
                bound ? ScramServer.SCRAM_SHA_256_PLUS : ScramServer.SCRAM_SHA_256,
                Optional.of(ByteString.ofUtf8(header + firstBare())));
    }

    /** Answers the server's challenge with the proof. */
    public SaslResponse respond(ByteString serverFirst) {
        var attributes = new ScramAttributes(serverFirst);
        var nonce = attributes.value('r');
        if (!nonce.startsWith(clientNonce) || nonce.length() == clientNonce.length()) {
            throw violation("invalid SCRAM response (nonce mismatch)");
        }
        var salt = base64(attributes.value('s'));
        var salted = ScramKeys.saltedPassword(password, salt, iterations(attributes.value('i')));
        var withoutProof = "c=%s,r=%s".formatted(binding(), nonce);
        var message = firstBare() + "," + serverFirst.toUtf8() + "," + withoutProof;
        var clientKey = ScramKeys.clientKey(salted);
        var proof = ScramKeys.xor(clientKey, ScramKeys.hmac(ScramKeys.sha256(clientKey), message));
        expectedSignature = ByteString.owning(ScramKeys.hmac(ScramKeys.serverKey(salted), message));
        return new SaslResponse(
                ByteString.ofUtf8(withoutProof + ",p=" + Base64.getEncoder().encodeToString(proof)));
    }

    /** Checks the server's own proof; returns only when it is right. */
    public void finish(ByteString serverFinal) {
        if (expectedSignature.isEmpty()) {
            throw violation("server sent its SCRAM signature before its challenge");
        }
        var attributes = new ScramAttributes(serverFinal);
        if (attributes.peek() == 'e') {
            throw violation("error received from server in SCRAM exchange: " + attributes.value('e'));
        }
        var signature = ByteString.owning(base64(attributes.value('v')));
        if (!signature.equalsInConstantTime(expectedSignature)) {
            throw violation(
                    "incorrect server signature",
                    "The server does not know this password: it may not be the one it claims to be.");
        }
    }

    private String firstBare() {
        return "n=%s,r=%s".formatted(user, clientNonce);
    }

    private String binding() {
        return bound
                ? ScramServer.bindingAttribute(endPointHash.orElseThrow())
                : Base64.getEncoder().encodeToString(ByteString.ofUtf8(header).array());
    }

    private static int iterations(String text) {
        try {
            var iterations = Integer.parseInt(text);
            if (iterations > 0 && iterations <= ITERATIONS_MAX) {
                return iterations;
            }
        } catch (NumberFormatException _) {
            // the same answer as for a number out of bounds
        }
        throw violation("malformed SCRAM message (invalid iteration count)");
    }

    private static byte[] base64(String text) {
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException _) {
            throw violation("malformed SCRAM message (invalid base 64)");
        }
    }
}
