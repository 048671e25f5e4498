package dev.howdah.client;

import java.util.List;
import java.util.Optional;

/** The result of one statement as text; an empty value is NULL. Without columns it is a command that returns none. */
public record Rows(List<String> columns, List<List<Optional<String>>> rows, String commandTag) {
    public Rows {
        columns = List.copyOf(columns);
        rows = List.copyOf(rows);
    }

    public int size() {
        return rows.size();
    }

    public boolean isEmpty() {
        return rows.isEmpty();
    }

    /** A column that the statement does not have is a bug: {@link IllegalStateException}. */
    public Optional<String> value(int row, String column) {
        var index = columns.indexOf(column);
        if (index < 0) {
            throw new IllegalStateException("no column \"%s\" among %s".formatted(column, columns));
        }
        return rows.get(row).get(index);
    }

    /** A value that is never NULL in the first, usually only, row. */
    public String first(String column) {
        if (rows.isEmpty()) {
            throw new IllegalStateException("no row where one with \"%s\" was expected".formatted(column));
        }
        return value(0, column).orElseThrow(() -> new IllegalStateException("\"%s\" is NULL".formatted(column)));
    }
}
