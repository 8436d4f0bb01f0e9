"""Who carries what: for managers only, and never a verdict."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from after_story import incident, over
from story import MO, SAM, SAM_AT_HOME, Story, visit
from visit_story import OLA, planned, watched_plan
from visitsafe.record.bodies import PlanBody
from visitsafe.supervision.figures import Carried, Figures, figures, is_hostile
from visitsafe.supervision.report import Audience, report_of
from visitsafe.supervision.report_page import report_markdown
from visitsafe.text.days import Period

NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30), ZoneInfo("Europe/London"))
LATER = datetime(2026, 12, 3, 9, 0, tzinfo=UTC)
TEAM = planned().team


def hostile(number: int, case: str = "C-1", **changes: Any) -> PlanBody:
    answers = changes.pop("answers", {"threat-expected": "yes"})
    return watched_plan(nonce=f"{number:032x}", visit=visit(case=case), answers=answers, **changes)


def plan_by(who: Any, number: int, case: str = "C-1", **changes: Any) -> Story:
    return replace(planned(), entries=(), plan="").planned(by=who, body=hostile(number, case, **changes))


def counted(*stories: Story) -> Figures:
    everyone = stories[0].roster.everyone
    return figures([story.state for story in stories], NOVEMBER, LATER, everyone)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({}, False),
        ({"threat-expected": "no", "uncooperativeness": "avoidance", "behaviours": ()}, False),
        ({"behaviours": ("none",)}, False),
        ({"threat-expected": "not-sure"}, True),
        ({"uncooperativeness": "confrontation"}, True),
        ({"uncooperativeness": ("avoidance", "violence")}, True),
        ({"behaviours": ("shouting",)}, True),
    ],
)
def test_a_visit_is_hostile_by_the_plans_answers(answers: dict[str, Any], expected: bool) -> None:
    assert is_hostile(planned(hostile(1, answers=answers)).state) is expected


def test_a_visit_on_which_something_happened_is_hostile_too() -> None:
    assert is_hostile(incident(over(hostile(1, answers={}))).state)


def test_cases_and_visits_are_counted_for_each_worker_most_cases_first() -> None:
    found = counted(
        plan_by(SAM, 1, "C-1"), plan_by(SAM, 2, " c-1"), plan_by(OLA, 3, "C-1"), plan_by(OLA, 4, "C-2")
    )
    assert found.carried == (Carried("Ola Field", 2, 2, 0), Carried("Sam Okafor", 1, 2, 0))
    assert (found["hostile_visits"], found["hostile_cases"]) == (4, 2)


def test_one_person_with_two_keys_is_one_worker_in_it() -> None:
    team = replace(planned(), entries=(), plan="").added(SAM_AT_HOME, "practitioner")
    home = team.planned(by=SAM_AT_HOME, body=hostile(2))
    work = replace(team, plan="").planned(by=SAM, body=hostile(1))
    assert [one.visits for one in counted(home, work).carried] == [2]


def test_many_hostile_visits_without_any_report_raise_a_question_and_no_verdict() -> None:
    found = counted(*(plan_by(OLA, number) for number in range(5)))
    assert [one.never_reported for one in found.carried] == [True]
    page = report_markdown(report_of(found, "Our team", Audience.NAMED))
    assert "reporting is hard" in page
    assert "Ola Field" in page
    assert not any(word in page.lower() for word in ("fail", "poor", "should have", "worst"))


@pytest.mark.parametrize("near_miss", [True, False])
def test_whoever_reported_anything_is_not_asked_about_it(near_miss: bool) -> None:
    quiet = [plan_by(SAM, number) for number in range(5)]
    told = incident(over(hostile(9)), by=SAM, near_miss=near_miss)
    assert not any(one.never_reported for one in counted(told, *quiet).carried)


def test_what_somebody_else_wrote_down_for_them_counts_as_reported() -> None:
    quiet = [plan_by(SAM, number) for number in range(5)]
    told = incident(over(hostile(9)), by=MO)
    assert not any(one.never_reported for one in counted(told, *quiet).carried)


def test_without_names_nobody_is_named_and_only_managers_are_told_how_many() -> None:
    found = counted(*(plan_by(OLA, number) for number in range(5)))
    for prompts in (True, False):
        page = report_markdown(report_of(found, "Our team", Audience.TEAM, prompts=prompts))
        assert "Ola" not in page
        assert ("no incident or near miss reported" in page) is prompts
