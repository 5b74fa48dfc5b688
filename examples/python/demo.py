"""Shows what a connection sees: `demo.py psycopg` or `demo.py sqlalchemy`."""

import os
import sys
from contextlib import nullcontext

import psycopg

from tenant import NoTenant, SelfTestFailed, tenant

A = "aaaaaaaa-0000-4000-8000-000000000001"
B = "bbbbbbbb-0000-4000-8000-000000000002"
CONTRACT = os.environ["NOREN_CONTRACT"]


class Psycopg:
    def __init__(self, require_tenant):
        from tenant_psycopg import TenantPool

        # One connection, so that every request below gets the one of the request before.
        self.pool = TenantPool(CONTRACT, require_tenant, min_size=1, max_size=1)

    def rows(self, query, **arguments):
        with self.pool.connection() as connection:
            cursor = connection.execute(query, arguments)
            return cursor.fetchall() if cursor.description else []

    def close(self):
        self.pool.close()


class SqlAlchemy:
    def __init__(self, require_tenant):
        from tenant_sqlalchemy import tenant_engine

        self.engine = tenant_engine(CONTRACT, require_tenant, pool_size=1, max_overflow=0)

    def rows(self, query, **arguments):
        from sqlalchemy import text
        from sqlalchemy.exc import DBAPIError

        try:
            with self.engine.begin() as connection:
                result = connection.execute(text(query.replace("%(tenant)s", ":tenant")), arguments)
                return result.fetchall() if result.returns_rows else []
        except DBAPIError as error:
            raise error.orig from error

    def close(self):
        self.engine.dispose()


def payees(pool, name, where="", **arguments):
    try:
        with tenant(name) if name else nullcontext():
            rows = pool.rows(f"SELECT payee FROM expenses {where} ORDER BY payee", **arguments)
    except NoTenant:
        return "refused"
    except psycopg.Error as error:
        return error.sqlstate
    return ", ".join(payee for (payee,) in rows) or "no rows"


def value(pool, name, query):
    with tenant(name):
        return pool.rows(query)[0][0]


def main(kind):
    pool = kind(True)
    print("role:", value(pool, A, "SELECT current_user::text"))
    print("A without WHERE:", payees(pool, A))
    process = value(pool, A, "SELECT pg_backend_pid()")
    with tenant(A):
        pool.rows("CREATE TEMPORARY TABLE left_by_a AS SELECT * FROM expenses")
    print("B without WHERE:", payees(pool, B))
    print("B with WHERE:", payees(pool, B, "WHERE tenant_id = %(tenant)s", tenant=B))
    print("left by A:", value(pool, B, "SELECT coalesce(to_regclass('pg_temp.left_by_a')::text, 'nothing')"))
    print("one connection:", str(process == value(pool, B, "SELECT pg_backend_pid()")).lower())
    print("no tenant, required:", payees(pool, None))
    print("not a tenant:", payees(pool, "A"))
    print("A again:", payees(pool, A))
    pool.close()

    pool = kind(False)
    payees(pool, A)
    print("no tenant:", payees(pool, None))
    pool.close()


if __name__ == "__main__":
    try:
        main({"psycopg": Psycopg, "sqlalchemy": SqlAlchemy}[sys.argv[1]])
    except SelfTestFailed as error:
        sys.exit(str(error))
