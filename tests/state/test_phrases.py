"""Times and states in plain words, also where the clocks change or a text is no time."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from story import NOW, begun, hostile_visit, visit
from visitsafe.record.refs import reference
from visitsafe.state.phrases import called, plain_words, unanswered
from visitsafe.text.clock import age, hour, moment, short_span, span, to_text

LONDON = ZoneInfo("Europe/London")
EVENING, MORNING = "2026-11-23T22:30:00Z", "2026-11-24T01:00:00Z"
BEFORE_CHANGE, AFTER_CHANGE = "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"


def test_a_visit_over_midnight_names_both_days() -> None:
    assert span(EVENING, MORNING, LONDON) == (
        "Monday 23 November 2026, 22:30 to Tuesday 24 November 2026, 01:00"
    )
    assert short_span(EVENING, MORNING, LONDON) == "Mon 23 Nov 22:30-Tue 24 Nov 01:00"


def test_a_visit_in_the_night_of_the_clock_change_says_which_half_past_one_is_meant() -> None:
    said = span(BEFORE_CHANGE, AFTER_CHANGE, LONDON)
    assert said == "Sunday 25 October 2026, 01:30 (BST) to Sunday 25 October 2026, 01:30 (GMT)"


def test_the_ladder_counts_real_minutes_over_the_clock_change() -> None:
    assert hour("2026-10-25T00:50:00Z", 30, LONDON) == "01:20 (30 minutes after)"
    assert hour("2026-11-23T16:30:00Z", -10, LONDON) == "16:20 (10 minutes before)"
    assert hour("2026-11-23T16:30:00Z", 0, LONDON) == "16:30 (when due back)"


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01T00:00:00Z", "0001-01-01T00:00:00Z \x1b[2J"])
def test_a_time_that_is_no_time_is_shown_as_it_stands(text: str) -> None:
    assert moment(text, LONDON) == text
    assert span(text, EVENING, LONDON) == f"{text} to {EVENING}"
    assert short_span(EVENING, text, LONDON) == f"{EVENING} - {text}"
    assert hour(text, 5, LONDON) == "5 minutes after"


def test_a_step_of_the_ladder_absurdly_late_has_no_clock_time() -> None:
    assert hour("2026-11-23T16:30:00Z", 10**15, LONDON) == f"{10**15} minutes after"


@pytest.mark.parametrize(
    ("past", "words"),
    [
        (timedelta(seconds=-1), "in the future"),
        (timedelta(hours=23), "today"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=59), "59 days ago"),
        (timedelta(days=61), "2 months ago"),
        (timedelta(days=729), "23 months ago"),
        (timedelta(days=731), "2 years ago"),
    ],
)
def test_the_age_of_a_standing_answer(past: timedelta, words: str) -> None:
    assert age(to_text(NOW - past), NOW) == words


def test_a_plan_id_is_called_by_its_reference_and_anything_else_by_itself() -> None:
    plan = begun().planned().plan
    assert called(plan) == reference(plan)
    assert called("\x1b not an id at all") == "\x1b not an id at all"


def test_an_urgent_plan_still_waits_for_a_manager() -> None:
    state = begun().planned(body=hostile_visit(urgent="Now.")).state
    assert "a manager still has to decide" in plain_words(state, NOW + timedelta(days=1))


def test_conditions_are_part_of_how_a_plan_stands() -> None:
    story = begun().planned()
    assert plain_words(story.decided().state, NOW).endswith("with conditions")
    assert not plain_words(story.decided(conditions=()).state, NOW).endswith("with conditions")


def test_an_empty_control_measure_answers_nothing() -> None:
    body = hostile_visit(visit=visit())
    blank = type(body.controls[0])(rule="car-targeted-no-taxi", text=" ", who="Sam")
    assert [finding.rule for finding in unanswered(hostile_visit(controls=(blank,)))] == [
        "after-dark-alone",
        "car-targeted-no-taxi",
    ]
