// Command driver runs pgx, or as "driver pooled" what applications build on it, against the endpoint named by PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE, PGSSLMODE and PGSSLROOTCERT.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

var (
	ctx    = context.Background()
	table  = fmt.Sprintf("driver_go_%d", os.Getpid())
	passed int
)

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func require(holds bool, otherwise string) {
	if !holds {
		log.Fatal(otherwise)
	}
}

func ok(name string) {
	passed++
	fmt.Println("ok", name)
}

func connect() *pgx.Conn {
	c, err := pgx.Connect(ctx, "")
	must(err)
	return c
}

func sqlState(err error) string {
	var failure *pgconn.PgError
	if errors.As(err, &failure) {
		return failure.Code
	}
	return fmt.Sprint(err)
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "pooled" {
		pooled()
		return
	}
	c := connect()
	defer c.Close(ctx)

	user := os.Getenv("PGUSER")
	var who string
	must(c.QueryRow(ctx, "select current_user").Scan(&who))
	require(who == user[:strings.LastIndex(user, ".")], "current_user is "+who)
	ok("simple query over TLS")

	blob := bytes.Repeat([]byte{1, 2, 3, 4}, 250_000)
	var number int
	var text string
	var returned []byte
	var list []int
	var moment time.Time
	must(c.QueryRow(ctx, "select $1::int, $2::text, $3::bytea, $4::int[], $5::timestamptz", 42, "Grüße 🐘", blob, []int{1, 2, 3}, time.Unix(0, 0)).
		Scan(&number, &text, &returned, &list, &moment))
	require(number == 42 && text == "Grüße 🐘" && bytes.Equal(blob, returned) && len(list) == 3 && moment.Unix() == 0, "parameters came back changed")
	ok("binary parameters of many types (statement cache on)")

	_, err := c.Exec(ctx, "create table "+table+" (id int primary key, note text)")
	must(err)
	tx, err := c.Begin(ctx)
	must(err)
	_, err = tx.Exec(ctx, "insert into "+table+" values (1, 'dropped')")
	must(err)
	must(tx.Rollback(ctx))
	must(pgx.BeginFunc(ctx, c, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "insert into "+table+" values (1, 'kept')")
		return err
	}))
	_, err = c.Exec(ctx, "insert into "+table+" values (1, 'twice')")
	require(sqlState(err) == "23505", "a duplicate key gave "+sqlState(err))
	ok("transactions and SQLSTATE")

	batch := &pgx.Batch{}
	for i := range 100 {
		batch.Queue("select $1::int", i)
	}
	results := c.SendBatch(ctx, batch)
	for i := range 100 {
		var n int
		must(results.QueryRow().Scan(&n))
		require(n == i, "batch out of order")
	}
	must(results.Close())
	ok("batch of 100 statements")

	rows := make([][]any, 0, 20_000)
	for i := range 20_000 {
		rows = append(rows, []any{i + 100, fmt.Sprint("line ", i)})
	}
	copied, err := c.CopyFrom(ctx, pgx.Identifier{table}, []string{"id", "note"}, pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) { return rows[i], nil }))
	must(err)
	require(copied == 20_000, "COPY lost rows")
	var out bytes.Buffer
	tag, err := c.PgConn().CopyTo(ctx, &out, "copy "+table+" to stdout")
	must(err)
	require(tag.RowsAffected() == 20_001, "COPY out lost rows")
	ok("COPY in and out")

	short, stop := context.WithTimeout(ctx, 300*time.Millisecond)
	_, err = c.Exec(short, "select pg_sleep(60)")
	stop()
	require(err != nil, "the query was not cancelled")
	c.Close(ctx)
	c = connect()
	ok("a context's deadline ends the query")

	_, err = c.Exec(ctx, "listen "+table)
	must(err)
	other := connect()
	_, err = other.Exec(ctx, "notify "+table+", 'hello'")
	must(err)
	must(other.Close(ctx))
	waiting, stop := context.WithTimeout(ctx, 20*time.Second)
	notification, err := c.WaitForNotification(waiting)
	stop()
	must(err)
	require(notification.Payload == "hello", "another notification")
	ok("LISTEN and NOTIFY")

	pool, err := pgxpool.New(ctx, "pool_max_conns=20")
	must(err)
	var group sync.WaitGroup
	for i := range 200 {
		group.Go(func() {
			var n int
			must(pool.QueryRow(ctx, "select $1::int * 2", i).Scan(&n))
			require(n == i*2, "a pooled answer belongs to another query")
		})
	}
	group.Wait()
	pool.Close()
	ok("a pool of 20 connections at once")

	_, err = pgx.Connect(ctx, "password=wrong")
	require(sqlState(err) == "28P01", "a wrong password gave "+sqlState(err))
	ok("a wrong password is 28P01")

	_, err = c.Exec(ctx, "drop table "+table)
	must(err)
	fmt.Printf("pgx: %d checks passed\n", passed)
}
