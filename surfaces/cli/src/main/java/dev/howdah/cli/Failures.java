package dev.howdah.cli;

import dev.howdah.base.PlatformException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** What a failed command writes, and its exit code. A stack trace only under {@code HOWDAH_DEBUG=1}. */
final class Failures {
    private final Environment environment;

    Failures(Environment environment) {
        this.environment = environment;
    }

    /** Of a command that was understood and could not be carried out. */
    int execution(Exception exception, CommandLine line, ParseResult parsed) {
        trace(exception, line);
        var failure = asCliFailure(exception);
        write(failure, line, wantsJson(line));
        return failure.exitCode();
    }

    /** Of a command line that was not understood. */
    int usage(ParameterException exception, String[] arguments) {
        var line = exception.getCommandLine();
        trace(exception, line);
        var message = firstLine(String.valueOf(exception.getMessage())) + suggestion(exception);
        var wantsJson = String.join(" ", arguments).matches(".*--format[= ]json.*");
        write(
                CliFailure.usage(
                        message,
                        "See: %s --help".formatted(line.getCommandSpec().qualifiedName())),
                line,
                wantsJson);
        return ExitCode.USAGE;
    }

    private static String suggestion(ParameterException exception) {
        if (!(exception instanceof UnmatchedArgumentException unmatched)
                || unmatched.getSuggestions().isEmpty()) {
            return "";
        }
        return "; did you mean "
                + String.join(" or ", unmatched.getSuggestions().subList(0, 1)) + "?";
    }

    private static CliFailure asCliFailure(Exception exception) {
        return switch (exception) {
            case CliFailure failure -> failure;
            case PlatformException refused ->
                new CliFailure(
                        ExitCode.of(refused.state()),
                        refused.state().name().toLowerCase(Locale.ROOT),
                        refused.message(),
                        refused.hint().orElse(""));
            default ->
                CliFailure.failure(
                        "internal_error",
                        "this is a bug: %s".formatted(exception),
                        "Run it again with HOWDAH_DEBUG=1 in the environment, and report what it says.");
        };
    }

    private static void write(CliFailure failure, CommandLine line, boolean json) {
        var error = line.getErr();
        if (json) {
            error.println(failure.document().orElseGet(() -> document(failure)));
        } else {
            error.println("error: " + failure.message());
            failure.hint().ifPresent(hint -> error.println("hint: " + hint));
        }
        error.flush();
    }

    /** The same shape as the API's problem documents, for failures that never reached it. */
    private static String document(CliFailure failure) {
        var problem = new LinkedHashMap<String, Object>();
        problem.put("type", "urn:howdah:problem:" + failure.code());
        problem.put("title", "Command failed");
        problem.put("detail", failure.message());
        problem.put("code", failure.code());
        failure.hint().ifPresent(hint -> problem.put("hint", hint));
        return Json.pretty(problem);
    }

    private static boolean wantsJson(CommandLine line) {
        return Optional.ofNullable(line.getCommandSpec().findOption("--format"))
                .map(option -> option.getValue() == Format.JSON)
                .orElse(false);
    }

    private static String firstLine(String message) {
        return message.lines().findFirst().orElse(message);
    }

    private void trace(Exception exception, CommandLine line) {
        if (environment.debug()) {
            exception.printStackTrace(line.getErr());
        }
    }
}
