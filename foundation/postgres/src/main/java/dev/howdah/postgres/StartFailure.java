package dev.howdah.postgres;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.locks.LockSupport;

/** Turns what a server said before it gave up into a message for people. */
final class StartFailure {
    private static final Duration LAST_WORDS_WAIT = Duration.ofSeconds(1);
    private static final Duration POLL = Duration.ofMillis(10);

    private StartFailure() {}

    static PlatformException of(ServerConfig config, StartLog log, OptionalInt status) {
        var tail = lastWords(log);
        var text = String.join("\n", tail);
        var state = stateFor(text);
        return new PlatformException(
                state,
                "the server %s did not start (exit status %s):%n%s"
                        .formatted(
                                config.clusterName(),
                                status.isPresent() ? status.getAsInt() : "unknown",
                                text.isEmpty() ? "it said nothing" : text),
                hintFor(state, config));
    }

    private static List<String> lastWords(StartLog log) {
        var deadline = System.nanoTime() + LAST_WORDS_WAIT.toNanos();
        var tail = log.tail();
        while (!StartLog.explains(tail) && System.nanoTime() < deadline) {
            LockSupport.parkNanos(POLL.toNanos());
            tail = log.tail();
        }
        return tail;
    }

    private static SqlState stateFor(String text) {
        if (text.contains("No space left on device")) {
            return SqlState.DISK_FULL;
        }
        if (text.contains("Is another postmaster")
                || text.contains("already in use")
                || text.contains("already exists")) {
            return SqlState.OBJECT_IN_USE;
        }
        return text.contains("Permission denied") ? SqlState.INSUFFICIENT_PRIVILEGE : SqlState.CANNOT_CONNECT_NOW;
    }

    private static String hintFor(SqlState state, ServerConfig config) {
        return switch (state) {
            case DISK_FULL -> "Free space on the file system of %s.".formatted(config.dataDirectory());
            case OBJECT_IN_USE ->
                "Stop the other server, or give this one another port or socket directory (%s)."
                        .formatted(config.address().socket());
            case INSUFFICIENT_PRIVILEGE ->
                "Check the permissions of %s and %s.".formatted(config.dataDirectory(), config.socketDirectory());
            default -> "The whole log is in %s.".formatted(config.logDirectory());
        };
    }
}
