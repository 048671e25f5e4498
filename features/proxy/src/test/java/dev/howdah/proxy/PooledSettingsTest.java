package dev.howdah.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.proxy.PooledSettings.Setting;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PooledSettingsTest {
    @Test
    void plainStatementsAreUnderstood() {
        assertEquals(Optional.of(new Setting("a.b", "'it''s'")), PooledSettings.made("SET a.B = 'it''s'"));
        assertEquals(
                Optional.of(new Setting("work_mem", "4096")), PooledSettings.made(" set session work_mem TO 4096 ; "));
        assertEquals(
                Optional.of(new Setting("search_path", "a, public")),
                PooledSettings.made("SET search_path TO a, public"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "SELECT 1",
                "SET LOCAL work_mem = 1",
                "SET work_mem = 1; SELECT 1",
                "SET work_mem = 1 -- x",
                "SET TIME ZONE 'UTC'",
                "SET ROLE app",
                "SET role = app",
                "SET session_authorization = app",
                "SET transaction_isolation = serializable",
                "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
                "SET \"a\" = 1",
                "SET a = E'x'",
                "SET a = 'back\\slash'",
                "SET a = 'open"
            })
    void everythingElseIsNot(String sql) {
        assertTrue(PooledSettings.made(sql).isEmpty(), sql);
    }

    @Test
    void onlyDifferencesAreSet() {
        var one = new PooledSettings(Map.of("a", "1", "b", "2"));
        assertEquals("", one.statementsTo(new PooledSettings(Map.of("b", "2", "a", "1"))));
        assertEquals("RESET a; SET b TO 3", one.statementsTo(new PooledSettings(Map.of("b", "3"))));
    }
}
