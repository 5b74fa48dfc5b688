"""A SQLAlchemy engine whose connections belong to the tenant of the context; sessions of the ORM get them too."""

from sqlalchemy import URL, create_engine, event

from tenant import CLEAN, SET_TENANT, role, self_test, wanted


def tenant_engine(contract, require_tenant=True, **options):
    """The server's place is read from PGHOST, PGDATABASE and their like."""
    self_test(contract)
    url = URL.create("postgresql+psycopg", username=role())
    # The pool's own reset is a rollback; the one below does more.
    engine = create_engine(url, pool_reset_on_return=None, **options)

    @event.listens_for(engine, "checkout")
    def set_tenant(connection, _record, _proxy):
        connection.execute(SET_TENANT, [wanted(require_tenant)])
        connection.commit()

    @event.listens_for(engine, "reset")
    def clean(connection, _record, state):
        connection.rollback()
        if not state.terminate_only:
            connection.execute(CLEAN)
            connection.commit()

    return engine
