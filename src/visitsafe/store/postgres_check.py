"""Whether a PostgreSQL store is still as it was made: what protects the entries, and who may do what.

It looks at the server's catalogue, which the application may read but not write, and compares values that no
version of PostgreSQL words differently. It cannot see what a superuser hides, nor damaged pages: signatures
and a checkpoint kept elsewhere are for the one, the server's own tools for the other.
"""

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from typing import Any

from visitsafe.errors import StoreError
from visitsafe.store import postgres_schema as sql
from visitsafe.store.marks import odd_purge
from visitsafe.store.postgres_link import Link
from visitsafe.store.postgres_triggers import FUNCTIONS, SIZES, TRIGGERS
from visitsafe.text.clean import one_line

_COLUMNS = (
    b"SELECT c.relname, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)"
    b" FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid"
    b" WHERE c.relnamespace = 'visitsafe'::regnamespace AND c.relkind = 'r' AND a.attnum > 0"
    b" AND NOT a.attisdropped"
)
_TRIGGERS = (
    b"SELECT t.tgname, t.tgenabled::text, p.proname, t.tgtype::int"
    b" FROM pg_catalog.pg_trigger AS t JOIN pg_catalog.pg_proc AS p ON p.oid = t.tgfoid"
    b" WHERE t.tgrelid IN ('visitsafe.entries'::regclass, 'visitsafe.purges'::regclass)"
    b" AND NOT t.tgisinternal"
)
_FUNCTIONS = b"SELECT proname, prosrc FROM pg_catalog.pg_proc WHERE pronamespace = 'visitsafe'::regnamespace"
_INDEXES = (
    b"SELECT c.relname FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid"
    b" WHERE c.relnamespace = 'visitsafe'::regnamespace AND i.indisvalid"
)
# Row-level security, rules and views in the place of tables could hide a row from those who look.
_HIDING = (
    b"SELECT c.relname FROM pg_catalog.pg_class AS c WHERE c.relnamespace = 'visitsafe'::regnamespace"
    b" AND (c.relrowsecurity OR c.relhasrules OR c.relkind NOT IN ('r', 'i', 't'))"
)
_RIGHTS = (
    b"SELECT c.relname, coalesce(r.rolname, 'everybody'), a.privilege_type"
    b" FROM pg_catalog.pg_class AS c CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) AS a"
    b" LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = a.grantee"
    b" WHERE c.relnamespace = 'visitsafe'::regnamespace AND a.grantee <> c.relowner"
    b" UNION SELECT c.relname, coalesce(r.rolname, 'everybody'), a.privilege_type || ' (' || t.attname || ')'"
    b" FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_attribute AS t ON t.attrelid = c.oid"
    b" CROSS JOIN LATERAL pg_catalog.aclexplode(t.attacl) AS a"
    b" LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = a.grantee"
    b" WHERE c.relnamespace = 'visitsafe'::regnamespace AND a.grantee <> c.relowner"
)
_OWNERS = (
    b"SELECT DISTINCT pg_catalog.pg_get_userbyid(c.relowner) FROM pg_catalog.pg_class AS c"
    b" WHERE c.relnamespace = 'visitsafe'::regnamespace"
)
_CONSTRAINTS = (
    b"SELECT conname FROM pg_catalog.pg_constraint"
    b" WHERE connamespace = 'visitsafe'::regnamespace AND contype = 'c'"
)
_ROW, _BEFORE, _INSERT, _DELETE, _UPDATE, _TRUNCATE = 1, 2, 4, 8, 16, 32  # as in the server's pg_trigger.h
_KINDS = {
    "entries_no_change": _BEFORE | _DELETE | _TRUNCATE,
    "entries_only_blanked": _ROW | _BEFORE | _UPDATE,
    "entries_in_order": _ROW | _BEFORE | _INSERT,
    "purges_of_removed": _ROW | _BEFORE | _INSERT,
    "purges_no_change": _BEFORE | _DELETE | _UPDATE | _TRUNCATE,
}
_Rows = AbstractSet[tuple[Any, ...]]
_MAINTAIN = "MAINTAIN"  # PostgreSQL 17: vacuum and the like, which changes no row


def damages(link: Link) -> list[str]:
    """What is not as it was made, as sentences; empty if the store is sound."""
    found = []
    for check in _CHECKS:
        try:
            found += list(check(link))
        except StoreError as error:
            found.append(error.message)
    return found


def _columns(link: Link) -> Iterator[str]:
    kinds = {
        (table, column, kind.split()[0])
        for table, columns in sql.COLUMNS.items()
        for column, kind in columns.items()
    }
    yield from _compared("column", kinds, set(link.rows(_COLUMNS)))


def _triggers(link: Link) -> Iterator[str]:
    expected = {(name, "A", one.function, _KINDS[name]) for name, one in TRIGGERS.items()}
    yield from _compared("trigger", expected, set(link.rows(_TRIGGERS)))


def _functions(link: Link) -> Iterator[str]:
    yield from _compared("function", set(FUNCTIONS.items()), set(link.rows(_FUNCTIONS)))


def _indexes(link: Link) -> Iterator[str]:
    there = {name for (name,) in link.rows(_INDEXES)}
    for name in sql.INDEX_NAMES:
        if name not in there:
            yield f"the index {name} is missing or cannot be used"


def _hiding(link: Link) -> Iterator[str]:
    for (name,) in link.rows(_HIDING):
        yield f"rows of {one_line(name)} can be hidden: it has rules or row-level security"


def _rights(link: Link) -> Iterator[str]:
    """Rights that somebody has beyond what was given; fewer are noticed at the first use."""
    meta: dict[str, str] = dict(link.rows(sql.META))
    roles = {part: meta.get(f"role_{part}", "") for part in ("owner", "app", "retention")}
    given = {
        (table, roles[part], right)
        for part, tables in sql.GRANTS.items()
        for table, rights in tables.items()
        for right in rights
    }
    for table, who, right in sorted(set(link.rows(_RIGHTS)) - given):
        if right != _MAINTAIN:
            yield f"{one_line(who)} was given a right on {one_line(table)} that is not its own: {right}"
    for (owner,) in link.rows(_OWNERS):
        if owner != roles["owner"]:
            yield f"part of the store belongs to {one_line(owner)}, not to {one_line(roles['owner'])}"


def _plans(link: Link) -> Iterator[str]:
    for (plan,) in link.rows(sql.LOST_PLANS):
        yield f"the newest entry of plan {one_line(plan)} is missing"


def _purges(link: Link) -> Iterator[str]:
    for (name,) in link.rows(sql.ODD_PURGES):
        yield odd_purge(str(name))


def _sizes(link: Link) -> Iterator[str]:
    there = {name for (name,) in link.rows(_CONSTRAINTS)}
    for table in SIZES:
        if f"{table}_sizes" not in there:
            yield f"the limit on the size of rows of {table} is missing"


def _compared(kind: str, expected: _Rows, found: _Rows) -> Iterator[str]:
    def named(row: tuple[Any, ...]) -> str:
        return ".".join(str(part) for part in row[: 2 if kind == "column" else 1])

    there = {named(row) for row in found}
    for name in sorted(named(row) for row in expected - found):
        yield f"the {kind} {name} {'was altered' if name in there else 'is missing'}"
    for name in sorted(there - {named(row) for row in expected}):
        yield f"something was added that does not belong there: the {kind} {one_line(name)}"


_CHECKS: tuple[Callable[[Link], Iterator[str]], ...] = (
    _columns, _triggers, _functions, _indexes, _sizes, _hiding, _rights, _plans, _purges,
)  # fmt: skip
