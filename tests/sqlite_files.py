"""SQLite stores for tests, and what somebody with the file and the sqlite3 shell can do to them."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from visitsafe.errors import StoreError
from visitsafe.record.chain import check_chain
from visitsafe.record.entry import Entry, compose
from visitsafe.record.stored import PlanRow, Stored
from visitsafe.store.open import create_store, open_store

NOW = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
PLAN = "K7Q2M9K7Q2M9K7Q2"


class Body(msgspec.Struct):
    number: int
    text: str


def entry(number: int, length: int = 200) -> Entry:
    body = Body(number, "words " * (length // 6))
    return Entry(compose(PLAN, "noted", NOW, "SHA256:somebody", (), body), f"signature {number}\n")


def counted(plan: str, history: Sequence[Stored]) -> PlanRow:
    start, newest, count = "2026-11-24T15:30:00Z", history[-1].id, len(history)
    return PlanRow(
        plan, "awaiting", "planned", "", "me", "CASE-1", "North", start, start, "", False, count, newest
    )


def read_all(path: Path | str) -> None:
    with closing(open_store(str(path))) as store:
        list(store.scan())
        store.plans()


def refusal(path: Path | str) -> StoreError:
    """Open the store and read all of it; the error that comes of it."""
    with pytest.raises(StoreError) as caught:
        read_all(path)
    error = caught.value
    hurt = " is damaged: " in error.message or "was overwritten" in error.message
    assert error.exit_code == (3 if hurt else 1)
    assert error.hint
    assert "\n" not in error.message
    assert "sqlite3" not in error.message
    return error


def change(path: Path, *statements: str) -> None:
    """Do to a store what somebody with the file and the sqlite3 shell can do."""
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        for statement in statements:
            raw.execute(statement)


def tampered(path: Path, *statements: str) -> None:
    """Change entries as somebody would who covers their tracks: the triggers are put back afterwards."""
    with closing(sqlite3.connect(path)) as raw:
        triggers = raw.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    drop = [f"DROP TRIGGER {name}" for name, _ in triggers]
    change(path, *drop, *statements, *(made for _, made in triggers))


def problems(path: Path) -> list[tuple[int, str]]:
    with closing(open_store(str(path))) as store:
        return [(one.position, one.text) for one in check_chain(store.scan())]


def reports(path: Path) -> list[str]:
    with closing(open_store(str(path))) as store:
        return store.check_file()


def filled(folder: Path, count: int) -> Path:
    """A store with some entries, which nobody has open."""
    made = folder / "store.db"
    with closing(create_store(str(made), NOW)) as store:
        store.append([entry(number) for number in range(count)], NOW, counted)
    return made
