package dev.howdah.proxy.sql;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.base.Sql;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StatementGuardTest {
    @ParameterizedTest
    @CsvSource(delimiterString = "=>", quoteCharacter = '§', textBlock = """
            create event trigger Et on ddl_command_end when tag in ('CREATE TABLE', $$DROP TABLE$$) execute procedure "My".f() \
                => CREATE EVENT TRIGGER => 'create event trigger', 'et', ARRAY['ddl_command_end', '"My".f()'::pg_catalog.regprocedure::pg_catalog.oid::pg_catalog.text, 'CREATE TABLE', $$DROP TABLE$$]
            ALTER EVENT TRIGGER "a'b" ENABLE ALWAYS \
                => ALTER EVENT TRIGGER => 'alter event trigger', 'a''b', ARRAY['ENABLE ALWAYS']
            alter event trigger a rename to b \
                => ALTER EVENT TRIGGER => 'alter event trigger', 'a', ARRAY['RENAME', 'b']
            alter event trigger a owner to current_user \
                => ALTER EVENT TRIGGER => 'alter event trigger', 'a', ARRAY['OWNER', CURRENT_USER::pg_catalog.text]
            drop /* x */ event trigger if exists a, b cascade \
                => DROP EVENT TRIGGER => 'drop event trigger', 'a', ARRAY['IF EXISTS', 'CASCADE', 'b']
            create publication p for all tables \
                => CREATE PUBLICATION => 'create publication', 'p', ARRAY[]
            create publication p for all tables with (publish = 'insert', publish_via_partition_root, x = 1, y = true) \
                => CREATE PUBLICATION => 'create publication', 'p', ARRAY['publish', 'insert', 'publish_via_partition_root', NULL, 'x', '1', 'y', 'true']
            comment on event trigger a is null \
                => COMMENT => 'comment on event trigger', 'a', ARRAY[NULL]
            """)
    void statementsOfTheDoorBecomeCallsWithPostgresTag(String sql, String tag, String arguments) {
        var rewrite = rewrite(sql);
        assertEquals("CALL pg_howdah.run(" + arguments + "::pg_catalog.text[])", rewrite.sql());
        assertEquals(List.of(Optional.of(tag)), rewrite.tags());
    }

    @ParameterizedTest
    @CsvSource(delimiterString = "=>", quoteCharacter = '§', textBlock = """
            create publication P for tables in schema a, current_schema \
                => CREATE PUBLICATION => ARRAY['ADD', 'a', pg_catalog.current_schema()::pg_catalog.text] => CREATE PUBLICATION P\\u0020
            create publication p for table t (a, b) where (x = ','), only u, tables in schema s, table v with (publish = 'insert') \
                => CREATE PUBLICATION => ARRAY['ADD', 's'] => CREATE PUBLICATION p FOR TABLE t (a, b) where (x = '',''), only u, v with (publish = ''insert'')
            alter publication p add tables in schema a, b \
                => ALTER PUBLICATION => ARRAY['ADD', 'a', 'b'] => §§
            alter publication p set tables in schema a \
                => ALTER PUBLICATION => ARRAY['SET', 'a'] => §§
            alter publication "P" set tables in schema a, table t, u \
                => ALTER PUBLICATION => ARRAY['ADD', 'a'] => ALTER PUBLICATION "P" SET TABLE t, u
            """)
    void theTablesOfAPublicationStayTheCallersOwnBusiness(String sql, String tag, String details, String own) {
        var rewrite = rewrite(sql);
        var ending = own.isEmpty() ? ")" : ", '" + own.replace("\\u0020", " ") + "')";
        var name = sql.contains("\"P\"") ? "'P'" : "'p'";
        assertEquals(
                "CALL pg_howdah.run('alter publication', " + name + ", " + details + "::pg_catalog.text[]" + ending,
                rewrite.sql());
        assertEquals(List.of(Optional.of(tag)), rewrite.tags());
    }

    @ParameterizedTest
    @CsvSource(delimiterString = "=>", quoteCharacter = '§', textBlock = """
            create extension if not exists "postgres_fdw" with schema S version '1.1' cascade \
                => CREATE EXTENSION => 'create extension', 'postgres_fdw', ARRAY['IF NOT EXISTS', 's', '1.1']
            create extension Citext \
                => CREATE EXTENSION => 'create extension', 'citext', ARRAY['', pg_catalog.current_schema()::pg_catalog.text, NULL]
            alter extension dblink update \
                => ALTER EXTENSION => 'update extension', 'dblink', ARRAY[NULL]
            drop extension if exists dblink, x restrict \
                => DROP EXTENSION => 'drop extension', 'dblink', ARRAY['IF EXISTS', '', 'x']
            comment on extension dblink is E'a\\'b' \
                => COMMENT => 'comment on extension', 'dblink', ARRAY[E'a\\'b']
            """)
    void statementsAboutExtensionsGoAlongAsTheyWereTyped(String sql, String tag, String arguments) {
        var rewrite = rewrite(sql);
        assertEquals(
                "CALL pg_howdah.run_extension(%s::pg_catalog.text[], %s)".formatted(arguments, Sql.literal(sql)),
                rewrite.sql());
        assertEquals(List.of(Optional.of(tag)), rewrite.tags());
    }

    @Test
    void theOtherStatementsOfATextStayAsTheyAreToTheByte() {
        var rewrite = rewrite("BEGIN /* ; */;\n drop event trigger a ; SELECT 'ü' -- end\n;; drop extension dblink");
        assertEquals(
                "BEGIN /* ; */;\n CALL pg_howdah.run('drop event trigger', 'a', ARRAY['', '']::pg_catalog.text[]) ; SELECT 'ü' -- end\n;; "
                        + "CALL pg_howdah.run_extension('drop extension', 'dblink', ARRAY['', '']::pg_catalog.text[], "
                        + "'drop extension dblink')",
                rewrite.sql());
        assertEquals(
                List.of(
                        Optional.empty(),
                        Optional.of("DROP EVENT TRIGGER"),
                        Optional.empty(),
                        Optional.of("DROP EXTENSION")),
                rewrite.tags());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "select 1",
                "select 'create publication p for all tables'",
                "-- create publication p for all tables",
                "do $$ begin create extension dblink; end $$",
                "create publication p",
                "create publication p for table t",
                "create publication p for all tables in schema x",
                "create publication p for tables in schema",
                "alter publication p set (publish = 'insert')",
                "alter publication p drop tables in schema a",
                "alter publication p add table t",
                "create extension dblink from old",
                "create event trigger a on b execute function f(1)",
                "create event trigger a on b when tag in ('x') and tag in ('y') execute function f()",
                "create event trigger a on b when other in ('x') execute function f()",
                "create event trigger U&\"a\" on b execute function f()",
                "create trigger event on t execute function f()",
                "drop event trigger a b",
                "comment on publication p is 'x'"
            })
    void everythingElseIsLeftToTheServer(String sql) {
        assertInstanceOf(StatementGuard.Verdict.Pass.class, StatementGuard.inspect(sql, true));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"CREATE Event/**/TRIGGER x", "alter PUBLICATION p", "x; drop extension\ny", "create extension"})
    void theFirstLookFindsWhatMayMatter(String sql) {
        assertTrue(StatementGuard.mayMatter(bytes(sql)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"select * from events", "select 1", "update t set extensions = 1", "ext", "ev", "b", "publicatio"
            })
    void theFirstLookLetsOrdinaryTextsGo(String sql) {
        assertFalse(StatementGuard.mayMatter(bytes(sql)));
    }

    private static ByteBuffer bytes(String sql) {
        return ByteBuffer.wrap(SqlText.encode("Q\0\0\0\0" + sql + "\0"));
    }

    private static StatementGuard.Verdict.Rewrite rewrite(String sql) {
        return assertInstanceOf(StatementGuard.Verdict.Rewrite.class, StatementGuard.inspect(sql, true));
    }
}
