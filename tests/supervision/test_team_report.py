"""Gathering a team's figures: from the entries of the plans of that time, and of no others."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from story import MO, Story, visit
from visit_story import back, countersigned, departed, late, planned, watched_plan
from visitsafe.desk import Desk, open_roster
from visitsafe.record.refs import reference
from visitsafe.record.stored import Store
from visitsafe.supervision.figures import Figures, gather
from visitsafe.text.clock import to_text
from visitsafe.text.days import Period
from watchers import Desk as DutyDesk

NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30), ZoneInfo("Europe/London"))
LATER = datetime(2027, 3, 3, 9, 0, tzinfo=UTC)


def on(day: datetime, number: int) -> Story:
    """A visit at ten on some day."""
    start = day.replace(hour=10)
    times = visit(start=to_text(start), due_back=to_text(start + timedelta(hours=1)))
    return planned(watched_plan(nonce=f"{number:032x}", visit=times))


class Counting:
    """A store that notes which histories were read."""

    def __init__(self, store: Store, read: list[str]) -> None:
        self._store, self._read = store, read

    def history(self, stream: str) -> Any:
        self._read.append(stream)
        return self._store.history(stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class Room:
    """A store with visits."""

    def __init__(self, folder: Path, *stories: Story) -> None:
        self.office = DutyDesk(folder, stories[0])
        self.read: list[str] = []
        self.warned: list[str] = []
        for story in stories[1:]:
            self.office.take_in(story)

    @property
    def file(self) -> Path:
        return Path(self.office.url.removeprefix("sqlite:///"))

    @contextmanager
    def desk(self) -> Iterator[Desk]:
        with self.office.store() as store:
            roster = open_roster(store, self.office.story.team[0].id)
            me = roster.members.get(MO.fingerprint)
            self.read.clear()
            counting: Any = Counting(store, self.read)
            yield Desk(counting, roster, LATER, me, lambda: MO.signer, self.warned.append)

    def gathered(self) -> Figures:
        with self.desk() as desk:
            return gather(desk, NOVEMBER)

    def change(self, statement: str, *values: object) -> None:
        with closing(sqlite3.connect(self.file)) as database, database:
            for name, sql in list(
                database.execute("SELECT name, sql FROM sqlite_master WHERE type='trigger'")
            ):
                assert sql
                database.execute(f"DROP TRIGGER {name}")
            assert database.execute(statement, values).rowcount


def test_only_plans_of_that_time_are_folded_however_many_others_there_are(tmp_path: Path) -> None:
    days = [datetime(2026, month, 10, tzinfo=UTC) for month in (8, 9, 10, 12)]
    others = [
        on(day + timedelta(days=place), 100 * place + at) for at, day in enumerate(days) for place in range(5)
    ]
    mine = [on(datetime(2026, 11, day, tzinfo=UTC), day) for day in (2, 30)]
    room = Room(tmp_path, *others, *mine)
    found = room.gathered()
    assert found["planned"] == 2
    assert sorted(room.read) == sorted(story.plan for story in mine)


def test_the_figures_come_from_the_entries_and_not_from_the_rows(tmp_path: Path) -> None:
    story = back(late(departed(countersigned()), 20))
    room = Room(tmp_path, story)
    room.change("UPDATE plans SET status = 'refused', urgent = 1 WHERE plan = ?", story.plan)
    found = room.gathered()
    assert (found["countersigned"], found["urgent"], found["overdue_longest"]) == (1, 0, 20)
    assert [sentence for sentence in room.warned if reference(story.plan) in sentence]


def test_a_plan_that_does_not_hold_is_not_counted_and_is_named(tmp_path: Path) -> None:
    broken, sound = on(datetime(2026, 11, 3, tzinfo=UTC), 1), on(datetime(2026, 11, 4, tzinfo=UTC), 2)
    room = Room(tmp_path, broken, sound)
    room.change("UPDATE entries SET signature = 'x' WHERE stream = ?", broken.plan)
    found = room.gathered()
    assert found["planned"] == 1
    assert found.left_out == (reference(broken.plan),)
    assert room.warned


def test_a_time_without_visits_counts_nothing(tmp_path: Path) -> None:
    room = Room(tmp_path, on(datetime(2026, 12, 3, tzinfo=UTC), 1))
    found = room.gathered()
    assert (found["planned"], found.left_out, found.removed) == (0, (), 0)
    assert found.numbers["overdue_median"] is None
