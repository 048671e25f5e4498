package dev.howdah.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.base.Sql;
import dev.howdah.proxy.sql.SqlText;
import dev.howdah.proxy.sql.StatementGuard;
import dev.howdah.testkit.TestPostgres;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the default role may type, and what nobody may gain by it. Each test has a database of its own. */
class DoorTest {
    private static TestPostgres postgres;
    private static int databases;

    private String database = "";

    @BeforeAll
    static void start() throws SQLException {
        postgres = TestPostgres.start(TestPostgres.Options.DEFAULT
                .withPlatform()
                .withRoles("low", "joe")
                .with("wal_level", "logical"));
        postgres.execute("GRANT postgres TO joe");
        try (var platform = postgres.connect("howdah_admin", "howdah_platform")) {
            ServerSchema.installPlatform(platform);
        }
    }

    @AfterAll
    static void stop() {
        postgres.close();
    }

    @BeforeEach
    void freshDatabase() throws SQLException {
        database = "app" + ++databases;
        postgres.execute("CREATE DATABASE " + database + " OWNER postgres");
        try (var admin = connect("howdah_admin")) {
            ServerSchema.installDoors(admin);
        }
    }

    @Test
    void zeroCachesStatementsWorkAsTyped() throws SQLException {
        try (var client = connect("postgres")) {
            type(client, """
                    CREATE SCHEMA "my schema"; CREATE TABLE t (a int PRIMARY KEY); CREATE TABLE "my schema".u (a int PRIMARY KEY);
                    CREATE FUNCTION note() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'x'; END $$;
                    CREATE EVENT TRIGGER ddl_end ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'ALTER TABLE') EXECUTE PROCEDURE note();
                    CREATE PUBLICATION everything FOR ALL TABLES WITH (publish = 'insert, update', publish_via_partition_root);
                    CREATE PUBLICATION few FOR TABLES IN SCHEMA "my schema", TABLE t WHERE (a > 1)
                    """);
            assertEquals(List.of("everything postgres t t f", "few postgres f f t"), column(client, """
                            SELECT concat_ws(' ', pubname, pg_get_userbyid(pubowner), puballtables, pubviaroot, pubdelete)
                            FROM pg_publication ORDER BY 1
                            """));
            assertEquals(
                    List.of("u"),
                    column(
                            client,
                            "SELECT tablename FROM pg_publication_tables WHERE pubname = 'few' AND schemaname = 'my schema'"));
            assertEquals(List.of("howdah_admin note postgres {\"CREATE TABLE\",\"ALTER TABLE\"}"), column(client, """
                            SELECT concat_ws(' ', pg_get_userbyid(evtowner), proname, pg_get_userbyid(proowner), evttags)
                            FROM pg_event_trigger JOIN pg_proc p ON p.oid = evtfoid WHERE proname = 'note'
                            """));
            type(client, """
                    ALTER PUBLICATION few SET TABLES IN SCHEMA public; ALTER PUBLICATION everything SET (publish = 'delete');
                    ALTER EVENT TRIGGER ddl_end DISABLE; ALTER EVENT TRIGGER ddl_end RENAME TO other; COMMENT ON EVENT TRIGGER other IS 'it''s';
                    ALTER EVENT TRIGGER other OWNER TO howdah_admin;
                    DROP EVENT TRIGGER other; DROP EVENT TRIGGER IF EXISTS other, another; DROP PUBLICATION few, everything
                    """);
            assertEquals(List.of("~howdah_extensions"), column(client, "SELECT evtname FROM pg_event_trigger"));
        }
    }

    @Test
    void theyAreATransactionLikeAnyOther() throws SQLException {
        try (var client = connect("postgres")) {
            client.setAutoCommit(false);
            type(client, "CREATE PUBLICATION p FOR ALL TABLES");
            client.rollback();
            assertEquals(List.of(), column(client, "SELECT pubname FROM pg_publication"));
        }
    }

    @Test
    void everyExtensionOfTheListInstallsIsUsableAndGoes() throws SQLException {
        try (var client = connect("postgres")) {
            var extensions = column(client, "SELECT unnest(pg_howdah.extensions())");
            assertTrue(extensions.size() >= 15);
            for (var extension : extensions) {
                type(client, "CREATE EXTENSION " + extension);
            }
            type(
                    client,
                    "CREATE TABLE t (a int PRIMARY KEY); SELECT bt_index_check('t_pkey'); CREATE EXTENSION IF NOT EXISTS bloom");
            type(client, "CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw; ALTER EXTENSION pgstattuple UPDATE");
            type(client, "COMMENT ON EXTENSION amcheck IS NULL; DROP EXTENSION postgres_fdw CASCADE");
            type(
                    client,
                    "DROP EXTENSION "
                            + extensions.stream()
                                    .filter(extension -> !extension.equals("postgres_fdw"))
                                    .collect(Collectors.joining(", ")));
            assertEquals(List.of("plpgsql"), column(client, "SELECT extname FROM pg_extension"));
        }
    }

    @Test
    void membersOfTheDefaultRoleMayAndOthersMayNot() throws SQLException {
        try (var joe = connect("joe");
                var low = connect("low")) {
            type(joe, "CREATE PUBLICATION p FOR ALL TABLES");
            assertEquals(List.of("joe"), column(joe, "SELECT pg_get_userbyid(pubowner) FROM pg_publication"));
            execute(low, "SET search_path = pg_temp");
            execute(low, "CREATE FUNCTION pg_temp.f() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$");
            for (var sql : List.of(
                    "CREATE PUBLICATION q FOR ALL TABLES",
                    "ALTER PUBLICATION p ADD TABLES IN SCHEMA public",
                    "CREATE EXTENSION dblink",
                    "CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION pg_temp.f()",
                    "DROP EVENT TRIGGER IF EXISTS e")) {
                var refused = assertThrows(SQLException.class, () -> type(low, sql), sql);
                assertEquals("42501", refused.getSQLState(), sql);
                assertTrue(String.valueOf(refused.getMessage()).contains("permission denied to"), refused::getMessage);
            }
        }
    }

    @Test
    void theRoleThatActsCountsNotTheOneThatLoggedIn() throws SQLException {
        try (var client = connect("postgres");
                var admin = connect("howdah_admin")) {
            execute(admin, "GRANT low TO postgres; GRANT CREATE ON SCHEMA public TO low");
            execute(client, "SET ROLE low");
            refused("42501", () -> type(client, "CREATE PUBLICATION p FOR ALL TABLES"));
            execute(client, """
                    CREATE FUNCTION trap() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
                    BEGIN CALL pg_howdah.run_as_platform('create extension', 'dblink', 'postgres', ARRAY['', 'public', NULL]); END $$
                    """);
            execute(client, "RESET ROLE");
            refused("42501", () -> execute(client, "SELECT trap()"));
        }
    }

    @Test
    void aTriggersFunctionNeverRunsWithMoreThanTheRightsOfWhoeverFiresIt() throws SQLException {
        try (var client = connect("postgres");
                var admin = connect("howdah_admin")) {
            type(client, """
                    CREATE TABLE seen (who name, super boolean, tag text);
                    CREATE FUNCTION spy() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
                        INSERT INTO public.seen SELECT current_user, rolsuper, tg_tag FROM pg_roles WHERE rolname = current_user;
                        IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN ALTER ROLE postgres SUPERUSER; END IF;
                    END $$;
                    CREATE EVENT TRIGGER at_start ON ddl_command_start EXECUTE FUNCTION spy();
                    CREATE EVENT TRIGGER at_end ON ddl_command_end EXECUTE FUNCTION spy();
                    CREATE EVENT TRIGGER at_drop ON sql_drop EXECUTE FUNCTION spy();
                    CREATE EXTENSION dblink; CREATE EXTENSION pg_stat_statements; DROP EXTENSION dblink;
                    CREATE PUBLICATION p FOR ALL TABLES; CREATE PUBLICATION q FOR TABLES IN SCHEMA public;
                    CREATE TABLE mine (a int)
                    """);
            execute(admin, "CREATE TABLE platforms (a int); DROP TABLE platforms");
            execute(admin, "COMMENT ON SCHEMA pg_howdah IS 'howdah doors 0'");
            ServerSchema.installDoors(admin);
            assertEquals(List.of("postgres"), column(client, "SELECT DISTINCT who FROM seen"));
            assertTrue(column(client, "SELECT DISTINCT tag FROM seen").contains("CREATE TABLE"));
            assertEquals(List.of("f"), column(client, "SELECT rolsuper FROM pg_roles WHERE rolname = 'postgres'"));
        }
        try (var replicator = connect("howdah_replicator")) {
            execute(replicator, "CREATE TABLE platforms (a int)");
            assertEquals(List.of("postgres"), column(replicator, "SELECT DISTINCT who FROM public.seen"));
        }
    }

    @Test
    void insideTheScriptOfATrustedExtensionNoTriggerRunsHoweverItIsMade() throws SQLException {
        try (var client = connect("postgres");
                var low = connect("low");
                var admin = connect("howdah_admin")) {
            execute(
                    admin,
                    "GRANT CREATE ON DATABASE %s TO low; GRANT CREATE ON SCHEMA public TO low".formatted(database));
            type(client, """
                    CREATE TABLE seen (super boolean); GRANT INSERT ON seen TO PUBLIC;
                    CREATE FUNCTION spy() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
                        EXECUTE 'RESET ALL'; -- which also undoes what a superuser has set
                        INSERT INTO public.seen SELECT rolsuper FROM pg_roles WHERE rolname = current_user;
                    END $$;
                    CREATE EVENT TRIGGER "!" ON ddl_command_start EXECUTE FUNCTION spy();
                    CREATE EVENT TRIGGER "}}}" ON ddl_command_start EXECUTE FUNCTION spy();
                    CREATE EVENT TRIGGER at_end ON ddl_command_end EXECUTE FUNCTION spy();
                    CREATE EVENT TRIGGER at_drop ON sql_drop EXECUTE FUNCTION spy();
                    CREATE EXTENSION hstore
                    """);
            execute(client, "DO $$ BEGIN CREATE EXTENSION citext; EXCEPTION WHEN division_by_zero THEN NULL; END $$");
            execute(client, "CREATE EXTENSION seg VERSION '1.1'");
            execute(client, "ALTER EXTENSION seg UPDATE");
            execute(low, "CREATE EXTENSION ltree");
            assertEquals(List.of("f"), column(client, "SELECT DISTINCT super FROM seen"));
        }
    }

    @Test
    void typedAtTopLevelATrustedExtensionLeavesEventTriggersOn() throws SQLException {
        try (var client = connect("postgres")) {
            type(client, """
                    CREATE TABLE seen (tag text); CREATE FUNCTION note() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
                        INSERT INTO public.seen VALUES (tg_tag); END $$;
                    CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION note();
                    """);
            client.setAutoCommit(false);
            type(client, "CREATE EXTENSION IF NOT EXISTS citext; CREATE TABLE t (a citext)");
            assertEquals(List.of("CREATE TABLE"), column(client, "SELECT tag FROM seen"));
            client.commit();
            type(client, "DROP EXTENSION citext CASCADE");
            client.commit();
            refused("42501", () -> type(client, "DROP EXTENSION plpgsql CASCADE"));
            client.rollback();
        }
    }

    @Test
    void withoutEventTriggersATrustedExtensionIsTheCallersOwn() throws SQLException {
        try (var client = connect("postgres")) {
            type(client, "CREATE EXTENSION citext");
            assertEquals(
                    List.of("postgres"),
                    column(client, "SELECT pg_get_userbyid(extowner) FROM pg_extension WHERE extname = 'citext'"));
            refused("42501", () -> type(client, "CREATE EXTENSION file_fdw"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"~", "~~~", "é", "\uD83D\uDE00"})
    void noTriggerMayRunAfterThePlatformsOwn(String name) throws SQLException {
        try (var client = connect("postgres")) {
            execute(client, "CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$");
            type(client, "CREATE EVENT TRIGGER a ON ddl_command_start EXECUTE FUNCTION f()");
            var quoted = Sql.identifier(name);
            refused(
                    "42939",
                    () -> type(
                            client, "CREATE EVENT TRIGGER " + quoted + " ON ddl_command_start EXECUTE FUNCTION f()"));
            refused("42939", () -> type(client, "ALTER EVENT TRIGGER a RENAME TO " + quoted));
            refused("42939", () -> type(client, "DROP EVENT TRIGGER \"~howdah_extensions\""));
            refused("42939", () -> type(client, "ALTER EVENT TRIGGER \"~howdah_extensions\" DISABLE"));
        }
    }

    @Test
    void aLoginTriggerDoesNotRunInThePlatformsSessions() throws SQLException {
        try (var client = connect("postgres")) {
            type(client, """
                    CREATE FUNCTION no() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'closed'; END $$;
                    CREATE EVENT TRIGGER closed ON login EXECUTE FUNCTION no()
                    """);
        }
        assertThrows(SQLException.class, () -> connect("low").close());
        connect("howdah_admin").close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x'); ALTER ROLE low SUPERUSER; --",
                "x\"; ALTER ROLE low SUPERUSER; --",
                "\\'; ALTER ROLE low SUPERUSER; --",
                "$$; ALTER ROLE low SUPERUSER; --",
                "%I %s %L",
                "größe"
            })
    void aNameIsANameWhateverIsInIt(String name) throws SQLException {
        var quoted = Sql.identifier(name);
        try (var client = connect("postgres")) {
            for (var standard : List.of("on", "off")) {
                execute(client, "SET standard_conforming_strings = " + standard);
                type(client, """
                        CREATE SCHEMA %1$s; CREATE FUNCTION %1$s.%1$s() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$;
                        CREATE EVENT TRIGGER %1$s ON ddl_command_end EXECUTE FUNCTION %1$s.%1$s(); COMMENT ON EVENT TRIGGER %1$s IS 'x';
                        CREATE PUBLICATION %1$s FOR TABLES IN SCHEMA %1$s; CREATE EXTENSION dblink SCHEMA %1$s
                        """.formatted(quoted), standard.equals("on"));
                assertEquals(List.of(name), column(client, "SELECT evtname FROM pg_event_trigger WHERE evtname < '~'"));
                assertEquals(List.of(name), column(client, "SELECT pubname FROM pg_publication"));
                type(
                        client,
                        "DROP EVENT TRIGGER %1$s; DROP EXTENSION dblink; DROP PUBLICATION %1$s; DROP SCHEMA %1$s CASCADE"
                                .formatted(quoted),
                        standard.equals("on"));
            }
            assertEquals(List.of("f"), column(client, "SELECT rolsuper FROM pg_roles WHERE rolname = 'low'"));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CALL pg_howdah.run_as_platform('create extension', 'bloom', 'howdah_admin', ARRAY['', 'public', NULL])",
                "CALL pg_howdah.run_as_platform('create publication', 'p', 'low', ARRAY[]::text[])",
                "CALL pg_howdah.run_as_platform('create publication', 'p', 'nobody', ARRAY[]::text[])",
                "CALL pg_howdah.run_as_platform('create publication', 'p', NULL, ARRAY[]::text[])",
                "CALL pg_howdah.run_as_platform('create extension', 'bloom', 'postgres', ARRAY['', 'pg_catalog', NULL])",
                "CALL pg_howdah.run_as_platform('create extension', 'bloom', 'postgres', ARRAY['', 'pg_howdah', NULL])",
                "CALL pg_howdah.run_as_platform('create extension', 'file_fdw', 'postgres', ARRAY['', 'public', NULL])",
                "CALL pg_howdah.run_as_platform('create extension', NULL, 'postgres', ARRAY['', 'public', NULL])",
                "CALL pg_howdah.run_as_platform('create extension', 'bloom', 'postgres', NULL)",
                "CALL pg_howdah.run_as_platform('create extension', 'bloom', 'postgres', ARRAY['', 'public', '1.0; x'])",
                "CALL pg_howdah.run_as_platform('drop extension', 'bloom', 'postgres', ARRAY['', '', 'plpgsql'])",
                "CALL pg_howdah.run_as_platform('drop event trigger', 'x', 'postgres', ARRAY['', '', 'howdah_x'])",
                "CALL pg_howdah.run_as_platform('alter event trigger', 'x', 'postgres', ARRAY['ENABLE; ALTER ROLE low SUPERUSER'])",
                "CALL pg_howdah.run_as_platform('alter event trigger', 'x', 'postgres', ARRAY['RENAME', 'HOWDAH_y'])",
                "CALL pg_howdah.run_as_platform('create event trigger', 'x', 'postgres', ARRAY['ddl_command_end', '1'])",
                "CALL pg_howdah.run_as_platform('create event trigger', 'x', 'postgres', ARRAY['a b', 'pg_catalog.now'])",
                "CALL pg_howdah.run_as_platform('create event trigger', 'howdah_x', 'postgres', ARRAY['ddl_command_end', '1'])",
                "CALL pg_howdah.run_as_platform('alter publication', 'theirs', 'postgres', ARRAY['ADD', 'public'])",
                "CALL pg_howdah.run_as_platform('alter publication', 'theirs', 'postgres', ARRAY['DROP', 'public'])",
                "CALL pg_howdah.run_as_platform('drop table', 'x', 'postgres', ARRAY[]::text[])",
                "CALL pg_howdah.run_as_platform(NULL, NULL, 'postgres', NULL)",
                "SELECT pg_howdah.create_extension('file_fdw', 'postgres', ARRAY['', 'public', NULL])",
                "SELECT pg_howdah.require_extension('bloom')",
                "CREATE FUNCTION pg_howdah.f() RETURNS void LANGUAGE sql AS ''",
                "ALTER PROCEDURE pg_howdah.run_as_platform SECURITY INVOKER",
                "DROP SCHEMA pg_howdah CASCADE",
                "CREATE SCHEMA pg_howdah2"
            })
    void theDoorRefusesOddArgumentsWhenItIsCalledDirectly(String sql) throws SQLException {
        try (var client = connect("postgres");
                var admin = connect("howdah_admin")) {
            execute(admin, "CREATE PUBLICATION theirs");
            assertThrows(SQLException.class, () -> execute(client, sql));
        }
    }

    @Test
    void aNameThatPostgresWouldCutIsCheckedAsItIsCut() throws SQLException {
        var name = "p".repeat(63);
        try (var client = connect("postgres");
                var admin = connect("howdah_admin")) {
            execute(admin, "CREATE PUBLICATION " + name);
            refused(
                    "42501",
                    () -> execute(
                            client,
                            "CALL pg_howdah.run_as_platform('alter publication', '%sx', 'postgres', ARRAY['ADD', 'public'])"
                                    .formatted(name)));
        }
    }

    @Test
    void aFunctionThatTheCallerMayNotCallIsNoTriggerOfTheirs() throws SQLException {
        try (var client = connect("postgres");
                var admin = connect("howdah_admin")) {
            execute(admin, """
                    CREATE FUNCTION public.secret() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$;
                    REVOKE ALL ON FUNCTION public.secret() FROM PUBLIC
                    """);
            refused(
                    "42501",
                    () -> type(client, "CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION public.secret()"));
        }
    }

    @Test
    void dblinkCannotBorrowTheServersOwnIdentity() throws SQLException {
        try (var client = connect("postgres")) {
            type(client, "CREATE EXTENSION dblink");
            var socket = postgres.address();
            assertThrows(SQLException.class, () -> column(client, """
                    SELECT * FROM dblink('host=%s port=%d user=howdah_admin password=x dbname=postgres', 'SELECT 1') AS t(a int)
                    """.formatted(socket.directory(), socket.port())));
        }
    }

    @Test
    void theDoorIsInNoDumpAndComesWithTheTemplate() throws SQLException {
        try (var admin = connect("howdah_admin")) {
            assertEquals(List.of("plpgsql"), column(admin, """
                    SELECT extname FROM pg_event_trigger t JOIN pg_depend ON objid = t.oid AND deptype = 'e' JOIN pg_extension e ON e.oid = refobjid
                    """));
            // pg_dump leaves out members of extensions, and every schema whose name begins with pg_, but for the rights
            // on pg_catalog.
            assertEquals(List.of("pg_howdah"), column(admin, """
                    SELECT DISTINCT nspname FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
                    WHERE p.oid >= 16384 AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')
                    """));
            var before = column(admin, "SELECT oid::text FROM pg_namespace WHERE nspname = 'pg_howdah'");
            ServerSchema.installDoors(admin);
            assertEquals(before, column(admin, "SELECT oid::text FROM pg_namespace WHERE nspname = 'pg_howdah'"));
        }
        postgres.execute("CREATE DATABASE copy_" + database + " TEMPLATE " + database + " OWNER postgres");
        try (var client = postgres.connect("postgres", "copy_" + database)) {
            type(client, "CREATE EXTENSION dblink");
        }
    }

    private interface Work {
        void run() throws SQLException;
    }

    private static void refused(String state, Work work) {
        assertEquals(state, assertThrows(SQLException.class, work::run).getSQLState());
    }

    private Connection connect(String user) throws SQLException {
        return postgres.connect(user, database);
    }

    /** As a client of the proxy would. */
    private static void type(Connection connection, String sql) throws SQLException {
        type(connection, sql, true);
    }

    private static void type(Connection connection, String sql, boolean standardStrings) throws SQLException {
        var bytes = sql.getBytes(StandardCharsets.UTF_8);
        var verdict = StatementGuard.inspect(SqlText.decode(bytes, 0, bytes.length), standardStrings);
        var rewrite = assertInstanceOf(StatementGuard.Verdict.Rewrite.class, verdict, sql);
        execute(connection, SqlText.readable(rewrite.sql()));
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            statement.execute(sql);
        }
    }

    private static List<String> column(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            var values = new ArrayList<String>();
            while (rows.next()) {
                values.add(rows.getString(1));
            }
            return values;
        }
    }
}
