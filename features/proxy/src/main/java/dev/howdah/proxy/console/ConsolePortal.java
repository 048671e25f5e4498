package dev.howdah.proxy.console;

import dev.howdah.wire.BackendMessage;
import dev.howdah.wire.BackendMessage.CommandComplete;
import dev.howdah.wire.BackendMessage.PortalSuspended;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A statement that is bound, and what is left of its rows. Used on one loop only. */
final class ConsolePortal {
    final Statement statement;
    final List<Integer> formats;
    /** Once it has been carried out. */
    @Nullable ConsoleAnswer answer;

    private int sent;

    /** A statement that was parsed; nothing for an empty one. */
    record Statement(Optional<ConsoleCommand> command) {}

    ConsolePortal(Statement statement, List<Integer> formats) {
        this.statement = statement;
        this.formats = List.copyOf(formats);
    }

    /** The next rows, and whether there are more. */
    List<BackendMessage> next(ConsoleAnswer from, int rowLimit) {
        var messages = new ArrayList<BackendMessage>();
        var rows = from.table().map(table -> table.rows().size()).orElse(0);
        var end = rowLimit > 0 ? Math.min(rows, sent + rowLimit) : rows;
        from.table().ifPresent(table -> {
            for (var i = sent; i < end; i++) {
                messages.add(table.dataRow(i, formats));
            }
        });
        sent = end;
        messages.add(end < rows ? new PortalSuspended() : new CommandComplete(from.tag()));
        return messages;
    }
}
