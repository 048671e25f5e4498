package dev.howdah.proxy.console;

import dev.howdah.wire.Diagnostic;
import java.util.List;
import java.util.Optional;

/**
 * What a command came to.
 *
 * @param tag of CommandComplete, as PgBouncer's
 */
public record ConsoleAnswer(String tag, Optional<ConsoleTable> table, List<Diagnostic> notices) {
    public ConsoleAnswer {
        notices = List.copyOf(notices);
    }

    static ConsoleAnswer done(String tag) {
        return new ConsoleAnswer(tag, Optional.empty(), List.of());
    }

    static ConsoleAnswer rows(String tag, ConsoleTable table) {
        return new ConsoleAnswer(tag, Optional.of(table), List.of());
    }

    ConsoleAnswer with(Diagnostic notice) {
        return new ConsoleAnswer(tag, table, List.of(notice));
    }
}
