"""A store's tables in PostgreSQL, who may do what with them, and the statements on them.

The statements are those of `schema`, translated once. Three roles: the owner has the tables and migrates;
the application adds entries and keeps the rest; the retention role may besides empty payloads, once a signed
entry removes them. The server itself refuses any other change of an entry, to its owner too, and takes in
none but the next. Ids and times are ordered byte by byte (COLLATE "C"), as in SQLite.
"""

import re
from typing import LiteralString

import msgspec
from psycopg.sql import SQL, Composed, Identifier

from visitsafe.store import schema
from visitsafe.store.postgres_triggers import FUNCTIONS, SIZES, TRIGGERS, TableTrigger

SCHEMA = "visitsafe"
TABLES = ("entries", "plans", "beats", "claims", "purges", "meta")


class Roles(msgspec.Struct, frozen=True):
    """The names of the roles of a store. People and programs log in as members of them."""

    owner: str = "visitsafe_owner"
    app: str = "visitsafe_app"
    retention: str = "visitsafe_retention"


def translated(statement: str) -> bytes:
    """A statement of `schema` as psycopg takes it: values as %s, tables with the schema they are in."""
    named = re.sub(rf"\b(FROM|JOIN|INTO|UPDATE) ({'|'.join(TABLES)})\b", rf"\1 {SCHEMA}.\2", statement)
    return named.replace("%", "%%").replace("?", "%s").encode()


HISTORY = translated(schema.HISTORY)
AFTER = translated(schema.AFTER)
BY_STREAM = translated(schema.BY_STREAM)
FIRST_ROWS = translated(schema.FIRST_ROWS)
NEXT_ROWS = translated(schema.NEXT_ROWS)
HEAD = translated(schema.HEAD)
FIND = translated(schema.FIND)
BEGINNINGS = translated(schema.BEGINNINGS)
PRESENT = translated("SELECT id, stream, payload FROM entries WHERE id = ANY(?)")
ADD_ENTRY = translated(schema.ADD_ENTRY)
REMOVE_PLAN = translated(schema.REMOVE_PLAN)
ADD_PLAN = translated(schema.ADD_PLAN)
ROW = translated(schema.ROW)
TRACE = translated(schema.TRACE)
DOUBTFUL = translated(schema.DOUBTFUL)
DOUBTFUL_SINCE = translated(schema.DOUBTFUL_SINCE)
COUNT_PLANS = translated(schema.COUNT_PLANS)
ALL_PLANS = translated(schema.ALL_PLANS)
TRACES = translated(schema.TRACES)
BEAT = translated(schema.BEAT)
BEATS = translated(schema.BEATS)
DROP_BEATS = translated(schema.DROP_BEATS)
FREE_CLAIMS = translated(schema.FREE_CLAIMS)
CLAIM = translated(schema.CLAIM)
HOLDER = translated(schema.HOLDER)
RELEASE = translated(schema.RELEASE)
RELEASE_ALL = translated(schema.RELEASE_ALL)
ADD_PURGE = translated(schema.ADD_PURGE)
BLANK = translated(schema.BLANK)
ODD_PURGES = translated(schema.ODD_PURGES)
META = translated(schema.META)
SET_META = translated(schema.SET_META)
SET_VERSION = translated(schema.SET_VERSION)
LOST_PLANS = translated(schema.LOST_PLANS)

_C = 'text COLLATE "C" NOT NULL'
COLUMNS: dict[str, dict[str, LiteralString]] = {
    "entries": {
        "position": "bigint PRIMARY KEY",
        **dict.fromkeys(("stream", "kind", "at", "by", "received"), _C),
        "id": f"{_C} UNIQUE",
        "payload": "bytea NOT NULL",
        **dict.fromkeys(("signature", "chain"), _C),
    },
    "plans": {
        "plan": f"{_C} PRIMARY KEY",
        **dict.fromkeys(("status", "stage", "closed", "by", "case_ref", "area", "start", "due_back"), _C),
        "level": _C,
        "urgent": "integer NOT NULL",
        "entries": "bigint NOT NULL",
        "newest": _C,
        "owed": _C,
    },
    "beats": {"watcher": f"{_C} PRIMARY KEY", "received": _C, "payload": "bytea NOT NULL", "signature": _C},
    "claims": {"what": f"{_C} PRIMARY KEY", "holder": _C, "until": _C},
    "purges": {"id": f"{_C} PRIMARY KEY", "entry": _C, "at": _C},
    "meta": {"key": f"{_C} PRIMARY KEY", "value": _C},
}
_INDEXES: tuple[LiteralString, ...] = (
    "CREATE INDEX entries_stream ON visitsafe.entries (stream, position)",
    "CREATE INDEX plans_start ON visitsafe.plans (start DESC, plan)",
    "CREATE INDEX plans_open ON visitsafe.plans (start DESC, plan) WHERE closed = ''",
    "CREATE INDEX plans_owed ON visitsafe.plans (owed, plan) WHERE owed <> ''",
    "CREATE INDEX plans_case ON visitsafe.plans (case_ref, start DESC, plan)",
)
GRANTS: dict[str, dict[str, tuple[LiteralString, ...]]] = {
    "app": {
        "entries": ("SELECT", "INSERT"),
        **dict.fromkeys(("plans", "beats", "claims"), ("SELECT", "INSERT", "UPDATE", "DELETE")),
        **dict.fromkeys(("purges", "meta"), ("SELECT",)),
    },
    "retention": {
        "entries": ("SELECT", "INSERT", "UPDATE (payload)"),
        "plans": ("SELECT", "INSERT", "UPDATE", "DELETE"),
        "purges": ("SELECT", "INSERT"),
        "meta": ("SELECT",),
    },
}
INDEX_NAMES = tuple(statement.split()[2] for statement in _INDEXES)


def plans_query(
    *, open_only: bool, owed_only: bool, case: str | None, limit: int | None
) -> tuple[bytes, list[str | int]]:
    """The statement that lists plans, and its values."""
    query, values = schema.plans_query(open_only=open_only, owed_only=owed_only, case=case, limit=limit)
    return translated(query), values


def making_roles(names: list[str]) -> list[Composed]:
    """The statements that make roles. Nobody can log in as one: that is for members, made by hand."""
    return [SQL("CREATE ROLE {} NOLOGIN").format(Identifier(name)) for name in names]


def making(roles: Roles) -> list[Composed]:
    """The statements that make a store in a database, by somebody who may act as its owner."""
    owner = Identifier(roles.owner)
    return [
        SQL("CREATE SCHEMA visitsafe AUTHORIZATION {}").format(owner),
        SQL("SET LOCAL ROLE {}").format(owner),
        *(making_table(name, columns) for name, columns in COLUMNS.items()),
        *(SQL(statement).format() for statement in _INDEXES),
        *(making_function(name, body) for name, body in FUNCTIONS.items()),
        *making_triggers(TRIGGERS),
        *making_sizes(),
        *granting(roles, GRANTS),
    ]


def making_table(name: str, columns: dict[str, LiteralString]) -> Composed:
    """The statement that makes a table."""
    lines = [SQL("{} {}").format(Identifier(column), SQL(kind)) for column, kind in columns.items()]
    return SQL("CREATE TABLE visitsafe.{} ({})").format(Identifier(name), SQL(", ").join(lines))


def making_function(name: str, body: LiteralString) -> Composed:
    """The statement that makes a trigger's function."""
    text = SQL(
        "CREATE FUNCTION visitsafe.{} () RETURNS trigger LANGUAGE plpgsql"
        " SET search_path = pg_catalog, pg_temp AS $body${}$body$"
    )
    return text.format(Identifier(name), SQL(body))


def making_triggers(triggers: dict[str, TableTrigger]) -> list[Composed]:
    """The statements that make triggers which nobody can switch off by a setting."""
    made = []
    for name, one in triggers.items():
        table = Identifier(one.table)
        text = SQL("CREATE TRIGGER {} {} ON visitsafe.{} FOR EACH {} EXECUTE FUNCTION visitsafe.{} ()")
        made += [
            text.format(Identifier(name), SQL(one.when), table, SQL(one.each), Identifier(one.function)),
            SQL("ALTER TABLE visitsafe.{} ENABLE ALWAYS TRIGGER {}").format(table, Identifier(name)),
        ]
    return made


def making_sizes() -> list[Composed]:
    """The statements that bound what else a role may write. Rows that are there already stay as they are."""
    text = SQL("ALTER TABLE visitsafe.{} ADD CONSTRAINT {} CHECK ({}) NOT VALID")
    return [
        text.format(Identifier(table), Identifier(f"{table}_sizes"), SQL(rule))
        for table, rule in SIZES.items()
    ]


def granting(roles: Roles, grants: dict[str, dict[str, tuple[LiteralString, ...]]]) -> list[Composed]:
    """The statements that give each role its rights."""
    made = []
    for part, tables in grants.items():
        role = Identifier(getattr(roles, part))
        made.append(SQL("GRANT USAGE ON SCHEMA visitsafe TO {}").format(role))
        for table, rights in tables.items():
            listed = SQL(", ").join(map(SQL, rights))
            made.append(SQL("GRANT {} ON visitsafe.{} TO {}").format(listed, Identifier(table), role))
    return made
