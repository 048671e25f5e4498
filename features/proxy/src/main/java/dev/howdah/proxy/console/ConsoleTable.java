package dev.howdah.proxy.console;

import static dev.howdah.base.Checks.require;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import dev.howdah.wire.BackendMessage.DataRow;
import dev.howdah.wire.BackendMessage.Field;
import dev.howdah.wire.BackendMessage.RowDescription;
import dev.howdah.wire.ByteString;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a command answers with: named, typed columns, and rows of text. An empty value is NULL. */
public record ConsoleTable(List<Column> columns, List<List<Optional<String>>> rows) {
    private static final int TEXT = 0;
    private static final int BINARY = 1;

    /** One column. */
    public record Column(String name, ConsoleType type) {}

    public ConsoleTable {
        columns = List.copyOf(columns);
        rows = List.copyOf(rows);
    }

    static ConsoleTable of(List<Column> columns, Stream<List<Optional<String>>> rows) {
        return new ConsoleTable(columns, rows.toList());
    }

    /** Columns of one type. */
    static List<Column> named(ConsoleType type, String... names) {
        return Arrays.stream(names).map(name -> new Column(name, type)).toList();
    }

    /** Values as they will be shown; null is NULL. */
    static List<Optional<String>> row(@Nullable Object... values) {
        var row = new ArrayList<Optional<String>>(values.length);
        for (var value : values) {
            row.add(Optional.ofNullable(value).map(Object::toString));
        }
        return row;
    }

    /** @param formats as Bind gives them: none for all text, one for all columns, or one for each */
    static RowDescription description(List<Column> columns, List<Integer> formats) {
        return new RowDescription(IntStream.range(0, columns.size())
                .mapToObj(i -> {
                    var column = columns.get(i);
                    var type = column.type();
                    return new Field(column.name(), 0, 0, type.oid(), type.size(), -1, format(formats, i));
                })
                .toList());
    }

    DataRow dataRow(int index, List<Integer> formats) {
        var row = rows.get(index);
        require(row.size() == columns.size(), "a row must have a value for every column");
        var values = new ArrayList<Optional<ByteString>>(row.size());
        for (var i = 0; i < row.size(); i++) {
            var type = columns.get(i).type();
            var binary = format(formats, i) == BINARY;
            values.add(row.get(i).map(value -> binary ? type.binary(value) : type.text(value)));
        }
        return new DataRow(values);
    }

    /** Refuses formats that fit no result of so many columns. */
    static void checkFormats(List<Integer> formats, int columns) {
        if (formats.size() > 1 && formats.size() != columns) {
            throw new PlatformException(
                    SqlState.PROTOCOL_VIOLATION,
                    "bind message has %d result formats but query has %d columns".formatted(formats.size(), columns),
                    "");
        }
        for (var format : formats) {
            if (format != TEXT && format != BINARY) {
                throw new PlatformException(
                        SqlState.INVALID_PARAMETER_VALUE, "unsupported format code: %d".formatted(format), "");
            }
        }
    }

    private static int format(List<Integer> formats, int column) {
        return switch (formats.size()) {
            case 0 -> TEXT;
            case 1 -> formats.getFirst();
            default -> formats.get(column);
        };
    }
}
