package dev.howdah.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TarReaderTest {
    private static final byte[] SAMPLE = new TarBytes()
            .directory("base/", 0700)
            .directory("base/1/", 0750)
            .file("base/1/1255", 0640, "x".repeat(1500).getBytes(StandardCharsets.UTF_8))
            .file("base/1/empty", "")
            .file("full-block", "y".repeat(512))
            .link("pg_tblspc/16384", "/mnt/fast")
            .toBytes();
    private static final List<String> EVENTS = List.of(
            "directory base/ 700",
            "directory base/1/ 750",
            "file base/1/1255 640 1500",
            "end " + "x".repeat(1500),
            "file base/1/empty 600 0",
            "end ",
            "file full-block 600 512",
            "end " + "y".repeat(512),
            "link pg_tblspc/16384 /mnt/fast");

    /** Notes what it is told. */
    private static final class Notes implements TarReader.Sink {
        private final List<String> events = new ArrayList<>();
        private final StringBuilder content = new StringBuilder();

        @Override
        public void directory(String name, int mode) {
            events.add("directory %s %o".formatted(name, mode));
        }

        @Override
        public void symbolicLink(String name, String target) {
            events.add("link %s %s".formatted(name, target));
        }

        @Override
        public void beginFile(String name, int mode, long size) {
            events.add("file %s %o %d".formatted(name, mode, size));
            content.setLength(0);
        }

        @Override
        public void content(ByteBuffer bytes) {
            content.append(StandardCharsets.ISO_8859_1.decode(bytes));
        }

        @Override
        public void endFile() {
            events.add("end " + content);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 511, 512, 513, 1000, 100_000})
    void anArchiveIsReadInPiecesOfAnySize(int pieceBytes) throws IOException {
        assertEquals(EVENTS, read(SAMPLE, pieceBytes));
    }

    @Test
    void anEndMarkerIsNoEntry() throws IOException {
        assertEquals(
                List.of("directory a 700"),
                read(new TarBytes().directory("a").endMarker().toBytes(), 512));
    }

    @Test
    void sizesFrom8GigabytesOnAreRead() throws IOException {
        var notes = new Notes();
        new TarReader(notes).accept(ByteBuffer.wrap(TarBytes.largeHeader("large", 20L << 30)));
        assertEquals(List.of("file large 600 " + (20L << 30)), notes.events);
    }

    @Test
    void anArchiveThatEndsInAnEntryIsRefused() {
        for (var length : List.of(100, 1024 + 512 + 700)) {
            var cut = Arrays.copyOf(SAMPLE, length);
            refused("it ends in the middle of an entry", cut);
        }
    }

    @Test
    void aDamagedHeaderIsRefused() {
        var damaged = SAMPLE.clone();
        damaged[3] ^= 1;
        refused("the check sum of an entry's header is wrong", damaged);
    }

    @Test
    void anUnknownKindOfEntryIsRefused() {
        refused("entry \"device\" has the unknown type 51", TarBytes.header("device", '3', 0600, 0, ""));
    }

    @Test
    void damagedArchivesNeverFailOtherwise() {
        var seed = Long.getLong("howdah.seed", new Random().nextLong());
        System.out.println("tar archives: seed " + seed);
        var random = new Random(seed);
        for (var i = 0; i < 100_000; i++) {
            var header = TarBytes.header("name", "0525x".charAt(random.nextInt(5)), 0600, random.nextInt(2000), "link");
            for (var k = random.nextInt(4); k >= 0; k--) {
                header[random.nextInt(512)] = (byte) random.nextInt();
            }
            var bytes = random.nextInt(3) == 0 ? header : TarBytes.summed(header);
            try {
                read(bytes, 512);
            } catch (PlatformException e) {
                assertEquals(SqlState.PROTOCOL_VIOLATION, e.state());
            } catch (IOException | RuntimeException e) {
                throw new AssertionError(
                        "seed %d, input %d: %s"
                                .formatted(seed, i, HexFormat.of().formatHex(bytes)),
                        e);
            }
        }
    }

    private static List<String> read(byte[] archive, int pieceBytes) throws IOException {
        var notes = new Notes();
        var reader = new TarReader(notes);
        for (var at = 0; at < archive.length; at += pieceBytes) {
            reader.accept(ByteBuffer.wrap(archive, at, Math.min(pieceBytes, archive.length - at)));
        }
        reader.finish();
        return notes.events;
    }

    private static void refused(String why, byte[] archive) {
        var refused = assertThrows(PlatformException.class, () -> read(archive, 512));
        assertEquals("the server sent a malformed tar archive: " + why, refused.message());
        assertEquals(SqlState.PROTOCOL_VIOLATION, refused.state());
    }
}
