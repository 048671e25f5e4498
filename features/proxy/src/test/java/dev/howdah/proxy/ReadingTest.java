package dev.howdah.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReadingTest {
    /** All that pg_encoding_to_char knows in PostgreSQL 18. */
    private static final List<String> ENCODINGS = List.of(
            ("SQL_ASCII EUC_JP EUC_CN EUC_KR EUC_TW EUC_JIS_2004 UTF8 MULE_INTERNAL LATIN1 LATIN2 LATIN3 LATIN4 LATIN5 LATIN6 LATIN7 LATIN8 LATIN9"
                            + " LATIN10 WIN1256 WIN1258 WIN866 WIN874 KOI8R WIN1251 WIN1252 ISO_8859_5 ISO_8859_6 ISO_8859_7 ISO_8859_8 WIN1250 WIN1253"
                            + " WIN1254 WIN1255 WIN1257 KOI8U SJIS BIG5 GBK UHC GB18030 JOHAB SHIFT_JIS_2004")
                    .split(" "));

    private static long reading(String encoding, String others) {
        var reading = new Reading();
        reading.begin(Map.of("client_encoding", encoding));
        for (var setting :
                List.of("DateStyle", "IntervalStyle", "TimeZone", "standard_conforming_strings", "search_path")) {
            reading.follow(setting, others);
        }
        return reading.value();
    }

    @Test
    void encodingIsToldFromAllOtherSettings() {
        for (var one : ENCODINGS) {
            for (var i = 0; i < 100; i++) {
                assertTrue(Reading.isOneEncoding(reading(one, "first" + i), reading(one, "second" + i)));
            }
            for (var other : ENCODINGS) {
                assertEquals(one.equals(other), Reading.isOneEncoding(reading(one, "x"), reading(other, "x")), other);
            }
        }
    }

    @Test
    void eachSettingCountsAndIsForgottenWhenItIsChangedBack() {
        var reading = new Reading();
        reading.begin(Map.of("client_encoding", "UTF8", "TimeZone", "UTC"));
        var before = reading.value();
        reading.follow("TimeZone", "CET");
        assertNotEquals(before, reading.value());
        reading.follow("application_name", "any");
        reading.follow("TimeZone", "UTC");
        assertEquals(before, reading.value());
        reading.follow("client_encoding", "LATIN1");
        assertFalse(Reading.isOneEncoding(before, reading.value()));
        reading.follow("client_encoding", "UTF8");
        assertEquals(before, reading.value());
    }
}
