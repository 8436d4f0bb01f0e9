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

from visitsafe.adapters import schema

SCHEMA = "visitsafe"
TABLES = ("entries", "plans", "beats", "claims", "purges", "meta")


class Roles(msgspec.Struct, frozen=True):
    """The names of the roles of a store. People and programs log in as members of them."""

    owner: str = "visitsafe_owner"
    app: str = "visitsafe_app"
    retention: str = "visitsafe_retention"


class Trigger(msgspec.Struct, frozen=True):
    """A trigger of the store: when it runs, for each what, which function, on which table."""

    when: LiteralString
    each: LiteralString
    function: LiteralString
    table: LiteralString = "entries"


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
PRESENT = translated("SELECT id FROM entries WHERE id = ANY(?)")
ADD_ENTRY = translated(schema.ADD_ENTRY)
REMOVE_PLAN = translated(schema.REMOVE_PLAN)
ADD_PLAN = translated(schema.ADD_PLAN)
ROW = translated(schema.ROW)
KNOWN = translated(schema.KNOWN)
COUNT = translated(schema.COUNT)
OF_STREAM = translated(schema.OF_STREAM)
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
    "CREATE INDEX plans_case ON visitsafe.plans (case_ref, start DESC, plan)",
)
# The search path is fixed, so that nobody can put a table or an operator of their own in the way.
FUNCTIONS: dict[str, LiteralString] = {
    "refuse_change": """
BEGIN
  RAISE EXCEPTION 'an entry is never removed' USING ERRCODE = 'restrict_violation';
END
""",
    "only_blank": """
BEGIN
  OLD.payload := ''::bytea;
  IF NEW IS NOT DISTINCT FROM OLD AND OLD.stream <> 'team' AND OLD.kind <> 'purged'
    AND EXISTS (SELECT 1 FROM visitsafe.purges AS p JOIN visitsafe.entries AS e ON e.id = p.entry
      WHERE p.id = OLD.id AND e.stream = OLD.stream AND e.kind = 'purged') THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'an entry is never changed' USING ERRCODE = 'restrict_violation';
END
""",
    "keep_note": """
BEGIN
  RAISE EXCEPTION 'what was removed stays noted' USING ERRCODE = 'restrict_violation';
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
TRIGGERS: dict[str, Trigger] = {
    "entries_no_change": Trigger("BEFORE DELETE OR TRUNCATE", "STATEMENT", "refuse_change"),
    "entries_only_blanked": Trigger("BEFORE UPDATE", "ROW", "only_blank"),
    "entries_in_order": Trigger("BEFORE INSERT", "ROW", "demand_next"),
    "purges_no_change": Trigger("BEFORE UPDATE OR DELETE OR TRUNCATE", "STATEMENT", "keep_note", "purges"),
}
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
        *_triggers(TRIGGERS),
        *_grants(roles, GRANTS),
    ]


def making_3(roles: Roles) -> list[Composed]:
    """The statements that make a store of version 2 into one of version 3, by its owner.

    Once there is a version 4, the definitions as they are in version 3 belong here, in full.
    """
    changed = ("entries_no_change", "entries_only_blanked", "purges_no_change")
    role = Identifier(roles.retention)
    return [
        SQL("SET LOCAL ROLE {}").format(Identifier(roles.owner)),
        _table("purges", COLUMNS["purges"]),
        SQL("DROP TRIGGER entries_no_change ON visitsafe.entries").format(),
        SQL("DROP FUNCTION visitsafe.refuse_change ()").format(),
        *(_function(name, FUNCTIONS[name]) for name in ("refuse_change", "only_blank", "keep_note")),
        *_triggers({name: TRIGGERS[name] for name in changed}),
        SQL("GRANT SELECT ON visitsafe.purges TO {}").format(Identifier(roles.app)),
        SQL("REVOKE ALL ON visitsafe.entries, visitsafe.plans, visitsafe.meta FROM {}").format(role),
        *_grants(roles, {"retention": GRANTS["retention"]}),
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


def _triggers(triggers: dict[str, Trigger]) -> list[Composed]:
    made = []
    for name, one in triggers.items():
        table = Identifier(one.table)
        text = SQL("CREATE TRIGGER {} {} ON visitsafe.{} FOR EACH {} EXECUTE FUNCTION visitsafe.{} ()")
        made += [
            text.format(Identifier(name), SQL(one.when), table, SQL(one.each), Identifier(one.function)),
            SQL("ALTER TABLE visitsafe.{} ENABLE ALWAYS TRIGGER {}").format(table, Identifier(name)),
        ]
    return made


def _grants(roles: Roles, grants: dict[str, dict[str, tuple[LiteralString, ...]]]) -> list[Composed]:
    made = []
    for part, tables in grants.items():
        role = Identifier(getattr(roles, part))
        made.append(SQL("GRANT USAGE ON SCHEMA visitsafe TO {}").format(role))
        for table, rights in tables.items():
            listed = SQL(", ").join(map(SQL, rights))
            made.append(SQL("GRANT {} ON visitsafe.{} TO {}").format(listed, Identifier(table), role))
    return made
