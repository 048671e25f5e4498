package dev.howdah.cli;

import dev.howdah.api.model.Connection;
import dev.howdah.api.model.PlatformStatus;
import dev.howdah.api.model.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Says how to connect, and what to know before.
 *
 * @param password where it has just been made
 * @param program what the reader types to run this program
 * @param home the option that names the home, with a blank in front; empty for the usual one
 * @param target the options that name the branch, likewise
 */
record ConnectionDrawing(
        PlatformStatus status, Role role, Optional<String> password, String program, String home, String target) {
    List<String> draw(Connection connection) {
        var lines = new ArrayList<String>();
        lines.addAll(rows(
                row("direct", status.direct().toString(), "one server connection per client; DDL, COPY, replication"),
                row("pooled", status.pooled().toString(), "transaction pooling; applications"),
                row("api", "http://" + status.api(), "REST"),
                row("ca", connection.sslrootcert(), "sslmode=%s sslrootcert=".formatted(connection.sslmode())),
                row("data", status.home(), "")));
        lines.add("");
        lines.add("Role %s, database %s:".formatted(Text.oneLine(role.name()), connection.database()));
        lines.addAll(rows(Stream.concat(
                        password.map(text -> row("password", text, "")).stream(),
                        Stream.of(
                                row("psql", connection.psql(), ""),
                                row("url", connection.uri(), ""),
                                row("pooled", connection.pooledUri(), ""),
                                row("jdbc", connection.jdbc(), "")))
                .toArray(Row[]::new)));
        lines.add("");
        lines.addAll(passwordHints());
        lines.add("There are no backups yet: what is deleted is gone.");
        lines.add("To stop: " + program + " down" + home);
        return List.copyOf(lines);
    }

    private List<String> passwordHints() {
        var reset = "%s role %s%s%s"
                .formatted(
                        program,
                        role.isDefault() ? "reset-default" : "reset " + ShellQuoting.posix(role.name()),
                        target,
                        home);
        var none = "Without a password: eval \"$(%s env%s%s)\" && psql".formatted(program, target, home);
        if (password.isPresent()) {
            return List.of("The password is shown this once; for a new one: " + reset, none);
        }
        return List.of((role.ready() ? "For a new password: " : "It has no password yet; for one: ") + reset, none);
    }

    private record Row(String name, String value, String remark) {}

    private static Row row(String name, String value, String remark) {
        return new Row(name, value, remark);
    }

    private static List<String> rows(Row... rows) {
        return Table.aligned(Stream.of(rows)
                        .map(row -> List.of(row.name(), Text.oneLine(row.value()), row.remark()))
                        .toList())
                .stream()
                .map(line -> "  " + line)
                .toList();
    }
}
