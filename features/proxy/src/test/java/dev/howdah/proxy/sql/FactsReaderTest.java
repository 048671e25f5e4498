package dev.howdah.proxy.sql;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FactsReaderTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ";",
                "select 1",
                "begin; set local x = 1; commit",
                "set transaction isolation level serializable",
                "set constraints all deferred",
                "set transaction_isolation = serializable",
                "update t set a = 1 where b = 'listen x'",
                "select 'set x = 1', $$ set x = 1 $$",
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
                "insert into app.\"T\" (a) values (1) on conflict (a) do nothing",
                "copy app.t (a, b) from stdin",
                "select temp from weather",
                "select nextval('s'), currval('s')",
                "with a(x) as (select 1) select * from a as b(y)",
                "do $$ begin raise notice 'a'; end $$",
                "-- set x = 1",
                "explain select * from listeners",
                "select * from pg_settings"
            })
    void ordinaryTextsDoNothing(String sql) {
        assertEquals(StatementFacts.NONE, FactsReader.read(sql, true));
    }

    @ParameterizedTest
    @CsvSource(delimiterString = "=>", quoteCharacter = '§', textBlock = """
            set search_path = a => settings one=search_path[set search_path = a]
            SET SESSION Work_Mem TO '4MB' ; => settings one=work_mem[SET SESSION Work_Mem TO '4MB']
            set time zone 'UTC' => settings one=timezone[set time zone 'UTC']
            set time zone local => settings one=timezone[]
            set time zone interval '1' hour => settings
            set names utf8 => settings one=client_encoding[set names utf8]
            set names => settings one=client_encoding[]
            set x to default => settings one=x[]
            reset x => settings one=x[]
            reset time zone => settings one=timezone[]
            reset all => settings
            set my.x = -1 => settings one=my.x[set my.x = -1] custom=[my.x]
            set "My"."x" = 'a', b => settings one=my.x[set "My"."x" = 'a', b] custom=[my.x]
            set x = E'a' => settings
            set x = 'a\\b' => settings
            set my.x = 'ü' => settings custom=[my.x]
            set x = 1; select 1 => settings
            set session characteristics as transaction read only => settings
            set session authorization low => ROLE:SET ROLE ends
            set role low => ROLE:SET ROLE ends
            set role = low => ROLE:SET ROLE ends
            reset role => ROLE:RESET ROLE ends
            set seed = 0.5 => ENDLESS:SET seed
            /* c */ -- d<line> set x = 1 => settings one=x[set x = 1]
            update pg_settings set setting = 1 where name = 'x.y' => settings custom=[x.y]
            select set_config('a', 'b', false) => settings
            select set_config('a.B', 'b', $1) => settings custom=[a.b]
            select set_config('a', 'b', true or false) => settings
            select set_config('a', f(1, true), false) => settings unknown
            select set_config('a' || 'b', 'c', false) => HIDDEN_SETTING:set_config settings unknown
            select set_config($1, $2, false) => HIDDEN_SETTING:set_config settings unknown
            select set_config('role', 'x', false) => ROLE:set_config ends settings
            """)
    void settingsAreToldFromWhatElseSetMeans(String sql, String facts) {
        assertEquals(facts, describe(sql.replace("<line>", "\n")));
    }

    @ParameterizedTest
    @CsvSource(delimiterString = "=>", quoteCharacter = '§', textBlock = """
            listen a => LISTEN:LISTEN
            unlisten * => ends
            notify a, 'b' => notifies
            select pg_notify('a', '') => notifies
            load 'auto_explain' => ENDLESS:LOAD
            prepare p as select 1 => SQL_PREPARE:PREPARE
            declare c cursor with hold for select 1 => HOLDABLE_CURSOR:WITH HOLD
            close c => ends
            drop table t => ends
            discard temp => ends
            discard all => ends settings discards
            create temp table t as select 1 => TEMP_TABLE:TEMPORARY
            create local temporary table t as select 1 => TEMP_TABLE:TEMPORARY
            create or replace temp view v as select 1 => TEMP_TABLE:TEMPORARY
            create table pg_temp.t as select 1 => TEMP_TABLE:pg_temp
            select * from pg_temp_3.t => TEMP_TABLE:pg_temp_3
            select 1 into temp t => TEMP_TABLE:TEMPORARY
            with a as (select 1) select * into temporary table t from a => TEMP_TABLE:TEMPORARY
            explain analyze create temp table t as select 1 => TEMP_TABLE:TEMPORARY
            select pg_advisory_lock(1) => ADVISORY_LOCK:pg_advisory_lock
            select pg_catalog.PG_TRY_ADVISORY_LOCK (1) => ADVISORY_LOCK:pg_try_advisory_lock
            select "pg_advisory_lock"(1) => ADVISORY_LOCK:pg_advisory_lock
            select U&"pg\\005fadvisory_lock"(1) => UNREADABLE:U&"pg\\005fadvisory_lock"
            select pg_advisory_unlock(1) => ends
            select dblink_connect('x') => ENDLESS:dblink_connect
            select setseed(0.5) => ENDLESS:setseed
            select mine(1) => unknown
            select app.abs(1) => unknown
            select pg_catalog.abs(1), abs(1) => nothing
            select "ABS"(1) => unknown
            select query_to_xml('select 1', true, true, '') => unknown
            call p() => unknown
            select 'no end => UNREADABLE:a text that cannot be read
            do $$ begin set x.y = 1; end $$ => settings custom=[x.y]
            do $$ begin set role low; end $$ => ROLE:SET ROLE settings
            do $a$ begin execute $b$ listen x $b$; end $a$ => UNREADABLE:EXECUTE ends settings unknown
            do 'begin perform 1; end' => UNREADABLE:DO ends settings unknown
            do language plperl $$ 1 $$ => UNREADABLE:DO ends settings unknown
            do language plpgsql $$ begin perform pg_advisory_lock(1); end $$ => ADVISORY_LOCK:pg_advisory_lock
            do $$ begin create temp table t (a int); end $$ => TEMP_TABLE:TEMPORARY
            """)
    void everythingThatStaysIsCalledByItsName(String sql, String facts) {
        assertEquals(facts, describe(sql));
    }

    @ParameterizedTest
    @CsvSource(delimiterString = "=>", quoteCharacter = '§', textBlock = """
            deallocate P1 => ends DEALLOCATE p1 in 'P1' of 0
            deallocate prepare "P1" => ends DEALLOCATE P1 in '"P1"' of 0
            deallocate prepare => ends DEALLOCATE prepare in 'prepare' of 0
            select 1; deallocate all => ends DEALLOCATE_ALL  in 'all' of 1
            execute p(1, 'a') => unknown EXECUTE p in 'p' of 0
            explain analyze execute p => unknown EXECUTE p in 'p' of 0
            create table t as execute p => unknown EXECUTE p in 'p' of 0
            create trigger a before insert on t execute function f => nothing
            """)
    void preparedStatementsAreFoundByTheirNames(String sql, String facts) {
        assertEquals(facts, describe(sql));
    }

    @Test
    void whatIsNotReadMayDoAnything() {
        var facts = FactsReader.unread();
        assertTrue(facts.mayChangeSettings() && facts.mayEndPin() && facts.callsUnknown());
        assertEquals(PinKind.UNREADABLE, facts.pins().getFirst().kind());
    }

    private static String describe(String sql) {
        var facts = FactsReader.read(sql, true);
        var words = new ArrayList<String>();
        facts.pins().forEach(pin -> words.add(pin.kind() + ":" + pin.construct()));
        addIf(words, facts.mayEndPin(), "ends");
        addIf(words, facts.mayChangeSettings(), "settings");
        facts.setting()
                .ifPresent(
                        one -> words.add("one=" + one.name() + "[" + one.sql().orElse("") + "]"));
        addIf(words, !facts.customNames().isEmpty(), "custom=" + new TreeSet<>(facts.customNames()));
        addIf(words, facts.callsUnknown(), "unknown");
        addIf(words, facts.notifies(), "notifies");
        addIf(words, facts.discardsAll(), "discards");
        facts.named().forEach(each -> {
            var range = each.nameRange();
            words.add("%s %s in '%s' of %d"
                    .formatted(each.use(), each.name(), sql.substring(range.start(), range.end()), each.index()));
        });
        return words.isEmpty() ? "nothing" : String.join(" ", words);
    }

    private static void addIf(List<String> words, boolean condition, String word) {
        Optional.of(word).filter(_ -> condition).ifPresent(words::add);
    }
}
