"""The SQL that makes a store, for whoever looks after the database to read and to run in psql.

The same statements that `postgres_door` runs. Needs no server. Roles that are there already stay as they are.
"""

from datetime import datetime

from psycopg.sql import SQL, Composed, Identifier, Literal

from visitsafe.store import postgres_schema as sql
from visitsafe.store.postgres_door import new_meta
from visitsafe.store.postgres_schema import Roles

_HEAD = """\
-- A store for visitsafe. Run it with psql as a superuser, in a database of its own:
--   CREATE DATABASE visitsafe ENCODING 'UTF8' TEMPLATE template0;
-- Afterwards give each person or desk that uses it a login:
--   CREATE ROLE desk LOGIN PASSWORD '...' IN ROLE {app};
"""


def script(created: datetime, roles: Roles) -> str:
    """All of it, in one transaction; every call makes another store's id.

    Args:
        created: Aware.
        roles: The names of the store's roles.
    """
    statements: list[Composed | SQL] = [SQL("BEGIN")]
    statements += map(_role, (roles.owner, roles.app, roles.retention))
    statements += sql.making(roles)
    meta = SQL("INSERT INTO visitsafe.meta (key, value) VALUES ({}, {})")
    statements += [
        meta.format(Literal(key), Literal(value)) for key, value in new_meta(roles, created).items()
    ]
    statements.append(SQL("COMMIT"))
    app = Identifier(roles.app).as_string()
    return _HEAD.format(app=app) + "".join(f"{one.as_string()};\n" for one in statements)


def _role(name: str) -> Composed:
    """A role, unless there is one; the statement is a text within a text, as format() quotes it."""
    return SQL(
        "DO $do$ BEGIN IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = {name}) THEN"
        " EXECUTE pg_catalog.format('CREATE ROLE %I NOLOGIN', {name}); END IF; END $do$"
    ).format(name=Literal(name))
