package dev.howdah.wire;

import static dev.howdah.wire.ScramAttributes.malformed;
import static dev.howdah.wire.WireLimits.violation;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import dev.howdah.wire.FrontendMessage.SaslInitialResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * The server's side of one SCRAM-SHA-256 or SCRAM-SHA-256-PLUS login (RFC 5802, 7677, 5929), with PostgreSQL's rules.
 * {@link #start} takes the SASLInitialResponse, {@link #next} every SASLResponse after it; a step other than a challenge is the last one.
 * A mock verifier goes the whole way and is refused only at the end. Not thread-safe.
 */
public final class ScramServer {
    public static final String SCRAM_SHA_256 = "SCRAM-SHA-256";
    public static final String SCRAM_SHA_256_PLUS = "SCRAM-SHA-256-PLUS";

    static final int NONCE_BYTES = 18;
    static final String END_POINT = "tls-server-end-point";

    private enum State {
        START,
        AWAITING_CLIENT_FIRST,
        AWAITING_CLIENT_FINAL,
        DONE
    }

    private final ScramVerifier verifier;
    private final Optional<ByteString> endPointHash;
    private final String serverNonce;

    private State state = State.START;
    private boolean bound;
    private char bindingFlag;
    private String clientFirstBare = "";
    private String nonce = "";
    private String serverFirst = "";

    /**
     * @param endPointHash the hash of the certificate this connection showed ({@link ChannelBinding}); present means SCRAM-SHA-256-PLUS is
     *     offered, so it must be empty on a connection without TLS
     * @param random secure outside of tests
     */
    public ScramServer(ScramVerifier verifier, Optional<ByteString> endPointHash, RandomGenerator random) {
        this.verifier = verifier;
        this.endPointHash = endPointHash;
        var bytes = new byte[NONCE_BYTES];
        random.nextBytes(bytes);
        this.serverNonce = Base64.getEncoder().encodeToString(bytes);
    }

    /** For known vectors. */
    ScramServer(ScramVerifier verifier, Optional<ByteString> endPointHash, String serverNonce) {
        this.verifier = verifier;
        this.endPointHash = endPointHash;
        this.serverNonce = serverNonce;
    }

    /** What to offer in {@code AuthenticationSASL}, strongest first. */
    public List<String> mechanisms() {
        return endPointHash.isPresent() ? List.of(SCRAM_SHA_256_PLUS, SCRAM_SHA_256) : List.of(SCRAM_SHA_256);
    }

    public ScramStep start(SaslInitialResponse initial) {
        require(State.START);
        if (!mechanisms().contains(initial.mechanism())) {
            throw violation("client selected an invalid SASL authentication mechanism");
        }
        bound = initial.mechanism().equals(SCRAM_SHA_256_PLUS);
        state = State.AWAITING_CLIENT_FIRST;
        return initial.response()
                .map(this::clientFirst)
                .orElseGet(() -> new ScramStep.Challenge(ByteString.EMPTY)); // the client asks us to begin
    }

    public ScramStep next(ByteString response) {
        return switch (state) {
            case AWAITING_CLIENT_FIRST -> clientFirst(response);
            case AWAITING_CLIENT_FINAL -> clientFinal(response);
            case START, DONE -> throw new IllegalStateException("no SASL response is awaited in state " + state);
        };
    }

    private ScramStep clientFirst(ByteString message) {
        var attributes = new ScramAttributes(message);
        readBindingFlag(attributes);
        clientFirstBare = attributes.from(attributes.position());
        if (attributes.peek() == 'm') {
            throw unsupported("client requires an unsupported SCRAM extension");
        }
        attributes.value('n'); // ignored: the user name is the one of the startup packet
        var clientNonce = attributes.value('r');
        if (!ScramAttributes.isPrintable(clientNonce)) {
            throw violation("non-printable characters in SCRAM nonce");
        }
        while (!attributes.atEnd()) {
            attributes.next();
        }
        nonce = clientNonce + serverNonce;
        serverFirst = "r=%s,s=%s,i=%d"
                .formatted(
                        nonce,
                        Base64.getEncoder().encodeToString(verifier.salt().array()),
                        verifier.iterations());
        state = State.AWAITING_CLIENT_FINAL;
        return new ScramStep.Challenge(ByteString.ofUtf8(serverFirst));
    }

    /** The GS2 header: binding flag, then an authorization identity, which nobody may give. */
    private void readBindingFlag(ScramAttributes attributes) {
        bindingFlag = attributes.peek();
        switch (bindingFlag) {
            case 'n', 'y' -> readUnbound(attributes);
            case 'p' -> readBound(attributes);
            default ->
                throw malformed(
                        "Unexpected channel-binding flag \"%s\".".formatted(ScramAttributes.shown(bindingFlag)));
        }
        if (attributes.peek() == 'a') {
            throw unsupported("client uses authorization identity, but it is not supported");
        }
        if (attributes.peek() != ',') {
            throw malformed("Unexpected attribute \"%s\" in client-first-message."
                    .formatted(ScramAttributes.shown(attributes.peek())));
        }
        attributes.skip();
    }

    private void readUnbound(ScramAttributes attributes) {
        if (bound) {
            throw malformed(
                    "The client selected SCRAM-SHA-256-PLUS, but the SCRAM message does not include channel binding data.");
        }
        if (bindingFlag == 'y' && endPointHash.isPresent()) { // somebody in between removed PLUS from our offer
            throw new PlatformException(
                    SqlState.INVALID_AUTHORIZATION_SPECIFICATION,
                    "SCRAM channel binding negotiation error",
                    "The client supports SCRAM channel binding but thinks the server does not.  However, this server does support channel binding.");
        }
        attributes.skip();
        attributes.requireComma();
    }

    private void readBound(ScramAttributes attributes) {
        if (!bound) {
            throw malformed(
                    "The client selected SCRAM-SHA-256 without channel binding, but the SCRAM message includes channel binding data.");
        }
        var type = attributes.value('p');
        if (!type.equals(END_POINT)) {
            throw violation("unsupported SCRAM channel-binding type \"%s\"".formatted(type));
        }
    }

    private ScramStep clientFinal(ByteString message) {
        var attributes = new ScramAttributes(message);
        checkBinding(attributes.value('c'));
        var finalNonce = attributes.value('r');
        var proof = readProof(attributes);
        if (!finalNonce.equals(nonce)) {
            throw violation("invalid SCRAM response", "Nonce does not match.");
        }
        state = State.DONE;
        return verify(proof.bytes.array(), proof.messageWithout);
    }

    private record Proof(ByteString bytes, String messageWithout) {}

    private static Proof readProof(ScramAttributes attributes) {
        int start;
        ScramAttributes.Attribute attribute;
        do { // optional extensions may stand before the proof
            start = attributes.position();
            attribute = attributes.next();
        } while (attribute.name() != 'p');
        var bytes = decodeProof(attribute.value());
        if (!attributes.atEnd()) {
            throw malformed("Garbage found at the end of client-final-message.");
        }
        return new Proof(ByteString.owning(bytes), attributes.upTo(start - 1)); // without the comma before the proof
    }

    private static byte[] decodeProof(String base64) {
        try {
            var bytes = Base64.getDecoder().decode(base64);
            if (bytes.length == ScramKeys.KEY_BYTES) {
                return bytes;
            }
        } catch (IllegalArgumentException _) {
            // not base 64: the same answer as for another length
        }
        throw malformed("Malformed proof in client-final-message.");
    }

    private void checkBinding(String binding) {
        if (!bound) {
            if (!binding.equals(bindingFlag == 'n' ? "biws" : "eSws")) { // base 64 of "n,," and "y,,"
                throw violation("unexpected SCRAM channel-binding attribute in client-final-message");
            }
        } else if (!binding.equals(bindingAttribute(endPointHash.orElseThrow()))) {
            throw new PlatformException(
                    SqlState.INVALID_AUTHORIZATION_SPECIFICATION,
                    "SCRAM channel binding check failed",
                    "The client saw another certificate than the one shown here: something stands between the two.");
        }
    }

    /** The {@code c=} value of a bound login: GS2 header and certificate hash. */
    static String bindingAttribute(ByteString endPointHash) {
        var header = ("p=" + END_POINT + ",,").getBytes(StandardCharsets.US_ASCII);
        var writer = new WireWriter();
        writer.bytes(header);
        writer.bytes(endPointHash);
        return Base64.getEncoder()
                .encodeToString(ByteString.of(writer.toByteBuffer()).array());
    }

    private ScramStep verify(byte[] proof, String finalWithoutProof) {
        var message = clientFirstBare + "," + serverFirst + "," + finalWithoutProof;
        var clientSignature = ScramKeys.hmac(verifier.storedKey().array(), message);
        var clientKey = ScramKeys.xor(proof, clientSignature);
        var proven = ByteString.owning(ScramKeys.sha256(clientKey)).equalsInConstantTime(verifier.storedKey());
        var signature = ScramKeys.hmac(verifier.serverKey().array(), message); // always, so that time tells nothing
        if (!proven || verifier.mock()) {
            return new ScramStep.Refused();
        }
        var serverFinal = "v=" + Base64.getEncoder().encodeToString(signature);
        return new ScramStep.Verified(ByteString.ofUtf8(serverFinal), ByteString.owning(clientKey));
    }

    private void require(State expected) {
        if (state != expected) {
            throw new IllegalStateException("SCRAM login is in state %s, not %s".formatted(state, expected));
        }
    }

    private static PlatformException unsupported(String message) {
        return new PlatformException(SqlState.FEATURE_NOT_SUPPORTED, message, "");
    }
}
