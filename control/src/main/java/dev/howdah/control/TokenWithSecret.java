package dev.howdah.control;

/** A token and its secret: the only time that it can be read. */
public record TokenWithSecret(Token token, String secret) {
    /** Without the secret, so that it cannot slip into a log. */
    @Override
    public String toString() {
        return "TokenWithSecret[token=" + token + "]";
    }
}
