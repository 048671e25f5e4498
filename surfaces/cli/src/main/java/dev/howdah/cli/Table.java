package dev.howdah.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** How rows of a kind look to people: aligned columns under capitals. Immutable. */
public final class Table<T> {
    private record Column<T>(String title, Function<T, ?> value) {}

    private final List<Column<T>> columns;

    private Table(List<Column<T>> columns) {
        this.columns = columns;
    }

    public static <T> Table<T> of(String title, Function<T, ?> value) {
        return new Table<T>(List.of()).and(title, value);
    }

    /** The same with one more column. What is absent is left blank. */
    public Table<T> and(String title, Function<T, ?> value) {
        var more = new ArrayList<>(columns);
        more.add(new Column<>(title, value));
        return new Table<>(List.copyOf(more));
    }

    /** One line per row and one for the titles. */
    public List<String> lines(List<T> rows) {
        var cells = new ArrayList<List<String>>();
        cells.add(columns.stream().map(Column::title).toList());
        for (var row : rows) {
            cells.add(columns.stream()
                    .map(column -> Text.oneLine(text(column.value().apply(row))))
                    .toList());
        }
        return aligned(cells);
    }

    /** Pads every column but the last to its widest cell. */
    static List<String> aligned(List<List<String>> rows) {
        var widths = widths(rows);
        return rows.stream().map(row -> line(row, widths)).toList();
    }

    private static int[] widths(List<List<String>> rows) {
        var widths = new int[rows.getFirst().size()];
        for (var row : rows) {
            for (var i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], Text.width(row.get(i)));
            }
        }
        return widths;
    }

    private static String line(List<String> row, int[] widths) {
        var line = new StringBuilder();
        for (var i = 0; i < widths.length; i++) {
            line.append(Text.padded(row.get(i), widths[i])).append("  ");
        }
        return line.toString().stripTrailing();
    }

    private static String text(Object value) {
        return switch (value) {
            case Optional<?> optional -> optional.map(Table::text).orElse("");
            case java.time.Instant instant -> Text.time(instant);
            case List<?> list ->
                String.join(", ", list.stream().map(Table::text).toList());
            default -> value.toString();
        };
    }
}
