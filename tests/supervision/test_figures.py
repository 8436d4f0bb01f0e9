"""What a team's report counts, from signed histories; every test says what a figure is."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from after_story import ALERT, debriefed, incident, over, shared
from story import MO, NIA, SAM, SAM_AT_HOME, Story, calm_visit, visit
from story_plan import NOW, START
from visit_story import (
    DEE,
    DUE_BACK,
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
    stood_down,
    watched_plan,
)
from visitsafe.record.bodies import Made, PlanBody, Sealed
from visitsafe.record.terms import Because, Status
from visitsafe.supervision.figures import Figures, figures
from visitsafe.text.clock import to_text
from visitsafe.text.days import Period

LONDON = ZoneInfo("Europe/London")
NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30), LONDON)
LATER = datetime(2026, 12, 3, 9, 0, tzinfo=UTC)


def counted(*stories: Story, now: datetime = LATER, **more: Any) -> Figures:
    everyone = stories[0].roster.everyone if stories else ()
    return figures([story.state for story in stories], NOVEMBER, now, everyone, **more)


def numbers(*stories: Story, only: str, **more: Any) -> list[int | None]:
    """Some figures of a report, by their ids."""
    found = counted(*stories, **more).numbers
    return [found[name] for name in only.split()]


SHARING = "sharing_in_time sharing_late sharing_overdue sharing_due sharing_declined"
ENDED = "overdue_ended overdue_median overdue_longest"


def another(number: int, **changes: Any) -> PlanBody:
    """A plan of its own."""
    return watched_plan(nonce=f"{number:032x}", **changes)


def test_each_visit_is_counted_once_by_how_it_stands() -> None:
    found = counted(
        planned(another(1)),
        planned(another(2)).decided(by=MO),
        planned(another(3)).decided("return", by=MO),
        planned(another(4)).decided("refuse", by=MO),
        planned(another(5)).withdrawn(),
    )
    assert found["planned"] == 5
    assert [found[status.value] for status in Status] == [1] * 5


def test_a_visit_of_another_time_is_not_counted() -> None:
    december = visit(start="2026-12-01T00:00:00Z", due_back="2026-12-01T01:00:00Z")
    november = visit(start="2026-11-30T23:59:00Z", due_back="2026-12-01T01:00:00Z")
    assert counted(planned(another(1, visit=december)))["planned"] == 0
    assert counted(planned(another(1, visit=november)))["planned"] == 1


def test_a_refused_visit_tells_how_its_purpose_was_to_be_met() -> None:
    found = counted(planned().decided("refuse", by=MO)).instead
    assert [how for _, how in found] == ["See the children at school with the school nurse on Tuesday."]


def test_a_visit_is_urgent_by_its_plan_or_because_the_worker_set_out_first() -> None:
    went_first = departed(planned(another(1)), urgent="The child is alone.")
    assert counted(planned(another(2, urgent="Tonight.")), went_first)["urgent"] == 2


@pytest.mark.parametrize(
    ("answers", "companions", "counts"),
    [
        ({"daylight": "yes"}, (), (0, 0, 1)),
        ({"daylight": "no", "joint-visit": "no"}, (), (1, 1, 0)),
        ({"daylight": "not-sure", "joint-visit": "no"}, (), (1, 1, 0)),
        ({"daylight": "no", "joint-visit": "not-sure"}, (), (0, 0, 1)),
        ({"daylight": "no", "joint-visit": "yes"}, (), (0, 0, 0)),
        ({"daylight": "no"}, (NIA.companion,), (0, 0, 0)),
        ({"daylight": "no"}, (), (0, 0, 1)),
        ({"daylight": "yes", "joint-visit": "no"}, (), (1, 0, 0)),
    ],
)
def test_alone_counts_who_said_so_and_dark_takes_not_sure_as_the_unsafe_answer(
    answers: dict[str, Any], companions: tuple[Any, ...], counts: tuple[int, int, int]
) -> None:
    plan = planned(watched_plan(answers=answers, visit=visit(companions=companions)))
    assert numbers(plan, only="alone alone_after_dark alone_not_said") == list(counts)


def test_who_is_back_within_the_grace_was_not_overdue() -> None:
    ladder = msgspec.structs.replace(watched_plan().ladder, grace_minutes=10)  # type: ignore[type-var]
    story = departed(countersigned(watched_plan(ladder=ladder)))
    assert counted(back(late(story, 10)))["overdue"] == 0
    assert numbers(back(late(story, 11)), only=ENDED) == [1, 11, 11]


def test_overdue_is_counted_from_the_time_due_back_until_the_report() -> None:
    stories = [
        back(late(departed(countersigned(another(number))), minutes))
        for number, minutes in enumerate((5, 20, 90))
    ]
    assert numbers(*stories, only=ENDED) == [3, 20, 90]


def test_more_time_that_was_asked_for_beforehand_is_not_overdue() -> None:
    story = extended(late(departed(countersigned()), -10), minutes_after(to_text(DUE_BACK), 60))
    assert counted(back(at(story, DUE_BACK, 50)))["overdue"] == 0


def test_more_time_that_was_asked_for_late_ends_an_overdue_stretch_but_does_not_hide_it() -> None:
    story = extended(late(departed(countersigned()), 25), minutes_after(to_text(DUE_BACK), 90))
    assert numbers(back(at(story, DUE_BACK, 80)), only=ENDED) == [1, 25, 25]


def test_a_stand_down_ends_it_and_one_that_gives_more_time_begins_anew() -> None:
    story = raised(late(departed(countersigned()), 15), "duty-rings")
    ended = stood_down(late(story, 40), Because.SAFE)
    assert numbers(ended, only=ENDED) == [1, 40, 40]
    goes_on = stood_down(late(story, 40), Because.SAFE, until=minutes_after(to_text(DUE_BACK), 60))
    assert numbers(back(at(goes_on, DUE_BACK, 70)), only=ENDED) == [1, 40, 40]


def test_a_visit_without_an_end_has_no_length_and_is_told_apart() -> None:
    stories = departed(countersigned(another(1))), countersigned(another(2))
    assert numbers(*stories, only=f"overdue {ENDED} unheard") == [2, 0, None, None, 1]


def test_nobody_is_overdue_whom_nobody_waited_for() -> None:
    plans = [
        planned(another(1)),
        planned(another(2)).decided("refuse", by=MO),
        planned(another(3)).withdrawn(),
    ]
    assert counted(*plans)["overdue"] == 0
    withdrawn_after = at(countersigned(another(4)), DUE_BACK, 30).withdrawn()
    assert numbers(withdrawn_after, only=ENDED) == [1, 30, 30]


def test_a_visit_that_is_still_to_come_is_not_overdue() -> None:
    assert counted(countersigned(), now=START - timedelta(minutes=5))["overdue"] == 0


def test_alarms_are_counted_with_the_time_until_somebody_took_them_on() -> None:
    taken = acknowledged(
        late(raised(late(departed(countersigned(another(1))), 15), "duty-rings"), 19), "duty-rings"
    )
    nobody = raised(late(departed(countersigned(another(2))), 15), "duty-rings")
    quiet = raised(late(departed(countersigned(another(3))), 0), "overdue")
    which = "steps_raised alarms alarms_taken alarms_not_taken alarms_median alarms_longest"
    assert numbers(back(taken), back(nobody), back(quiet), only=which) == [3, 2, 1, 1, 4, 4]


def test_a_stand_down_takes_an_alarm_on_too() -> None:
    story = raised(late(departed(countersigned()), 15), "duty-rings")
    assert numbers(stood_down(late(story, 22)), only="alarms_taken alarms_longest") == [1, 7]


def test_a_drill_is_counted_nowhere() -> None:
    story = drilled(late(departed(countersigned()), -20), "duty-rings")
    assert not any(numbers(back(late(story, -5)), only="steps_raised alarms gaps gaps_minutes overdue"))


def test_times_without_a_watch_are_put_together_where_they_overlap() -> None:
    one = raised(
        late(departed(countersigned(another(1))), 40), "duty-rings", unwatched_from=to_text(DUE_BACK)
    )
    two = raised(
        late(departed(countersigned(another(2))), 50),
        "duty-rings",
        unwatched_from=minutes_after(to_text(DUE_BACK), 10),
    )
    assert numbers(one, two, only="gaps gaps_minutes") == [1, 50]


def test_incidents_and_near_misses_are_counted_apart_and_by_behaviour() -> None:
    one = incident(over(another(1)), behaviours=("shouting", "swearing", "shouting"))
    two = incident(over(another(2)), near_miss=True)
    found = counted(one, two)
    assert (found["incidents"], found["near_misses"]) == (1, 1)
    assert found.behaviours == {"shouting": 2, "swearing": 1}


def test_an_incident_that_was_corrected_counts_once() -> None:
    story = incident(over())
    again = incident(story, replaces=story.newest.id, behaviours=("swearing",))
    found = counted(again)
    assert (found["incidents"], found.behaviours) == (1, {"swearing": 1})


def test_who_was_hurt_how_long_they_were_kept_from_work_and_whether_the_police_know() -> None:
    told: list[dict[str, Any]] = [
        {"hurt": "yes", "answers": {"off-work": "over-seven", "police": "told"}},
        {"hurt": "yes", "answers": {"off-work": "over-three", "police": "to-report"}},
        {"hurt": "yes", "answers": {"off-work": "up-to-three"}},
        {"hurt": "not-sure", "answers": {"off-work": "not-known"}},
        {"hurt": "no", "answers": {"police": "told"}},
    ]
    stories = (incident(over(another(number)), **one) for number, one in enumerate(told))
    which = "hurt hurt_not_sure off_over_three off_over_seven police_told"
    assert numbers(*stories, only=which) == [3, 1, 2, 1, 2]


def test_an_incident_counts_in_the_week_in_which_it_happened_and_is_lost_in_no_report() -> None:
    before = incident(over(another(1)), happened="2026-11-05T10:00:00Z")
    found = counted(before)
    assert [week.incidents for week in found.weeks] == [0, 1, 0, 0, 0, 0]
    outside = incident(over(another(2)), happened="2026-10-05T10:00:00Z")
    found = counted(before, outside)
    assert found["incidents"] == sum(week.incidents for week in found.weeks) == 2


def test_debriefs_are_done_owed_or_late() -> None:
    done = debriefed(incident(over(another(1))))
    owed = incident(over(another(2)))
    which = "debriefs_asked debriefs_done debriefs_owed debriefs_late"
    assert numbers(done, owed, only=which) == [2, 1, 1, 1]
    assert counted(owed, now=owed.at)["debriefs_late"] == 0
    assert numbers(over(), only=which) == [0, 0, 0, 0]


def test_duties_to_share_are_counted_by_what_became_of_them() -> None:
    def plan(number: int) -> Story:
        return over(another(number, sharing=(ALERT,), visit=visit(case=f"C-{number}")))

    in_time = shared(plan(1), ALERT.trigger)
    too_late = shared(at(plan(2), ALERT.by, 60), ALERT.trigger)
    declined = shared(plan(3), ALERT.trigger, decision="not-share", reason="Told already.", recipients=())
    beforehand = msgspec.structs.replace(ALERT, decision="not-share", reason="It would harm.")
    at_once = over(another(4, sharing=(beforehand,), visit=visit(case="C-4")))
    assert numbers(in_time, too_late, declined, at_once, plan(5), only=SHARING) == [1, 1, 1, 0, 2]
    assert numbers(plan(5), now=NOW, only=f"duties {SHARING}") == [1, 0, 0, 0, 1, 0]


def test_one_that_was_shared_in_time_and_written_down_later_was_in_time() -> None:
    story = at(over(watched_plan(sharing=(ALERT,))), ALERT.by, 60)
    happened = minutes_after(ALERT.by, -5)
    assert counted(shared(story, ALERT.trigger, happened=happened))["sharing_in_time"] == 1


def test_what_is_out_of_date_goes_by_the_newest_plan_of_each_worker() -> None:
    trained: dict[str, Any] = {
        "answers": {"training": "yes"},
        "standing": {"training": "2026-01-10T09:00:00Z"},
        "checklists": (Made(id="home-visit", version="1.0", digest="cd" * 32),),
    }
    sealed = Sealed(age="", to=(), given="2026-01-01T00:00:00Z", valid_until="2026-11-30T00:00:00Z")
    older = planned(another(1, visit=visit(start="2026-11-20T09:00:00Z"), answers={"training": "no"}))
    newer = planned(another(2, sealed=sealed, **trained))
    which = "workers training_old details_current details_old details_none"
    assert numbers(older, newer, kept_for={"home-visit": 365}, only=which) == [1, 0, 0, 1, 0]
    assert counted(newer, kept_for={"home-visit": 30})["training_old"] == 1
    assert numbers(planned(another(3, answers={"training": "not-sure"})), only=which) == [1, 1, 0, 0, 1]
    assert counted(planned(another(4, answers={})))["training_old"] == 0


def test_two_keys_of_one_person_are_one_worker() -> None:
    at_home = replace(planned(another(1)), entries=()).added(SAM_AT_HOME, "practitioner")
    second = replace(at_home, plan="").planned(by=SAM_AT_HOME, body=another(2))
    stories = second, replace(planned(another(1)), team=second.team)
    assert numbers(*stories, only="planned workers") == [2, 1]


def test_weeks_add_up_to_the_whole() -> None:
    first = visit(start="2026-11-01T09:00:00Z", due_back="2026-11-01T10:00:00Z")
    found = counted(
        planned(another(1, visit=first)), incident(over(another(2))), back(late(departed(countersigned()), 9))
    )
    assert [week.first.day for week in found.weeks] == [1, 2, 9, 16, 23, 30]
    assert [week.planned for week in found.weeks] == [1, 0, 0, 0, 2, 0]
    assert (found.weeks[4].overdue, found.weeks[4].incidents) == (1, 1)


def test_nothing_in_the_figures_differs_because_the_duress_phrase_was_spoken() -> None:
    """Also for managers, who know of it: a report is handed round."""

    def told(story: Story) -> Figures:
        return msgspec.structs.replace(counted(back(late(story, -5))), states=())

    out = late(departed(countersigned(calm_visit())), -30)
    said = duress(out)
    quiet = at(departed(out, by=DEE), said.at)
    assert told(said) == told(quiet)
    held = raised(said, "manager-acts", due=to_text(said.at))
    assert told(held)["steps_raised"] == told(quiet)["steps_raised"]
    assert SAM.name not in repr(told(held))
