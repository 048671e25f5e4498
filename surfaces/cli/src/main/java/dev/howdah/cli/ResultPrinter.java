package dev.howdah.cli;

import java.io.PrintWriter;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;

/** Prints rows as psql does: a table, or one line per column when expanded. NULL is shown as the word, since nothing cannot be seen. */
final class ResultPrinter {
    private static final String NULL = "NULL";

    private final PrintWriter out;
    private boolean expanded;

    ResultPrinter(PrintWriter out) {
        this.out = out;
    }

    boolean toggleExpanded() {
        expanded = !expanded;
        return expanded;
    }

    void print(ResultSet result) throws SQLException {
        var titles = titles(result.getMetaData());
        var rows = rows(result, titles.size());
        if (expanded) {
            printExpanded(titles, rows);
        } else {
            printTable(titles, rows, numeric(result.getMetaData()));
        }
    }

    private static List<String> titles(ResultSetMetaData columns) throws SQLException {
        var titles = new ArrayList<String>();
        for (var i = 1; i <= columns.getColumnCount(); i++) {
            titles.add(Text.oneLine(columns.getColumnLabel(i)));
        }
        return titles;
    }

    private static List<List<String>> rows(ResultSet result, int width) throws SQLException {
        var rows = new ArrayList<List<String>>();
        while (result.next()) {
            var row = new ArrayList<String>(width);
            for (var i = 1; i <= width; i++) {
                var value = result.getString(i);
                row.add(value == null ? NULL : Text.oneLine(value));
            }
            rows.add(row);
        }
        return rows;
    }

    private static List<Boolean> numeric(ResultSetMetaData columns) throws SQLException {
        var numeric = new ArrayList<Boolean>();
        for (var i = 1; i <= columns.getColumnCount(); i++) {
            numeric.add(
                    switch (columns.getColumnType(i)) {
                        case Types.SMALLINT, Types.INTEGER, Types.BIGINT, Types.REAL, Types.DOUBLE, Types.NUMERIC ->
                            true;
                        default -> false;
                    });
        }
        return numeric;
    }

    private void printTable(List<String> titles, List<List<String>> rows, List<Boolean> numeric) {
        var widths = new int[titles.size()];
        for (var i = 0; i < widths.length; i++) {
            widths[i] = Text.width(titles.get(i));
            for (var row : rows) {
                widths[i] = Math.max(widths[i], Text.width(row.get(i)));
            }
        }
        out.println(joined(titles, widths, numeric.stream().map(_ -> false).toList()));
        var rule = new ArrayList<String>();
        for (var width : widths) {
            rule.add("-".repeat(width + 2));
        }
        out.println(String.join("+", rule));
        rows.forEach(row -> out.println(joined(row, widths, numeric)));
        out.println(rows.size() == 1 ? "(1 row)" : "(%d rows)".formatted(rows.size()));
    }

    private static String joined(List<String> cells, int[] widths, List<Boolean> right) {
        var padded = new ArrayList<String>();
        for (var i = 0; i < widths.length; i++) {
            var cell = cells.get(i);
            var blanks = " ".repeat(widths[i] - Text.width(cell));
            padded.add(" " + (right.get(i) ? blanks + cell : cell + blanks) + " ");
        }
        return String.join("|", padded).stripTrailing();
    }

    private void printExpanded(List<String> titles, List<List<String>> rows) {
        var width = titles.stream().mapToInt(Text::width).max().orElse(0);
        for (var i = 0; i < rows.size(); i++) {
            out.println("-[ RECORD %d ]".formatted(i + 1));
            for (var column = 0; column < titles.size(); column++) {
                out.println((Text.padded(titles.get(column), width) + " | "
                                + rows.get(i).get(column))
                        .stripTrailing());
            }
        }
        if (rows.isEmpty()) {
            out.println("(0 rows)");
        }
    }
}
