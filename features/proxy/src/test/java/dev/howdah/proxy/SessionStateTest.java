package dev.howdah.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.proxy.PoolSettings.SessionGuard;
import dev.howdah.proxy.SessionState.Verdict;
import dev.howdah.proxy.sql.FactsReader;
import dev.howdah.proxy.sql.PinKind;
import dev.howdah.wire.BackendMessage.ParameterStatus;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SessionStateTest {
    private final KnownSettings known = new KnownSettings();
    private final SessionState state = state("me");

    private SessionState state(String applicationName) {
        var fresh = new SessionState(applicationName, known);
        fresh.attached(Map.of("TimeZone", "UTC", "application_name", "opener"));
        return fresh;
    }

    private void runs(String sql, boolean alone) {
        state.runs(FactsReader.read(sql, true), alone);
    }

    private boolean mustAsk() {
        return state.mustAsk(SessionGuard.CHECK);
    }

    private static SessionProbe clean(Map<String, String> settings) {
        return new SessionProbe(settings, Set.of());
    }

    @Test
    void plainSettingIsTheClientsOnceItHasSucceeded() {
        var initial = state.settings();
        runs("SET work_mem = 100", true);
        assertTrue(state.waits());
        assertSame(initial, state.settings());
        state.ready((byte) 'I');
        assertFalse(state.waits() || mustAsk());
        assertEquals(List.of("SET work_mem = 100"), initial.queriesTo(state.settings()));
        runs("RESET work_mem", true);
        state.ready((byte) 'I');
        assertSame(initial, state.settings());
    }

    @Test
    void settingThatFailsIsNotMade() {
        var initial = state.settings();
        runs("SET work_mem = 100", true);
        state.failed();
        state.ready((byte) 'I');
        assertSame(initial, state.settings());
        assertFalse(mustAsk());
    }

    @Test
    void settingsAmongOtherThingsAreAskedFor() {
        runs("SET work_mem = 100", false);
        assertTrue(mustAsk());
        assertEquals(Verdict.RELEASE, state.answered(clean(Map.of("work_mem", "100"))));
        assertFalse(mustAsk());
        assertTrue(state.settings().has("work_mem") && state.settings().has("application_name"));
        assertFalse(state.left().has("application_name"), "the server lacks it and must get it");
    }

    @Test
    void settingBesideAnotherStatementOfTheSameRoundIsAskedFor() {
        runs("SET work_mem = 100", true);
        state.executes();
        state.executes();
        state.ready((byte) 'I');
        assertTrue(mustAsk());
    }

    @Test
    void settingThatIsReportedUnaskedIsAskedFor() {
        state.reported(new ParameterStatus("TimeZone", "Asia/Tokyo"));
        state.ready((byte) 'T');
        assertFalse(mustAsk());
        state.reported(new ParameterStatus("TimeZone", "UTC"));
        state.ready((byte) 'I');
        assertFalse(mustAsk(), "it was the transaction's only");
        state.reported(new ParameterStatus("TimeZone", "Asia/Tokyo"));
        state.ready((byte) 'I');
        assertTrue(mustAsk());
        state.answered(clean(Map.of("timezone", "Asia/Tokyo")));
        state.reported(new ParameterStatus("TimeZone", "Asia/Tokyo"));
        state.ready((byte) 'I');
        assertFalse(mustAsk());
    }

    @Test
    void pinLastsAsLongAsTheServerSays() {
        runs("CREATE TEMP TABLE t (a int)", true);
        assertTrue(state.pinned() && mustAsk());
        assertEquals(Verdict.KEEP, state.answered(new SessionProbe(Map.of(), Set.of(PinKind.TEMP_TABLE))));
        assertEquals(Optional.of("TEMPORARY"), state.takeNews());
        assertEquals(Optional.empty(), state.takeNews());
        runs("SELECT 1", true);
        assertFalse(mustAsk());
        runs("DROP TABLE t", true);
        assertTrue(mustAsk());
        assertEquals(Verdict.RELEASE, state.answered(clean(Map.of())));
        assertFalse(state.pinned());
    }

    @Test
    void whatNoServerTellsPinsForEver() {
        runs("LOAD 'x'", true);
        assertEquals(Verdict.KEEP, state.answered(clean(Map.of())));
        assertFalse(state.cleanable());
    }

    @Test
    void settingOfAnUnknownNameIsGoneWithEverything() {
        runs("SELECT set_config($1, $2, false)", true);
        assertEquals(Verdict.KEEP, state.answered(clean(Map.of())));
        assertTrue(state.cleanable());
        runs("DISCARD ALL", true);
        assertEquals(Verdict.RELEASE, state.answered(clean(Map.of())));
    }

    @Test
    void hiddenStateIsCleanedAndHiddenSettingsReset() {
        runs("SELECT mine()", true);
        assertFalse(state.mustAsk(SessionGuard.OFF));
        assertTrue(mustAsk());
        assertTrue(state.question().endsWith("RESET ALL"));
        assertEquals(Verdict.CLEAN, state.answered(new SessionProbe(Map.of(), Set.of(PinKind.ADVISORY_LOCK))));
        runs("SELECT mine()", true);
        state.question();
        assertEquals(Verdict.RELEASE, state.answered(clean(Map.of("work_mem", "1"))));
        assertSame(PooledSettings.NONE, state.left());
        assertTrue(state.settings().has("work_mem"));
    }

    @Test
    void strictAsksBehindEverything() {
        assertFalse(state.mustAsk(SessionGuard.STRICT));
        state.runsPlain();
        assertTrue(state.mustAsk(SessionGuard.STRICT));
        assertFalse(mustAsk());
    }

    @Test
    void serverThatCannotAnswerIsKept() {
        runs("SET a.b = 1", false);
        assertTrue(state.question().contains("'a.b'"));
        state.unanswered();
        assertTrue(state.pinned() && mustAsk());
        assertEquals(Verdict.RELEASE, state.answered(clean(Map.of("a.b", "1"))));
        runs("BEGIN; SELECT 1; COMMIT; RESET ALL", false);
        assertTrue(state.question().contains("'a.b'"), "what the client has is asked for always");
    }

    @Test
    void equalSettingsOfManyClientsAreTheSame() {
        assertSame(state.settings(), state("me").settings());
    }
}
