"""A psycopg pool whose connections belong to the tenant of the context."""

from contextlib import contextmanager

from psycopg_pool import ConnectionPool

from tenant import CLEAN, SET_TENANT, role, self_test, wanted


def _clean(connection):
    # The pool rolls back what is open before it calls this, and closes the connection if this fails.
    connection.execute(CLEAN)
    connection.commit()


class TenantPool:
    """The server's place is read from PGHOST, PGDATABASE and their like."""

    def __init__(self, contract, require_tenant=True, **options):
        self_test(contract)
        self._required = require_tenant
        self._pool = ConnectionPool(kwargs={"user": role()}, reset=_clean, open=True, **options)

    @contextmanager
    def connection(self):
        """A transaction for the tenant of the context."""
        name = wanted(self._required)
        with self._pool.connection() as connection:
            connection.execute(SET_TENANT, [name])
            # Else a rollback to before this line would take the setting back as well.
            connection.commit()
            yield connection

    def close(self):
        self._pool.close()
