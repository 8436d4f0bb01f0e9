"""When each step falls due, what is watched, what raises the alarm: by the record and the moment alone."""

from datetime import datetime, timedelta

import msgspec
import pytest

from story import Story, visit
from visit_story import (
    DUE_BACK,
    LADDER,
    MO,
    NOW,
    OLA,
    START,
    acknowledged,
    at,
    back,
    countersigned,
    departed,
    drilled,
    duress,
    extended,
    late,
    minutes_after,
    planned,
    raised,
    reported,
    stood_down,
    watched_plan,
)
from visitsafe.record.bodies import Ladder, PlanBody, Rung
from visitsafe.record.kinds import Kind
from visitsafe.state.ladder import (
    is_alarming,
    is_overdue,
    is_watched,
    minutes_late,
    next_due,
    owner,
    schedule,
    to_raise,
    unowned,
)
from visitsafe.text.clock import from_text, to_text

AGREED = countersigned()
OUT = departed(at(AGREED, START))
ALARM = raised(late(OUT, 15), "duty-rings")
DUE = to_text(DUE_BACK)
STEPS = [rung.id for rung in LADDER.steps]


def after(minutes: float) -> datetime:
    return DUE_BACK + timedelta(minutes=minutes)


def raisable(story: Story, minutes: float) -> list[str]:
    return [due.rung.id for due in to_raise(story.state, after(minutes))]


def ladder(**changes: object) -> PlanBody:
    return watched_plan(ladder=msgspec.structs.replace(LADDER, **changes))


def dues(story: Story) -> dict[str, int]:
    """Minutes after the time due back, by step."""
    due_back = from_text(story.state.visit.due_back)
    return {
        due.rung.id: (from_text(due.at) - due_back) // timedelta(minutes=1) for due in schedule(story.state)
    }


def test_a_countersigned_visit_is_watched_from_its_start_though_nobody_reported_setting_out() -> None:
    moments = [START - timedelta(minutes=1), START, after(14 * 1440), after(14 * 1440 + 1)]
    assert [is_watched(AGREED.state, now) for now in moments] == [False, True, True, False]
    assert raisable(AGREED, 0) == ["reminder", "overdue"]


def test_a_visit_that_set_out_is_watched_until_it_is_back_however_long_that_takes() -> None:
    assert is_watched(OUT.state, NOW)
    assert is_watched(OUT.state, after(60 * 24 * 400))
    assert not is_watched(back(OUT).state, after(0))


def test_a_plan_that_nobody_agreed_to_is_watched_only_once_somebody_is_out() -> None:
    unsure = [planned(), AGREED.withdrawn(), AGREED.decided("refuse"), planned().decided("return")]
    assert [is_watched(story.state, after(0)) for story in unsure] == [False] * 4
    out = [departed(at(story, START), urgent="Now.") for story in unsure]
    assert [is_watched(story.state, after(0)) for story in out] == [True] * 4
    assert is_watched(planned(watched_plan(urgent="A child is at risk.")).state, after(0))


def test_overdue_begins_after_the_grace_and_ends_with_back() -> None:
    story = departed(at(countersigned(ladder(grace_minutes=10)), START))
    assert [is_overdue(story.state, after(minutes)) for minutes in (9, 10)] == [False, True]
    assert [minutes_late(story.state, after(minutes)) for minutes in (-5, 0.9, 9, 61)] == [0, 0, 9, 61]
    home = back(story).state
    assert (is_overdue(home, after(60)), minutes_late(home, after(60))) == (False, 0)


def test_the_grace_moves_the_steps_after_the_time_due_back_and_none_before() -> None:
    assert dues(departed(countersigned(ladder(grace_minutes=10)))) == {
        "reminder": -10, "overdue": 10, "nudge": 15, "duty-rings": 25,
        "second-contact": 30, "manager-acts": 40, "decide": 55,
    }  # fmt: skip


def test_a_high_risk_visit_starts_at_the_manager_while_the_desk_rings() -> None:
    story = countersigned(ladder(high_risk=True, grace_minutes=5))
    assert dues(story) == {
        "reminder": -10, "overdue": 5, "duty-rings": 5, "second-contact": 5, "manager-acts": 5,
        "nudge": 10, "decide": 20,
    }  # fmt: skip
    assert dues(countersigned(ladder(high_risk=True, start="nobody")))["manager-acts"] == 30


def test_a_ladder_that_no_checklist_allows_does_not_put_the_watch_off() -> None:
    steps = (msgspec.structs.replace(LADDER.steps[3], after=10**15), LADDER.steps[1])
    assert dues(countersigned(ladder(steps=steps, grace_minutes=10**15)))["overdue"] == 120


def test_each_step_is_raised_once_at_its_time_and_all_late_ones_together() -> None:
    assert [raisable(OUT, minutes) for minutes in (-11, -10, 0)] == [
        [],
        ["reminder"],
        ["reminder", "overdue"],
    ]
    assert raisable(OUT, 300) == STEPS
    assert raisable(raised(OUT, "reminder"), 0) == ["overdue"]


def test_after_an_extension_the_steps_fall_due_anew() -> None:
    story = extended(raised(OUT, "reminder"), minutes_after(DUE, 60))
    assert raisable(story, 49) == []
    assert raisable(story, 50) == ["reminder"]
    assert not is_overdue(story.state, after(59))


def test_the_ladder_climbs_over_a_step_that_was_taken_on_and_not_over_those_below() -> None:
    owned = acknowledged(ALARM, "duty-rings")
    assert raisable(owned, 60) == ["second-contact", "manager-acts", "decide"]
    assert raisable(acknowledged(raised(late(ALARM, 45), "decide"), "decide"), 60) == []


def test_nobody_takes_on_what_has_not_come_up() -> None:
    """One early word, by whatever clock, would otherwise end the watch without anybody being told."""
    everything = [rung.id for rung in ALARM.state.visit.ladder.steps]
    for when in (after(-60), after(46), from_text("1970-01-01T00:05:00Z"), from_text("8000-01-01T00:00:00Z")):
        assert raisable(acknowledged(at(OUT, when), "decide", OLA), 60) == everything
    quiet = acknowledged(raised(late(OUT, 0), "overdue"), "decide", OLA)
    assert raisable(quiet, 60) == ["nudge", "duty-rings", "second-contact", "manager-acts", "decide"]
    rings = raised(late(quiet, 15), "duty-rings")
    assert [one.body.step for one in unowned(rings.state)] == ["duty-rings"]


def test_what_was_due_when_it_was_taken_on_and_raised_late_is_taken_on() -> None:
    story = raised(late(acknowledged(late(OUT, 16), "duty-rings"), 18), "duty-rings")
    assert (unowned(story.state), owner(story.state, after(60)) is not None) == ([], True)
    assert raisable(story, 60) == ["second-contact", "manager-acts", "decide"]


def test_back_stops_the_climbing_and_leaves_the_open_alarm() -> None:
    home = back(ALARM)
    assert raisable(home, 60) == []
    assert next_due(home.state, after(60)) is None
    assert is_alarming(home.state, after(60))
    assert [one.body.step for one in unowned(home.state)] == ["duty-rings"]


def test_an_extension_does_not_end_an_alarm() -> None:
    assert is_alarming(extended(ALARM, minutes_after(DUE, 60)).state, after(16))


def test_a_reminder_alone_alarms_nobody() -> None:
    assert not is_alarming(raised(OUT, "reminder").state, after(-5))


def test_duress_is_the_top_of_the_ladder_at_once_and_never_the_workers_own_step() -> None:
    story = duress(at(OUT, START, 10))
    assert raisable(story, -500) == ["manager-acts", "decide"]
    assert is_alarming(story.state, START)
    assert raisable(back(reported(story, Kind.ARRIVED)), -30) == ["manager-acts", "decide"]


@pytest.mark.parametrize(
    ("changes", "steps"),
    [
        ({"start": "nudge"}, ["duty-rings", "second-contact", "manager-acts", "decide"]),
        ({"start": ""}, ["manager-acts", "decide"]),
        ({"start": "gone", "steps": LADDER.steps[:4]}, ["duty-rings"]),
        ({"start": "nudge", "steps": LADDER.steps[:3]}, ["overdue"]),
        ({"start": "", "steps": LADDER.steps[:1]}, ["reminder"]),
    ],
)
def test_under_duress_somebody_is_told_whatever_the_ladder(
    changes: dict[str, object], steps: list[str]
) -> None:
    story = duress(departed(at(countersigned(ladder(**changes)), START)))
    assert raisable(story, 0) == steps


def test_who_took_it_on_before_the_duress_does_not_hold_its_steps_back() -> None:
    owned = acknowledged(raised(late(ALARM, 45), "decide"), "decide")
    assert raisable(owned, 60) == []
    spoken = duress(owned)
    assert raisable(spoken, 60) == ["manager-acts", "decide"]
    assert owner(spoken.state, after(60)) is None
    aware = acknowledged(spoken, "decide", MO)
    assert (raisable(aware, 60), owner(aware.state, after(60)) is not None) == ([], True)


def test_after_a_stand_down_that_lets_the_visit_go_on_the_ladder_begins_again() -> None:
    story = stood_down(ALARM, until=minutes_after(DUE, 90))
    assert unowned(story.state) == []
    assert raisable(story, 80) == ["reminder"]


def test_a_worker_who_sets_out_again_after_the_time_due_back_is_overdue_and_the_steps_are_raised_again() -> (
    None
):
    assert "duty-rings" in raisable(departed(stood_down(ALARM)), 60)


def test_an_acknowledgement_covers_the_steps_below_and_the_owner_is_the_newest_of_the_highest() -> None:
    story = raised(raised(ALARM, "second-contact"), "manager-acts")
    both = acknowledged(acknowledged(story, "second-contact"), "second-contact", MO)
    assert [one.body.step for one in unowned(both.state)] == ["manager-acts"]
    assert owner(both.state, after(60)) == both.state.visit.alarm.owned[-1]
    assert owner(story.state, after(60)) is None


def test_steps_of_an_earlier_ladder_are_taken_on_by_their_places_in_it() -> None:
    toothless = Ladder(grace_minutes=0, steps=LADDER.steps[:1])
    raised_early = raised(raised(AGREED, "duty-rings"), "second-contact")
    agreed = raised_early.revised(body=watched_plan(nonce="", ladder=toothless)).decided()
    assert [rung.id for rung in agreed.state.visit.ladder.steps] == ["reminder"]
    assert len(unowned(agreed.state)) == 2
    assert unowned(acknowledged(agreed, "decide").state) == []


def test_the_same_step_raised_by_two_watchers_is_one_step() -> None:
    both = raised(OUT, "duty-rings") | raised(OUT, "duty-rings", by=MO)
    assert len(both.state.visit.alarm.raised) == 2
    assert len(unowned(both.state)) == 1
    assert "duty-rings" not in raisable(both, 60)


def test_a_step_that_no_version_has_must_be_taken_on_by_name() -> None:
    story = raised(OUT, "never-heard-of", DUE)
    assert is_alarming(story.state, after(-60))
    assert [one.body.step for one in unowned(acknowledged(story, "decide").state)] == ["never-heard-of"]
    assert unowned(acknowledged(story, "never-heard-of").state) == []


def test_a_drill_raises_and_hides_nothing() -> None:
    story = acknowledged(drilled(OUT, "duty-rings"), "decide", drill="d1")
    assert raisable(story, 15) == STEPS[:4]
    assert not is_alarming(story.state, after(-1))


def test_the_next_step_is_told_before_the_start_and_while_it_waits() -> None:
    upcoming = next_due(AGREED.state, NOW)
    assert upcoming is not None
    assert (upcoming.rung.id, upcoming.at) == ("reminder", minutes_after(DUE, -10))
    assert next_due(raised(AGREED, "reminder").state, after(5)) == schedule(AGREED.state)[1]
    assert next_due(back(OUT).state, NOW) is None


def test_on_a_ladder_on_which_nobody_has_to_act_the_last_step_must_be_taken_on_at_the_desk() -> None:
    for steps, who in ((LADDER.steps[1:3], ("duty",)), (LADDER.steps[2:3], ("lone-worker", "duty"))):
        body = watched_plan(ladder=Ladder(grace_minutes=0, steps=steps))
        rungs = departed(at(countersigned(body), START)).state.visit.ladder.steps
        assert [rung.who for rung in rungs if rung.acknowledge] == [who]


@pytest.mark.parametrize(("number", "is_followed"), [(40, True), (41, False), (2000, False)])
def test_a_ladder_with_absurdly_many_steps_is_none(number: int, is_followed: bool) -> None:
    steps = tuple(msgspec.structs.replace(LADDER.steps[3], id=f"s{place}") for place in range(number))
    story = departed(at(countersigned(watched_plan(ladder=Ladder(grace_minutes=0, steps=steps))), START))
    assert ("s1" in raisable(story, 60)) == is_followed
    assert 3 <= len(raisable(story, 60)) <= 40


YEARS = ["0001-01-01T00:00:00Z", "1970-01-01T00:03:00Z", "2008-01-01T00:00:00Z", "9999-12-30T23:59:59Z"]


@pytest.mark.parametrize("when", YEARS)
def test_duress_by_a_clock_that_was_wrong_raises_steps_that_count(when: str) -> None:
    story = duress(at(OUT, when), OLA)
    for _ in range(2):
        step = to_raise(story.state, after(-30))[0]
        story = raised(at(story, after(-30)), step.rung.id, step.at)
    assert [one.body.step for one in story.state.visit.alarm.raised] == ["manager-acts", "decide"]
    assert raisable(story, -30) == []


@pytest.mark.parametrize("minutes", [-150, -5, 5])
def test_a_visit_that_is_revised_is_watched_as_it_was_until_a_manager_decides(minutes: int) -> None:
    """Whether only the address was changed, or the day: nobody is unwatched because a version waits (D18)."""
    later = visit(start=minutes_after(DUE, 1440), due_back=minutes_after(DUE, 1500))
    for body in (watched_plan(nonce=""), watched_plan(nonce="", visit=later)):
        revised = at(AGREED, START, minutes).revised(body=body)
        for story in (revised, revised.decided("return")):
            assert is_overdue(story.state, after(0))
            assert raisable(story, 60) == STEPS
        assert not is_watched(revised.withdrawn().state, after(0))
        assert is_watched(revised.decided("refuse").state, after(0)) == (minutes > 0)
    agreed = at(AGREED, START, -5).revised(body=watched_plan(nonce="", visit=later)).decided()
    assert agreed.state.visit.due_back == later.due_back
    assert not is_watched(agreed.state, after(0))


def test_a_visit_that_was_called_off_and_is_made_on_another_day_is_late_on_that_day() -> None:
    """Nobody withdrew it; a week later they set out on the new version without a countersignature."""
    week = 7 * 1440
    times = visit(start=minutes_after(DUE, week), due_back=minutes_after(DUE, week + 60))
    revised = at(AGREED, START, 5).revised(body=watched_plan(nonce="", visit=times))
    story = departed(at(revised, after(week)), urgent="Now.")
    assert story.state.visit.due_back == times.due_back
    assert not is_alarming(story.state, after(week + 10))


def test_a_plan_without_a_ladder_has_ours() -> None:
    story = departed(at(countersigned(watched_plan(ladder=None)), START))
    assert raisable(story, 30) == ["overdue", "duty-rings", "decide"]
    empty = Ladder(grace_minutes=0, steps=())
    assert raisable(departed(at(countersigned(watched_plan(ladder=empty)), START)), 0) == ["overdue"]


def test_a_visit_shorter_than_its_reminder_is_watched_from_its_start() -> None:
    short = watched_plan(visit=visit(due_back=to_text(START + timedelta(minutes=5))))
    assert [due.rung.id for due in to_raise(countersigned(short).state, START)] == ["reminder"]


def test_two_steps_with_one_name_are_both_raised() -> None:
    twice = Rung(id="overdue", after=20, who=("manager",), do="Act.", source="s")
    story = departed(at(countersigned(ladder(steps=(LADDER.steps[1], twice))), START))
    assert raisable(raised(story, "overdue"), 60) == ["overdue"]


EARLY = Rung(
    id="not-there", after=20, who=("duty",), do="Ring.", source="", counts_from="start", acknowledge=True
)


@pytest.mark.parametrize("rest", [LADDER.steps, ()])
def test_a_step_that_counts_from_the_start_takes_no_other_s_place_whatever_the_ladder_says(
    rest: tuple[Rung, ...],
) -> None:
    """Signed by other means it may stand last, want an owner, be where duress begins, or stand alone."""
    ladder = msgspec.structs.replace(LADDER, steps=(*rest, EARLY), start="not-there", high_risk=True)
    story = departed(at(countersigned(watched_plan(ladder=ladder)), START))
    due = minutes_after(to_text(START), 20)
    story = acknowledged(raised(at(story, START, 25), "not-there", due=due), "not-there")
    assert not story.state.visit.needs_standing_down
    assert any(one.rung.acknowledge for one in to_raise(story.state, after(120)))
    assert "not-there" not in {one.rung.id for one in schedule(duress(story).state)}
