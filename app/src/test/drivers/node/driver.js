// node-postgres against the endpoint named by PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE and PGSSLROOTCERT.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { Readable } from "node:stream";
import pg from "pg";
import copy from "pg-copy-streams";

const ssl = { ca: readFileSync(process.env.PGSSLROOTCERT, "utf8"), rejectUnauthorized: true };
const settings = { host: process.env.PGHOST, port: Number(process.env.PGPORT), user: process.env.PGUSER,
  password: process.env.PGPASSWORD, database: process.env.PGDATABASE, ssl };
const table = `driver_node_${process.pid}`;
let passed = 0;

async function connect(extra = {}) {
  const client = new pg.Client({ ...settings, ...extra });
  await client.connect();
  return client;
}

async function check(name, body) {
  const client = await connect();
  try {
    await body(client);
    passed++;
    console.log(`ok ${name}`);
  } finally {
    await client.end();
  }
}

await check("simple query and server version", async (c) => {
  const { rows } = await c.query("select current_user as who, current_setting('server_version_num')::int as version");
  assert.equal(rows[0].who, process.env.PGUSER.replace(/\.[^.]*$/, ""));
  assert.ok(rows[0].version >= 170000);
});

await check("parameters of many types", async (c) => {
  const bytes = Buffer.alloc(1_000_000, 7);
  const { rows } = await c.query("select $1::int as i, $2::text as t, $3::bytea as b, $4::jsonb as j, $5::int[] as a, $6::timestamptz as z",
    [42, "Grüße 🐘", bytes, { a: [1, null] }, [1, 2, 3], new Date(0)]);
  assert.equal(rows[0].i, 42);
  assert.equal(rows[0].t, "Grüße 🐘");
  assert.ok(rows[0].b.equals(bytes));
  assert.deepEqual(rows[0].j, { a: [1, null] });
  assert.deepEqual(rows[0].a, [1, 2, 3]);
  assert.equal(rows[0].z.getTime(), 0);
});

await check("named prepared statement used twice", async (c) => {
  for (const n of [1, 2, 3]) {
    const { rows } = await c.query({ name: "add", text: "select $1::int + 1 as n", values: [n] });
    assert.equal(rows[0].n, n + 1);
  }
});

await check("transactions commit and roll back", async (c) => {
  await c.query(`create table ${table} (id int primary key, note text)`);
  await c.query("begin");
  await c.query(`insert into ${table} values (1, 'kept')`);
  await c.query("commit");
  await c.query("begin");
  await c.query(`insert into ${table} values (2, 'dropped')`);
  await c.query("rollback");
  const { rows } = await c.query(`select count(*)::int as n from ${table}`);
  assert.equal(rows[0].n, 1);
});

await check("an error has PostgreSQL's SQLSTATE and the session goes on", async (c) => {
  await assert.rejects(c.query(`insert into ${table} values (1, 'twice')`), { code: "23505" });
  assert.equal((await c.query("select 1 as n")).rows[0].n, 1);
});

await check("100,000 rows", async (c) => {
  const { rows } = await c.query("select i, repeat('x', 100) as t from generate_series(1, 100000) i");
  assert.equal(rows.length, 100000);
  assert.equal(rows[99999].i, 100000);
});

await check("COPY in and out", async (c) => {
  await c.query(`create table ${table}_copy (id int, note text)`);
  const lines = Array.from({ length: 20000 }, (_, i) => `${i}\tline ${i}\n`);
  await pipeline(Readable.from(lines), c.query(copy.from(`copy ${table}_copy from stdin`)));
  let bytes = 0;
  for await (const chunk of c.query(copy.to(`copy ${table}_copy to stdout`))) bytes += chunk.length;
  assert.equal(bytes, lines.join("").length);
});

await check("LISTEN and NOTIFY", async (c) => {
  const heard = new Promise((resolve) => c.on("notification", resolve));
  await c.query(`listen ${table}`);
  const other = await connect();
  await other.query(`notify ${table}, 'hello'`);
  await other.end();
  assert.equal((await heard).payload, "hello");
});

await check("statement_timeout as a startup parameter", async () => {
  const client = await connect({ statement_timeout: 200 });
  try {
    await assert.rejects(client.query("select pg_sleep(20)"), { code: "57014" });
  } finally {
    await client.end();
  }
});

await check("a pool of 20 connections at once", async () => {
  const pool = new pg.Pool({ ...settings, max: 20 });
  const sums = await Promise.all(Array.from({ length: 200 }, (_, i) => pool.query("select $1::int * 2 as n", [i])));
  sums.forEach((result, i) => assert.equal(result.rows[0].n, i * 2));
  await pool.end();
});

await check("a wrong password is 28P01", async () => {
  await assert.rejects(connect({ password: "wrong" }), { code: "28P01" });
});

await check("clean up", async (c) => {
  await c.query(`drop table ${table}, ${table}_copy`);
});

console.log(`node-postgres: ${passed} checks passed`);
