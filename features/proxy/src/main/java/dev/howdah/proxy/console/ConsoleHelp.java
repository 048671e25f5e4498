package dev.howdah.proxy.console;

import static dev.howdah.proxy.console.ConsoleTable.row;

import dev.howdah.wire.Diagnostic;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What SHOW HELP answers: the list as a notice, as PgBouncer sends it, and what each command does as rows. */
final class ConsoleHelp {
    private static final String NOTICE_CODE = "00000";

    private static final List<List<Optional<String>>> STEERING = List.of(
            row("SET key = value", "changes a setting at once; SHOW CONFIG has the names"),
            row("RELOAD", "reads the settings' file again"),
            row("PAUSE [db]", "holds new transactions; answers when the servers are free and closed"),
            row("RESUME [db]", "ends PAUSE and KILL"),
            row("DISABLE db", "refuses new clients"),
            row("ENABLE db", "lets them in again"),
            row("RECONNECT [db]", "replaces every server connection once it is free"),
            row("WAIT_CLOSE [db]", "answers when those of RECONNECT are closed"),
            row("KILL [db]", "ends clients and servers at once, and pauses"),
            row("KILL_CLIENT id", "ends one client"));

    private ConsoleHelp() {}

    static ConsoleAnswer answer() {
        var rows = Stream.concat(
                Arrays.stream(ConsoleView.values()).map(view -> row("SHOW " + view.name(), view.meaning())),
                STEERING.stream());
        return ConsoleAnswer.rows("SHOW", ConsoleTable.of(ConsoleView.HELP.columns(), rows))
                .with(notice());
    }

    private static Diagnostic notice() {
        var views = Arrays.stream(ConsoleView.values()).map(Enum::name).collect(Collectors.joining("|"));
        var steering = STEERING.stream()
                .map(row -> "\t" + row.getFirst().orElseThrow())
                .collect(Collectors.joining("\n"));
        return Diagnostic.of(Diagnostic.Severity.NOTICE, NOTICE_CODE, "Console usage")
                .withDetail("\n\tSHOW " + views + "\n" + steering);
    }
}
