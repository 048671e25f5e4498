package dev.howdah.coordination;

/** The coordination store could not be reached, read or written. */
public final class CoordinationException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public CoordinationException(String message, Throwable cause) {
        super(message, cause);
    }
}
