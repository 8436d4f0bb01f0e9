"""What makes a PostgreSQL store of an earlier version into one of the next, for `postgres_migrations`.

What a step makes is written out as it was in its version, and is never changed.
"""

from typing import LiteralString

from psycopg.sql import SQL, Composed, Identifier

from visitsafe.store import postgres_schema as sql
from visitsafe.store.postgres_schema import Roles
from visitsafe.store.postgres_triggers import FUNCTIONS, TRIGGERS, TableTrigger

_C = 'text COLLATE "C" NOT NULL'
_ODD_PURGES: LiteralString = """
SELECT p.id FROM visitsafe.purges AS p LEFT JOIN visitsafe.entries AS gone ON gone.id = p.id
LEFT JOIN visitsafe.entries AS why ON why.id = p.entry AND why.stream = gone.stream AND why.kind = 'purged'
WHERE gone.id IS NULL OR why.id IS NULL OR length(gone.payload) > 0
"""
_PURGES_3: dict[str, LiteralString] = {"id": f"{_C} PRIMARY KEY", "entry": _C, "at": _C}
_FUNCTIONS_3: dict[str, LiteralString] = {
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
}
_TRIGGERS_3 = {
    "entries_no_change": TableTrigger("BEFORE DELETE OR TRUNCATE", "STATEMENT", "refuse_change"),
    "entries_only_blanked": TableTrigger("BEFORE UPDATE", "ROW", "only_blank"),
    "purges_no_change": TableTrigger(
        "BEFORE UPDATE OR DELETE OR TRUNCATE", "STATEMENT", "keep_note", "purges"
    ),
}
_GRANTS_3: dict[str, dict[str, tuple[LiteralString, ...]]] = {
    "retention": {
        "entries": ("SELECT", "INSERT", "UPDATE (payload)"),
        "plans": ("SELECT", "INSERT", "UPDATE", "DELETE"),
        "purges": ("SELECT", "INSERT"),
        "meta": ("SELECT",),
    },
}


def making_3(roles: Roles) -> list[Composed]:
    """The statements that make a store of version 2 into one of version 3, by its owner: retention."""
    role = Identifier(roles.retention)
    return [
        SQL("SET LOCAL ROLE {}").format(Identifier(roles.owner)),
        sql.making_table("purges", _PURGES_3),
        SQL("DROP TRIGGER entries_no_change ON visitsafe.entries").format(),
        SQL("DROP FUNCTION visitsafe.refuse_change ()").format(),
        *(sql.making_function(name, body) for name, body in _FUNCTIONS_3.items()),
        *sql.making_triggers(_TRIGGERS_3),
        SQL("GRANT SELECT ON visitsafe.purges TO {}").format(Identifier(roles.app)),
        SQL("REVOKE ALL ON visitsafe.entries, visitsafe.plans, visitsafe.meta FROM {}").format(role),
        *sql.granting(roles, _GRANTS_3),
    ]


def making_4(roles: Roles) -> list[Composed]:
    """The statements that make a store of version 3 into one of version 4.

    A column for when the first thing owed is due: a row that could not be made anew, because its entries are
    gone, says that nothing is owed. What nobody signed is refused (docs/adr/0021); what is noted as removed
    and was not is let go: it would stand in the way of a removal by rule.

    Once there is a version 5, the definitions as they are in version 4 belong here, in full.
    """
    new = ("entries_in_order", "purges_of_removed", "purges_no_change")
    return [
        SQL("SET LOCAL ROLE {}").format(Identifier(roles.owner)),
        SQL(f"ALTER TABLE visitsafe.plans ADD COLUMN owed {_C} DEFAULT ''").format(),
        SQL("ALTER TABLE visitsafe.plans ALTER COLUMN owed DROP DEFAULT").format(),
        SQL("CREATE INDEX plans_owed ON visitsafe.plans (owed, plan) WHERE owed <> ''").format(),
        SQL("DROP TRIGGER purges_no_change ON visitsafe.purges").format(),
        SQL("DROP TRIGGER entries_in_order ON visitsafe.entries").format(),
        SQL("DROP FUNCTION visitsafe.demand_next ()").format(),
        SQL("DELETE FROM visitsafe.purges WHERE id IN ({})").format(SQL(_ODD_PURGES)),
        *(sql.making_function(name, FUNCTIONS[name]) for name in ("demand_next", "demand_removal")),
        *sql.making_triggers({name: TRIGGERS[name] for name in new}),
        *sql.making_sizes(),
    ]
