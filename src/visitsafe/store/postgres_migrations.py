"""Bringing a PostgreSQL store of an older version to the schema of this one, when its owner asks for it.

As `migrations` does for a file: one transaction that looks again at what version the store is, so that of two
that run at once one finds nothing to do, and an interrupted one has not happened. Entries are never touched.
"""

from collections.abc import Callable

import psycopg
from psycopg.sql import SQL, Composed, Identifier

from visitsafe.errors import StoreError
from visitsafe.record.stored import Store, Summarise
from visitsafe.store import postgres_past as past
from visitsafe.store import postgres_schema as sql
from visitsafe.store import schema
from visitsafe.store.migrations import Migrated
from visitsafe.store.postgres_door import described
from visitsafe.store.postgres_link import APPENDING, Link
from visitsafe.store.postgres_schema import Roles
from visitsafe.store.postgres_store import PostgresStore
from visitsafe.store.postgres_url import understood
from visitsafe.store.postgres_words import NOTHING

_STEPS: dict[int, Callable[[Roles], list[Composed]]] = {3: past.making_3, 4: past.making_4}
_USER = b"SELECT current_user::text"


def migrate_postgres(url: str, summariser: Callable[[Store], Summarise], wait: float) -> Migrated:
    """Bring a store up to date.

    Args:
        url: By somebody who may act as the owner of its tables.
        summariser: As for `migrate_store`.
        wait: Seconds to wait for others.

    Raises:
        StoreError: The server does not answer, the store is no store, newer, or this user may not; nothing
            was changed.
    """
    link = Link(understood(url, wait), wait)
    try:
        link.store_id, before = described(link)
        if before == schema.SCHEMA_VERSION:
            return Migrated(before, before)
        return link.patiently(lambda: _migrate(link, summariser))
    finally:
        link.close()


def _migrate(link: Link, summariser: Callable[[Store], Summarise]) -> Migrated:
    with link.transaction(APPENDING):
        before = described(link)[1]
        if before == schema.SCHEMA_VERSION:
            return Migrated(before, before)
        meta: dict[str, str] = dict(link.rows(sql.META))
        roles = Roles(*(str(meta[f"role_{part}"]) for part in ("owner", "app", "retention")))
        for step in range(before + 1, schema.SCHEMA_VERSION + 1):
            _run(link, roles, _STEPS[step](roles))
        store = PostgresStore(link, link.store_id)
        plans = store.rebuild(summariser(store))
        link.run(sql.SET_VERSION, str(schema.SCHEMA_VERSION))
    return Migrated(before, schema.SCHEMA_VERSION, plans)


def _run(link: Link, roles: Roles, statements: list[Composed]) -> None:
    """Run statements, or say what somebody with more rights has to run first."""
    user = str(link.rows(_USER)[0][0])
    try:
        for statement in statements:
            link.run(statement.as_bytes(link.database))
    except psycopg.errors.InsufficientPrivilege as error:
        grant = SQL("GRANT {} TO {}").format(Identifier(roles.owner), Identifier(user))
        raise StoreError(
            f"this user may not bring the store in {link.shown} up to date{NOTHING}",
            hint=f"let whoever looks after the database run, for this once: {grant.as_string()}",
        ) from error
