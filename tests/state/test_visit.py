"""Where a visit stands by what was reported, and what ends the watch over it."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from story import NIA, Story, visit
from team_story import changed, plan_at_a_store, revoked
from visit_story import (
    DEE,
    DUE_BACK,
    LADDER,
    MO,
    NOW,
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
    late,
    minutes_after,
    notified,
    planned,
    raised,
    reported,
    stood_down,
    watched_plan,
)
from visitsafe.record.bodies import Comes, Ladder, ReportBody
from visitsafe.record.kinds import Kind
from visitsafe.record.terms import Because, Stage, Status
from visitsafe.text.clock import to_text

AGREED = countersigned()
OUT = departed(at(AGREED, START))
ALARM = raised(late(OUT, 15), "duty-rings")
DUE = to_text(DUE_BACK)


def stage(story: Story) -> Stage:
    return story.state.visit.stage


def is_open(story: Story) -> bool:
    return story.state.closed == ""


def test_the_stage_is_what_was_reported_last() -> None:
    arrived = reported(OUT, Kind.ARRIVED)
    left = reported(reported(arrived, Kind.OK), Kind.LEFT)
    stages = [stage(story) for story in (AGREED, OUT, arrived, left, back(left))]
    assert stages == list(Stage)


def test_of_reports_that_had_not_seen_each_other_the_one_deepest_in_stands() -> None:
    arrived = reported(OUT, Kind.ARRIVED)
    both = reported(arrived, Kind.LEFT, OLA) | reported(arrived, Kind.ARRIVED, DEE)
    assert stage(both) is Stage.ARRIVED


def test_back_ends_the_watch_and_leaving_or_stopping_does_not() -> None:
    assert is_open(reported(OUT, Kind.LEFT, stopped=True))
    home = back(OUT, DEE)
    assert home.state.closed == home.newest.id


def test_who_only_reports_arriving_is_out_even_if_the_plan_is_withdrawn() -> None:
    inside = reported(at(planned(), START), Kind.ARRIVED)
    assert inside.state.visit.out
    assert is_open(inside.withdrawn())


def test_setting_out_or_arriving_after_back_opens_the_watch_again() -> None:
    home = back(OUT, OLA)
    again = [departed(home), reported(home, Kind.ARRIVED), extended(home, minutes_after(DUE, 30))]
    assert [is_open(story) for story in again] == [True, True, True]
    assert stage(again[1]) is Stage.ARRIVED


def test_what_only_completes_the_record_after_back_opens_nothing() -> None:
    home = back(at(OUT, DUE_BACK))
    assert not is_open(reported(home, Kind.ARRIVED, happened=to_text(START)))
    assert not is_open(reported(home, Kind.OK))


def test_a_mistaken_back_does_not_hold_against_a_worker_who_reports_later_without_having_heard_of_it() -> (
    None
):
    mistaken = back(at(OUT, START, 30), OLA)
    assert is_open(mistaken | reported(at(OUT, START, 31), Kind.ARRIVED))
    assert not is_open(mistaken | reported(at(OUT, START, 29), Kind.ARRIVED))


def test_back_does_not_end_an_alarm_that_somebody_must_take_on() -> None:
    home = back(ALARM)
    assert (stage(home), is_open(home)) == (Stage.BACK, True)
    assert not is_open(stood_down(home))


def test_back_ends_what_was_only_a_reminder() -> None:
    assert not is_open(back(raised(OUT, "reminder")))


def test_a_stand_down_ends_the_watch_or_puts_off_the_time_due_back() -> None:
    assert not is_open(stood_down(ALARM))
    going_on = stood_down(ALARM, until=minutes_after(DUE, 90))
    assert is_open(going_on)
    assert not going_on.state.visit.needs_standing_down
    assert going_on.state.visit.due_back == minutes_after(DUE, 90)


def test_a_manager_who_says_that_the_visit_goes_on_is_believed_over_back() -> None:
    going_on = stood_down(back(ALARM, OLA), until=minutes_after(DUE, 90))
    assert is_open(going_on)
    assert going_on.state.visit.back is None
    assert not is_open(back(going_on))


def test_a_stand_down_does_not_cover_a_step_that_it_had_not_seen() -> None:
    both = stood_down(ALARM) | raised(ALARM, "second-contact")
    assert [one.body.step for one in both.state.visit.alarm.raised] == ["second-contact"]
    assert both.state.visit.needs_standing_down
    assert not is_open(stood_down(both))
    assert is_open(stood_down(ALARM) | raised(ALARM, "overdue"))


def test_the_watch_goes_on_if_somebody_sets_out_again_after_a_stand_down() -> None:
    over = stood_down(ALARM)
    assert is_open(departed(over))
    assert not is_open(reported(over, Kind.OK))
    early = stood_down(at(OUT, START, 10), Because.FALSE_ALARM)
    assert is_open(reported(early, Kind.OK))


def test_a_report_that_came_late_from_elsewhere_does_not_call_everybody_out_again() -> None:
    assert not is_open(stood_down(ALARM) | reported(at(OUT, START, 5), Kind.ARRIVED))


@pytest.mark.parametrize("report", [Kind.OK, Kind.LEFT, Kind.BACK])
def test_nothing_that_the_worker_reports_ends_duress(report: Kind) -> None:
    spoken = duress(OUT)
    said = back(spoken) if report is Kind.BACK else reported(spoken, report)
    assert said.state.visit.duress is not None
    assert is_open(said)
    assert not is_open(stood_down(said, by=MO))


def test_a_stand_down_that_had_not_heard_of_the_duress_leaves_it_open() -> None:
    both = stood_down(OUT) | duress(OUT)
    assert is_open(both)
    assert not is_open(stood_down(both))


def test_a_duty_officers_stand_down_does_not_end_duress_even_where_the_record_has_a_gap() -> None:
    earlier = reported(OUT, Kind.OK)
    story = stood_down(duress(earlier) | reported(OUT, Kind.LEFT, OLA), by=DEE)
    kept = tuple(one for one in story.entries if one.id != earlier.newest.id)
    assert replace(story, entries=kept).state.visit.duress is not None


def test_who_took_it_on_before_the_duress_was_known_has_not_taken_that_on() -> None:
    owned = acknowledged(ALARM, "decide")
    before = duress(owned).state.visit
    assert before.unaware == {owned.newest.id}
    aware = acknowledged(duress(owned), "decide", MO).state.visit
    assert aware.unaware == {owned.newest.id}
    hidden = acknowledged(duress(ALARM), "decide", OLA)
    assert hidden.state.visit.unaware == {hidden.newest.id}


def test_the_earliest_of_extensions_that_nobody_reconciled_is_due() -> None:
    both = extended(OUT, minutes_after(DUE, 60)) | extended(OUT, minutes_after(DUE, 20), OLA)
    assert both.state.visit.due_back == minutes_after(DUE, 20)
    assert extended(both, minutes_after(DUE, 60)).state.visit.due_back == minutes_after(DUE, 60)


TOOTHLESS = Ladder(grace_minutes=0, steps=(msgspec.structs.replace(LADDER.steps[3], acknowledge=False),))
LATER = watched_plan(nonce="", ladder=TOOTHLESS, visit=visit(due_back=to_text(DUE_BACK + timedelta(hours=9))))


def test_a_worker_under_way_does_not_change_the_watch_by_a_new_version() -> None:
    revised = OUT.revised(body=LATER)
    assert revised.state.body == LATER
    assert (revised.state.visit.due_back, revised.state.visit.ladder) == (DUE, LADDER)


@pytest.mark.parametrize("kind", [Kind.ARRIVED, Kind.LEFT, Kind.OK])
def test_whatever_was_reported_on_the_way_holds_the_watch_as_it_is(kind: Kind) -> None:
    urgent = watched_plan(urgent="Now.")
    for story in (AGREED, planned(urgent)):
        under_way = reported(at(story, START, 5), kind).revised(body=LATER)
        assert under_way.state.visit.due_back == DUE
        again = under_way.entry(SAM, Kind.DEPARTED, ReportBody(of=under_way.newest.id))
        assert (again.state.visit.due_back, again.state.visit.ladder) == (DUE, LADDER)


def test_setting_out_a_second_time_does_not_change_what_is_watched() -> None:
    revised = OUT.revised(body=LATER)
    named = ReportBody(of=revised.newest.id)
    assert revised.entry(SAM, Kind.DEPARTED, named).state.visit.due_back == DUE
    apart = AGREED.revised(body=LATER)
    both = OUT | apart.entry(SAM, Kind.DEPARTED, ReportBody(of=apart.newest.id))
    assert both.state.visit.due_back == DUE
    alarmed = back(ALARM.revised(body=LATER))
    assert departed(alarmed).state.visit.due_back == DUE


def test_a_step_that_was_raised_holds_the_watch_as_it_is() -> None:
    reminded = raised(late(AGREED, -10), "reminder").revised(body=LATER)
    assert reminded.state.visit.due_back == DUE
    unheard = at(AGREED, START, 5).revised(body=LATER)
    named = raised(late(unheard, 0), "overdue", DUE)
    assert named.state.visit.due_back == DUE


def test_a_second_trip_after_being_back_is_watched_by_its_own_version() -> None:
    revised = back(OUT).revised(body=LATER)
    assert departed(revised).state.visit.due_back == LATER.visit.due_back


def test_who_is_out_is_watched_by_what_they_set_out_on_whatever_is_decided_on_another_version() -> None:
    urgent = msgspec.structs.replace(LATER, urgent="The court moved the hearing.")
    waits = AGREED.revised(body=PUT_OFF)
    out_before = at(waits, START).entry(SAM, Kind.DEPARTED, ReportBody(of=AGREED.state.version.id))
    for story in (OUT.revised(body=urgent), OUT.revised(body=PUT_OFF), out_before):
        for decided in (story.decided(), story.decided("refuse")):
            assert (decided.state.visit.due_back, decided.state.visit.out) == (DUE, True)
            assert is_open(decided)


def test_after_the_start_neither_a_refusal_nor_a_newer_version_ends_a_watch_and_a_withdrawal_does() -> None:
    """Whoever was expected and has not reported may be there; only the worker says that they are not."""
    begun = at(AGREED, START, 5)
    assert is_open(begun.decided("refuse"))
    later = begun.revised(body=PUT_OFF)
    for decided in (later.decided(), later.decided("refuse")):
        assert decided.state.visit.due_back == DUE
        assert is_open(decided)
    assert not is_open(begun.withdrawn())
    second = back(at(OUT, DUE_BACK)).revised(body=PUT_OFF).decided()
    assert not is_open(second.decided("refuse"))
    assert not is_open(second.withdrawn())
    assert is_open(at(second, TOMORROW.start).decided("refuse"))


def test_what_ends_todays_visit_does_not_end_tomorrows() -> None:
    """Sam set out on what was agreed while a version for tomorrow waited, which was countersigned then."""
    waits = AGREED.revised(body=PUT_OFF)
    out = at(waits, START).entry(SAM, Kind.DEPARTED, ReportBody(of=AGREED.state.version.id)).decided()
    alarmed = raised(late(out, 15), "duty-rings")
    for ended in (back(at(out, DUE_BACK)), back(at(out, DUE_BACK), DEE), stood_down(alarmed)):
        visit_now = ended.state.visit
        assert (is_open(ended), visit_now.due_back, visit_now.out) == (True, TOMORROW.due_back, False)
        assert not is_open(back(at(ended, TOMORROW.due_back)))


def test_a_worker_does_not_end_an_alarm_by_a_version_without_its_steps() -> None:
    never_set_out = raised(late(AGREED, 15), "duty-rings")
    for story in (ALARM, never_set_out):
        revised = back(story.revised(body=LATER))
        assert revised.state.visit.needs_standing_down
        assert is_open(revised)


def test_a_version_that_waits_ends_no_watch_and_one_that_is_countersigned_does() -> None:
    waits = AGREED.revised(body=LATER)
    assert (waits.state.visit.due_back, waits.state.visit.ladder) == (DUE, LADDER)
    assert waits.state.visit.watched == (AGREED.state.version.id,)
    assert waits.decided().state.visit.due_back == LATER.visit.due_back
    assert (waits.decided() | waits.decided("return")).state.visit.due_back == DUE


def test_a_withdrawal_that_a_removed_key_may_have_made_afterwards_ends_no_watch() -> None:
    gone = revoked(AGREED, SAM, at=AGREED.at + timedelta(hours=1))
    state = plan_at_a_store(gone, AGREED.withdrawn())
    assert (state.visit.watched, state.closed) == ((AGREED.state.version.id,), "")
    assert AGREED.withdrawn().state.closed


TOMORROW = visit(start=minutes_after(DUE, 24 * 60 - 60), due_back=minutes_after(DUE, 24 * 60))
PUT_OFF = watched_plan(nonce="", visit=TOMORROW)
A_DAY_EARLY = at(AGREED, START, -24 * 60)


def test_back_long_before_the_start_ends_nothing_and_the_visit_is_as_if_nobody_had_set_out() -> None:
    for early in (back(departed(at(AGREED, START, -125))), back(departed(A_DAY_EARLY))):
        visit_now = early.state.visit
        assert (is_open(early), visit_now.back, visit_now.stage) == (True, None, Stage.PLANNED)
        assert (visit_now.out, visit_now.departed) == (False, None)
        assert visit_now.early is not None
        assert visit_now.early.id == early.newest.id
        gone = departed(at(early, START))
        assert (gone.state.visit.out, gone.state.visit.early) == (True, None)
        assert not is_open(back(at(gone, DUE_BACK)))
        assert not is_open(back(at(early, DUE_BACK)))


def test_back_counts_from_two_hours_before_the_start_on() -> None:
    assert not is_open(back(departed(at(AGREED, START, -119))))


def test_back_long_before_the_start_ends_the_watch_on_the_desks_word_and_on_nobody_elses() -> None:
    gone = departed(A_DAY_EARLY)
    assert not is_open(back(gone, DEE))
    assert not is_open(back(gone, MO))
    assert is_open(back(gone, OLA))
    along = departed(at(countersigned(watched_plan(visit=visit(companions=(MO.companion,)))), START, -1440))
    assert is_open(back(along, MO))
    assert not is_open(back(along, DEE))
    joins = Comes(name=MO.name, key=MO.fingerprint, comes=True)
    joined = departed(A_DAY_EARLY, company=(joins,))
    assert is_open(back(joined, MO))
    assert not is_open(back(joined, DEE))


def test_back_before_anybody_decided_does_not_end_a_visit_that_is_countersigned_afterwards() -> None:
    for minutes in (-1440, -90):
        early = back(at(planned(), START, minutes)).decided()
        assert is_open(early)
        assert not is_open(back(at(early, DUE_BACK)))


def test_a_return_ends_no_watch_and_a_refusal_or_withdrawal_does_before_anybody_set_out() -> None:
    for story in (AGREED, planned(watched_plan(urgent="Now."))):
        assert story.decided("return").state.visit.watched == (story.state.version.id,)
        assert not is_open(story.decided("refuse"))
        assert not is_open(story.withdrawn())
        gone = departed(at(story, START))
        assert [is_open(one) for one in (gone.decided("refuse"), gone.withdrawn())] == [True, True]


def test_whoever_set_out_on_a_version_that_waits_is_due_at_the_earlier_of_the_two_times() -> None:
    waits = AGREED.revised(body=LATER)
    assert departed(at(waits, START), urgent="Now.").state.visit.due_back == DUE
    earlier = watched_plan(nonce="", visit=visit(due_back=minutes_after(DUE, -20)))
    waits = AGREED.revised(body=earlier)
    assert waits.state.visit.due_back == DUE
    assert departed(at(waits, START), urgent="Now.").state.visit.due_back == minutes_after(DUE, -20)


def test_a_plan_that_was_withdrawn_and_made_anew_is_not_watched_by_what_was_called_off() -> None:
    anew = AGREED.withdrawn().revised(body=PUT_OFF)
    assert anew.state.visit.watched == ()
    assert anew.decided().state.visit.watched == (anew.newest.id,)


def test_a_visit_that_was_put_off_is_watched_on_its_new_day_whatever_ended_the_old_one() -> None:
    """Back, or a stand-down, was said about the old day; the new version is countersigned after that."""
    waits = AGREED.revised(body=PUT_OFF)
    alarmed = raised(late(waits, 15), "duty-rings")
    for ended in (back(at(waits, DUE_BACK)), stood_down(alarmed)):
        assert not is_open(ended)
        agreed = ended.decided()
        assert is_open(agreed)
        assert (agreed.state.visit.due_back, agreed.state.visit.out) == (TOMORROW.due_back, False)
        assert not is_open(back(departed(at(agreed, TOMORROW.start))))


def test_a_countersignature_after_the_visit_that_went_first_opens_nothing() -> None:
    home = back(departed(at(planned(), START, 5), urgent="A child is at risk."))
    assert not is_open(home)
    assert not is_open(home.decided())


def test_a_second_visit_on_a_new_version_is_watched_from_its_start_and_not_before() -> None:
    home = back(at(OUT, DUE_BACK))
    second = home.revised(body=PUT_OFF)
    assert not is_open(second)
    agreed = second.decided().state.visit
    assert (agreed.out, agreed.stage, agreed.start) == (False, Stage.PLANNED, TOMORROW.start)
    assert is_open(second.decided())


@pytest.mark.parametrize("hours", [-3, 2])
def test_a_worker_revoked_by_any_clock_stays_on_the_board_and_only_the_desk_says_that_they_are_back(
    hours: int,
) -> None:
    """Whatever the admin's clock says, and whether or not the worker had left by then."""
    meanwhile = revoked(AGREED, SAM, at=START + timedelta(hours=hours))
    gone = meanwhile | reported(departed(at(AGREED, START)), Kind.ARRIVED)
    visit_now = gone.state.visit
    assert (visit_now.stage, visit_now.due_back, is_open(gone)) == (Stage.ARRIVED, DUE, True)
    by_sam = gone | back(at(OUT, DUE_BACK, 120))
    assert is_open(by_sam)
    assert not is_open(back(at(gone, DUE_BACK), DEE))


SLOW = NOW - timedelta(minutes=40)
WITHOUT_MO = [
    pytest.param(revoked(planned(), MO, at=SLOW), id="revoked"),
    pytest.param(changed(planned(), MO, "duty", at=SLOW), id="another role"),
]


@pytest.mark.parametrize("changes", WITHOUT_MO)
def test_a_countersignature_lets_nobody_go_once_its_author_is_removed_and_has_the_visit_watched(
    changes: Story,
) -> None:
    both = AGREED | changes
    assert both.state.status is Status.AWAITING
    assert both.state.visit.watched == (AGREED.state.version.id,)
    assert is_open(both)
    assert not is_open(back(at(both, DUE_BACK)))
    newer = AGREED.revised(body=PUT_OFF).decided()
    replaced = newer | changes
    assert replaced.state.visit.due_back == DUE
    refused = AGREED.decided("refuse", by=NIA) | changes
    assert not is_open(refused)


def test_a_countersignature_that_came_too_late_to_be_believed_has_the_visit_watched() -> None:
    state = plan_at_a_store(revoked(planned(), MO, at=NOW + timedelta(hours=1)), AGREED)
    assert (state.status, state.visit.watched) == (Status.AWAITING, (AGREED.state.version.id,))


def test_an_alarm_stays_open_when_whoever_raised_it_is_removed_by_a_slow_clock() -> None:
    gone = revoked(planned(), DEE, at=START) | back(ALARM)
    assert gone.state.visit.needs_standing_down
    assert is_open(gone)
    assert not is_open(stood_down(gone))


def test_a_word_that_the_visit_goes_on_reopens_it_when_its_author_is_removed_and_puts_nothing_off() -> None:
    home = back(at(OUT, START, 30))
    longer = minutes_after(DUE, 90)
    for goes_on in (extended(home, longer, MO), stood_down(home, until=longer)):
        assert goes_on.state.visit.due_back == longer
        both = revoked(planned(), MO, at=SLOW) | goes_on
        assert (is_open(both), both.state.visit.due_back) == (True, DUE)


def test_a_refusal_stands_whatever_the_clock_of_who_revoked_its_author() -> None:
    for changes in (revoked(planned(), MO, at=SLOW), changed(planned(), MO, "duty", at=SLOW)):
        refused = planned().decided("refuse") | changes
        assert refused.state.status is Status.REFUSED
        assert refused.state.judged[-1].doubt
        followed = changes.decided("refuse", at=NOW + timedelta(hours=1))
        assert followed.state.status is Status.AWAITING


def test_a_drill_stays_apart_from_all_that_is_real() -> None:
    story = acknowledged(drilled(OUT, "duty-rings"), "duty-rings", drill="d1")
    story = notified(story, story.entries[-2].id, "desk", drill="d1")
    visit_now = story.state.visit
    assert (len(visit_now.alarm.raised), len(visit_now.alarm.owned), len(visit_now.alarm.sent)) == (0, 0, 0)
    assert not visit_now.needs_standing_down
    over = stood_down(story, Because.TEST, drill="d1", until=minutes_after(DUE, 60)).state
    drill = over.visit.drills["d1"]
    assert (len(drill.raised), len(drill.owned), len(drill.sent), drill.over is not None) == (1, 1, 1, True)
    assert (over.closed, over.visit.due_back) == ("", DUE)


def test_an_urgent_departure_says_why_and_can_be_countersigned_after_the_start() -> None:
    gone = departed(at(planned(), START, 5), urgent="A child is at risk.")
    assert gone.state.visit.urgent == "A child is at risk."
    assert gone.decided().state.status == "countersigned"


def test_a_report_by_telephone_says_whose_word_it_was_and_who_took_it_down() -> None:
    told = reported(OUT, Kind.OK, OLA).state.visit.last_report
    assert told is not None
    assert (told.by_phone, told.author.person.name) == (True, "Ola Field")
    assert not (reported(OUT, Kind.OK, SAM).state.visit.last_report or told).by_phone
