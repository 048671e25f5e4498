package dev.howdah.client;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BackupManifestTest {
    private static final String SUM = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    private static final String BODY = """
            { "PostgreSQL-Backup-Manifest-Version": 2,
            "System-Identifier": 7710215155001743142,
            "Files": [
            { "Path": "backup_label", "Size": 5, "Last-Modified": "2026-11-20 11:12:13 GMT", "Checksum-Algorithm": "SHA256", "Checksum": "%s" },
            { "Encoded-Path": "62c3a4", "Size": 5, "Last-Modified": "2026-11-20 11:12:13 GMT", "Checksum-Algorithm": "SHA256", "Checksum": "%s" }
            ],
            "WAL-Ranges": [
            { "Timeline": 1, "Start-LSN": "0/2000028", "End-LSN": "0/2000120" }
            ],
            """.formatted(SUM, SUM);
    private static final Map<String, FileSum> RECEIVED =
            Map.of("backup_label", new FileSum(5, SUM), "bä", new FileSum(5, SUM));

    @Test
    void aManifestIsReadAndItsFilesCompared() {
        var manifest = BackupManifest.parse(manifest(BODY));
        assertEquals(Optional.of("7710215155001743142"), manifest.systemIdentifier());
        assertEquals(RECEIVED, manifest.files());
        assertDoesNotThrow(() -> manifest.verify(RECEIVED));
    }

    @Test
    void walMayBeThereBesidesTheManifest() {
        var received = new HashMap<>(RECEIVED);
        received.put("pg_wal/000000010000000000000002", new FileSum(16, SUM));
        assertDoesNotThrow(() -> BackupManifest.parse(manifest(BODY)).verify(received));
    }

    @Test
    void aFileMissingChangedCutOrTooManyIsFound() {
        var missing = new HashMap<>(RECEIVED);
        missing.remove("backup_label");
        damaged(missing, "\"backup_label\" is missing");

        var changed = new HashMap<>(RECEIVED);
        changed.put("backup_label", new FileSum(5, SUM.replace('2', '3')));
        damaged(changed, "\"backup_label\" has 5 bytes with SHA-256 3cf");

        var cut = new HashMap<>(RECEIVED);
        cut.put("backup_label", new FileSum(4, SUM));
        damaged(cut, "\"backup_label\" has 4 bytes");

        var more = new HashMap<>(RECEIVED);
        more.put("base/1/unknown", new FileSum(5, SUM));
        damaged(more, "\"base/1/unknown\" is not in the manifest");
    }

    @Test
    void aChangedManifestIsRefused() {
        var bytes = manifest(BODY);
        bytes[60] ^= 1;
        var refused = assertThrows(PlatformException.class, () -> BackupManifest.parse(bytes));
        assertTrue(refused.message().contains("the manifest's own checksum is"), refused.message());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]\n",
                "{}\n",
                "{\n\"Manifest-Checksum\": 1}\n",
                "\n\n",
            })
    void whatIsNoManifestIsRefused(String text) {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        var refused = assertThrows(PlatformException.class, () -> BackupManifest.parse(bytes));
        assertEquals(SqlState.IO_ERROR, refused.state());
    }

    @Test
    void aFileWithoutItsChecksumIsRefused() {
        var refused = assertThrows(
                PlatformException.class,
                () -> BackupManifest.parse(manifest(BODY.replace("\"Checksum-Algorithm\": \"SHA256\",", ""))));
        assertTrue(refused.message().contains("Checksum-Algorithm"), refused.message());
    }

    private static void damaged(Map<String, FileSum> received, String message) {
        var manifest = BackupManifest.parse(manifest(BODY));
        var refused = assertThrows(PlatformException.class, () -> manifest.verify(received));
        assertTrue(refused.message().contains(message), refused.message());
        assertEquals(SqlState.IO_ERROR, refused.state());
    }

    private static byte[] manifest(String body) {
        var sum = HexFormat.of().formatHex(BackupDirectory.sha256().digest(body.getBytes(StandardCharsets.UTF_8)));
        return (body + "\"Manifest-Checksum\": \"" + sum + "\"}\n").getBytes(StandardCharsets.UTF_8);
    }
}
