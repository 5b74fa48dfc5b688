package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/jackc/pgconn"
)

const (
	tenantA = "aaaaaaaa-0000-4000-8000-000000000001"
	tenantB = "bbbbbbbb-0000-4000-8000-000000000002"
)

func open(requireTenant bool) *sql.DB {
	connector, err := NewConnector(context.Background(), os.Getenv("NOREN_CONTRACT"), requireTenant)
	if err != nil {
		log.Fatal(err)
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(1) // so that every request below gets the connection of the one before
	return db
}

func payees(ctx context.Context, db *sql.DB, where string, arguments ...interface{}) string {
	rows, err := db.QueryContext(ctx, "SELECT payee FROM expenses "+where+" ORDER BY payee", arguments...)
	var refused *pgconn.PgError
	switch {
	case errors.Is(err, ErrNoTenant):
		return "refused"
	case errors.As(err, &refused):
		return refused.Code
	case err != nil:
		log.Fatal(err)
	}
	defer rows.Close()
	found := []string{}
	for rows.Next() {
		var payee string
		if err := rows.Scan(&payee); err != nil {
			log.Fatal(err)
		}
		found = append(found, payee)
	}
	if err := rows.Err(); err != nil {
		log.Fatal(err)
	}
	if len(found) == 0 {
		return "no rows"
	}
	return strings.Join(found, ", ")
}

func value(ctx context.Context, db *sql.DB, query string) (value string) {
	if err := db.QueryRowContext(ctx, query).Scan(&value); err != nil {
		log.Fatal(err)
	}
	return value
}

func main() {
	log.SetFlags(0)
	nobody := context.Background()
	a, b := WithTenant(nobody, tenantA), WithTenant(nobody, tenantB)
	db := open(true)
	fmt.Println("role:", value(a, db, "SELECT current_user::text"))
	fmt.Println("A without WHERE:", payees(a, db, ""))
	process := value(a, db, "SELECT pg_backend_pid()::text")
	if _, err := db.ExecContext(a, "CREATE TEMPORARY TABLE left_by_a AS SELECT * FROM expenses"); err != nil {
		log.Fatal(err)
	}
	fmt.Println("B without WHERE:", payees(b, db, ""))
	fmt.Println("B with WHERE:", payees(b, db, "WHERE tenant_id = $1", tenantB))
	fmt.Println("left by A:", value(b, db, "SELECT coalesce(to_regclass('pg_temp.left_by_a')::text, 'nothing')"))
	fmt.Println("one connection:", process == value(b, db, "SELECT pg_backend_pid()::text"))
	fmt.Println("no tenant, required:", payees(nobody, db, ""))
	fmt.Println("not a tenant:", payees(WithTenant(nobody, "A"), db, ""))
	fmt.Println("A again:", payees(a, db, ""))
	db.Close()

	db = open(false)
	payees(a, db, "")
	fmt.Println("no tenant:", payees(nobody, db, ""))
	db.Close()
}
