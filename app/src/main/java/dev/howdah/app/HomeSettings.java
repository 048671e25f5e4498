package dev.howdah.app;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a home keeps from its first start on, in {@code howdah.json}.
 *
 * @param format of this file; a program refuses one that it does not know
 * @param postgres the system installation to use; absent for the embedded one
 */
record HomeSettings(int format, int directPort, int pooledPort, int apiPort, Optional<String> postgres) {
    static final int FORMAT = 1;

    private static final JsonMapper JSON = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .enable(SerializationFeature.INDENT_OUTPUT)
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    /** Empty before the first start. */
    static Optional<HomeSettings> read(Path file) {
        if (Files.notExists(file)) {
            return Optional.empty();
        }
        try {
            var tree = JSON.readTree(Files.readString(file));
            var format = tree.path("format").asInt(0);
            if (format != FORMAT) {
                throw new PlatformException(
                        SqlState.OBJECT_NOT_IN_PREREQUISITE_STATE,
                        "%s has format %d, and this Howdah knows %d".formatted(file, format, FORMAT),
                        "Use the Howdah that this home was last started with, or a newer one.");
            }
            return Optional.of(JSON.treeToValue(tree, HomeSettings.class));
        } catch (IOException | JacksonException e) {
            throw new PlatformException(
                    SqlState.IO_ERROR,
                    "%s cannot be read: %s".formatted(file, e.getMessage()),
                    "Mend the file, or move it away: its ports are then chosen anew.",
                    e);
        }
    }

    /** Replaces the file as a whole; it is on disk when this returns. */
    void write(Path file) {
        var temporary = file.resolveSibling(file.getFileName() + ".new");
        try {
            try (var channel = FileChannel.open(
                    temporary,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE,
                    StandardOpenOption.TRUNCATE_EXISTING)) {
                channel.write(StandardCharsets.UTF_8.encode(JSON.writeValueAsString(this) + "\n"));
                channel.force(true);
            }
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new PlatformException(
                    SqlState.IO_ERROR, "%s cannot be written: %s".formatted(file, e), "Is the disk full?", e);
        }
    }
}
