package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// clients is more than a pool has servers.
const clients = 40

// pooled runs pgx, which caches statements, and GORM on top of it, as they come.
func pooled() {
	ctx, stop := context.WithTimeout(context.Background(), 2*time.Minute)
	defer stop()
	pgxPool(ctx)
	gormChecks()
	fmt.Printf("pgx and GORM: %d checks passed\n", passed)
}

// together runs one body per client, all at once.
func together(body func(n int) error) {
	errs := make(chan error, clients)
	var all sync.WaitGroup
	for n := range clients {
		all.Go(func() { errs <- body(n) })
	}
	all.Wait()
	close(errs)
	for err := range errs {
		must(err)
	}
}

func pgxPool(ctx context.Context) {
	config, err := pgxpool.ParseConfig("sslmode=verify-full sslrootcert=" + os.Getenv("PGSSLROOTCERT"))
	must(err)
	config.MaxConns = clients
	require(config.ConnConfig.DefaultQueryExecMode == pgx.QueryExecModeCacheStatement, "pgx caches statements by default")
	pool, err := pgxpool.NewWithConfig(ctx, config)
	must(err)
	defer pool.Close()
	table := fmt.Sprintf("pooled_go_%d", os.Getpid())
	_, err = pool.Exec(ctx, "create table "+table+" (client int, turn int)")
	must(err)

	together(func(n int) error {
		conn, err := pool.Acquire(ctx)
		if err != nil {
			return err
		}
		defer conn.Release()
		for i := range 30 {
			var sum int
			if err := conn.QueryRow(ctx, fmt.Sprintf("select $1::int + %d", n%5), i).Scan(&sum); err != nil || sum != i+n%5 {
				return fmt.Errorf("client %d got %d: %w", n, sum, err)
			}
			batch := &pgx.Batch{}
			batch.Queue("insert into "+table+" values ($1, $2)", n, i)
			batch.Queue("select count(*) from "+table+" where client = $1", n)
			if err := conn.SendBatch(ctx, batch).Close(); err != nil {
				return err
			}
		}
		for i := range 600 { // more texts than pgx keeps, so it closes statements
			var got int
			if err := conn.QueryRow(ctx, fmt.Sprintf("select %d", i)).Scan(&got); err != nil || got != i {
				return fmt.Errorf("text %d gave %d: %w", i, got, err)
			}
		}
		return nil
	})
	var rows int
	must(pool.QueryRow(ctx, "select count(*) from "+table).Scan(&rows))
	require(rows == 30*clients, "every row is there once")
	ok("pgx: 40 connections, cached statements, batches, more statements than its cache holds")

	together(func(n int) error {
		err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "insert into "+table+" values ($1, $2)", n, 1000); err != nil {
				return err
			}
			if n%2 == 0 {
				return errRolledBack
			}
			return nil
		})
		if errors.Is(err, errRolledBack) {
			return nil
		}
		return err
	})
	must(pool.QueryRow(ctx, "select count(*) from "+table+" where turn = 1000").Scan(&rows))
	require(rows == clients/2, "only what was committed is there")
	ok("pgx: transactions commit and roll back")

	_, err = pool.CopyFrom(ctx, pgx.Identifier{table}, []string{"client", "turn"},
		pgx.CopyFromSlice(10000, func(i int) ([]any, error) { return []any{-1, i}, nil }))
	must(err)
	ok("pgx: COPY in")
	_, err = pool.Exec(ctx, "drop table "+table)
	must(err)
}

var errRolledBack = errors.New("rolled back")

// PooledGorm is a table of GORM's own making.
type PooledGorm struct {
	ID   uint
	Note string
}

func gormChecks() {
	db, err := gorm.Open(postgres.Open("sslmode=verify-full sslrootcert="+os.Getenv("PGSSLROOTCERT")),
		&gorm.Config{PrepareStmt: true, Logger: logger.Discard})
	must(err)
	plain, err := db.DB()
	must(err)
	plain.SetMaxOpenConns(clients)
	defer plain.Close()
	must(db.Migrator().DropTable(&PooledGorm{}))
	must(db.AutoMigrate(&PooledGorm{}))

	together(func(n int) error {
		for i := range 10 {
			note := PooledGorm{Note: fmt.Sprintf("%d", n)}
			if err := db.Create(&note).Error; err != nil {
				return err
			}
			var count int64
			if err := db.Model(&PooledGorm{}).Where("note = ?", note.Note).Count(&count).Error; err != nil || count != int64(i+1) {
				return fmt.Errorf("client %d counts %d: %w", n, count, err)
			}
			err := db.Transaction(func(tx *gorm.DB) error {
				if err := tx.Delete(&note).Error; err != nil {
					return err
				}
				return errRolledBack
			})
			if !errors.Is(err, errRolledBack) {
				return err
			}
		}
		return nil
	})
	must(db.Migrator().DropTable(&PooledGorm{}))
	ok("GORM: prepared statements on, 40 connections, migration, transactions")
}
