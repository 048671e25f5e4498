package dev.howdah.postgres;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What one start of a server has said: {@code startup.log}, its standard error until the collector takes over, and from then on the JSON logs,
 * read from where they ended before.
 */
final class StartLog {
    private static final int LINES_MAX = 12;
    private static final int JSON_BYTES_MAX = 256 * 1024;
    private static final Pattern FIELD =
            Pattern.compile("\"(error_severity|message|detail|hint)\":\"((?:[^\"\\\\]|\\\\.)*)\"");
    private static final Pattern ESCAPE = Pattern.compile("\\\\(u([0-9a-fA-F]{4})|.)");

    private final Path directory;
    private final Map<Path, Long> sizesBefore;

    private StartLog(Path directory, Map<Path, Long> sizesBefore) {
        this.directory = directory;
        this.sizesBefore = sizesBefore;
    }

    /** Call before the start. Empties {@code startup.log}. */
    static StartLog begin(ServerAccount account, Path directory) {
        try {
            var sizes = new HashMap<Path, Long>();
            for (var file : jsonFiles(directory)) {
                sizes.put(file, Files.size(file));
            }
            var log = new StartLog(directory, sizes);
            Files.writeString(log.early(), "");
            account.own(log.early());
            return log;
        } catch (IOException e) {
            throw new PlatformException(
                    SqlState.IO_ERROR,
                    "the log directory %s cannot be written: %s".formatted(directory, e),
                    "Check its permissions and free space.",
                    e);
        }
    }

    /** Where standard output and error go. */
    Path early() {
        return directory.resolve("startup.log");
    }

    /** The last lines, oldest first. */
    List<String> tail() {
        try {
            var lines = new ArrayList<String>();
            Files.readString(early(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.contains("logging collector") && !line.contains("Future log output"))
                    .forEach(lines::add);
            for (var file : jsonFiles(directory)) {
                addedTo(file).lines().forEach(line -> addReadable(line, lines));
            }
            return List.copyOf(lines.subList(Math.max(0, lines.size() - LINES_MAX), lines.size()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether the reason of a failure is there; the collector writes it a moment after the server has ended. */
    static boolean explains(List<String> tail) {
        return tail.stream().anyMatch(line -> line.contains("FATAL:") || line.contains("PANIC:"));
    }

    private String addedTo(Path file) throws IOException {
        try (var log = new RandomAccessFile(file.toFile(), "r")) {
            var from = Math.max(sizesBefore.getOrDefault(file, 0L), log.length() - JSON_BYTES_MAX);
            var added = new byte[(int) Math.max(0, log.length() - from)];
            log.seek(from);
            log.readFully(added);
            return new String(added, StandardCharsets.UTF_8);
        }
    }

    // Enough of JSON for what PostgreSQL writes: flat objects whose strings are escaped.
    private static void addReadable(String json, List<String> lines) {
        var fields = new HashMap<String, String>();
        var found = FIELD.matcher(json);
        while (found.find()) {
            fields.putIfAbsent(found.group(1), unescaped(found.group(2)));
        }
        if (fields.containsKey("message")) {
            lines.add(fields.getOrDefault("error_severity", "LOG") + ":  " + fields.get("message"));
            Stream.of("detail", "hint")
                    .filter(fields::containsKey)
                    .forEach(name -> lines.add("  " + name + ":  " + fields.get(name)));
        }
    }

    private static String unescaped(String text) {
        return ESCAPE.matcher(text).replaceAll(escape -> {
            var character = escape.group(2) != null
                    ? Character.toString(Integer.parseInt(escape.group(2), 16))
                    : switch (escape.group(1)) {
                        case "n" -> "\n";
                        case "t" -> "\t";
                        case "r" -> "\r";
                        case "b" -> "\b";
                        case "f" -> "\f";
                        case String other -> other;
                    };
            return Matcher.quoteReplacement(character);
        });
    }

    private static List<Path> jsonFiles(Path directory) throws IOException {
        try (var files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(".json"))
                    .sorted()
                    .toList();
        }
    }
}
