"""Rows of a SQLite store as values, if they have the form of their table."""

from pathlib import Path
from typing import Any

from visitsafe.record.stored import PlanRow, Stored
from visitsafe.store import schema
from visitsafe.store.store_file import damaged


def stored_row(path: Path, row: Any) -> Stored:
    """A row of entries.

    Raises:
        DamagedStoreError: It does not have the form of its table; the same of the others.
    """
    expect(path, schema.ENTRY_TYPES, row)
    return Stored(*row)


def plan_row(path: Path, row: Any) -> PlanRow:
    """A row of plans."""
    expect(path, schema.PLAN_TYPES, row)
    named = dict(zip(PlanRow.__struct_fields__, row, strict=True))
    return PlanRow(**named | {"urgent": bool(named["urgent"])})


def expect(path: Path, types: tuple[type, ...], row: Any) -> None:
    """Refuse a row of other types: a damaged page can turn text into bytes or into nothing."""
    if tuple(map(type, row)) != types:
        raise damaged(path, "a row does not have the form of its table")
