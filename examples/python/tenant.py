"""What both pools share: the tenant of the context, the rollout flag and the self-test at start-up."""

import json
import os
from contextlib import contextmanager
from contextvars import ContextVar

import psycopg

# These two are from contract.md. Parameters are bound: SET takes none, and pasted text is an injection.
SET_TENANT = "SELECT pg_catalog.set_config('app.tenant_id', %s, false)"
# DISCARD ALL without its DEALLOCATE: psycopg keeps prepared statements by name.
CLEAN = (
    "CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; UNLISTEN *; "
    "SELECT pg_catalog.pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES"
)

_tenant: ContextVar[str | None] = ContextVar("tenant", default=None)


class NoTenant(Exception):
    """A connection was asked for where no tenant is known."""


class SelfTestFailed(Exception):
    """The connection is not what the contract says."""


@contextmanager
def tenant(name):
    """Within this block, rows are those of this tenant: `with tenant(request.tenant_id):`."""
    token = _tenant.set(str(name))
    try:
        yield
    finally:
        _tenant.reset(token)


def wanted(required):
    """The tenant of the context; empty, which sees no row, where there is none and none is required."""
    name = _tenant.get()
    if not name and required:
        raise NoTenant("no tenant in this context")
    return name or ""


def role():
    """The rollout flag: DATABASE_ROLE=app_rollout goes back to the role that sees every tenant."""
    name = os.environ.get("DATABASE_ROLE", "app")
    if name not in ("app", "app_rollout"):
        raise ValueError(f"DATABASE_ROLE: expected app or app_rollout, found {name!r}")
    return name


def self_test(contract):
    """Does not come back when the database or the role is not what the contract says."""
    with open(contract, encoding="utf-8") as file:
        roles = {entry["name"]: entry.get("self_test") for entry in json.load(file)["roles"]}
    query = roles.get(role())
    if not query:
        raise SelfTestFailed(f"{contract}: no self-test for role {role()}")
    with psycopg.connect(user=role()) as connection:
        for problem, detail in connection.execute(query):
            raise SelfTestFailed(f"self-test: {problem} ({detail})")
