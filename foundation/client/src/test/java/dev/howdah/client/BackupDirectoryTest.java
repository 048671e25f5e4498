package dev.howdah.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BackupDirectoryTest {
    /** Of the text {@code hello}. */
    private static final FileSum HELLO =
            new FileSum(5, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");

    @TempDir
    private Path temporary;

    private Path target;
    private Path outside;
    private final Map<String, FileSum> sums = new HashMap<>();

    @BeforeEach
    void directories() throws IOException {
        target = BackupDirectory.prepare(temporary.resolve("target"));
        outside = Files.createDirectory(temporary.resolve("outside"));
    }

    @Test
    void filesDirectoriesAndModesAreAsInTheArchive() throws IOException {
        extract(
                "",
                new TarBytes()
                        .directory("base/")
                        .directory("base/1/", 0750)
                        .file("base/1/a", "hello")
                        .file("server.key", 0400, new byte[3]));
        assertEquals("hello", Files.readString(target.resolve("base/1/a")));
        assertEquals("rwx------", mode("base"));
        assertEquals("rwxr-x---", mode("base/1"));
        assertEquals("rw-------", mode("base/1/a"));
        assertEquals("r--------", mode("server.key"));
        assertEquals(HELLO, sums.get("base/1/a"));
    }

    @Test
    void filesOfATablespaceHaveItsNameInTheManifest() throws IOException {
        extract("pg_tblspc/16384/", new TarBytes().directory("PG_18_1").file("PG_18_1/a", "hello"));
        assertEquals(Map.of("pg_tblspc/16384/PG_18_1/a", HELLO), sums);
    }

    @Test
    void linksOfTablespacesPointWhereTheCallerChose() throws IOException {
        extract("", new TarBytes().directory("pg_tblspc").link("pg_tblspc/16384", "/on/server"));
        assertEquals(outside, Files.readSymbolicLink(target.resolve("pg_tblspc/16384")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"../x", "/etc/x", "base/../../x", "base/./x", "..", "", "./", "base//../x", "./../x"})
    void namesThatLeadOutsideAreRefused(String name) {
        refused(new TarBytes().directory("base").file(name, "x"));
        refused(new TarBytes().directory("base").directory(name));
        refused(new TarBytes().directory("base").link(name, "/on/server"));
    }

    @Test
    void nothingIsWrittenThroughALink() {
        refused(new TarBytes()
                .directory("pg_tblspc")
                .link("pg_tblspc/16384", "/on/server")
                .file("pg_tblspc/16384/x", "x"));
        assertThrows(
                FileAlreadyExistsException.class,
                () -> extract(
                        "", new TarBytes().link("pg_tblspc/1", "/on/server").file("pg_tblspc/1", "x"), "pg_tblspc"));
    }

    @Test
    void aLinkThatIsNoTablespaceIsRefused() {
        refused(new TarBytes().link("pg_wal", "/on/server"));
        refused(new TarBytes().directory("pg_tblspc").link("pg_tblspc/x", "/on/server"));
    }

    @Test
    void aParentThatWasNotSentIsRefused() {
        refused(new TarBytes().file("base/x", "x"));
    }

    @Test
    void aDirectoryThatIsNotEmptyIsRefused() throws IOException {
        Files.writeString(target.resolve("mine"), "precious");
        var refused = assertThrows(PlatformException.class, () -> BackupDirectory.prepare(target));
        assertEquals(SqlState.OBJECT_NOT_IN_PREREQUISITE_STATE, refused.state());
        assertTrue(refused.message().endsWith("it is not empty"), refused.message());
    }

    @Test
    void aLinkToADirectoryIsRefusedAsTarget() throws IOException {
        var link = Files.createSymbolicLink(temporary.resolve("link"), outside);
        assertThrows(PlatformException.class, () -> BackupDirectory.prepare(link));
    }

    private void extract(String prefix, TarBytes archive) throws IOException {
        extract(prefix, archive, "");
    }

    private void extract(String prefix, TarBytes archive, String first) throws IOException {
        var directory = new BackupDirectory(target, prefix, sums, _ -> outside.toString());
        try {
            if (!first.isEmpty()) {
                directory.directory(first, 0700);
            }
            var reader = new TarReader(directory);
            reader.accept(ByteBuffer.wrap(archive.toBytes()));
            reader.finish();
        } finally {
            directory.abandon();
        }
    }

    private void refused(TarBytes archive) {
        var fresh = temporary.resolve("fresh" + System.nanoTime());
        var refused = assertThrows(PlatformException.class, () -> {
            target = BackupDirectory.prepare(fresh);
            extract("", archive);
        });
        assertEquals(SqlState.PROTOCOL_VIOLATION, refused.state());
        assertFalse(Files.exists(outside.resolve("x")));
        assertFalse(Files.exists(temporary.resolve("x")));
    }

    private String mode(String name) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(target.resolve(name)));
    }
}
