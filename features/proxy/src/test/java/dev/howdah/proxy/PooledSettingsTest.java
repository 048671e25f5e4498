package dev.howdah.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.proxy.sql.SettingStatement;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PooledSettingsTest {
    private static SettingStatement set(String name, String value) {
        return new SettingStatement(name, Optional.of("SET " + name + " TO " + value));
    }

    private static SettingStatement reset(String name) {
        return new SettingStatement(name, Optional.empty());
    }

    @Test
    void onlyDifferencesAreMade() {
        var one = PooledSettings.NONE.with(set("a", "1")).with(set("b", "2"));
        assertEquals(
                List.of(), one.queriesTo(PooledSettings.NONE.with(set("b", "2")).with(set("a", "1"))));
        assertEquals(List.of("RESET \"a\"; SET b TO 3"), one.queriesTo(PooledSettings.NONE.with(set("b", "3"))));
    }

    @Test
    void whatIsTakenBackIsNotThereAnyMore() {
        var one = PooledSettings.NONE.with(set("my.x", "1"));
        assertEquals(List.of("RESET \"my\".\"x\""), one.queriesTo(one.with(reset("my.x"))));
        assertEquals(PooledSettings.NONE, one.with(reset("my.x")));
        assertSame(one, one.with(reset("other")));
    }

    @Test
    void timeoutsComeLastAndTheEncodingFirst() {
        var wanted = PooledSettings.NONE
                .with(set("statement_timeout", "1"))
                .with(set("zone", "1"))
                .with(set("client_encoding", "latin1"));
        assertEquals(
                List.of("SET client_encoding TO latin1; SET zone TO 1; SET statement_timeout TO 1"),
                PooledSettings.NONE.queriesTo(wanted));
    }

    @Test
    void lettersAreSentUnderTheirOwnEncoding() {
        var wanted = PooledSettings.answered(Map.of("my.x", "\u00e9", "client_encoding", "LATIN1"));
        var queries = PooledSettings.NONE.queriesTo(wanted);
        assertEquals(2, queries.size());
        assertFalse(queries.getFirst().contains("\u00e9"));
        assertTrue(queries.getLast().contains("\u00e9"));
    }

    @Test
    void answersAreLiteralsWhateverTheSession() {
        var wanted = PooledSettings.answered(Map.of("x", "it's \\"));
        assertEquals(
                List.of("SELECT pg_catalog.set_config('x',  E'it''s \\\\', false)"),
                PooledSettings.NONE.queriesTo(wanted));
    }

    @Test
    void nameOfTheApplicationAloneIsNoReasonToWait() {
        var one = PooledSettings.of("one").with(set("a", "1"));
        var two = PooledSettings.of("two").with(set("a", "1"));
        assertTrue(one.differsInNameOnly(two));
        assertFalse(one.differsInNameOnly(two.with(set("a", "2"))));
        assertFalse(one.differsInNameOnly(two.with(reset("a"))));
    }

    @Test
    void equalOnesAreKnownByOneIdentity() {
        var known = new KnownSettings();
        assertSame(known.of(PooledSettings.of("a")), known.of(PooledSettings.of("a")));
    }

    @Test
    void clientsThatCallThemselvesAlikeBeginWithTheSame() {
        var known = new KnownSettings();
        var first = known.application("a");
        assertSame(first, known.application("a"));
        assertSame(first.settings(), known.of(PooledSettings.of("a")));
        assertEquals("b", known.application("b").name());
    }

    @Test
    void manyAreTooManyToFollow() {
        var settings = PooledSettings.NONE;
        for (var i = 0; i < 64; i++) {
            settings = settings.with(set("my.s" + i, "1"));
        }
        assertTrue(settings.areFew());
        assertFalse(settings.with(set("my.more", "1")).areFew());
        assertTrue(settings.customNames().contains("my.s63"));
    }
}
