package dev.howdah.api.model;

/**
 * A token and its secret, which is shown this once.
 *
 * @param secret empty when a request is repeated with the same idempotency key
 */
public record TokenSecret(Token token, String secret) {
    /** Leaves the secret out, so that no log line holds it by accident. */
    @Override
    public String toString() {
        return "TokenSecret[" + token.id() + "]";
    }
}
