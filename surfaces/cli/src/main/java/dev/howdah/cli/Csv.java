package dev.howdah.cli;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Records as CSV after RFC 4180: a header, then one line per record, lines ended by CRLF. Records inside records become {@code outer.inner} columns. */
final class Csv {
    private Csv() {}

    static String header(Class<?> type) {
        var names = new ArrayList<String>();
        addNames(type, "", names);
        return line(names);
    }

    static String row(Object value) {
        var cells = new ArrayList<String>();
        addCells(value.getClass(), Optional.of(value), cells);
        return line(cells);
    }

    private static void addNames(Class<?> type, String prefix, List<String> names) {
        for (var component : type.getRecordComponents()) {
            if (component.getType().isRecord()) {
                addNames(component.getType(), prefix + snakeCase(component) + ".", names);
            } else {
                names.add(prefix + snakeCase(component));
            }
        }
    }

    private static void addCells(Class<?> type, Optional<Object> record, List<String> cells) {
        for (var component : type.getRecordComponents()) {
            var value = record.flatMap(present -> valueOf(component, present));
            if (component.getType().isRecord()) {
                addCells(component.getType(), value, cells);
            } else {
                cells.add(value.map(Csv::text).orElse(""));
            }
        }
    }

    private static Optional<Object> valueOf(RecordComponent component, Object record) {
        try {
            return Optional.ofNullable(component.getAccessor().invoke(record));
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new IllegalStateException("a component of a public record cannot be read: " + component, e);
        }
    }

    private static String text(Object value) {
        return switch (value) {
            case Optional<?> optional -> optional.map(Csv::text).orElse("");
            case Map<?, ?> map -> Json.compact(map);
            case List<?> list -> String.join(" ", list.stream().map(Csv::text).toList());
            default -> value.toString();
        };
    }

    private static String snakeCase(RecordComponent component) {
        return component.getName().replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
    }

    private static String line(List<String> cells) {
        return String.join(",", cells.stream().map(Csv::quoted).toList()) + "\r\n";
    }

    private static String quoted(String cell) {
        var plain = cell.chars().noneMatch(c -> c == ',' || c == '"' || c == '\r' || c == '\n');
        return plain ? cell : '"' + cell.replace("\"", "\"\"") + '"';
    }
}
