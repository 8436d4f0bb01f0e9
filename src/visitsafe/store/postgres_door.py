"""The door to a PostgreSQL store: a URL in, a store out. Opening never makes or alters anything.

A store is made by somebody who may act as its owner, and used by somebody who cannot take an entry away:
whoever could is refused, unless the URL says `visitsafe_allow_owner=1`. Loaded only for such a URL.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

import psycopg
from psycopg.sql import SQL, Composed, Identifier

from visitsafe.errors import StoreError
from visitsafe.store import postgres_schema as sql
from visitsafe.store import schema
from visitsafe.store.marks import MIGRATE, refuse_marked
from visitsafe.store.postgres_care import PostgresCare, without_user
from visitsafe.store.postgres_link import APPENDING, Link
from visitsafe.store.postgres_purge import PostgresPurge
from visitsafe.store.postgres_schema import Roles
from visitsafe.store.postgres_store import PostgresStore
from visitsafe.store.postgres_url import ALLOW_OWNER, Address, understood
from visitsafe.store.postgres_words import NOTHING
from visitsafe.store.sqlite_file import STORE_ID, VERSION
from visitsafe.text.clean import one_line
from visitsafe.text.clock import to_text

WAIT = 5.0
_LOGIN = "the database's administrator makes one: CREATE ROLE name LOGIN IN ROLE {}"
# By who has logged in, not by a role taken on since: that can be put down again.
_RIGHTS = b"""
SELECT EXISTS (SELECT FROM pg_roles AS r WHERE (r.rolsuper OR r.rolcreaterole)
    AND pg_has_role(session_user, r.oid, 'MEMBER'))
  OR pg_has_role(session_user, c.relowner, 'MEMBER')
  OR pg_has_role(session_user, d.datdba, 'MEMBER')
  OR has_table_privilege(session_user, c.oid, 'UPDATE, DELETE, TRUNCATE, TRIGGER')
  OR EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    AND a.attname <> 'payload' AND has_column_privilege(session_user, c.oid, a.attnum, 'UPDATE')),
  has_column_privilege(session_user, c.oid, 'payload', 'UPDATE'),
  current_setting('fsync') = 'on' AND current_setting('full_page_writes') = 'on'
FROM pg_class AS c, pg_database AS d
WHERE c.oid = 'visitsafe.entries'::regclass AND d.datname = current_database()
"""
_EXISTS = b"SELECT 1 FROM pg_namespace WHERE nspname = 'visitsafe'"
_MAKER = b"""
SELECT current_user::text, rolsuper, rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user
"""
_ROLES = b"SELECT rolname::text FROM pg_roles WHERE rolname = ANY(%s)"
_MEMBER = b"SELECT pg_has_role(%s, 'MEMBER')"


def open_store(url: str, wait: float = WAIT, *, owner: bool = False, keeper: bool = False) -> PostgresStore:
    """Open the store that a URL names. Never makes one.

    Args:
        url: `postgresql://user@host/database?...`.
        wait: Seconds to wait for the server, and while another program writes.
        owner: Whether a user who could take entries away will do: for what only reads.
        keeper: Whether a member of the retention role will do: for what keeps or removes records.

    Raises:
        StoreError: The server does not answer or does not let this user in, there is no store, it was made
            by a newer or an older visitsafe, or the user could take entries away.
    """
    address = understood(url, wait)
    with _linked(address, wait) as link:
        store_id = _identify(link)
        mighty, may_blank, safe = link.rows(_RIGHTS)[0]
        too_much = mighty or (may_blank and not keeper)
        if too_much and not (owner or address.allow_owner):
            raise _too_much(link, "app")
        link.store_id = store_id
        store = PostgresStore(link, store_id, _warnings(address, too_much=too_much, safe=safe))
        refuse_marked(store.meta(), f"the store in {address.shown}")
        return store


def place(url: str) -> str:
    """The store of a URL for people, without a user and a password. Does not look whether it is there.

    Raises:
        StoreError: The URL means nothing.
    """
    return without_user(understood(url, WAIT).shown)


def open_care(url: str, wait: float = WAIT, *, older: bool = False, owner: bool = False) -> PostgresCare:
    """Open a store to look after it: as its owner too, and even one that is part of a copy or was moved.

    One of an `older` version, if that is asked for, only to read its entries. With `owner` nothing is said of
    rights that whoever looks after the database has to have.

    Raises:
        StoreError: As for `open_store`.
    """
    address = understood(url, wait)
    with _linked(address, wait) as link:
        link.store_id = _identify(link, older=older)
        mighty, may_blank, safe = link.rows(_RIGHTS)[0]
        warnings = _warnings(address, too_much=(mighty or may_blank) and not owner, safe=safe)
        return PostgresCare(link, PostgresStore(link, link.store_id, warnings))


def open_purge(url: str, wait: float = WAIT) -> PostgresPurge:
    """Open a store to empty entries in it, as a member of its retention role.

    Raises:
        StoreError: As for `open_store`, or this user may not empty entries.
    """
    address = understood(url, wait)
    with _linked(address, wait) as link:
        link.store_id = _identify(link)
        mighty, may_blank, safe = link.rows(_RIGHTS)[0]
        if mighty and not address.allow_owner:
            raise _too_much(link, "retention")
        if not may_blank:
            raise StoreError(
                f"the user of the store in {address.shown} may not remove anything from it",
                hint="for this command, log in as a member of visitsafe_retention: VISITSAFE_STORE"
                f" ({_LOGIN.format('visitsafe_retention')})",
            )
        store = PostgresStore(link, link.store_id, _warnings(address, too_much=mighty, safe=safe))
        refuse_marked(store.meta(), f"the store in {address.shown}")
        return PostgresPurge(link, store)


def store_exists(url: str, wait: float = WAIT) -> bool:
    """Whether a store, or something by its name, is where a URL says.

    Raises:
        StoreError: The server does not answer, or does not let this user in.
    """
    with _linked(understood(url, wait), wait) as link:
        found = bool(link.rows(_EXISTS))
        link.close()
        return found


def create_store(
    url: str, created: datetime, wait: float = WAIT, *, meta: Mapping[str, str] | None = None
) -> PostgresStore:
    """Make a store with the usual roles, and open it.

    Raises:
        StoreError: As for `create_postgres`; or it was made, and may not be used by whoever made it.
    """
    create_postgres(url, created, wait=wait, meta=meta)
    return open_store(url, wait)


def create_postgres(
    url: str,
    created: datetime,
    roles: Roles | None = None,
    *,
    wait: float = WAIT,
    meta: Mapping[str, str] | None = None,
) -> None:
    """Make a store in a database that has none: roles where they are missing, tables, rights; all or nothing.

    Args:
        url: By somebody who may act as the owner role, or make roles.
        created: Aware.
        roles: Names of the roles of this store.
        wait: As for `open_store`.
        meta: What it says of itself in place of something new: a copy keeps the id of its store.

    Raises:
        StoreError: There is a store already, or this user may not make one; the hint says which statements
            whoever looks after the database has to run.
    """
    address, names = understood(url, wait), roles or Roles()
    with _linked(address, wait) as link:
        with link.transaction(APPENDING):
            if link.rows(_EXISTS):
                raise StoreError(
                    f"there is a store in {address.shown} already", hint="use it, or name another database"
                )
            _make(link, address, names, {**new_meta(names, created), **(meta or {})})
        link.close()


def _make(link: Link, address: Address, roles: Roles, meta: Mapping[str, str]) -> None:
    user = str(link.rows(_MAKER)[0][0])
    missing = _missing(link, roles, user)
    _run(link, address, missing, by_hand=missing)
    right = SQL("GRANT CREATE ON DATABASE {} TO {}")
    right_to_make = right.format(Identifier(address.parameters["dbname"]), Identifier(user))
    _run(link, address, sql.making(roles), by_hand=[right_to_make])
    for item in meta.items():
        link.run(sql.SET_META, *item)


def new_meta(roles: Roles, created: datetime) -> dict[str, str]:
    """What a new store says of itself."""
    return {
        "schema_version": str(schema.SCHEMA_VERSION),
        "store_id": os.urandom(16).hex(),
        "created": to_text(created),
        "role_owner": roles.owner,
        "role_app": roles.app,
        "role_retention": roles.retention,
    }


def _missing(link: Link, roles: Roles, user: str) -> list[Composed]:
    """The statements that make the missing roles and let this user act as the owner."""
    wanted = [roles.owner, roles.app, roles.retention]
    there = {name for (name,) in link.rows(_ROLES, wanted)}
    statements = sql.making_roles([name for name in wanted if name not in there])
    member = roles.owner in there and link.rows(_MEMBER, roles.owner) == [(True,)]
    if not member and not link.rows(_MAKER)[0][1]:
        grant = SQL("GRANT {} TO {}").format(Identifier(roles.owner), Identifier(user))
        statements.append(grant)
    return statements


def _run(link: Link, address: Address, statements: list[Composed], by_hand: list[Composed]) -> None:
    """Run statements, or say which ones somebody with more rights has to run first."""
    try:
        for statement in statements:
            link.run(statement.as_bytes(link.database))
    except psycopg.errors.InsufficientPrivilege as error:
        raise StoreError(
            f"this user may not make a store in {address.shown}{NOTHING}",
            hint="for this once, let whoever looks after the database run: "
            + "; ".join(each.as_string() for each in by_hand),
        ) from error


@contextmanager
def _linked(address: Address, wait: float) -> Iterator[Link]:
    """A connection that is closed if anything goes wrong."""
    link = Link(address, wait)
    try:
        yield link
    except BaseException:
        link.close()
        raise


def _identify(link: Link, *, older: bool = False) -> str:
    """The store's id, once it is certain that this is a store of this version, or `older`."""
    store_id, version = described(link)
    if version < schema.SCHEMA_VERSION and not older:
        raise StoreError(f"the store in {link.shown} was made by an older visitsafe", hint=MIGRATE)
    return store_id


def described(link: Link) -> tuple[str, int]:
    """The store's id and version, once it is certain that it is one, and of no newer version.

    Raises:
        StoreError: It is damaged, or was made by a newer visitsafe.
    """
    meta: dict[str, str] = dict(link.rows(sql.META))
    version, store_id = str(meta.get("schema_version", "")), str(meta.get("store_id", ""))
    if not VERSION.fullmatch(version) or not STORE_ID.fullmatch(store_id):
        raise StoreError(
            f"the store in {link.shown} is damaged: it does not say what it is",
            hint="tell whoever looks after the database",
        )
    if int(version) > schema.SCHEMA_VERSION:
        raise StoreError(
            f"the store in {link.shown} was made by a newer visitsafe", hint="install a newer visitsafe"
        )
    return store_id, int(version)


def _too_much(link: Link, part: str) -> StoreError:
    meta: dict[str, str] = dict(link.rows(sql.META))
    role = meta.get(f"role_{part}", f"visitsafe_{part}")
    return StoreError(
        f"the user of the store in {link.shown} could take entries away: it is the owner or has"
        " more rights than it needs",
        hint=f"log in as a member of {one_line(role)} ({_LOGIN.format(one_line(role))}),"
        f" or add ?{ALLOW_OWNER}=1 to the URL",
    )


def _warnings(address: Address, *, too_much: bool, safe: bool) -> tuple[str, ...]:
    found = list(address.warnings)
    if too_much:
        found.append(
            f"you use the store in {address.shown} with rights to take entries away: that is for making and"
            " mending a store, not for every day"
        )
    if not safe:
        found.append(
            f"the server of the store in {address.shown} can lose entries when the power fails: ask whoever"
            " looks after it to switch on fsync and full_page_writes"
        )
    return tuple(found)
