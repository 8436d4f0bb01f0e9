"""What is owed after visits: whose it is, in which order, what it costs, and what a row may not hide."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from after_story import ALERT, debriefed, incident, over, shared
from story import DUE_BACK, MO, SAM, Actor, Story, hostile_visit
from visit_story import DEE, OLA, START, at, back, countersigned, departed, duress
from visitsafe.desk import Desk, folded, open_roster
from visitsafe.followup.owed import my_debriefs, owed_plans, still_open
from visitsafe.record.stored import Store
from visitsafe.state.duties import owed
from watchers import Desk as DutyDesk

DUE_LATER = DUE_BACK + timedelta(days=9)


def visits(*nonces: str) -> list[Story]:
    """Visits of Sam's about which something is to be shared and talked over, one after another."""
    return [over(hostile_visit(nonce=nonce)) for nonce in nonces]


class Room:
    """A store with visits, and whoever looks at it."""

    def __init__(self, folder: Path, *stories: Story) -> None:
        self.office = DutyDesk(folder, stories[0])
        self.folded: list[str] = []
        for story in stories[1:]:
            self.office.take_in(story)

    @contextmanager
    def desk(self, who: Actor, now: datetime = DUE_LATER, warned: list[str] | None = None) -> Iterator[Desk]:
        with self.office.store() as store:
            roster = open_roster(store, self.office.story.team[0].id)
            warn = (warned if warned is not None else []).append
            me = roster.members.get(who.fingerprint)
            yield Desk(Counting(store, self.folded), roster, now, me, lambda: who.signer, warn)


class Counting:
    """A store that notes which histories were read."""

    def __init__(self, store: Store, read: list[str]) -> None:
        self._store, self._read = store, read

    def history(self, stream: str) -> Any:
        self._read.append(stream)
        return self._store.history(stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def test_what_is_owed_is_listed_as_it_falls_due_and_what_is_settled_is_not(tmp_path: Path) -> None:
    one, two, three = visits("a" * 32, "b" * 32, "c" * 32)
    done = debriefed(shared(one, one.state.body.sharing[0].trigger))
    soon = incident(two, sharing=(ALERT,))
    room = Room(tmp_path, done, soon, three)
    with room.desk(MO) as desk:
        states = owed_plans(desk).states
        assert [state.plan for state in states] == [soon.plan, three.plan]
        assert [owed(state) for state in states] == sorted(owed(state) for state in states)


def test_the_rows_are_what_the_entries_say(tmp_path: Path) -> None:
    story = incident(over(hostile_visit()))
    room = Room(tmp_path, story)
    with room.desk(MO) as desk:
        (row,) = desk.store.plans(owed_only=True)
        assert row.owed == owed(folded(row.plan, desk.store.history(row.plan), desk.roster))
        assert row.owed == owed(story.state) != ""


def test_overdue_duties_are_those_whose_day_has_passed(tmp_path: Path) -> None:
    story = over(hostile_visit())
    room = Room(tmp_path, story)
    with room.desk(MO, DUE_BACK) as desk:
        assert owed_plans(desk, late=True).states == ()
    with room.desk(MO) as desk:
        ((state, duty),) = still_open(owed_plans(desk, late=True).states)
        assert (state.plan, duty.number) == (story.plan, 1)


@pytest.mark.parametrize(("who", "count"), [(SAM, 1), (OLA, 0), (MO, 0)])
def test_a_visit_is_talked_over_by_whoever_planned_it(tmp_path: Path, who: Actor, count: int) -> None:
    with Room(tmp_path, over(hostile_visit())).desk(who) as desk:
        assert len(my_debriefs(desk).states) == count
        assert len(owed_plans(desk, mine=True, late=True).states) == count


def test_what_is_folded_has_a_limit_and_the_rest_is_counted(tmp_path: Path) -> None:
    stories = visits(*(f"{number:032x}" for number in range(5)))
    room, warned = Room(tmp_path, *stories), list[str]()
    with room.desk(SAM, warned=warned) as desk:
        room.folded.clear()
        found = my_debriefs(desk, limit=2)
        assert (len(found.states), found.more, len(room.folded)) == (2, 3, 2)
        assert len(owed_plans(desk, limit=2).states) == 2
        assert "about 3 more plans" in warned[-1]
        room.folded.clear()
        assert (
            len(owed_plans(desk, late=True, known={one.plan: one for one in owed_plans(desk).states}).states)
            == 5
        )
        assert len(room.folded) == 5


def test_nothing_is_folded_about_which_nothing_is_owed(tmp_path: Path) -> None:
    calm = back(departed(at(countersigned(), START)))
    room = Room(tmp_path, calm)
    with room.desk(SAM) as desk:
        room.folded.clear()
        assert owed_plans(desk).states == my_debriefs(desk).states == owed_plans(desk, late=True).states == ()
        assert room.folded == []


def test_a_row_that_says_otherwise_than_its_entries_is_warned_of(tmp_path: Path) -> None:
    one, two = visits("a" * 32, "b" * 32)
    room, warned = Room(tmp_path, one, debriefed(shared(two, two.state.body.sharing[0].trigger))), list[str]()
    with closing(sqlite3.connect(tmp_path / "store.sqlite3")) as raw, raw:
        raw.execute("UPDATE plans SET owed = '2020-01-01T00:00:00Z'")
    with room.desk(SAM, warned=warned) as desk:
        assert [state.plan for state in owed_plans(desk).states] == [one.plan]
    assert len([said for said in warned if "otherwise than its entries" in said]) == 2


def test_what_those_who_know_of_duress_recorded_is_owed_to_nobody_else_while_it_is_open(
    tmp_path: Path,
) -> None:
    story = incident(duress(departed(at(countersigned(), DUE_BACK, -60))), by=DEE)
    room = Room(tmp_path, story)
    with room.desk(SAM) as desk:
        assert (owed_plans(desk).states, my_debriefs(desk).states) == ((), ())
    with room.desk(MO) as desk:
        assert len(owed_plans(desk).states) == 1
