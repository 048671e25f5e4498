package dev.howdah.cli;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/** Waits for something that can only be asked for again and again. */
final class Waiting {
    private static final Duration PAUSE_FIRST = Duration.ofMillis(100);
    private static final Duration PAUSE_LONGEST = Duration.ofSeconds(1);

    private final Environment environment;
    private final Duration limit;

    Waiting(Environment environment, Duration limit) {
        this.environment = environment;
        this.limit = limit;
    }

    /** Asks until there is an answer; empty when the limit has passed. The pauses grow. */
    <T> Optional<T> until(Supplier<Optional<T>> question) {
        var end = environment.clock().instant().plus(limit);
        var pause = PAUSE_FIRST;
        while (true) {
            var answer = question.get();
            if (answer.isPresent() || environment.clock().instant().isAfter(end)) {
                return answer;
            }
            pause(pause);
            pause = pause.multipliedBy(3).dividedBy(2);
            pause = pause.compareTo(PAUSE_LONGEST) > 0 ? PAUSE_LONGEST : pause;
        }
    }

    static void pause(Duration duration) {
        try {
            Thread.sleep(duration);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** What to throw when the thread is told to stop; the thread keeps knowing it. */
    static CliFailure interrupted(InterruptedException cause) {
        Thread.currentThread().interrupt();
        var failure = CliFailure.failure("interrupted", "interrupted", "");
        failure.initCause(cause);
        return failure;
    }
}
