package dev.howdah.proxy;

import static dev.howdah.proxy.TestProxy.BRANCH;
import static dev.howdah.proxy.TestProxy.PASSWORD;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.testkit.TestPostgres;
import dev.howdah.wire.BackendMessage;
import dev.howdah.wire.BackendMessage.NoticeResponse;
import dev.howdah.wire.FrontendMessage.Bind;
import dev.howdah.wire.FrontendMessage.Execute;
import dev.howdah.wire.FrontendMessage.Parse;
import dev.howdah.wire.FrontendMessage.Sync;
import dev.howdah.wire.ProtocolVersion;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Session state through few servers: each client has its own, and nobody else sees it. */
class PooledSessionTest {
    private static final int OTHERS = 12;

    private static TestPostgres postgres;

    @BeforeAll
    static void start() throws SQLException {
        postgres = TestProxy.preparedServer();
        postgres.execute("ALTER ROLE app SET lock_timeout = '7s'");
        postgres.execute("ALTER DATABASE postgres SET deadlock_timeout = '3s'");
        postgres.execute("GRANT TEMPORARY ON DATABASE postgres TO app");
        postgres.execute("CREATE ROLE low; GRANT low TO app");
        postgres.execute("CREATE TABLE watched (a int); GRANT ALL ON watched TO app");
        function("hide_zone()", "PERFORM set_config('TimeZone', 'Asia/Tokyo', false)");
        function("hide_memory()", "PERFORM set_config('work_mem', '9MB', false)");
        function("hide_custom()", "PERFORM set_config('my.hidden', 'x', false)");
        function("hide_lock()", "PERFORM pg_advisory_lock(77)");
        function("hide_table()", "CREATE TEMP TABLE hidden (a int)");
        function("hide_nothing()", "CREATE TEMP TABLE hidden (a int) ON COMMIT DROP");
        postgres.execute("CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS"
                + " $$ BEGIN PERFORM pg_advisory_lock(78); RETURN new; END $$");
        postgres.execute("CREATE TRIGGER watch BEFORE INSERT ON watched FOR EACH ROW EXECUTE FUNCTION watch()");
    }

    private static void function(String name, String body) throws SQLException {
        postgres.execute(
                "CREATE FUNCTION public.%s RETURNS void LANGUAGE plpgsql AS $$ BEGIN %s; END $$".formatted(name, body));
    }

    @AfterAll
    static void stop() {
        postgres.close();
    }

    private static TestProxy poolOf(int size) {
        return poolOf(size, "check");
    }

    private static TestProxy poolOf(int size, String guard) {
        return TestProxy.inFrontOf(
                postgres.address(),
                config -> config.withPool(PoolSettings.ofSize(size).with(PoolSetting.SESSION_GUARD, guard)));
    }

    /** The only value of the answer. */
    private static String value(RawClient client, String sql) throws IOException {
        var answer = client.query(sql);
        var rows = RawClient.rows(answer);
        assertEquals(1, rows.size(), () -> sql + ": " + RawClient.error(answer));
        return rows.getFirst();
    }

    private static void run(RawClient client, String sql) throws IOException {
        for (var statement : sql.split(" / ")) {
            var error = RawClient.error(client.query(statement));
            assertTrue(error.isEmpty(), () -> statement + ": " + error);
        }
    }

    private static int seenByOthers(TestProxy proxy, String sql, String value) throws IOException {
        var clients = new ArrayList<RawClient>();
        var seen = 0;
        try {
            for (var i = 0; i < OTHERS; i++) {
                clients.add(proxy.raw());
            }
            for (var client : clients) {
                seen += value(client, sql).equals(value) ? 1 : 0;
            }
        } finally {
            for (var client : clients) {
                client.close();
            }
        }
        return seen;
    }

    @ParameterizedTest
    @CsvSource(delimiterString = "=>", quoteCharacter = '§', textBlock = """
            SET work_mem = '8MB' => SHOW work_mem => 8MB
            BEGIN / SET work_mem = '8MB' / COMMIT => SHOW work_mem => 8MB
            BEGIN / SAVEPOINT a / SET work_mem = '8MB' / RELEASE a / SET LOCAL work_mem = '9MB' / COMMIT => SHOW work_mem => 8MB
            SET work_mem = '8MB'; SELECT 1 => SHOW work_mem => 8MB
            DO $$ BEGIN SET work_mem = '8MB'; END $$ => SHOW work_mem => 8MB
            SELECT set_config('work_mem', '8MB', false) => SHOW work_mem => 8MB
            SET my.own = 'it''s' => SELECT current_setting('my.own', true) => it's
            BEGIN / SET my.own = 'x' / COMMIT => SELECT current_setting('my.own', true) => x
            SELECT set_config('my.own', 'x', false) => SELECT current_setting('my.own', true) => x
            SELECT set_config('my.' || 'own', 'x', false) => SELECT current_setting('my.own', true) => x
            SET TIME ZONE 'Asia/Tokyo' => SHOW TimeZone => Asia/Tokyo
            SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE => SHOW transaction_isolation => serializable
            SET search_path = "B c", public => SHOW search_path => "B c", public
            UPDATE pg_settings SET setting = '8192' WHERE name = 'work_mem' => SHOW work_mem => 8MB
            SET application_name = 'other' => SHOW application_name => other
            SELECT public.hide_zone() => SHOW TimeZone => Asia/Tokyo
            SELECT public.hide_memory() => SHOW work_mem => 9MB
            """)
    void settingsFollowTheirClientAndNobodyElseSeesThem(String sql, String question, String answer) throws IOException {
        try (var proxy = poolOf(2);
                var one = proxy.raw()) {
            run(one, sql);
            for (var i = 0; i < 2; i++) {
                assertEquals(0, seenByOthers(proxy, question, answer));
                assertEquals(answer, value(one, question));
            }
            run(one, "DISCARD ALL");
            assertNotEquals(answer, value(one, question));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiterString = "=>", quoteCharacter = '§', textBlock = """
            BEGIN / SET work_mem = '8MB' / ROLLBACK
            BEGIN / SET LOCAL work_mem = '8MB' / COMMIT
            BEGIN / SAVEPOINT a / SET work_mem = '8MB' / ROLLBACK TO a / COMMIT
            SET work_mem = '8MB' / RESET work_mem
            SET work_mem = '8MB' / SET work_mem TO DEFAULT
            SET work_mem = '8MB' / RESET ALL
            SET work_mem = '8MB' / DISCARD ALL
            SET work_mem = '8MB' / BEGIN / RESET ALL / COMMIT
            """)
    void settingsThatAreTakenBackAreWhatTheClientBeganWith(String sql) throws IOException {
        try (var proxy = poolOf(1);
                var one = proxy.raw("options", "-c work_mem=7MB -c search_path=a,b", "statement_timeout", "1234")) {
            run(one, sql);
            for (var i = 0; i < 2; i++) {
                assertEquals("7MB", value(one, "SHOW work_mem"));
                assertEquals("a,b", value(one, "SHOW search_path"));
                assertEquals("1234ms", value(one, "SHOW statement_timeout"));
                assertEquals("7s", value(one, "SHOW lock_timeout"));
                assertEquals("3s", value(one, "SHOW deadlock_timeout"));
                assertEquals(0, seenByOthers(proxy, "SHOW work_mem", "7MB"));
            }
        }
    }

    @Test
    void resetLeadsBackToTheStartupValueOnEveryServer() throws IOException {
        try (var proxy = poolOf(1);
                var one = proxy.raw("options", "-c work_mem=7MB");
                var two = proxy.raw("options", "-c work_mem=7MB")) {
            run(one, "SET work_mem = '8MB' / SET lock_timeout = '1s'");
            assertEquals("7MB", value(two, "SHOW work_mem"));
            run(one, "RESET work_mem / RESET lock_timeout");
            assertEquals("7MB", value(one, "SHOW work_mem"));
            assertEquals("7s", value(one, "SHOW lock_timeout"));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiterString = "=>", quoteCharacter = '§', textBlock = """
            CREATE TEMP TABLE mine (a int) => SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema() => DROP TABLE mine
            CREATE TEMP TABLE mine (a int) => SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema() => DISCARD ALL
            SELECT 1 INTO TEMP mine => SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema() => BEGIN / DROP TABLE mine / COMMIT
            SELECT pg_advisory_lock(1) => SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() => SELECT pg_advisory_unlock(1)
            BEGIN / DECLARE mine CURSOR WITH HOLD FOR SELECT 1 / COMMIT => SELECT count(*) FROM pg_cursors => CLOSE mine
            PREPARE mine AS SELECT 1 => SELECT count(*) FROM pg_prepared_statements WHERE from_sql => DEALLOCATE mine
            PREPARE mine AS SELECT 1 => SELECT count(*) FROM pg_prepared_statements WHERE from_sql => DEALLOCATE ALL
            SET ROLE low => SELECT count(*) FROM (SELECT WHERE current_user = 'low') => RESET ROLE
            DO $$ BEGIN SET ROLE low; END $$ => SELECT count(*) FROM (SELECT WHERE current_user = 'low') => SET ROLE NONE
            DO $$ BEGIN EXECUTE 'PREPARE mine AS SELECT 1'; END $$ => SELECT count(*) FROM pg_prepared_statements WHERE from_sql => DEALLOCATE mine
            """)
    void stateKeepsTheServerJustAsLongAsItLasts(String begin, String question, String end) throws IOException {
        try (var proxy = poolOf(2);
                var one = proxy.raw();
                var late = proxy.raw()) {
            run(one, begin);
            assertEquals("1", value(one, question));
            assertEquals(0, seenByOthers(proxy, question, "1"));
            assertEquals("1", value(one, question));
            assertEquals(
                    "53300",
                    RawClient.error(late.query("CREATE TEMP TABLE late (a int)"))
                            .orElseThrow()
                            .diagnostic()
                            .code());
            run(one, end);
            assertEquals("0", value(one, question)); // the server has been asked by then
            run(late, "CREATE TEMP TABLE late (a int)");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiterString = "=>", quoteCharacter = '§', textBlock = """
            BEGIN / CREATE TEMP TABLE mine (a int) ON COMMIT DROP / COMMIT
            BEGIN / CREATE TEMP TABLE mine (a int) / ROLLBACK
            BEGIN / DECLARE mine CURSOR WITH HOLD FOR SELECT 1 / CLOSE mine / COMMIT
            BEGIN / SET ROLE low / ROLLBACK
            DO $$ BEGIN EXECUTE 'SELECT 1'; END $$
            RESET ROLE
            SELECT public.hide_nothing()
            """)
    void stateThatEndsWithItsTransactionKeepsNothing(String sql) throws IOException {
        try (var proxy = poolOf(1);
                var one = proxy.raw();
                var two = proxy.raw()) {
            run(one, sql);
            var pid = value(two, "SELECT pg_backend_pid()");
            run(two, sql);
            assertEquals(pid, value(one, "SELECT pg_backend_pid()"));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiterString = "=>", textBlock = """
            hide_lock => SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()
            hide_table => SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema()
            hide_custom => SELECT count(*) FROM (SELECT WHERE current_setting('my.hidden', true) = 'x')
            """)
    void whatFunctionsHideIsCleanedAway(String function, String question) throws IOException {
        try (var proxy = poolOf(1);
                var one = proxy.raw()) {
            var pid = value(one, "SELECT pg_backend_pid()");
            run(one, "SET work_mem = '8MB' / SELECT public." + function + "()");
            assertEquals(0, seenByOthers(proxy, question, "1"));
            assertEquals(pid, value(one, "SELECT pg_backend_pid()"));
            assertEquals("8MB", value(one, "SHOW work_mem"));
        }
    }

    @Test
    void whatTriggersHideIsCleanedAwayByTheStrictGuard() throws IOException {
        var question = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()";
        try (var proxy = poolOf(1, "strict");
                var one = proxy.raw()) {
            run(one, "INSERT INTO watched VALUES (1)");
            assertEquals(0, seenByOthers(proxy, question, "1"));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiterString = "=>", textBlock = """
            CREATE TEMP TABLE mine (a int); SET work_mem = '8MB'; SELECT pg_advisory_lock(5)
            PREPARE mine AS SELECT 1 / BEGIN / SET ROLE low
            BEGIN / SELECT pg_advisory_lock(5) / SET lock_timeout = 5
            """)
    void serverOfAClientThatLeavesIsCleanedAndUsedAgain(String sql) throws IOException {
        try (var proxy = poolOf(1);
                var two = proxy.raw()) {
            var pid = value(two, "SELECT pg_backend_pid()");
            try (var one = proxy.raw()) {
                run(one, sql);
            }
            assertEquals(pid, value(two, "SELECT pg_backend_pid()"));
            assertEquals("4MB 7s app 0 0 0", value(two, """
                            SELECT concat_ws(' ', current_setting('work_mem'), current_setting('lock_timeout'), current_user,
                                (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'),
                                (SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema()),
                                (SELECT count(*) FROM pg_prepared_statements WHERE from_sql))"""));
        }
    }

    @Test
    void clientIsToldOnceWhatItNeedsItsServerFor() throws IOException {
        try (var proxy = poolOf(1);
                var one = proxy.raw()) {
            var notices = new ArrayList<BackendMessage>();
            for (var sql : List.of(
                    "CREATE TEMP TABLE mine (a int)",
                    "SELECT 1",
                    "DROP TABLE mine",
                    "CREATE TEMP TABLE mine (a int)",
                    "SELECT 1")) {
                notices.addAll(one.query(sql));
            }
            notices.removeIf(message -> !(message instanceof NoticeResponse));
            assertEquals(1, notices.size());
            var notice = ((NoticeResponse) notices.getFirst()).diagnostic();
            assertTrue(notice.code().startsWith("01"), notice.code());
            assertTrue(notice.message().contains("TEMPORARY"), notice.message());
        }
    }

    @Test
    void settingsMadeByTheExtendedProtocolFollow() throws IOException {
        try (var proxy = poolOf(1);
                var one = proxy.raw();
                var two = proxy.raw()) {
            extended(one, "SET work_mem = '8MB'");
            extended(two, "SET work_mem = '9MB'");
            assertEquals("8MB", value(one, "SHOW work_mem"));
            assertEquals("9MB", value(two, "SHOW work_mem"));
            extended(one, "BEGIN", "SET work_mem = '10MB'", "ROLLBACK");
            assertEquals("9MB", value(two, "SHOW work_mem"));
            assertEquals("8MB", value(one, "SHOW work_mem"));
            extended(one, "SET work_mem = '11MB'", "SET lock_timeout = 5");
            extended(two, "SET work_mem = '12MB'", "SELECT 1/0");
            assertEquals("11MB", value(one, "SHOW work_mem"));
            assertEquals("9MB", value(two, "SHOW work_mem"));
            extended(one, "RESET work_mem");
            assertEquals("4MB", value(one, "SHOW work_mem"));
            assertEquals("5ms", value(one, "SHOW lock_timeout"));
        }
    }

    private static void extended(RawClient client, String... texts) throws IOException {
        for (var sql : texts) {
            client.send(
                    new Parse("", sql, List.of()),
                    new Bind("", "", List.of(), List.of(), List.of()),
                    new Execute("", 0));
        }
        client.send(new Sync());
        client.readUntilReady();
    }

    @Test
    void reportsAreThoseOfADirectConnection() throws IOException {
        var script = List.of(
                "SET TimeZone = 'Asia/Tokyo'",
                "SELECT 1",
                "BEGIN",
                "SET LOCAL TimeZone = 'UTC'",
                "COMMIT",
                "BEGIN; SET DateStyle = german; ROLLBACK",
                "BEGIN; SET DateStyle = german; COMMIT",
                "SET application_name = 'me'",
                "SELECT public.hide_zone()",
                "RESET TimeZone",
                "SET search_path = a",
                "RESET ALL",
                "SELECT 1");
        try (var proxy = poolOf(2);
                var direct = RawClient.connect(proxy.direct()).encrypted();
                var pooled = RawClient.connect(proxy.pooled()).encrypted();
                var other = proxy.raw("application_name", "other")) {
            var expected =
                    reports(direct.logIn(ProtocolVersion.V3_0, "app." + BRANCH, PASSWORD, "application_name", "a"));
            run(other, "SET TimeZone = 'Europe/Berlin' / SET DateStyle = 'SQL'");
            assertEquals(
                    expected.stream().sorted().toList(),
                    reports(pooled.logIn(ProtocolVersion.V3_0, "app." + BRANCH, PASSWORD, "application_name", "a"))
                            .stream()
                            .sorted()
                            .toList());
            for (var sql : script) {
                run(other, "SELECT 1");
                assertEquals(reports(direct.query(sql)), reports(pooled.query(sql)), sql);
            }
        }
    }

    private static List<String> reports(List<BackendMessage> messages) {
        return messages.stream()
                .filter(BackendMessage.ParameterStatus.class::isInstance)
                .map(BackendMessage.ParameterStatus.class::cast)
                .map(status -> status.name() + "=" + status.value())
                .toList();
    }
}
