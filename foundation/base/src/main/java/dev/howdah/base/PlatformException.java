package dev.howdah.base;

import java.util.Optional;

/**
 * A failure that a user will read, on the wire, over the API or in a terminal. The SQLSTATE is the contract; the message says what was refused
 * and why, the hint what to do.
 */
public final class PlatformException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final SqlState state;
    private final String hint;

    public PlatformException(SqlState state, String message, String hint) {
        super(message);
        this.state = state;
        this.hint = hint;
    }

    public PlatformException(SqlState state, String message, String hint, Throwable cause) {
        super(message, cause);
        this.state = state;
        this.hint = hint;
    }

    public SqlState state() {
        return state;
    }

    /** What to do; empty where nothing can be done. */
    public Optional<String> hint() {
        return hint.isEmpty() ? Optional.empty() : Optional.of(hint);
    }

    /** The message as written by the thrower; never null. */
    public String message() {
        return String.valueOf(getMessage());
    }

    public static PlatformException invalid(String message, String hint) {
        return new PlatformException(SqlState.INVALID_PARAMETER_VALUE, message, hint);
    }

    public static PlatformException notFound(String message, String hint) {
        return new PlatformException(SqlState.UNDEFINED_OBJECT, message, hint);
    }

    public static PlatformException duplicate(String message, String hint) {
        return new PlatformException(SqlState.DUPLICATE_OBJECT, message, hint);
    }
}
