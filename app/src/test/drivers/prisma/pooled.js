// Prisma with its adapter for node-postgres against the endpoint named by PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE and PGSSLROOTCERT.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { PrismaPg } from "@prisma/adapter-pg";
import { PrismaClient } from "@prisma/client";

const adapter = new PrismaPg({ host: process.env.PGHOST, port: Number(process.env.PGPORT), user: process.env.PGUSER,
  password: process.env.PGPASSWORD, database: process.env.PGDATABASE, max: 40,
  ssl: { ca: readFileSync(process.env.PGSSLROOTCERT, "utf8"), rejectUnauthorized: true } });
const prisma = new PrismaClient({ adapter });
let passed = 0;

async function check(name, body) {
  await body();
  passed++;
  console.log(`ok ${name}`);
}

await prisma.$executeRawUnsafe("drop table if exists pooled_prisma");
await prisma.$executeRawUnsafe("create table pooled_prisma (id int primary key, note text)");

await check("200 creates and reads at once", async () => {
  await Promise.all(Array.from({ length: 200 }, (_, id) => prisma.pooled.create({ data: { id, note: `note ${id}` } })));
  const rows = await Promise.all(Array.from({ length: 200 }, (_, id) => prisma.pooled.findUnique({ where: { id } })));
  assert.deepEqual(rows.map((row) => row.note), Array.from({ length: 200 }, (_, id) => `note ${id}`));
});

await check("interactive transactions commit and roll back", async () => {
  await prisma.$transaction(async (tx) => {
    await tx.pooled.update({ where: { id: 1 }, data: { note: "kept" } });
    await tx.pooled.update({ where: { id: 2 }, data: { note: "kept" } });
  });
  await assert.rejects(prisma.$transaction(async (tx) => {
    await tx.pooled.update({ where: { id: 1 }, data: { note: "dropped" } });
    throw new Error("rolled back");
  }));
  assert.equal((await prisma.pooled.findUnique({ where: { id: 1 } })).note, "kept");
});

await check("a unique violation has its code", () =>
  assert.rejects(prisma.pooled.create({ data: { id: 1 } }), (error) => error.code === "P2002"));

await check("raw parametrised SQL", async () => {
  const rows = await prisma.$queryRaw`select ${41}::int + 1 as answer`;
  assert.deepEqual(rows, [{ answer: 42 }]);
});

await prisma.$executeRawUnsafe("drop table pooled_prisma");
await prisma.$disconnect();
console.log(`Prisma: ${passed} checks passed`);
