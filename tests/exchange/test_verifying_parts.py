"""A store verified in parts, by one process or several: the same report, also of a damaged store."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from story import ADA, MO, NOW, SAM, Story, begun
from story_plan import hostile_visit
from visit_story import back, departed
from visitsafe.cli.verify import spread
from visitsafe.desk import Desk, open_roster, summariser_at
from visitsafe.exchange import verify as verify_parts
from visitsafe.exchange.findings import VerifyReport
from visitsafe.exchange.verify import (
    NOT_ALL,
    Part,
    Result,
    Spread,
    Task,
    perform,
    tasks,
    verify_plan,
    verify_store,
)
from visitsafe.record.refs import ALPHABET
from visitsafe.record.stored import Store
from visitsafe.store.open import create_store, open_store

TEAM = begun()
PLANS = 12
LETTERS = [Part(first, end) for first, end in zip(["", *ALPHABET[1:]], [*ALPHABET[1:], ""], strict=True)]

DAMAGE = {
    "nothing": (),
    "a signature": ("UPDATE entries SET signature = replace(signature, 'A', 'B') WHERE position = 9",),
    "a payload": ("UPDATE entries SET payload = x'00' WHERE position IN (9, 14)",),
    "a removed entry": ("DELETE FROM entries WHERE position = 9",),
    "a moved entry": ("UPDATE entries SET stream = 'zzz' WHERE position = 9",),
    "an entry of another plan": (
        "UPDATE entries SET stream = (SELECT stream FROM entries WHERE position = 20) WHERE position = 9",
    ),
    "rows": ("UPDATE plans SET closed = 'x'", "UPDATE plans SET plan = 'zz' || plan WHERE plan < 'A'"),
    "rows of nothing": ("UPDATE plans SET plan = 'team' WHERE plan = (SELECT min(plan) FROM plans)",),
    "no rows": ("DELETE FROM plans",),
    "no table": ("DROP TABLE plans",),
    "all of it": (
        "UPDATE entries SET chain = 'x' WHERE position = 30",
        "UPDATE entries SET received = '2030-01-01T00:00:00Z' WHERE position > 20",
        "UPDATE entries SET payload = zeroblob(3000000) WHERE position = 11",
    ),
}


def visited(number: int) -> Story:
    story = replace(TEAM, at=NOW).planned(body=hostile_visit(nonce=f"{number:x}")).decided()
    return back(departed(replace(story, at=NOW + timedelta(hours=7)))) if number % 3 else story


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("built") / "store.sqlite3"
    with closing(create_store(str(path), NOW)) as store:
        rows = summariser_at(store, TEAM.team[0].id)
        store.append([one.entry for one in TEAM.team], NOW, rows)
        for number in range(PLANS):
            store.append([one.entry for one in visited(number).entries], NOW, rows)
    return path


def damaged(built: Path, folder: Path, statements: Sequence[str]) -> str:
    path = folder / "store.sqlite3"
    path.write_bytes(built.read_bytes())
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        triggers = raw.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            raw.execute(f"DROP TRIGGER {name}")
        for statement in (*statements, *(made_by for _, made_by in triggers)):
            raw.execute(statement)
    return str(path)


@contextmanager
def at(url: str) -> Iterator[Desk]:
    with closing(open_store(url)) as store:
        yield Desk(store, open_roster(store, TEAM.team[0].id), NOW, None, lambda: ADA.signer)


def in_many_parts(store: Store, desk: Desk) -> Spread:
    def run(todo: Sequence[Task], upto: int) -> list[Result]:
        parts = [task for task in todo if not isinstance(task, Part)] + [*reversed(LETTERS)]
        return [perform(store, desk.roster, task, upto) for task in reversed(parts)]

    return run


@pytest.mark.parametrize("what", DAMAGE)
def test_a_report_does_not_depend_on_the_parts_or_on_who_comes_first(
    what: str, built: Path, tmp_path: Path
) -> None:
    with at(damaged(built, tmp_path, DAMAGE[what])) as desk:
        whole = verify_store(desk)
        assert verify_store(desk, (), in_many_parts(desk.store, desk)) == whole
        assert bool(whole.faults) == (what != "nothing")


def test_other_processes_find_the_same_as_this_one(built: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []

    def by_two(desk: Desk, url: str) -> VerifyReport:
        here = spread(desk, url, lambda _what, done, total: told.append((done, total)), count=2, worth_it=0)
        return verify_store(desk, (), lambda todo, upto: here([*todo[:2], *LETTERS], upto))

    url = damaged(built, tmp_path, [*DAMAGE["a signature"], *DAMAGE["rows"]])
    with at(url) as desk:
        assert by_two(desk, url) == verify_store(desk)
    assert told[-1] == (34, 34)


def test_every_id_is_in_one_part_however_large_the_store_is() -> None:
    for entries in (0, 1, 4_000, 500_000, 10**8, 10**12):
        parts = [task for task in tasks(entries) if isinstance(task, Part)]
        assert (parts[0].first, parts[-1].end) == ("", "")
        assert [one.end for one in parts[:-1]] == [one.first for one in parts[1:]]
        assert sorted({one.first for one in parts}) == [one.first for one in parts]
    assert len(tasks(500_000)) > 100
    assert len(tasks(verify_parts.EACH)) == 3


def test_an_index_that_leaves_an_entry_out_hides_nothing(built: Path, tmp_path: Path) -> None:
    """The index says that it is whole, and leads past a decision."""
    whole = "CREATE INDEX entries_stream ON entries (stream, position)"
    url = damaged(
        built,
        tmp_path,
        [
            "DROP INDEX entries_stream",
            f"{whole} WHERE position <> 6",
            "PRAGMA writable_schema = ON",
            f"UPDATE sqlite_schema SET sql = '{whole}' WHERE name = 'entries_stream'",
        ],
    )
    with at(url) as desk:
        assert NOT_ALL in [fault.text for fault in verify_store(desk).faults]


def test_what_comes_in_while_a_store_is_verified_is_no_fault(built: Path, tmp_path: Path) -> None:
    url = damaged(built, tmp_path, ())
    late = visited(PLANS)
    more = visited(0).withdrawn()

    def busy(desk: Desk) -> Spread:
        def run(todo: Sequence[Task], upto: int) -> Iterator[Result]:
            for task in todo:
                yield perform(cast("Store", Interrupted(desk.store)), desk.roster, task, upto)

        return run

    class Interrupted:
        """The store, to which somebody adds just after the rows of a part were read."""

        def __init__(self, store: Store) -> None:
            self._store = store

        def __getattr__(self, name: str) -> object:
            return getattr(self._store, name)

        def by_stream(self, first: str) -> Iterator[object]:
            with closing(open_store(url)) as other:
                rows = summariser_at(other, TEAM.team[0].id)
                other.append([one.entry for one in (*late.entries, *more.entries)], NOW, rows)
            return self._store.by_stream(first)

    with at(url) as desk:
        report = verify_store(desk, (), busy(desk))
        assert report.faults == ()
        assert verify_store(desk).plans == PLANS + 1


def test_one_plan_of_a_store_is_verified_with_what_is_known_of_its_times(built: Path) -> None:
    with at(str(built)) as desk:
        report = verify_plan(desk, visited(1).plan)
    assert report.faults == ()
    assert [one.name for one in report.times] == [SAM.name, MO.name, SAM.name, SAM.name]
