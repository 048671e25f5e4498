package dev.howdah.client;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** PostgreSQL's list of what a base backup consists of, protected by a checksum of its own. */
record BackupManifest(Optional<String> systemIdentifier, Map<String, FileSum> files) {
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final HexFormat HEX = HexFormat.of();

    /** WAL is fetched after the manifest was made and checks itself, record by record. */
    private static final String WAL = "pg_wal/";

    /** Reads a manifest and checks its own checksum. */
    static BackupManifest parse(byte[] bytes) {
        try {
            var root = JSON.readTree(bytes);
            checkOwnSum(bytes, root);
            var files = new LinkedHashMap<String, FileSum>();
            for (var file : required(root, "Files")) {
                files.put(path(file), sum(file));
            }
            // Only since version 2 (PostgreSQL 17).
            var system = Optional.ofNullable(root.get("System-Identifier")).map(JsonNode::asString);
            return new BackupManifest(system, files);
        } catch (JacksonException | IllegalArgumentException e) {
            throw damaged("it cannot be read: " + e.getMessage());
        }
    }

    /** Compares what was received with what should have been: nothing may be missing, different or too much. */
    void verify(Map<String, FileSum> received) {
        files.forEach((path, expected) -> {
            var actual = received.get(path);
            if (actual == null) {
                throw damaged("\"%s\" is missing".formatted(path));
            }
            if (!actual.equals(expected)) {
                throw damaged("\"%s\" has %d bytes with SHA-256 %s instead of %d bytes with %s"
                        .formatted(path, actual.size(), actual.sha256(), expected.size(), expected.sha256()));
            }
        });
        var unknown = new HashSet<>(received.keySet());
        unknown.removeAll(files.keySet());
        unknown.removeIf(path -> path.startsWith(WAL));
        if (!unknown.isEmpty()) {
            throw damaged(
                    "\"%s\" is not in the manifest".formatted(unknown.iterator().next()));
        }
    }

    /** The last line holds the checksum of all lines before it. */
    private static void checkOwnSum(byte[] bytes, JsonNode root) {
        var covered = Arrays.copyOf(bytes, startOfLastLine(bytes));
        var actual = HEX.formatHex(BackupDirectory.sha256().digest(covered));
        var expected = required(root, "Manifest-Checksum").asString();
        if (!actual.equals(expected.toLowerCase(Locale.ROOT))) {
            throw damaged("the manifest's own checksum is %s, not %s".formatted(actual, expected));
        }
    }

    private static int startOfLastLine(byte[] bytes) {
        for (var i = bytes.length - 2; i >= 0; i--) { // the last byte is the last line's own end
            if (bytes[i] == '\n') {
                return i + 1;
            }
        }
        throw damaged("the manifest has no lines");
    }

    /** A name that is not UTF-8 stands there in hexadecimal digits. */
    private static String path(JsonNode file) {
        var encoded = file.get("Encoded-Path");
        return encoded == null
                ? required(file, "Path").asString()
                : new String(HEX.parseHex(encoded.asString()), StandardCharsets.UTF_8);
    }

    private static FileSum sum(JsonNode file) {
        var algorithm = required(file, "Checksum-Algorithm").asString();
        if (!algorithm.equals("SHA256")) {
            throw damaged("\"%s\" has a checksum by %s".formatted(path(file), algorithm));
        }
        return new FileSum(
                required(file, "Size").asLong(),
                required(file, "Checksum").asString().toLowerCase(Locale.ROOT));
    }

    private static JsonNode required(JsonNode node, String name) {
        var value = node.get(name);
        if (value == null) {
            throw damaged("the manifest has no \"%s\" where one is needed".formatted(name));
        }
        return value;
    }

    static PlatformException damaged(String what) {
        return new PlatformException(
                SqlState.IO_ERROR,
                "the base backup is damaged: " + what,
                "Delete the directory and take the backup again.");
    }
}
