"""Who may report, raise, take on and stand down: what counts of what was signed about a visit under way."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from story import EVE, NIA, SAM_AT_HOME, Actor, Story, visit
from team_story import revoked
from visit_story import (
    DEE,
    DUE_BACK,
    MO,
    OLA,
    SAM,
    START,
    acknowledged,
    at,
    back,
    countersigned,
    departed,
    drilled,
    duress,
    extended,
    heard_from,
    late,
    minutes_after,
    notified,
    raised,
    reported,
    stood_down,
    watched_plan,
)
from visitsafe.record.bodies import Heard
from visitsafe.record.kinds import Kind
from visitsafe.record.terms import Because
from visitsafe.text.clock import to_text

OUT = departed(at(countersigned().added(SAM_AT_HOME, "practitioner", "manager"), START))
ALARM = raised(late(OUT, 15), "duty-rings")
BOX = Actor("Watch at the desk", "watch@example.org")
UNHEARD = Heard(person=SAM.fingerprint, known_by=" ")


def why_not(story: Story) -> str:
    """Why the entry made last does not count; empty if it does."""
    return next(j.why_not for j in story.state.judged if j.entry.id == story.newest.id)


@pytest.mark.parametrize("by", [SAM, SAM_AT_HOME, DEE, MO, OLA])
def test_the_worker_reports_and_any_colleague_passes_on(by: Actor) -> None:
    heard = None if by is SAM_AT_HOME else heard_from() if by is not SAM else None
    assert why_not(reported(OUT, Kind.OK, by, heard=heard)) == ""
    assert why_not(back(OUT, by, heard=heard)) == ""
    assert why_not(extended(OUT, minutes_after(to_text(DUE_BACK), 30), by, heard=heard)) == ""


@pytest.mark.parametrize(
    ("by", "heard", "why"),
    [
        (OLA, None, "only the worker"),
        (OLA, UNHEARD, "how its author knew"),
        (OLA, heard_from(MO), "does not make this visit"),
        (SAM, heard_from(), "does not take down their own"),
        (SAM_AT_HOME, heard_from(), "does not take down their own"),
        (EVE, heard_from(), "not in the team"),
    ],
)
def test_nobody_speaks_for_the_worker_without_saying_so(by: Actor, heard: Heard | None, why: str) -> None:
    assert why in why_not(back(OUT, by, heard=heard))


def test_duress_is_believed_even_if_the_form_is_not_filled_in() -> None:
    assert why_not(reported(OUT, Kind.OK, DEE, duress=True, heard=UNHEARD)) == ""


@pytest.mark.parametrize("happened", ["soon", to_text(START + timedelta(days=3)), "1999-01-01T00:00:00Z"])
def test_a_report_does_not_come_before_what_it_reports(happened: str) -> None:
    assert why_not(back(OUT, happened=happened))


@pytest.mark.parametrize("hours", [-1, 0, 23])
def test_an_extension_of_less_than_a_day_counts_and_may_be_earlier(hours: int) -> None:
    assert why_not(extended(OUT, minutes_after(to_text(DUE_BACK), hours * 60))) == ""


@pytest.mark.parametrize("until", ["later", "9999-01-01T00:00:00Z", to_text(START + timedelta(hours=26))])
def test_a_watch_is_not_put_off_for_days(until: str) -> None:
    assert why_not(extended(OUT, until))
    assert why_not(stood_down(ALARM, until=until))


def test_a_worker_whose_clock_is_a_year_ahead_does_not_put_the_watch_off_for_a_year() -> None:
    ahead = at(OUT, START + timedelta(days=365))
    until = to_text(START + timedelta(days=365, minutes=30))
    assert "more than a day" in why_not(extended(ahead, until))
    again = extended(extended(at(OUT, START), to_text(START + timedelta(hours=23))), until)
    assert again.state.visit.due_back == to_text(START + timedelta(hours=23))


def test_neither_a_version_nobody_agreed_to_nor_a_colleague_helps_a_clock_that_is_years_ahead() -> None:
    year, until = at(OUT, "2030-11-23T15:00:00Z"), "2030-11-24T14:00:00Z"
    later = watched_plan(nonce="", visit=visit(due_back="2030-11-23T15:30:00Z"))
    never_out = at(countersigned(), START).revised(body=later)
    for story in (OUT.revised(body=later), reported(year, Kind.OK, OLA), never_out):
        for by in (SAM, OLA):
            ahead = at(story, "2030-11-23T15:00:00Z")
            assert "more than a day" in why_not(extended(ahead, until, by))
    agreed = at(OUT, START).revised(body=msgspec.structs.replace(later, urgent="Now.")).decided()
    assert why_not(extended(at(agreed, "2030-11-23T15:00:00Z"), until)) == ""


def test_who_set_out_again_on_a_version_of_another_day_can_say_that_they_need_longer() -> None:
    week = to_text(DUE_BACK + timedelta(days=7))
    times = visit(start=minutes_after(week, -60), due_back=week)
    again = departed(at(back(OUT).revised(body=watched_plan(nonce="", visit=times)), week, -60))
    assert why_not(extended(at(again, week, -10), minutes_after(week, 60))) == ""


@pytest.mark.parametrize("by", [DEE, MO])
def test_a_manager_or_duty_officer_raises_and_notifies(by: Actor) -> None:
    assert why_not(raised(OUT, "overdue", by=by)) == ""
    assert why_not(notified(OUT, OUT.newest.id, "desk", by)) == ""


def test_nobody_else_raises_or_notifies() -> None:
    assert "did not watch for the team" in why_not(raised(OUT, "overdue", by=OLA))
    assert "did not watch for the team" in why_not(notified(OUT, OUT.newest.id, "desk", OLA))


def test_of_a_computer_that_only_watches_nothing_else_counts() -> None:
    """Whoever has its key can sign anything, with any software."""
    out = OUT.added(BOX, "watch")
    alarm = raised(late(out, 15), "duty-rings", by=BOX)
    assert why_not(alarm) == ""
    assert why_not(notified(alarm, alarm.newest.id, "desk", BOX)) == ""
    for forged in (
        acknowledged(alarm, "duty-rings", BOX),
        acknowledged(alarm, "duty-rings", DEE, heard=heard_from(BOX)),
        stood_down(alarm, by=BOX),
        back(alarm, BOX, heard=heard_from()),
        duress(alarm, BOX),
        reported(alarm, Kind.OK, BOX, heard=heard_from()),
        extended(alarm, minutes_after(to_text(DUE_BACK), 30), BOX, heard=heard_from()),
    ):
        assert "only watches" in why_not(forged)
    assert why_not(alarm.decided("refuse", by=BOX))


@pytest.mark.parametrize("changes", [{"round": -1}, {"round": 10**9}, {"attempt": 0}])
def test_a_message_that_no_watcher_sends_does_not_count(changes: dict[str, int]) -> None:
    assert why_not(notified(OUT, OUT.newest.id, "desk", DEE, **changes))


@pytest.mark.parametrize("by", [DEE, MO, OLA])
def test_anybody_apart_takes_an_alarm_on(by: Actor) -> None:
    assert why_not(acknowledged(ALARM, "duty-rings", by)) == ""


@pytest.mark.parametrize("by", [SAM, SAM_AT_HOME])
def test_the_worker_neither_takes_it_on_nor_ends_it_by_any_key(by: Actor) -> None:
    assert "their own visit" in why_not(acknowledged(ALARM, "duty-rings", by))
    assert "their own visit" in why_not(acknowledged(ALARM, "duty-rings", by, heard=heard_from(MO)))
    assert "their own visit" in why_not(stood_down(ALARM, by=by))


def test_who_goes_along_neither_takes_it_on_nor_ends_it() -> None:
    along = watched_plan(visit=visit(companions=(NIA.companion,)))
    story = raised(late(departed(at(countersigned(along), START)), 15), "duty-rings")
    assert "go along" in why_not(acknowledged(story, "duty-rings", NIA))
    assert "go along" in why_not(stood_down(story, by=NIA))


@pytest.mark.parametrize(
    ("heard", "why"),
    [
        (heard_from(OLA), ""),
        (heard_from(SAM), "their own visit"),
        (heard_from(EVE), "not in the team"),
        (Heard(person=OLA.fingerprint, known_by=""), "how its author knew"),
    ],
)
def test_somebody_on_the_telephone_takes_it_on_if_they_could_themselves(heard: Heard, why: str) -> None:
    assert why in (said := why_not(acknowledged(ALARM, "duty-rings", heard=heard)))
    assert bool(said) == bool(why)


def test_a_former_colleague_takes_nothing_on_by_telephone() -> None:
    gone = revoked(ALARM, OLA, at=ALARM.at)
    assert "not in the team" in why_not(acknowledged(gone, "duty-rings", heard=heard_from(OLA)))


def test_a_manager_or_duty_officer_stands_an_alarm_down() -> None:
    assert [why_not(stood_down(ALARM, by=by)) for by in (DEE, MO)] == ["", ""]
    assert "manager or duty officer" in why_not(stood_down(ALARM, by=OLA))


def test_under_duress_only_a_manager_does() -> None:
    story = duress(ALARM)
    assert "only a manager" in why_not(stood_down(story, by=DEE))
    assert why_not(stood_down(story, by=MO)) == ""


def test_a_gap_takes_no_new_time_away_because_somebody_spoke_the_phrase_meanwhile() -> None:
    seen = acknowledged(ALARM, "duty-rings", by=DEE)
    until = to_text(DUE_BACK - timedelta(minutes=5))  # earlier than the plan: beside it the earliest is due
    story = stood_down(seen, by=DEE, until=until) | duress(ALARM)
    part = replace(story, entries=tuple(one for one in story.entries if one.id != seen.newest.id))
    assert not [one for one in part.state.judged if one.why_not]
    assert part.state.visit.due_back == until
    assert part.state.visit.duress


def test_a_drill_ends_as_a_test() -> None:
    story = drilled(OUT, "duty-rings")
    assert "as a test" in why_not(stood_down(story, drill="d1"))
    assert why_not(stood_down(story, Because.TEST, by=DEE, drill="d1")) == ""
