"""A store's tables in PostgreSQL, who may do what with them, and the statements on them.

The statements are those of `schema`, translated once. Three roles: the owner has the tables and migrates;
the application adds entries and keeps the rest; the retention role only reads, until there is something to
purge. The server itself refuses to change or remove an entry, to its owner too, and takes in none but the
next. Ids and times are ordered byte by byte (COLLATE "C"), as in SQLite. Given once, when a store is made.
"""

import re
from typing import LiteralString

import msgspec
from psycopg.sql import SQL, Composed, Identifier

from visitsafe.adapters import schema

SCHEMA = "visitsafe"
TABLES = ("entries", "plans", "beats", "claims", "meta")


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
HEAD = translated(schema.HEAD)
FIND = translated(schema.FIND)
PRESENT = translated("SELECT id FROM entries WHERE id = ANY(?)")
ADD_ENTRY = translated(schema.ADD_ENTRY)
REMOVE_PLAN = translated(schema.REMOVE_PLAN)
ADD_PLAN = translated(schema.ADD_PLAN)
ROW = translated(schema.ROW)
KNOWN = translated(schema.KNOWN)
COUNT = translated(schema.COUNT)
OF_STREAM = translated(schema.OF_STREAM)
DOUBTFUL = translated(schema.DOUBTFUL)
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
META = translated(schema.META)
SET_META = translated(schema.SET_META)
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
    },
    "beats": {"watcher": f"{_C} PRIMARY KEY", "received": _C, "payload": "bytea NOT NULL", "signature": _C},
    "claims": {"what": f"{_C} PRIMARY KEY", "holder": _C, "until": _C},
    "meta": {"key": f"{_C} PRIMARY KEY", "value": _C},
}
_INDEXES: tuple[LiteralString, ...] = (
    "CREATE INDEX entries_stream ON visitsafe.entries (stream, position)",
    "CREATE INDEX plans_start ON visitsafe.plans (start DESC, plan)",
    "CREATE INDEX plans_open ON visitsafe.plans (start DESC, plan) WHERE closed = ''",
    "CREATE INDEX plans_case ON visitsafe.plans (case_ref, start DESC, plan)",
)
# The search path is fixed, so that nobody can put a table or an operator of their own in the way.
FUNCTIONS: dict[str, LiteralString] = {
    "refuse_change": """
BEGIN
  RAISE EXCEPTION 'an entry is never %', CASE TG_OP WHEN 'UPDATE' THEN 'changed' ELSE 'removed' END
    USING ERRCODE = 'restrict_violation';
END
""",
    "demand_next": """
BEGIN
  IF NEW.position IS DISTINCT FROM (SELECT coalesce(max(position), 0) + 1 FROM visitsafe.entries)
    OR EXISTS (SELECT 1 FROM visitsafe.entries WHERE id = NEW.id) THEN
    RAISE EXCEPTION 'an entry is only ever added at the end' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END
""",
}
# ALWAYS: also for a superuser who set session_replication_role, and for what a replica takes in.
TRIGGERS: dict[str, tuple[LiteralString, str]] = {
    "entries_no_change": ("BEFORE UPDATE OR DELETE OR TRUNCATE", "refuse_change"),
    "entries_in_order": ("BEFORE INSERT", "demand_next"),
}
GRANTS: dict[str, dict[str, tuple[LiteralString, ...]]] = {
    "app": {
        "entries": ("SELECT", "INSERT"),
        **dict.fromkeys(("plans", "beats", "claims"), ("SELECT", "INSERT", "UPDATE", "DELETE")),
        "meta": ("SELECT",),
    },
    "retention": dict.fromkeys(("entries", "plans", "meta"), ("SELECT",)),
}
INDEX_NAMES = tuple(statement.split()[2] for statement in _INDEXES)


def plans_query(*, open_only: bool, by_case: bool, limited: bool) -> bytes:
    """The statement that lists plans; its values are the case and the limit, where asked for."""
    return translated(schema.plans_query(open_only=open_only, by_case=by_case, limited=limited))


def making_roles(names: list[str]) -> list[Composed]:
    """The statements that make roles. Nobody can log in as one: that is for members, made by hand."""
    return [SQL("CREATE ROLE {} NOLOGIN").format(Identifier(name)) for name in names]


def making(roles: Roles) -> list[Composed]:
    """The statements that make a store in a database, by somebody who may act as its owner."""
    owner = Identifier(roles.owner)
    return [
        SQL("CREATE SCHEMA visitsafe AUTHORIZATION {}").format(owner),
        SQL("SET LOCAL ROLE {}").format(owner),
        *(_table(name, columns) for name, columns in COLUMNS.items()),
        *(SQL(statement).format() for statement in _INDEXES),
        *(_function(name, body) for name, body in FUNCTIONS.items()),
        *_triggers(),
        *_grants(roles),
    ]


def _table(name: str, columns: dict[str, LiteralString]) -> Composed:
    lines = [SQL("{} {}").format(Identifier(column), SQL(kind)) for column, kind in columns.items()]
    return SQL("CREATE TABLE visitsafe.{} ({})").format(Identifier(name), SQL(", ").join(lines))


def _function(name: str, body: LiteralString) -> Composed:
    text = SQL(
        "CREATE FUNCTION visitsafe.{} () RETURNS trigger LANGUAGE plpgsql"
        " SET search_path = pg_catalog, pg_temp AS $body${}$body$"
    )
    return text.format(Identifier(name), SQL(body))


def _triggers() -> list[Composed]:
    made = []
    for name, (when, function) in TRIGGERS.items():
        each = "ROW" if "INSERT" in when else "STATEMENT"
        text = SQL("CREATE TRIGGER {} {} ON visitsafe.entries FOR EACH {} EXECUTE FUNCTION visitsafe.{} ()")
        made += [
            text.format(Identifier(name), SQL(when), SQL(each), Identifier(function)),
            SQL("ALTER TABLE visitsafe.entries ENABLE ALWAYS TRIGGER {}").format(Identifier(name)),
        ]
    return made


def _grants(roles: Roles) -> list[Composed]:
    made = []
    for part, tables in GRANTS.items():
        role = Identifier(getattr(roles, part))
        made.append(SQL("GRANT USAGE ON SCHEMA visitsafe TO {}").format(role))
        for table, rights in tables.items():
            listed = SQL(", ").join(map(SQL, rights))
            made.append(SQL("GRANT {} ON visitsafe.{} TO {}").format(listed, Identifier(table), role))
    return made
