package dev.howdah.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;

/**
 * Writes a command's result in the form that was asked for: JSON is what the API sent, CSV is the record's fields, and human is what the
 * command draws. For one thread.
 */
public final class Output {
    private final Format format;
    private final PrintWriter out;
    private final PrintWriter error;
    private final Environment environment;

    Output(Format format, PrintWriter out, PrintWriter error, Environment environment) {
        this.format = format;
        this.out = out;
        this.error = error;
        this.environment = environment;
    }

    public Format format() {
        return format;
    }

    public PrintWriter out() {
        return out;
    }

    boolean colours() {
        return environment.colours();
    }

    /** A line for people; nothing in the other formats. */
    public void say(String line) {
        if (format == Format.HUMAN) {
            out.println(line);
            out.flush();
        }
    }

    /** A remark beside the result, for people. */
    public void remark(String line) {
        if (format == Format.HUMAN) {
            error.println(line);
            error.flush();
        }
    }

    /** Records of a kind; {@code none} is said to people when there are none. */
    <T> void list(List<JsonNode> records, Class<T> type, Table<T> table, String none) {
        switch (format) {
            case JSON -> out.println(Json.pretty(records));
            case CSV -> {
                out.print(Csv.header(type));
                Json.to(records, type).forEach(record -> out.print(Csv.row(record)));
            }
            case HUMAN -> {
                if (records.isEmpty()) {
                    remark(none);
                } else {
                    table.lines(Json.to(records, type)).forEach(out::println);
                }
            }
        }
        out.flush();
    }

    /** One record. */
    <T> void one(JsonNode record, Class<T> type, Consumer<T> human) {
        switch (format) {
            case JSON -> out.println(Json.pretty(record));
            case CSV -> out.print(Csv.header(type) + Csv.row(Json.to(record, type)));
            case HUMAN -> human.accept(Json.to(record, type));
        }
        out.flush();
    }

    /** Names and values below each other, for people. What has no value is left out. */
    void fields(String... namesAndValues) {
        var width = 0;
        for (var i = 0; i < namesAndValues.length; i += 2) {
            width = Math.max(width, namesAndValues[i].length());
        }
        for (var i = 0; i < namesAndValues.length; i += 2) {
            if (!namesAndValues[i + 1].isEmpty()) {
                out.println("  " + Text.padded(namesAndValues[i], width) + "  " + Text.oneLine(namesAndValues[i + 1]));
            }
        }
        out.flush();
    }
}
