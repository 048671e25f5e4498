package dev.howdah.cli;

import java.util.Optional;

/** A command that cannot do what it was asked for; ends with {@code error:} and {@code hint:} lines and an exit code. */
final class CliFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int exitCode;
    private final String code;
    private final String hint;
    private final String document;

    /**
     * @param code a stable word for programs
     * @param hint what to do; empty when nothing can be done
     */
    CliFailure(int exitCode, String code, String message, String hint) {
        this(exitCode, code, message, hint, "");
    }

    /** @param document the problem document as the API sent it; empty when the API did not speak */
    CliFailure(int exitCode, String code, String message, String hint, String document) {
        super(message);
        this.exitCode = exitCode;
        this.code = code;
        this.hint = hint;
        this.document = document;
    }

    static CliFailure failure(String code, String message, String hint) {
        return new CliFailure(ExitCode.FAILURE, code, message, hint);
    }

    static CliFailure usage(String message, String hint) {
        return new CliFailure(ExitCode.USAGE, "usage", message, hint);
    }

    int exitCode() {
        return exitCode;
    }

    String code() {
        return code;
    }

    String message() {
        return String.valueOf(getMessage());
    }

    Optional<String> hint() {
        return hint.isEmpty() ? Optional.empty() : Optional.of(hint);
    }

    Optional<String> document() {
        return document.isEmpty() ? Optional.empty() : Optional.of(document);
    }
}
