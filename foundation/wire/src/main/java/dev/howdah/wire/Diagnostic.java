package dev.howdah.wire;

import static dev.howdah.base.Checks.require;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The fields of an error or a notice, by PostgreSQL's one-character codes, in the order they were sent. Build one with {@link #of} and
 * {@code with...}; what a server sent is kept whole, unknown fields included.
 */
public record Diagnostic(Map<Character, String> fields) {
    private static final char SEVERITY_LOCALIZED = 'S';
    private static final char SEVERITY = 'V';
    private static final char CODE = 'C';
    private static final char MESSAGE = 'M';
    private static final char DETAIL = 'D';
    private static final char HINT = 'H';
    private static final char POSITION = 'P';
    private static final char ROUTINE = 'R';

    /** PostgreSQL's own levels; FATAL ends the session, PANIC the server. */
    public enum Severity {
        DEBUG,
        LOG,
        INFO,
        NOTICE,
        WARNING,
        ERROR,
        FATAL,
        PANIC
    }

    public Diagnostic {
        fields.keySet().forEach(code -> require(code > 0 && code <= 0xFF, "a field code is one byte and not zero"));
        fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
    }

    public static Diagnostic of(Severity severity, String code, String message) {
        var fields = new LinkedHashMap<Character, String>();
        fields.put(SEVERITY_LOCALIZED, severity.name());
        fields.put(SEVERITY, severity.name());
        fields.put(CODE, code);
        fields.put(MESSAGE, message);
        return new Diagnostic(fields);
    }

    public static Diagnostic of(Severity severity, SqlState state, String message) {
        return of(severity, state.code(), message);
    }

    /** A failure as the client will read it. */
    public static Diagnostic of(Severity severity, PlatformException failure) {
        var diagnostic = of(severity, failure.state(), failure.message());
        return failure.hint().map(diagnostic::withHint).orElse(diagnostic);
    }

    public Diagnostic withDetail(String detail) {
        return with(DETAIL, detail);
    }

    public Diagnostic withHint(String hint) {
        return with(HINT, hint);
    }

    public Diagnostic with(char code, String value) {
        var all = new LinkedHashMap<>(fields);
        all.put(code, value);
        return new Diagnostic(all);
    }

    /** Never in the server's language, unlike what people read. */
    public String severity() {
        return field(SEVERITY).or(() -> field(SEVERITY_LOCALIZED)).orElse("");
    }

    /** The SQLSTATE; empty when the sender gave none. */
    public String code() {
        return field(CODE).orElse("");
    }

    public boolean is(SqlState state) {
        return code().equals(state.code());
    }

    public String message() {
        return field(MESSAGE).orElse("");
    }

    public Optional<String> detail() {
        return field(DETAIL);
    }

    public Optional<String> hint() {
        return field(HINT);
    }

    /** Where in the statement, in characters from 1, as the server wrote it. */
    public Optional<String> position() {
        return field(POSITION);
    }

    /** The function of PostgreSQL's source that reported it. */
    public Optional<String> routine() {
        return field(ROUTINE);
    }

    public Optional<String> field(char code) {
        return Optional.ofNullable(fields.get(code));
    }
}
