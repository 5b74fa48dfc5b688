// Tenants for database/sql: a connector that puts the tenant of a context on each connection that the pool hands out,
// and takes everything away before the next one gets it.
package main

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/jackc/pgx/v4"
	"github.com/jackc/pgx/v4/stdlib"
)

// These two are from contract.md. Parameters are bound: SET takes none, and pasted text is an injection.
const (
	setTenant = "SELECT pg_catalog.set_config('app.tenant_id', $1, false)"
	// DISCARD ALL without its DEALLOCATE: pgx keeps prepared statements by name.
	clean = "CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; UNLISTEN *; " +
		"SELECT pg_catalog.pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES"
)

var (
	ErrNoTenant    = errors.New("no tenant in this context")
	ErrOtherTenant = errors.New("this connection was taken for another tenant")
)

type tenantKey struct{}

// WithTenant says whose rows the statements of a context are about.
func WithTenant(ctx context.Context, tenant string) context.Context {
	return context.WithValue(ctx, tenantKey{}, tenant)
}

// Connector is a driver.Connector. database/sql calls Connect for a new connection and ResetSession each time that it
// hands a used one out again.
type Connector struct {
	inner driver.Connector
	// RequireTenant refuses statements whose context has no tenant. Without it they are sent and see no row.
	RequireTenant bool
}

// Connect does not set the tenant: the pool also opens connections by itself, with a context that is nobody's.
func (c *Connector) Connect(ctx context.Context) (driver.Conn, error) {
	raw, err := c.inner.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &conn{Conn: raw.(*stdlib.Conn), requireTenant: c.RequireTenant}, nil
}

func (c *Connector) Driver() driver.Driver { return c.inner.Driver() }

type conn struct {
	*stdlib.Conn
	requireTenant bool
	tenant        string // of this checkout; empty for none
}

// ResetSession runs when the pool hands the connection out, with the context of whoever takes it. An error other than
// ErrBadConn would be ignored and the connection used all the same.
func (c *conn) ResetSession(ctx context.Context) error {
	c.tenant = ""
	if err := c.Conn.ResetSession(ctx); err != nil {
		return driver.ErrBadConn
	}
	if err := c.Conn.Conn().PgConn().Exec(ctx, clean).Close(); err != nil {
		return driver.ErrBadConn
	}
	if tenant, ok := ctx.Value(tenantKey{}).(string); ok && c.become(ctx, tenant) != nil {
		return driver.ErrBadConn
	}
	return nil
}

func (c *conn) become(ctx context.Context, tenant string) error {
	_, err := c.Conn.ExecContext(ctx, setTenant, []driver.NamedValue{{Ordinal: 1, Value: tenant}})
	if err == nil {
		c.tenant = tenant
	}
	return err
}

// check runs before every statement. The first one of a new connection sets the tenant; after that a context may leave
// it out, as Tx.Exec does, but not name another.
func (c *conn) check(ctx context.Context) error {
	tenant, ok := ctx.Value(tenantKey{}).(string)
	switch {
	case ok && tenant == c.tenant:
		return nil
	case ok && c.tenant == "":
		return c.become(ctx, tenant)
	case ok:
		return ErrOtherTenant
	case c.tenant == "" && c.requireTenant:
		return ErrNoTenant
	}
	return nil
}

func (c *conn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	if err := c.check(ctx); err != nil {
		return nil, err
	}
	return c.Conn.BeginTx(ctx, options)
}

func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	if err := c.check(ctx); err != nil {
		return nil, err
	}
	return c.Conn.PrepareContext(ctx, query)
}

func (c *conn) ExecContext(ctx context.Context, query string, arguments []driver.NamedValue) (driver.Result, error) {
	if err := c.check(ctx); err != nil {
		return nil, err
	}
	return c.Conn.ExecContext(ctx, query, arguments)
}

func (c *conn) QueryContext(ctx context.Context, query string, arguments []driver.NamedValue) (driver.Rows, error) {
	if err := c.check(ctx); err != nil {
		return nil, err
	}
	return c.Conn.QueryContext(ctx, query, arguments)
}

// Role is the rollout flag: DATABASE_ROLE=app_rollout goes back to the role that sees every tenant.
func Role() (string, error) {
	switch role := os.Getenv("DATABASE_ROLE"); role {
	case "", "app":
		return "app", nil
	case "app_rollout":
		return role, nil
	default:
		return "", fmt.Errorf("DATABASE_ROLE: expected app or app_rollout, found %q", role)
	}
}

// NewConnector reads where the server is from PGHOST, PGDATABASE and their like, and does not come back with a
// connector unless the role's self-test finds nothing.
func NewConnector(ctx context.Context, contract string, requireTenant bool) (*Connector, error) {
	role, err := Role()
	if err != nil {
		return nil, err
	}
	config, err := pgx.ParseConfig("")
	if err != nil {
		return nil, err
	}
	config.User = role
	if err := selfTest(ctx, config, contract, role); err != nil {
		return nil, err
	}
	inner, err := stdlib.GetDefaultDriver().(driver.DriverContext).OpenConnector(stdlib.RegisterConnConfig(config))
	if err != nil {
		return nil, err
	}
	return &Connector{inner: inner, RequireTenant: requireTenant}, nil
}

func selfTest(ctx context.Context, config *pgx.ConnConfig, contract, role string) error {
	text, err := os.ReadFile(contract)
	if err != nil {
		return err
	}
	var read struct {
		Roles []struct {
			Name     string
			SelfTest string `json:"self_test"`
		}
	}
	if err := json.Unmarshal(text, &read); err != nil {
		return err
	}
	for _, entry := range read.Roles {
		if entry.Name == role && entry.SelfTest != "" {
			return findings(ctx, config, entry.SelfTest)
		}
	}
	return fmt.Errorf("%s: no self-test for role %s", contract, role)
}

func findings(ctx context.Context, config *pgx.ConnConfig, query string) error {
	connection, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer connection.Close(ctx)
	rows, err := connection.Query(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	var found error
	for rows.Next() {
		var problem, detail string
		if err := rows.Scan(&problem, &detail); err != nil {
			return err
		}
		if found == nil {
			found = fmt.Errorf("self-test: %s (%s)", problem, detail)
		}
	}
	if rows.Err() != nil {
		return rows.Err()
	}
	return found
}
