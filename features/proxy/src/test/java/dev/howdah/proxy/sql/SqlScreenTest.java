package dev.howdah.proxy.sql;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.testkit.SeededRandom;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SqlScreenTest {
    private static final List<String> PARTS = List.of(
            "set",
            "select",
            "into",
            "temp",
            "mine(1)",
            "abs(1)",
            "set_config('a','b',false)",
            "'",
            "\"",
            "$$",
            "--",
            "\n",
            "/*",
            "*/",
            ";",
            "insert",
            "(",
            ")",
            " ",
            " ",
            "pg_advisory_lock(1)",
            "listen",
            "x",
            "app.mine(1)",
            ",",
            "E'",
            "\\",
            "do",
            "hold",
            "declare",
            "U&\"",
            "pg_temp",
            "as",
            "\"mine\"(1)",
            "update",
            "pg_settings",
            "pg_notify('a', '')");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ";",
                " ; ;; ",
                "select 1",
                "SELECT abalance FROM pgbench_accounts WHERE aid = 1;",
                "UPDATE pgbench_accounts SET abalance = abalance + 1 WHERE aid = 5;",
                "INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) VALUES (1, 2, 3, 4, CURRENT_TIMESTAMP)",
                "insert into \"users\" (\"name\") values ($1) returning \"id\"",
                "insert into\"users\"(\"name\") values ($1)",
                "insert into app . \"users\" (a) values (1) on conflict (a) do update set (b) = row(1)",
                "BEGIN; UPDATE t SET a = 1; COMMIT",
                "(select 1) union (select 2)",
                "/* app:web */ -- and\n select count(*), max(a) from t",
                "select coalesce(a, 1), pg_catalog.lower(b), now() from t where a in (1, 2) and exists (select 1)",
                "select sum(a) over (partition by b) from t group by (b) order by (b) limit (1)",
                "select 1 /*traceparent='00-5bd66ef5095369c7b0d1f8f4bd33716a-c532cb4098ac3dd2-01'*/",
                "select temperature, template, my_temp from attempts",
                "select nextval('s'), pg_advisory_xact_lock(1), random()",
                "with a as (select 1) select * from a",
                "copy t from stdin",
                "lock table t; truncate t; savepoint a; release a; rollback; show work_mem",
                "select 'it''s', E'\\'', $$a$$ from t",
                "select a & b, u&b from t",
                "select cast(a as varchar(3)), interval '1 day', date '2020-01-01' from t"
            })
    void ordinaryTextsAreLetPass(String sql) {
        assertTrue(isPlain(sql));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "set x = 1",
                "  sEt x = 1",
                "select 1; set x = 1",
                "select 1;/* */set x = 1",
                "select 1;-- ;select\nset x = 1",
                "/* a /* b */ */ set x = 1",
                "-- select 1\nset x = 1",
                "/* no end",
                "reset all",
                "listen a",
                "notify a",
                "prepare p as select 1",
                "execute p(1)",
                "explain analyze execute p",
                "deallocate p",
                "discard all",
                "do $$ $$",
                "load 'x'",
                "declare c cursor with hold for select 1",
                "close c",
                "drop table t",
                "create extension dblink",
                "create publication p for all tables",
                "alter event trigger a disable",
                "comment on extension a is ''",
                "call p(1)",
                "select 1 into temp t",
                "select 1 into TEMPORARY t",
                "select * from pg_temp.t",
                "select * from \"pg_temp_3\".t",
                "update pg_settings set setting = '1' where name = 'a'",
                "select set_config('a', 'b', false)",
                "select SET_CONFIG ('a', 'b', false)",
                "select pg_catalog.set_config\n('a', 'b', false)",
                "select set_config/**/('a', 'b', false)",
                "select set_config -- abs\n('a', 'b', false)",
                "select \"set_config\"('a', 'b', false)",
                "select U&\"set\\005fconfig\"('a', 'b', false)",
                "select \"abs\"(1)",
                "select \"a\"\"abs\"(1)",
                "select app.abs(1)",
                "select app . abs (1)",
                "select mine(1)",
                "select * from mine(1)",
                "select 1 as \"x into \", mine(1) as \"(b\"",
                "/* into */ select 1 /* into */ , mine(1)",
                "select 1 -- into\nmine(1)",
                "-- into\nmine(1)",
                "select 'into' mine(1)",
                "select $$ into $$mine(1)",
                "select $$ into x$$mine(1)",
                "select pg_advisory_lock(1)",
                "select pg_notify('a', 'b')",
                "select dblink_connect('x')",
                "select \u00e9abs(1)"
            })
    void whatMayMatterIsRead(String sql) {
        assertFalse(isPlain(sql));
    }

    @Test
    void whatStandsAroundTheTextIsNotLookedAt() {
        var bytes = ByteBuffer.allocateDirect(100)
                .put(SqlText.encode("set select 1 set x"))
                .flip();
        assertTrue(SqlScreen.isPlain(bytes, 4, 12));
        assertFalse(SqlScreen.isPlain(bytes, 0, 12));
        assertEquals(0, bytes.position());
    }

    /** Texts put together at random: whatever is found in one by reading it, the first look has not let pass. */
    @Test
    void nothingThatReadingFindsIsLetPass() {
        var random = SeededRandom.create();
        var passed = 0;
        for (var i = 0; i < 300_000; i++) {
            var sql = new StringBuilder("select ");
            for (var words = random.nextInt(8); words >= 0; words--) {
                sql.append(PARTS.get(random.nextInt(PARTS.size()))).append(random.nextBoolean() ? " " : "");
            }
            var text = sql.toString();
            if (isPlain(text)) {
                var facts = FactsReader.read(text, true);
                // A text that the server cannot read does nothing.
                var broken =
                        facts.pins().stream().anyMatch(pin -> pin.construct().equals("a text that cannot be read"));
                assertTrue(broken || facts.isNothing(), () -> text + " " + facts);
                passed++;
            }
        }
        assertTrue(passed > 1_000, "only " + passed + " texts passed");
    }

    private static boolean isPlain(String sql) {
        var bytes = ByteBuffer.wrap(SqlText.encode("set" + sql + "set"));
        return SqlScreen.isPlain(bytes, 3, bytes.limit() - 3);
    }
}
