"""psycopg 3 and asyncpg against the endpoint named by PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE and PGSSLROOTCERT."""

import asyncio
import datetime
import os
import ssl
import sys
import threading
import time

import asyncpg
import psycopg
from psycopg.types.json import Jsonb

TABLE = f"driver_python_{os.getpid()}"
BARE_ROLE = os.environ["PGUSER"].rsplit(".", 1)[0]
passed = 0


def ok(name):
    global passed
    passed += 1
    print(f"ok {name}", flush=True)


def connect(**more):
    return psycopg.connect(f"sslmode=verify-full sslrootcert={os.environ['PGSSLROOTCERT']}", autocommit=True, **more)


def psycopg_checks():
    with connect() as c:
        who, version = c.execute("select current_user, current_setting('server_version_num')::int").fetchone()
        assert who == BARE_ROLE and version >= 170000
        assert c.pgconn.ssl_in_use
        ok("psycopg: simple query over TLS")

        blob = bytes(range(256)) * 4000
        row = c.execute("select %s::int, %s::text, %s::bytea, %s::jsonb, %s::int[], %s::timestamptz",
                        [42, "Grüße 🐘", blob, Jsonb({"a": [1, None]}), [1, 2, 3],
                         datetime.datetime.fromtimestamp(0, datetime.timezone.utc)]).fetchone()
        assert row[:5] == (42, "Grüße 🐘", blob, {"a": [1, None]}, [1, 2, 3]) and row[5].timestamp() == 0
        ok("psycopg: parameters of many types")

        for n in range(12):  # from the sixth on psycopg prepares by itself
            assert c.execute("select %s::int + 1", [n], binary=True).fetchone()[0] == n + 1
        ok("psycopg: automatically prepared statement")

        c.execute(f"create table {TABLE} (id int primary key, note text)")
        with c.transaction():
            c.execute(f"insert into {TABLE} values (1, 'kept')")
        try:
            with c.transaction():
                c.execute(f"insert into {TABLE} values (2, 'dropped')")
                raise ZeroDivisionError
        except ZeroDivisionError:
            pass
        assert c.execute(f"select count(*) from {TABLE}").fetchone()[0] == 1
        ok("psycopg: transactions commit and roll back")

        try:
            c.execute(f"insert into {TABLE} values (1, 'twice')")
            raise AssertionError("a duplicate key was accepted")
        except psycopg.errors.UniqueViolation:
            pass
        assert c.execute("select 1").fetchone()[0] == 1
        ok("psycopg: an error has its SQLSTATE and the session goes on")

        with c.pipeline():
            results = [c.execute("select %s::int", [i]) for i in range(100)]
        assert [r.fetchone()[0] for r in results] == list(range(100))
        ok("psycopg: 100 statements in one pipeline")

        with c.cursor() as cursor, cursor.copy(f"copy {TABLE} from stdin") as copy:
            for i in range(100, 20100):
                copy.write_row((i, f"line {i}"))
        with c.cursor() as cursor, cursor.copy(f"copy {TABLE} to stdout") as copy:
            assert sum(1 for _ in copy.rows()) == 20001
        ok("psycopg: COPY in and out")

        with c.transaction(), c.cursor(name="server_side") as cursor:
            cursor.execute("select i, repeat('x', 100) from generate_series(1, 100000) i")
            assert sum(1 for _ in cursor) == 100000
        ok("psycopg: server-side cursor over 100,000 rows")

        c.execute(f"listen {TABLE}")
        with connect() as other:
            other.execute(f"notify {TABLE}, 'hello'")
        assert next(c.notifies(timeout=20)).payload == "hello"
        ok("psycopg: LISTEN and NOTIFY")

        started = time.monotonic()
        threading.Timer(0.3, c.cancel_safe).start()
        try:
            c.execute("select pg_sleep(60)")
            raise AssertionError("the query was not cancelled")
        except psycopg.errors.QueryCanceled:
            assert time.monotonic() - started < 30
        assert c.execute("select 1").fetchone()[0] == 1
        ok("psycopg: cancel of a running query")

        c.execute(f"drop table {TABLE}")

    with connect(options="-c statement_timeout=200") as c:
        try:
            c.execute("select pg_sleep(20)")
            raise AssertionError("statement_timeout was ignored")
        except psycopg.errors.QueryCanceled:
            ok("psycopg: options=-c statement_timeout")

    with connect(max_protocol_version="3.2") as c:
        assert c.execute("select 1").fetchone()[0] == 1
    ok("psycopg: protocol 3.2 offered")

    with connect(channel_binding="require") as c:
        assert c.execute("select 1").fetchone()[0] == 1
    ok("psycopg: channel_binding=require")

    with connect(sslnegotiation="direct") as c:
        assert c.execute("select 1").fetchone()[0] == 1
    ok("psycopg: sslnegotiation=direct")

    try:
        connect(password="wrong")
        raise AssertionError("a wrong password was accepted")
    except psycopg.OperationalError as e:
        assert "password authentication failed" in str(e), e
    ok("psycopg: a wrong password is refused")


async def asyncpg_checks():
    context = ssl.create_default_context(cafile=os.environ["PGSSLROOTCERT"])

    async def open_connection(**more):
        return await asyncpg.connect(ssl=context, **more)

    c = await open_connection()
    assert await c.fetchval("select current_user::text") == BARE_ROLE
    ok("asyncpg: simple query over TLS")

    blob = bytes(range(256)) * 4000
    row = await c.fetchrow("select $1::int, $2::text, $3::bytea, $4::int[], $5::numeric", 42, "Grüße 🐘", blob, [1, 2, 3], 7)
    assert tuple(row) == (42, "Grüße 🐘", blob, [1, 2, 3], 7)
    ok("asyncpg: binary parameters (its statement cache is on)")

    statement = await c.prepare("select $1::int + 1")
    assert [await statement.fetchval(n) for n in range(5)] == [1, 2, 3, 4, 5]
    ok("asyncpg: prepared statement")

    await c.execute(f"create table {TABLE}_a (id int primary key, note text)")
    async with c.transaction():
        await c.execute(f"insert into {TABLE}_a values (1, 'kept')")
        try:
            async with c.transaction():  # a savepoint
                await c.execute(f"insert into {TABLE}_a values (1, 'twice')")
        except asyncpg.UniqueViolationError:
            pass
    assert await c.fetchval(f"select count(*) from {TABLE}_a") == 1
    ok("asyncpg: transaction, savepoint, SQLSTATE")

    await c.copy_records_to_table(f"{TABLE}_a", records=[(i, f"line {i}") for i in range(100, 20100)])
    assert len(await c.fetch(f"select * from {TABLE}_a")) == 20001
    ok("asyncpg: binary COPY in")

    try:
        await c.fetch("select pg_sleep(60)", timeout=0.3)
        raise AssertionError("the timeout did not cancel")
    except asyncio.TimeoutError:
        pass
    assert await c.fetchval("select 1") == 1
    ok("asyncpg: a client timeout cancels the query on the server")

    heard = asyncio.get_running_loop().create_future()
    await c.add_listener("driver_asyncpg", lambda *args: heard.done() or heard.set_result(args[-1]))
    other = await open_connection()
    await other.execute("notify driver_asyncpg, 'hello'")
    assert await asyncio.wait_for(heard, 20) == "hello"
    await other.close()
    ok("asyncpg: LISTEN and NOTIFY")

    await c.execute(f"drop table {TABLE}_a")
    await c.close()

    async with asyncpg.create_pool(ssl=context, min_size=1, max_size=20) as pool:
        sums = await asyncio.gather(*(pool.fetchval("select $1::int * 2", i) for i in range(200)))
        assert sums == [i * 2 for i in range(200)]
    ok("asyncpg: a pool of 20 connections at once")

    try:
        await open_connection(password="wrong")
        raise AssertionError("a wrong password was accepted")
    except asyncpg.InvalidPasswordError:
        ok("asyncpg: a wrong password is 28P01")


psycopg_checks()
asyncio.run(asyncpg_checks())
print(f"psycopg {psycopg.__version__} (libpq {psycopg.pq.version()}), asyncpg {asyncpg.__version__}: {passed} checks passed")
sys.exit(0)
