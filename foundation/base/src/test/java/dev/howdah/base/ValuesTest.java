package dev.howdah.base;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ValuesTest {
    @Test
    void lsnIsWrittenAsPostgresWritesIt() {
        assertEquals("0/3000060", Lsn.parse("0/3000060").toString());
        assertEquals(new Lsn(0xFFFF_FFFF_0000_0001L), Lsn.parse("FFFFFFFF/1"));
    }

    @Test
    void lsnIsComparedAsAnUnsignedNumber() {
        assertTrue(Lsn.parse("FFFFFFFF/0").compareTo(Lsn.parse("1/0")) > 0);
        assertEquals(0x60, Lsn.parse("0/3000060").minus(Lsn.parse("0/3000000")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/", "0/", "/0", "0/123456789", "x/0", "0-0", "0/ 1", "-1/0", "0/+1"})
    void whatIsNotAnLsnIsRefused(String text) {
        assertThrows(IllegalArgumentException.class, () -> Lsn.parse(text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "control", "ABCDEFGHIJKL", "abcdefghijk", "abcdefghijklm", "abcdefghijk.", "abcdefghijk\n"})
    void whatIsNotABranchIdIsNotReachableByAClient(String text) {
        assertFalse(BranchId.isValid(text));
    }

    @Test
    void generatedBranchIdsAreValidAndDiffer() {
        var random = new Random(7);
        var one = BranchId.random(random);
        assertTrue(BranchId.isValid(one.value()));
        assertTrue(Character.isLetter(one.value().charAt(0)));
        assertFalse(one.equals(BranchId.random(random)));
    }

    @Test
    void instanceIdsAreReadBackAsWritten() {
        var id = new InstanceId(new BranchId("abcdef012345"), 3);
        assertEquals(id, InstanceId.parse("abcdef012345-3"));
        assertEquals("howdah_abcdef012345_3", id.slotName());
        assertThrows(IllegalArgumentException.class, () -> InstanceId.parse("abcdef012345"));
        assertThrows(IllegalArgumentException.class, () -> InstanceId.parse("abcdef012345-x"));
    }

    @Test
    void projectIdsHaveOneForm() {
        assertEquals("hd_2abf90d3", ProjectId.of(0x2abf90d3).value());
        assertThrows(IllegalArgumentException.class, () -> new ProjectId("hd_2ABF90D3"));
    }

    @Test
    void sqlIsQuotedSoThatNothingEscapes() {
        assertEquals("\"a\"\"b\"", Sql.identifier("a\"b"));
        assertEquals("'it''s'", Sql.literal("it's"));
        assertEquals(" E'a\\\\''b'", Sql.literal("a\\'b"));
        assertThrows(IllegalArgumentException.class, () -> Sql.identifier("a\0b"));
    }

    @Test
    void secretsHaveTheirPrefixAndLength() {
        assertTrue(Secrets.rolePassword(new Random(1)).matches("howdah_pw_[0-9A-Za-z]{32}"));
        assertTrue(Secrets.apiToken(new Random(1)).matches("howdah_sk_[0-9A-Za-z]{40}"));
    }

    @Test
    void amountsAreWrittenForPeople() {
        assertEquals("512 bytes", new Bytes(512).toString());
        assertEquals("1.5 MB", Bytes.ofKilobytes(1536).toString());
        assertEquals("20 GB", Bytes.ofGigabytes(20).toString());
        assertThrows(IllegalArgumentException.class, () -> new Bytes(-1));
    }
}
