package dev.howdah.client;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Builds ustar archives as PostgreSQL does, without an end marker, and, where a test wants it, wrong ones. */
final class TarBytes {
    private final ByteArrayOutputStream archive = new ByteArrayOutputStream();

    TarBytes file(String name, int mode, byte[] content) {
        archive.writeBytes(header(name, '0', mode, content.length, ""));
        archive.writeBytes(content);
        archive.writeBytes(new byte[Math.floorMod(-content.length, 512)]);
        return this;
    }

    TarBytes file(String name, String content) {
        return file(name, 0600, content.getBytes(StandardCharsets.UTF_8));
    }

    TarBytes directory(String name, int mode) {
        archive.writeBytes(header(name, '5', mode, 0, ""));
        return this;
    }

    TarBytes directory(String name) {
        return directory(name, 0700);
    }

    TarBytes link(String name, String target) {
        archive.writeBytes(header(name, '2', 0777, 0, target));
        return this;
    }

    TarBytes endMarker() {
        archive.writeBytes(new byte[1024]);
        return this;
    }

    TarBytes raw(byte[] bytes) {
        archive.writeBytes(bytes);
        return this;
    }

    byte[] toBytes() {
        return archive.toByteArray();
    }

    static byte[] header(String name, char type, int mode, long size, String link) {
        var header = new byte[512];
        put(header, 0, name);
        put(header, 100, "%07o".formatted(mode));
        put(header, 108, "0000000");
        put(header, 116, "0000000");
        put(header, 124, "%011o".formatted(size));
        put(header, 136, "00000000000");
        header[156] = (byte) type;
        put(header, 157, link);
        put(header, 257, "ustar");
        put(header, 263, "00");
        return summed(header);
    }

    /** With a size in base 256, as from 8 GB on. */
    static byte[] largeHeader(String name, long size) {
        var header = header(name, '0', 0600, 0, "");
        header[124] = (byte) 0x80;
        for (var i = 0; i < 8; i++) {
            header[128 + i] = (byte) (size >>> (8 * (7 - i)));
        }
        Arrays.fill(header, 125, 128, (byte) 0);
        return summed(header);
    }

    static byte[] summed(byte[] header) {
        Arrays.fill(header, 148, 156, (byte) ' ');
        var sum = 0;
        for (var each : header) {
            sum += Byte.toUnsignedInt(each);
        }
        put(header, 148, "%06o\0 ".formatted(sum));
        return header;
    }

    private static void put(byte[] header, int at, String text) {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        System.arraycopy(bytes, 0, header, at, bytes.length);
    }
}
