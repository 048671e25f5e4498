"""What a session may do, probed with PostgreSQL 18's own client library against the endpoint named by PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE
and PGSSLROOTCERT. Prints one line per probe, "probe | answer", the same on every endpoint that hides nothing."""

import concurrent.futures
import os
import threading
import time

import psycopg

TABLE = f"probe_{os.getpid()}"
assert psycopg.pq.version() >= 180000, f"libpq {psycopg.pq.version()} is too old for these probes"


def connect(autocommit=True, **more):
    settings = {"sslmode": "verify-full", "sslrootcert": os.environ["PGSSLROOTCERT"], "prepare_threshold": None, **more}
    threshold = settings.pop("prepare_threshold")
    return psycopg.connect(autocommit=autocommit, prepare_threshold=threshold, **settings)


def value(connection, sql, *parameters):
    return connection.execute(sql, parameters or None).fetchone()[0]


def probe(name):
    def run(check):
        try:
            answer = check()
        except Exception as failure:  # a probe reports what it met; the test decides
            answer = f"{type(failure).__name__}: {failure}".replace("\n", " ")
        print(f"{name} | {answer}", flush=True)
    return run


@probe("TLS by SSLRequest")
def _():
    with connect(sslnegotiation="postgres") as c:
        return "yes" if c.pgconn.ssl_in_use and value(c, "select 1") == 1 else "no"


@probe("direct TLS + ALPN")
def _():
    with connect(sslnegotiation="direct") as c:
        return "yes" if c.pgconn.ssl_in_use and value(c, "select 1") == 1 else "no"


@probe("channel_binding=require")
def _():
    with connect(channel_binding="require") as c:
        return "yes" if value(c, "select 1") == 1 else "no"


@probe("max_protocol_version=3.2")
def _():
    with connect(max_protocol_version="3.2") as c:
        return c.pgconn.full_protocol_version


@probe("min_protocol_version=3.2")
def _():
    with connect(min_protocol_version="3.2", max_protocol_version="3.2") as c:
        return "yes" if value(c, "select 1") == 1 else "no"


@probe("options=-c statement_timeout")
def _():
    with connect(options="-c statement_timeout=4321") as c:
        before = value(c, "show statement_timeout")
        c.execute("set statement_timeout = '1s'")
        c.execute("reset statement_timeout")
        return f"{before}, after RESET {value(c, 'show statement_timeout')}"


@probe("options=-c search_path")
def _():
    with connect(options="-c search_path=pg_catalog") as c, connect() as other:
        return f"{value(c, 'show search_path')}; other clients have it: {value(other, 'show search_path') == 'pg_catalog'}"


@probe("SET survives in 8 parallel sessions")
def _():
    def session(n):
        with connect() as c:
            c.execute(f"set work_mem = '{1000 + n}kB'")
            barrier.wait()
            return all(value(c, "show work_mem") == f"{1000 + n}kB" for _ in range(20))
    barrier = threading.Barrier(8)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return f"{sum(pool.map(session, range(8)))} of 8"


@probe("SET inside a transaction survives its commit and not its rollback")
def _():
    with connect() as c:
        with c.transaction():
            c.execute("set work_mem = '2001kB'")
        try:
            with c.transaction():
                c.execute("set work_mem = '2002kB'")
                raise ZeroDivisionError
        except ZeroDivisionError:
            pass
        with connect() as other:
            return f"{value(c, 'show work_mem')}, others {value(other, 'show work_mem') == '2001kB'}"


@probe("SET work_mem seen by other clients")
def _():
    with connect() as c:
        c.execute("set work_mem = '3333kB'")
        others = [connect() for _ in range(12)]
        seen = sum(value(other, "show work_mem") == "3333kB" for other in others)
        for other in others:
            other.close()
        return f"{seen} of 12"


@probe("temp table seen by other clients")
def _():
    with connect() as c:
        c.execute(f"create temp table {TABLE} (id int)")
        c.execute(f"insert into {TABLE} values (1)")
        others = [connect() for _ in range(6)]
        seen = sum(value(other, "select to_regclass(%s) is not null", TABLE) for other in others)
        for other in others:
            other.close()
        return f"own rows {value(c, f'select count(*) from {TABLE}')}, others {seen} of 6"


@probe("LISTEN delivers")
def _():
    with connect() as c, connect() as other:
        c.execute("listen probe_channel")
        other.execute("notify probe_channel, 'hello'")
        got = [n.payload for n in c.notifies(timeout=5, stop_after=1)]
        return "yes" if got == ["hello"] else f"no: {got}"


@probe("SQL PREPARE/EXECUTE, 4 clients")
def _():
    def session(n):
        with connect() as c:
            c.execute(f"prepare probe_statement as select {n}")
            barrier.wait()
            return all(value(c, "execute probe_statement") == n for _ in range(10))
    barrier = threading.Barrier(4)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        return f"{sum(pool.map(session, range(4)))} of 4"


@probe("protocol-level prepared statements, 30 clients")
def _():
    def session(n):
        with connect(prepare_threshold=0) as c:
            barrier.wait()
            return all(value(c, f"select %s::int + {n % 3}", i) == i + n % 3 for i in range(20))
    barrier = threading.Barrier(30)
    with concurrent.futures.ThreadPoolExecutor(30) as pool:
        return f"{sum(pool.map(session, range(30)))} of 30"


@probe("advisory lock")
def _():
    with connect() as c, connect() as other:
        c.execute("select pg_advisory_lock(4711)")
        taken = [value(other, "select pg_try_advisory_lock(4711)"), value(c, "select pg_try_advisory_lock(4711)")]
        c.execute("select pg_advisory_unlock_all()")
        return f"{taken}, after unlock {value(other, 'select pg_try_advisory_lock(4711)')}"


@probe("cursor WITH HOLD")
def _():
    with connect() as c:
        with c.transaction():
            c.execute("declare probe_cursor cursor with hold for select generate_series(1, 3)")
        return [value(c, "fetch probe_cursor") for _ in range(3)]


@probe("SET ROLE")
def _():
    with connect() as c, connect() as other:
        c.execute("set role pg_read_all_data")
        roles = [value(c, "select current_user::text") for _ in range(3)]
        return f"{roles[2]}, others have it: {value(other, 'select current_user::text') == roles[0]}"


@probe("cancel")
def _():
    with connect() as c:
        timer = threading.Timer(0.5, c.cancel_safe)
        timer.start()
        began = time.monotonic()
        try:
            c.execute("select pg_sleep(20)")
            return "no"
        except psycopg.errors.QueryCanceled:
            return "yes" if time.monotonic() - began < 10 and value(c, "select 1") == 1 else "no"


@probe("replication=database IDENTIFY_SYSTEM")
def _():
    with connect(replication="database", cursor_factory=psycopg.ClientCursor) as c:
        result = c.pgconn.exec_(b"IDENTIFY_SYSTEM")
        return "yes" if result.status == psycopg.pq.ExecStatus.TUPLES_OK and result.nfields == 4 else "no"
