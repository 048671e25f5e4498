package dev.howdah.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import org.junit.jupiter.api.Test;

/** Bytes that collide in a common hash, or whatever the seed of a weaker one is, do not collide here. */
class ByteHashTest {
    private static final int CHOICES = 12;

    private static int hash(long seed, byte[] bytes) {
        return new ByteHash(seed).of(ByteBuffer.wrap(bytes), 0, bytes.length, 0);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private interface Choice {
        byte[] bytes(boolean second);
    }

    /** Of all that can be put together by choosing one of two again and again. */
    private static int distinct(Choice choice) {
        var hashes = new HashSet<Integer>();
        for (var bits = 0; bits < 1 << CHOICES; bits++) {
            var text = ByteBuffer.allocate(CHOICES * choice.bytes(false).length);
            for (var i = 0; i < CHOICES; i++) {
                text.put(choice.bytes((bits >> i & 1) == 1));
            }
            hashes.add(hash(7, text.array()));
        }
        return hashes.size();
    }

    @Test
    void stringsOfOneHashCodeDiffer() {
        assertEquals("Aa".hashCode(), "BB".hashCode());
        assertTrue(distinct(second -> ascii(second ? "BB" : "Aa")) > (1 << CHOICES) - 100);
    }

    @Test
    void differencesInTwoBlocksDoNotCancelEachOther() {
        assertTrue(distinct(second -> {
                    var blocks = ascii("SELECT 1SELECT 2");
                    if (second) {
                        blocks[0] ^= (byte) 0x80;
                        blocks[8] ^= (byte) 0x80;
                        blocks[12] ^= (byte) 0x80;
                    }
                    return blocks;
                })
                > (1 << CHOICES) - 100);
    }

    @Test
    void seedLengthAndSaltCount() {
        var text = ascii("SELECT 1");
        assertNotEquals(hash(1, text), hash(2, text));
        assertNotEquals(hash(1, text), hash(1, ascii("SELECT 1\0")));
        var bytes = ByteBuffer.wrap(text);
        assertNotEquals(new ByteHash(1).of(bytes, 0, 8, 0), new ByteHash(1).of(bytes, 0, 8, 1));
        assertEquals(hash(1, text), new ByteHash(1).of(ByteBuffer.wrap(ascii("xSELECT 1")), 1, 9, 0));
    }
}
