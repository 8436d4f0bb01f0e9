"""What must not silence a watcher: a store that fails, rows that lie, claims, entries that do not count.

The store's tables are written to behind visitsafe's back here, as whoever has the file can.
"""

import sqlite3
from collections import Counter
from contextlib import closing, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from story import Story
from visit_story import (
    DEE,
    MO,
    OLA,
    at,
    back,
    countersigned,
    departed,
    duress,
    extended,
    minutes_after,
    watched_plan,
)
from visitsafe.desk import Desk as Asking
from visitsafe.errors import StoreError
from visitsafe.find import listed
from visitsafe.record.bodies import EscalatedBody, Ladder, ReportBody, Rung
from visitsafe.record.kinds import Kind
from visitsafe.record.terms import Role
from visitsafe.retention.purge_survey import survey_case
from visitsafe.retention.purging import remove
from visitsafe.retention.store_purge import purge_of
from visitsafe.state.fold import PlanState
from visitsafe.state.visit import Event
from visitsafe.text.clock import to_text
from visitsafe.watch.board import board_of, look
from visitsafe.watch.heartbeat import read_beats
from visitsafe.watch.outbox import Channel
from visitsafe.watch.watch_acting import MAKE_ANEW, Unkept
from watchers import Desk, Got, Watcher

FEW_IN_TEN_MINUTES = 20
FIRST = ["reminder", "overdue", "nudge", "duty-rings"]


def out(story: Story | None = None) -> Story:
    story = story or countersigned()
    return departed(at(story, story.state.body.visit.start))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, out())


class Failing:
    """A store of which one call fails, once."""

    def __init__(self, store: Any, name: str, at_call: int = 1) -> None:
        self._store, self._name, self._left = store, name, at_call

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._store, name)
        if name != self._name:
            return value

        def fails(*args: Any, **more: Any) -> Any:
            self._left -= 1
            if not self._left:
                raise StoreError("the store is kept busy by another program")
            return value(*args, **more)

        return fails


def fails_once(watcher: Watcher, name: str, at_call: int = 1) -> None:
    with watcher.desk.store() as store, suppress(StoreError):
        watcher.watching.round(Failing(store, name, at_call))


def change(desk: Desk, statement: str, *values: str) -> int:
    with closing(sqlite3.connect(desk.folder / "store.sqlite3")) as database, database:
        return database.execute(statement, values).rowcount


def olas(desk: Desk, due: int = 0) -> Story:
    """Another visit on its way at the same time, Ola's, due back so many minutes after Sam's."""
    facts = desk.story.state.body.visit
    facts = msgspec.structs.replace(facts, due_back=minutes_after(facts.due_back, due))
    body = msgspec.structs.replace(watched_plan(visit=facts), nonce="bb" * 16)
    other = replace(desk.story, entries=(), plan="").planned(by=OLA, body=body).decided(by=MO)
    other = other.entry(OLA, Kind.DEPARTED, ReportBody(of=other.entries[0].id))
    desk.take_in(other)
    return other


def raised_of(desk: Desk, story: Story) -> list[str]:
    return [one.body.step for one in desk.read(story.plan).state.visit.alarm.raised]


def beat(desk: Desk) -> Any:
    with desk.store() as store:
        return read_beats(store, desk.read().roster)[0].body


def asking(desk: Desk, store: Any) -> Asking:
    roster = desk.read().roster
    return Asking(store, roster, desk.now, roster.members[MO.fingerprint], lambda: MO.signer)


# reading


@pytest.mark.parametrize("name", ["history", "head", "scan"])
def test_news_that_could_not_be_read_once_is_read_the_next_time(desk: Desk, name: str) -> None:
    watcher = desk.at(-60).watcher()
    watcher.round()
    desk.happens(duress)
    fails_once(watcher, name)
    watcher.watches(3)
    assert desk.raised == ["manager-acts", "decide"]
    assert watcher.round().healthy


def test_a_visit_that_the_store_cannot_give_is_said_and_the_others_are_read(desk: Desk) -> None:
    watcher = desk.at(-60).watcher()
    watcher.round()
    desk.happens(duress)
    other = olas(desk)
    with desk.store() as store:
        found = watcher.watching.round(Failing(store, "history"))
    assert not found.healthy
    assert any("cannot be read just now" in trouble for trouble in found.troubles)
    assert other.plan in watcher.watching.view.visits


def test_a_screen_that_cannot_tell_the_news_does_not_keep_the_watch_from_a_visit(desk: Desk) -> None:
    watcher = desk.at(-60).watcher()
    watcher.round()

    def breaks(_state: PlanState, _judged: Any) -> None:
        raise ZeroDivisionError

    watcher.watching.view._tell = breaks
    desk.happens(duress)
    watcher.round()
    assert desk.raised == ["manager-acts", "decide"]


# rows that lie


def test_a_row_of_the_list_stops_no_writing_about_any_visit(desk: Desk) -> None:
    other = olas(desk)
    watcher = desk.at(-60).watcher()
    watcher.round()
    change(desk, "UPDATE plans SET entries = 999 WHERE plan = ?", other.plan)
    desk.at(31)
    watcher.round()
    assert raised_of(desk, desk.story)[:4] == FIRST
    assert raised_of(desk, other)


def test_people_are_told_of_a_visit_about_which_nothing_can_be_written_and_not_every_round(
    desk: Desk,
) -> None:
    desk.at(31)
    desk.watcher().round()
    change(desk, "UPDATE plans SET entries = 999")
    desk.got.clear()
    desk.at(46)
    watcher = desk.watcher().watches(10, seconds=15)
    assert {"boss-mail", "boss-sms"} <= set(desk.labels)
    assert len(desk.got) < FEW_IN_TEN_MINUTES
    times = Counter((one.label, one.text, one.at) for one in desk.got)
    assert max(times.values()) == 1
    change(desk, "UPDATE plans SET entries = (SELECT count(*) FROM entries WHERE stream = plan)")
    sent = len(desk.got)
    desk.now += timedelta(minutes=1)
    found = watcher.round()
    assert found.healthy
    assert desk.raised == [*FIRST, "second-contact", "manager-acts", "decide"]
    outcomes = [one for alarm in desk.state.visit.alarms for one in alarm.sent]
    assert len(outcomes) >= sent


def test_a_round_that_fails_makes_the_heartbeat_unhealthy(desk: Desk) -> None:
    watcher = desk.at(-60).watcher()
    watcher.round()
    assert beat(desk).healthy
    desk.now += timedelta(seconds=15)
    fails_once(watcher, "scan", 2)
    assert not beat(desk).healthy
    watcher.round()
    assert beat(desk).healthy


CLOSING_ROWS = [
    "UPDATE plans SET closed = (SELECT id FROM entries WHERE kind = 'decided')",
    "UPDATE plans SET closed = (SELECT id FROM entries WHERE kind = 'back')",
]


@pytest.mark.parametrize("statement", CLOSING_ROWS)
def test_a_row_that_calls_a_recent_visit_closed_hides_it_from_nobody(tmp_path: Path, statement: str) -> None:
    story = out()
    story = story.entry(OLA, Kind.BACK, ReportBody(of=story.entries[0].id))  # does not count: it is Sam's
    desk = Desk(tmp_path, story).at(16)
    assert change(desk, statement) == 1
    with desk.store() as store:
        sight = look(asking(desk, store))
        assert board_of(sight, desk.now, ZoneInfo("Europe/London"), details=False).alarming
        assert [one.state.plan for one in listed(asking(desk, store))] == [story.plan]
    found = desk.watcher().round()
    assert found.watched == 1
    assert desk.raised == FIRST


def test_a_row_whose_visit_was_planned_long_ago_is_looked_at_when_it_is_due_back(tmp_path: Path) -> None:
    desk = Desk(tmp_path, countersigned())
    story = desk.story
    facts = msgspec.structs.replace(
        story.state.body.visit,
        start=minutes_after(story.state.body.visit.start, 30 * 24 * 60),
        due_back=minutes_after(story.state.body.visit.due_back, 30 * 24 * 60),
    )
    body = msgspec.structs.replace(watched_plan(visit=facts), nonce="cc" * 16)
    other = replace(story, entries=(), plan="").planned(body=body).decided(by=MO)
    desk.take_in(other)
    change(
        desk,
        "UPDATE plans SET closed = (SELECT id FROM entries WHERE kind = 'decided' AND stream = plan)",
    )
    desk.at(30 * 24 * 60 + 16)
    desk.watcher().round()
    assert raised_of(desk, other) == FIRST


# claims


def claim(desk: Desk, minutes: int) -> None:
    until = to_text(desk.now + timedelta(minutes=minutes))
    change(desk, "INSERT OR REPLACE INTO claims VALUES (?, 'nobody:1', ?)", desk.story.plan, until)


def test_a_claim_written_by_whoever_holds_the_file_silences_nobody(desk: Desk) -> None:
    watcher = desk.at(-20).watcher()
    watcher.round()
    desk.at(1)
    for _ in range(12):
        claim(desk, 2)
        found = watcher.round()
        desk.now += timedelta(seconds=30)
    assert desk.raised[:2] == FIRST[:2]
    assert not found.healthy
    assert any("claim" in trouble for trouble in found.troubles)


def test_a_claim_far_into_the_future_is_none(desk: Desk) -> None:
    desk.at(16)
    claim(desk, 59)
    desk.watcher().round()
    assert desk.raised == FIRST


def test_a_table_that_swallows_claims_silences_nobody_not_even_under_cron(desk: Desk) -> None:
    change(desk, "CREATE TRIGGER t BEFORE INSERT ON claims BEGIN SELECT RAISE(IGNORE); END")
    desk.at(21)
    found = desk.watcher().round()
    assert desk.raised[:4] == FIRST
    assert desk.got
    assert not found.healthy


def test_the_claim_of_a_living_watcher_that_does_something_is_respected(desk: Desk) -> None:
    watcher = desk.at(1).watcher()
    other = desk.watcher(MO, host="laptop")
    other.round()
    for _ in range(8):
        claim(desk, 2)
        watcher.round()
        desk.now += timedelta(seconds=15)
    assert watcher.watching.found().healthy


# what does not count


def test_what_does_not_count_is_remembered_as_done_and_made_anew_ever_later(desk: Desk) -> None:
    desk.at(16).watcher().round()
    state, unkept = desk.state, Unkept()
    member = desk.read().roster.members[DEE.fingerprint]
    body = EscalatedBody(of=state.version.id, step="decide", due=to_text(desk.now), watcher="w")
    entry, waits = desk.read().entries[-1].entry, []
    for number in range(4):
        said = Event(f"mine-{number}", Kind.ESCALATED, to_text(desk.now), member, body)
        unkept.add(state, said, entry, "it does not count", desk.now, stored=True)
        assert unkept.over(state).visit.alarm.raised[-1].id == said.id
        began = desk.now
        while list(unkept.reasons()):
            desk.now += timedelta(minutes=1)
            unkept.let_go(desk.now)
        waits.append(desk.now - began)
        assert unkept.over(state) == state
    assert waits == [MAKE_ANEW, MAKE_ANEW * 2, MAKE_ANEW * 4, MAKE_ANEW * 8]


# whose turn it is


def test_a_ladder_without_end_does_not_keep_the_others_waiting(tmp_path: Path) -> None:
    steps = tuple(
        Rung(id=f"s{number}", after=0, who=(Role.DUTY,), do="Ring.", source="", acknowledge=True)
        for number in range(40)
    )
    ladder = Ladder(grace_minutes=0, steps=steps)
    story = out(countersigned(watched_plan(ladder=ladder)))
    desk = Desk(tmp_path, story)
    other = olas(desk, due=5)
    desk.at(30)
    watcher, slow = desk.watcher(), timedelta(seconds=2)

    def send(channel: Channel, text: Any) -> str:
        desk.now += slow
        return Desk.send(desk, channel, text)

    watcher.watching.hands.means = watcher.watching.means = msgspec.structs.replace(watcher.means, send=send)
    began = desk.now
    with desk.store() as store:
        watcher.watching.round(store)
    ref = other.state.ref
    first = next(one.at for one in desk.got if ref in one.text.title or ref in one.text.body)
    assert first - began <= timedelta(seconds=12)
    assert len(raised_of(desk, other)) >= 3


def test_a_disk_that_is_slow_in_raising_still_lets_messages_out(desk: Desk) -> None:
    for number in range(12):
        facts = desk.story.state.body.visit
        body = msgspec.structs.replace(watched_plan(visit=facts), nonce=f"{number:032x}")
        other = replace(desk.story, entries=(), plan="").planned(by=OLA, body=body).decided()
        desk.take_in(other.entry(OLA, Kind.DEPARTED, ReportBody(of=other.entries[0].id)))
    desk.at(31)
    watcher = desk.watcher()

    class Slow(Failing):
        def __getattr__(self, name: str) -> Any:
            value = getattr(self._store, name)
            if name == "append":
                desk.now += timedelta(seconds=2)
            return value

    began = desk.now
    with desk.store() as store:
        assert watcher.watching.round(Slow(store, "")).more
    assert desk.got[0].at - began <= timedelta(seconds=20)


def test_a_hanging_channel_holds_up_neither_other_contacts_nor_other_visits(desk: Desk) -> None:
    other = olas(desk)
    watcher = desk.at(31).watcher()

    def send(channel: Channel, text: Any) -> str:
        if channel.label == "desk":
            desk.now += timedelta(seconds=10)
            return "it did not answer within 10 seconds"
        desk.got.append(Got(channel.label, text, desk.now))
        return ""

    watcher.watching.hands.means = watcher.watching.means = msgspec.structs.replace(watcher.means, send=send)
    began = desk.now
    for _ in range(4):
        watcher.round()
    bosses = [one for one in desk.got if one.label == "boss-mail"]
    assert {desk.story.state.ref, other.state.ref} <= {one.text.title.split()[0] for one in bosses}
    assert min(one.at for one in bosses) - began <= timedelta(minutes=2)
    assert len(raised_of(desk, other)) == len(raised_of(desk, desk.story)) == 6


# duress and clocks


def test_duress_at_one_visit_silences_the_workers_telephone_at_another(desk: Desk) -> None:
    facts = desk.story.state.body.visit
    body = msgspec.structs.replace(watched_plan(visit=facts), nonce="dd" * 16)
    second = departed(replace(desk.story, entries=(), plan="").planned(body=body).decided())
    desk.take_in(second)
    desk.at(-30)
    desk.happens(duress)
    watcher = desk.watcher()
    desk.at(6)
    watcher.watches(3)
    assert raised_of(desk, second)[:3] == FIRST[:3]
    assert "sam-sms" not in desk.labels


def test_a_clock_three_days_ahead_does_not_silence_a_visit_that_is_only_expected(tmp_path: Path) -> None:
    desk = Desk(tmp_path, countersigned()).at(16)
    watcher = desk.watcher()
    true = desk.now
    desk.now += timedelta(days=3)
    means = msgspec.structs.replace(watcher.means, wall=lambda: true, doubt=lambda: ("the clock",))
    watcher.watching.hands.means = watcher.watching.means = means
    found = watcher.round()
    assert desk.raised[:4] == FIRST
    assert found.watched == 1
    assert not found.healthy


def test_an_extension_of_a_visit_that_could_not_be_read_is_not_forgotten(desk: Desk) -> None:
    watcher = desk.at(-5).watcher()
    watcher.round()
    desk.happens(extended, minutes_after(desk.state.visit.due_back, 60))
    fails_once(watcher, "history")
    desk.at(20)
    watcher.round()
    assert "duty-rings" not in desk.raised


def test_a_visit_that_is_closed_and_erased_between_two_rounds_is_no_trouble(desk: Desk) -> None:
    watcher = desk.at(-30).watcher()
    assert watcher.round().watched == 1
    desk.happens(back)
    with purge_of(desk.url) as purge:
        asked = asking(desk, purge.store)
        remove(
            asked, purge, survey_case(asked, desk.story.state.body.visit.case), "Asked for.", desk.now.date()
        )
    found = watcher.round()
    assert (found.healthy, found.troubles, found.damaged, found.watched) == (True, (), 0, 0)
    with desk.store() as store:
        assert not look(msgspec.structs.replace(asked, store=store)).faults
