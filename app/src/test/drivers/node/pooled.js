// node-postgres with named statements and postgres.js as it comes, with more clients at once than a pool has servers, against the endpoint
// named by PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE and PGSSLROOTCERT.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import pg from "pg";
import postgres from "postgres";

const CLIENTS = 40;
const ssl = { ca: readFileSync(process.env.PGSSLROOTCERT, "utf8"), rejectUnauthorized: true };
const table = `pooled_node_${process.pid}`;
let passed = 0;

async function check(name, body) {
  await body();
  passed++;
  console.log(`ok ${name}`);
}

const settings = { host: process.env.PGHOST, port: Number(process.env.PGPORT), user: process.env.PGUSER,
  password: process.env.PGPASSWORD, database: process.env.PGDATABASE, ssl };

async function nodePostgres() {
  const clients = await Promise.all(Array.from({ length: CLIENTS }, async () => {
    const client = new pg.Client(settings);
    await client.connect();
    return client;
  }));
  const named = (n) => ({ name: `statement ${n % 5}`, text: `select $1::int + ${n % 5} as sum, $2::text as own` });

  await check("node-postgres: named statements of 40 clients", () => Promise.all(clients.map(async (client, n) => {
    for (let i = 0; i < 25; i++) {
      const { rows } = await client.query({ ...named(n), values: [i, `client ${n}`] });
      assert.deepEqual(rows, [{ sum: i + (n % 5), own: `client ${n}` }]);
    }
  })));

  await check("node-postgres: transactions, errors and savepoints in between", async () => {
    await clients[0].query(`create table ${table} (id int primary key, note text)`);
    await Promise.all(clients.map(async (client, n) => {
      await client.query("begin");
      await client.query({ name: "insert", text: `insert into ${table} values ($1, $2)`, values: [n, "kept"] });
      await client.query("savepoint here");
      await assert.rejects(client.query({ name: "insert", text: `insert into ${table} values ($1, $2)`, values: [n, "twice"] }),
        (error) => error.code === "23505");
      await client.query("rollback to here");
      await client.query(n % 2 ? "commit" : "rollback");
    }));
    const { rows } = await clients[1].query(`select count(*)::int from ${table}`);
    assert.equal(rows[0].count, CLIENTS / 2);
  });

  await check("node-postgres: each client keeps its own settings", () => Promise.all(clients.map(async (client, n) => {
    await client.query(`set statement_timeout = ${100001 + n}`);
    for (let i = 0; i < 10; i++) {
      const { rows } = await client.query("show statement_timeout");
      assert.equal(rows[0].statement_timeout, `${100001 + n}ms`);
    }
  })));

  await check("node-postgres: a named statement after ALTER TABLE", async () => {
    const all = { name: "all", text: `select * from ${table} order by id limit 1` };
    for (const client of clients) assert.deepEqual(Object.keys((await client.query(all)).rows[0]), ["id", "note"]);
    await clients[0].query(`alter table ${table} add column more int`);
    for (const client of clients) assert.equal((await client.query(all)).rows[0].more, null);
  });

  await clients[0].query(`drop table ${table}`);
  await Promise.all(clients.map((client) => client.end()));
}

async function postgresJs() {
  const sql = postgres({ host: settings.host, port: settings.port, username: settings.user, password: settings.password,
    database: settings.database, ssl, max: CLIENTS, onnotice: () => {} });
  await check("postgres.js: prepared statements over 40 connections", async () => {
    const sums = await Promise.all(Array.from({ length: 400 }, (_, i) => sql`select ${i}::int * 2 as double`));
    assert.deepEqual(sums.map(([row]) => row.double), Array.from({ length: 400 }, (_, i) => i * 2));
  });
  await check("postgres.js: transactions", async () => {
    await sql`create table ${sql(table)} (id int primary key)`;
    await Promise.all(Array.from({ length: 60 }, (_, i) => sql.begin(async (tx) => {
      await tx`insert into ${sql(table)} values (${i})`;
      if (i % 3 === 0) throw new Error("rolled back");
    }).catch((error) => assert.equal(error.message, "rolled back"))));
    assert.equal((await sql`select count(*)::int from ${sql(table)}`)[0].count, 40);
    await sql`drop table ${sql(table)}`;
  });
  await check("postgres.js: listen and notify", async () => {
    const heard = new Promise((resolve) => sql.listen(`channel_${table}`, resolve).then(() => sql.notify(`channel_${table}`, "hello")));
    assert.equal(await heard, "hello");
  });
  await sql.end();
}

await nodePostgres();
await postgresJs();
console.log(`node-postgres and postgres.js: ${passed} checks passed`);
