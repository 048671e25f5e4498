"""psycopg 3, asyncpg, SQLAlchemy and Django as they come, with more clients at once than a pool has servers, against the endpoint named by
PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE and PGSSLROOTCERT."""

import asyncio
import concurrent.futures
import os
import ssl
import sys

import asyncpg
import psycopg
import sqlalchemy
import sqlalchemy.ext.asyncio

CLIENTS = 40
TABLE = f"pooled_python_{os.getpid()}"
ENDPOINT = {name: os.environ["PG" + name.upper()] for name in ("host", "port", "user", "password", "database")}
passed = 0


def ok(name):
    global passed
    passed += 1
    print(f"ok {name}", flush=True)


def connect(**more):
    return psycopg.connect(f"sslmode=verify-full sslrootcert={os.environ['PGSSLROOTCERT']}", autocommit=True, **more)


def psycopg_session(n):
    with connect() as c:
        c.execute(f"set application_name = 'psycopg {n}'")
        for i in range(30):  # from the sixth on psycopg prepares by itself
            assert c.execute(f"select %s::int + {n % 5}", [i]).fetchone()[0] == i + n % 5
            assert c.execute("show application_name").fetchone()[0] == f"psycopg {n}"
            with c.transaction():
                c.execute(f"insert into {TABLE} values (%s, %s)", [n, i])
                try:
                    with c.transaction():
                        c.execute("select 1 / %s", [0])
                except psycopg.errors.DivisionByZero:
                    pass
        for i in range(150):  # more texts than psycopg keeps, so it deallocates
            assert c.execute(f"select {i}, %s::int", [n], prepare=True).fetchone() == (i, n)
        with c.pipeline():
            results = [c.execute("select %s::int * 2", [i]) for i in range(50)]
        assert [r.fetchone()[0] for r in results] == [i * 2 for i in range(50)]
    return 1


def psycopg_checks():
    with connect() as c:
        c.execute(f"create table {TABLE} (client int, turn int)")
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
            assert sum(pool.map(psycopg_session, range(CLIENTS))) == CLIENTS
        assert c.execute(f"select count(*), count(distinct client) from {TABLE}").fetchone() == (30 * CLIENTS, CLIENTS)
        ok("psycopg: 40 clients with automatic prepare, settings, savepoints, pipelines")
        for _ in range(8):
            assert len(c.execute(f"select * from {TABLE} limit 1").description) == 2
        c.execute(f"alter table {TABLE} add column more text")
        assert len(c.execute(f"select * from {TABLE} limit 1").description) == 3
        ok("psycopg: an automatically prepared statement after ALTER TABLE")
        c.execute(f"drop table {TABLE}")


async def asyncpg_checks():
    context = ssl.create_default_context(cafile=os.environ["PGSSLROOTCERT"])
    async with asyncpg.create_pool(ssl=context, min_size=CLIENTS, max_size=CLIENTS) as pool:
        async def session(n):
            async with pool.acquire() as c:
                for i in range(30):
                    assert await c.fetchval(f"select $1::int + {n % 5}", i) == i + n % 5
                async with c.transaction():
                    assert [row[0] async for row in c.cursor("select generate_series(1, $1::int)", 120)] == list(range(1, 121))
                statement = await c.prepare("select $1::text || $2::text")
                assert await statement.fetchval(f"{n}", "!") == f"{n}!"
        await asyncio.gather(*(session(n) for n in range(3 * CLIENTS)))
        ok("asyncpg: a pool of 40 with its statement cache on, cursors, prepared statements")

        await pool.execute(f"create table {TABLE}_a as select 1 as id")
        for _ in range(2 * CLIENTS):
            assert len(await pool.fetchrow(f"select * from {TABLE}_a")) == 1
        await pool.execute(f"alter table {TABLE}_a add column more text")
        await pool.expire_connections()  # a driver that remembers columns must be told, as docs/pooling.md says
        await asyncio.gather(*(pool.fetchrow(f"select * from {TABLE}_a") for _ in range(2 * CLIENTS)))
        await pool.execute(f"drop table {TABLE}_a")
        ok("asyncpg: cached statements after ALTER TABLE")


def sqlalchemy_session(engine):
    def run(n):
        for i in range(10):
            with engine.begin() as c:
                assert c.execute(sqlalchemy.text("select :i + :n"), {"i": i, "n": n}).scalar() == i + n
            with engine.connect() as c:
                c.execute(sqlalchemy.text("set local work_mem = '7MB'"))
                assert c.execute(sqlalchemy.text("show work_mem")).scalar() == "7MB"
        return 1
    return run


async def sqlalchemy_asyncpg(url):
    engine = sqlalchemy.ext.asyncio.create_async_engine(
        url.set(drivername="postgresql+asyncpg"), pool_size=CLIENTS,
        connect_args={"ssl": ssl.create_default_context(cafile=os.environ["PGSSLROOTCERT"])})

    async def session(n):
        for i in range(10):
            async with engine.begin() as c:
                assert (await c.execute(sqlalchemy.text("select cast(:i as int) + cast(:n as int)"), {"i": i, "n": n})).scalar() == i + n
    await asyncio.gather(*(session(n) for n in range(CLIENTS)))
    await engine.dispose()


def sqlalchemy_checks():
    url = sqlalchemy.URL.create("postgresql+psycopg", username=ENDPOINT["user"], password=ENDPOINT["password"],
                                host=ENDPOINT["host"], port=int(ENDPOINT["port"]), database=ENDPOINT["database"])
    engine = sqlalchemy.create_engine(url, pool_size=CLIENTS, connect_args={
        "sslmode": "verify-full", "sslrootcert": os.environ["PGSSLROOTCERT"]})
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        assert sum(pool.map(sqlalchemy_session(engine), range(CLIENTS))) == CLIENTS
    metadata = sqlalchemy.MetaData()
    table = sqlalchemy.Table(f"{TABLE}_s", metadata, sqlalchemy.Column("id", sqlalchemy.Integer, primary_key=True),
                             sqlalchemy.Column("note", sqlalchemy.Text))
    metadata.create_all(engine)
    with engine.begin() as c:
        c.execute(table.insert(), [{"id": i, "note": f"n{i}"} for i in range(1000)])
    assert set(sqlalchemy.inspect(engine).get_columns(f"{TABLE}_s")[0]) >= {"name", "type"}
    metadata.drop_all(engine)
    engine.dispose()
    asyncio.run(sqlalchemy_asyncpg(url))
    ok("SQLAlchemy: psycopg and asyncpg, 40 connections, reflection, many inserts")


def django_checks():
    import django
    from django.conf import settings
    from django.db import connection, connections, models, transaction

    settings.configure(INSTALLED_APPS=[], USE_TZ=True, TIME_ZONE="Europe/Berlin", DATABASES={"default": {
        "ENGINE": "django.db.backends.postgresql", "HOST": ENDPOINT["host"], "PORT": ENDPOINT["port"], "USER": ENDPOINT["user"],
        "PASSWORD": ENDPOINT["password"], "NAME": ENDPOINT["database"], "CONN_MAX_AGE": 60,
        "OPTIONS": {"sslmode": "verify-full", "sslrootcert": os.environ["PGSSLROOTCERT"], "server_side_binding": True}}})
    django.setup()

    class Note(models.Model):
        text = models.TextField()

        class Meta:
            app_label = "pooled"
            db_table = f"{TABLE}_d"

    with connection.schema_editor() as editor:
        editor.create_model(Note)

    def session(n):
        for i in range(10):
            with transaction.atomic():
                Note.objects.create(text=f"{n}")
            try:
                with transaction.atomic():
                    Note.objects.create(text="dropped")
                    raise ZeroDivisionError
            except ZeroDivisionError:
                pass
            assert Note.objects.filter(text=f"{n}").count() == i + 1
        with connection.cursor() as cursor:
            cursor.execute("show timezone")
            assert cursor.fetchone()[0] == "UTC"
        connections.close_all()
        return 1
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        assert sum(pool.map(session, range(CLIENTS))) == CLIENTS
    assert sum(1 for _ in Note.objects.iterator(chunk_size=50)) == 10 * CLIENTS
    with connection.schema_editor() as editor:
        editor.delete_model(Note)
    ok("Django: 40 threads with server-side binding, atomic blocks, iterator")


psycopg_checks()
asyncio.run(asyncpg_checks())
sqlalchemy_checks()
django_checks()
print(f"psycopg, asyncpg, SQLAlchemy, Django: {passed} checks passed")
sys.exit(0)
