package dev.howdah.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.proxy.sql.PinKind;
import dev.howdah.testkit.TestPostgres;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SessionProbeTest {
    private static TestPostgres postgres;

    @BeforeAll
    static void start() throws SQLException {
        postgres = TestPostgres.start(TestPostgres.Options.DEFAULT.withRoles("app", "low"));
        postgres.execute("GRANT low TO app");
        postgres.execute("ALTER ROLE app SET role = 'low'");
        postgres.execute("ALTER ROLE app SET lock_timeout = '7s'");
        postgres.execute("CREATE FUNCTION loud() RETURNS void LANGUAGE sql SECURITY DEFINER AS"
                + " $$ SELECT set_config('log_statement', 'all', false) $$");
    }

    @AfterAll
    static void stop() {
        postgres.close();
    }

    private static TestServerSession session() throws Exception {
        return TestServerSession.open(
                postgres, "app", "application_name", "a", "options", "-c work_mem=7MB", "search_path", "x");
    }

    private static SessionProbe probe(TestServerSession session, String... customNames) throws Exception {
        return SessionProbe.read(session.ask(SessionProbe.question(List.of(customNames))))
                .orElseThrow();
    }

    @Test
    void sessionThatHasJustBegunIsClean() throws Exception {
        try (var session = session()) {
            assertEquals(new SessionProbe(Map.of(), Set.of()), probe(session, "my.x"));
            var again = session.ask(SessionProbe.question(List.of()));
            assertEquals(Map.of(), again.reported());
            assertEquals("low", session.value("SHOW role"));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiterString = "=>", textBlock = """
            CREATE TEMP TABLE t (a int) => DROP TABLE t => TEMP_TABLE
            CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 1' => DROP FUNCTION pg_temp.f => TEMP_TABLE
            CREATE TYPE pg_temp.e AS ENUM ('a') => DISCARD TEMP => TEMP_TABLE
            SELECT pg_advisory_lock(1) => SELECT pg_advisory_unlock(1) => ADVISORY_LOCK
            SELECT pg_try_advisory_lock_shared(1, 2) => SELECT pg_advisory_unlock_all() => ADVISORY_LOCK
            DECLARE c CURSOR WITH HOLD FOR SELECT 1 => CLOSE c => HOLDABLE_CURSOR
            PREPARE p AS SELECT 1 => DEALLOCATE p => SQL_PREPARE
            SET ROLE NONE => RESET ROLE => ROLE
            SET ROLE app => SET ROLE low => ROLE
            LISTEN x => UNLISTEN * => LISTEN
            SELECT public.loud() => RESET ALL => HIDDEN_SETTING
            """)
    void stateIsFoundAsLongAsItLasts(String begin, String end, PinKind kind) throws Exception {
        try (var session = session()) {
            session.ask(begin);
            assertEquals(Set.of(kind), probe(session).found());
            session.ask(end);
            // Anybody may reset what only some may set.
            assertTrue(probe(session).isClean());
        }
    }

    @Test
    void sessionAuthorizationIsARole() throws Exception {
        try (var session = TestServerSession.open(postgres, "howdah_admin")) {
            session.ask("SET SESSION AUTHORIZATION low");
            assertEquals(Set.of(PinKind.ROLE), probe(session).found());
            session.ask("RESET SESSION AUTHORIZATION");
            assertTrue(probe(session).isClean());
        }
    }

    @Test
    void whatATransactionTakesWithItIsNotFound() throws Exception {
        try (var session = session()) {
            session.ask(
                    "BEGIN; SET LOCAL work_mem = '1MB'; SELECT pg_advisory_xact_lock(1); SAVEPOINT a; SET lock_timeout = 1;"
                            + " CREATE TEMP TABLE t (a int) ON COMMIT DROP; SELECT set_config('my.x', 'y', true); ROLLBACK TO a; COMMIT");
            assertEquals(new SessionProbe(Map.of(), Set.of()), probe(session, "my.x"));
            session.ask("BEGIN; CREATE TEMP TABLE t (a int) ON COMMIT DROP; COMMIT");
            assertEquals(new SessionProbe(Map.of(), Set.of()), probe(session));
        }
    }

    @Test
    void settingsAreThoseOfTheSessionOnly() throws Exception {
        try (var session = session()) {
            session.ask(
                    "SET work_mem = '9MB'; SET search_path = a, \"B c\"; SET my.x = 'it''s \\'; SET DateStyle = german;"
                            + " SET statement_timeout = '2s'");
            var settings = probe(session, "my.x", "my.y").settings();
            assertEquals(
                    Map.of(
                            "work_mem",
                            "9216",
                            "search_path",
                            "a, \"B c\"",
                            "my.x",
                            "it's \\",
                            "datestyle",
                            "German, DMY",
                            "statement_timeout",
                            "2000"),
                    settings);
            session.ask("RESET ALL");
            assertEquals(Map.of(), probe(session, "my.x").settings());
            assertEquals("7MB", session.value("SHOW work_mem"));
            assertEquals("7s", session.value("SHOW lock_timeout"));
        }
    }

    @Test
    void whatOneSessionAnswersAnotherCanBeMade() throws Exception {
        try (var one = session();
                var two = session()) {
            one.ask(
                    "SET work_mem = '9MB'; SET search_path = a, \"B c\"; SET my.x = 'it''s \\ \u00c3\u00a9'; SET DateStyle = german;"
                            + " SET standard_conforming_strings = off; SET client_encoding = latin1");
            var settings = probe(one, "my.x").settings();
            two.ask("SET lock_timeout = 5");
            var before = PooledSettings.answered(probe(two).settings());
            var wanted = PooledSettings.answered(settings);
            var queries = before.queriesTo(wanted);
            assertEquals(2, queries.size(), "a letter that needs its encoding");
            for (var query : queries) {
                assertTrue(two.ask(query).error().isEmpty(), query);
            }
            assertEquals(settings, probe(two, "my.x").settings());
            for (var query : wanted.queriesTo(PooledSettings.NONE)) {
                assertTrue(two.ask(query).error().isEmpty(), query);
            }
            assertEquals(Map.of(), probe(two, "my.x").settings());
        }
    }

    @Test
    void everythingVisibleIsGoneBehindDiscardAll() throws Exception {
        try (var session = session()) {
            session.ask(
                    "CREATE TEMP TABLE t (a int); SELECT pg_advisory_lock(1); SET ROLE NONE; SET work_mem = 100; PREPARE p AS SELECT 1;"
                            + " LISTEN x; SET my.x = 'y'");
            session.ask("DECLARE c CURSOR WITH HOLD FOR SELECT 1");
            session.ask("DISCARD ALL");
            assertEquals(new SessionProbe(Map.of(), Set.of()), probe(session, "my.x"));
        }
    }
}
