package dev.howdah.client;

import dev.howdah.base.SqlState;
import dev.howdah.wire.Diagnostic;
import java.util.Optional;

/** What a PostgreSQL server refused, in its own words. */
public final class ServerException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    // Exceptions are serializable by inheritance only; nothing here ever serializes one.
    private final transient Diagnostic diagnostic;

    public ServerException(Diagnostic diagnostic) {
        super("%s: %s (%s)".formatted(diagnostic.severity(), diagnostic.message(), diagnostic.code())
                + diagnostic.detail().map(detail -> " DETAIL: " + detail).orElse(""));
        this.diagnostic = diagnostic;
    }

    /** The server's SQLSTATE. */
    public String sqlState() {
        return diagnostic.code();
    }

    public boolean is(SqlState state) {
        return diagnostic.is(state);
    }

    public String message() {
        return diagnostic.message();
    }

    public Optional<String> detail() {
        return diagnostic.detail();
    }

    public Optional<String> hint() {
        return diagnostic.hint();
    }

    public Diagnostic diagnostic() {
        return diagnostic;
    }
}
