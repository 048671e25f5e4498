package dev.howdah.proxy.sql;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PoolingRulesTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "set search_path = a",
                "SET SESSION x = 1",
                "set role low",
                "set session authorization low",
                "set session characteristics as transaction read only",
                "select 1; set x = 1",
                "/* c */ -- d\n set x = 1",
                "reset all",
                "listen a",
                "unlisten *",
                "prepare p as select 1",
                "deallocate p",
                "execute p",
                "discard all",
                "load 'auto_explain'",
                "declare c cursor with hold for select 1",
                "create temp table t (a int)",
                "create local temporary table t (a int)",
                "create or replace temp view v as select 1",
                "create table pg_temp.t (a int)",
                "create table pg_temp_3.t (a int)",
                "select 1 into temp t",
                "with a as (select 1) select * into temporary table t from a",
                "select pg_advisory_lock(1)",
                "select pg_catalog.PG_TRY_ADVISORY_LOCK(1)",
                "select \"pg_advisory_lock\"(1)",
                "select U&\"pg\\005fadvisory_lock\"(1)",
                "select set_config('a', 'b', false)",
                "select set_config('a', 'b', $1)",
                "select set_config('a', 'b', true or false)",
                "select set_config('a', f(1, true), false)",
                "select dblink_connect('x')",
                "do $$ begin set x = 1; end $$",
                "do $a$ begin execute $b$ listen x $b$; end $a$",
                "do 'begin perform 1; end'",
                "do language plperl $$ 1 $$",
                "do $$ begin perform pg_advisory_lock(1); end $$",
                "explain analyze create temp table t as select 1",
                "explain analyze execute p",
                "select 'no end"
            })
    void staysWithItsServerConnection(String sql) {
        assertTrue(PoolingRules.pins(sql, true));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ";",
                "select 1",
                "begin; set local x = 1; commit",
                "set transaction isolation level serializable",
                "set constraints all deferred",
                "update t set a = 1 where b = 'listen x'",
                "select 'set x = 1'",
                "select $$ set x = 1 $$",
                "select pg_advisory_xact_lock(1), pg_try_advisory_xact_lock(2)",
                "select set_config('a', 'b', true)",
                "SELECT set_config('request.jwt', $1, TRUE)",
                "declare c cursor for select 1",
                "declare c cursor without hold for select 1",
                "prepare transaction 'x'",
                "commit prepared 'x'",
                "create table t (temp int)",
                "insert into t(temp) values (1)",
                "insert into temp (a) values (1)",
                "select temp from weather",
                "select nextval('s'), currval('s')",
                "create function f() returns void language plpgsql as $$ begin set x = 1; end $$",
                "do $$ begin raise notice 'a'; end $$",
                "notify a, 'b'",
                "copy t from stdin",
                "-- set x = 1",
                "explain select * from listeners"
            })
    void mayShareServerConnections(String sql) {
        assertFalse(PoolingRules.pins(sql, true));
    }
}
