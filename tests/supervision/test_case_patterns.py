"""What shows in the record of a case: enough visits to make a pattern, and words that accuse nobody."""

from collections.abc import Callable
from datetime import timedelta
from itertools import permutations
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from after_story import ALERT, debriefed, incident, shared
from case_story import DONE, LONDON, body, case, countersigned, planned, visited
from story import DUE_BACK, MO, NIA, NOW, Story
from story_plan import FINDINGS
from visit_story import OLA, at, back, departed, extended, raised, reported, stood_down
from visitsafe.checklists.model import Pattern
from visitsafe.record.kinds import Kind
from visitsafe.record.terms import Because
from visitsafe.supervision.patterns import chosen, patterns_in, specific

HOSTILE: dict[str, Any] = {"answers": {"daylight": "yes", "behaviours": ("shouting",)}}


def shown(*stories: Story, now: Any = DONE) -> dict[Pattern, str]:
    found = patterns_in(case(*stories), now, LONDON)
    return {pattern: " ".join(sentences) for pattern, sentences in found.items()}


def told(**answers: Any) -> Callable[[Story], Story]:
    return lambda story: debriefed(story, answers=answers)


def test_one_quiet_visit_shows_nothing() -> None:
    assert shown(visited(0)) == {}


def test_two_visits_in_the_evening_or_after_dark_are_a_pattern_and_one_is_none() -> None:
    late, dark = visited(0, hour=17, minutes=90), visited(7, answers={"daylight": "no"})
    assert Pattern.EVENINGS not in shown(late, visited(9))
    said = shown(late, dark, visited(9))[Pattern.EVENINGS]
    assert said == f"{late.state.ref} and {dark.state.ref} were after dark or in the evening."


def test_the_evening_is_the_teams_evening() -> None:
    """17:30 UTC in July is 18:30 in London; in January it is 17:30."""
    assert Pattern.EVENINGS in shown(*(visited(220 + day, hour=16, minutes=90) for day in (0, 1)))
    assert Pattern.EVENINGS not in shown(*(visited(day, hour=16, minutes=90) for day in (0, 1)))


def test_going_alone_is_a_pattern_only_where_hostility_is_on_record() -> None:
    calm, hostile = (visited(0), visited(7)), (visited(0, **HOSTILE), visited(7))
    assert Pattern.ALONE not in shown(*calm)
    assert Pattern.ALONE in shown(*hostile)
    together = visited(7, companions=(MO.companion,))
    assert Pattern.ALONE not in shown(visited(0, **HOSTILE), together)
    assert Pattern.ALONE in shown(visited(0, incident, debriefed), visited(7))


def test_visits_that_were_withdrawn_or_never_set_out_on_are_told_apart() -> None:
    first, second = planned(body(0)).withdrawn(), countersigned(body(7))
    said = shown(first, second)[Pattern.CANCELLED]
    assert said == f"{first.state.ref} was withdrawn. Nobody reported setting out on {second.state.ref}."
    assert Pattern.CANCELLED not in shown(first, second, now=NOW + timedelta(days=7))


def test_a_refusal_that_met_the_purpose_otherwise_is_told_as_that() -> None:
    refused = planned(body(0)).decided("refuse")
    assert "refused, and the purpose was to be met in another way" in shown(refused)[Pattern.SEEN_ELSEWHERE]
    by_phone = visited(0, told(went="elsewhere"))
    assert "by telephone or letter" in shown(by_phone)[Pattern.SEEN_ELSEWHERE]


def test_always_the_same_worker_takes_three_visits_that_were_made() -> None:
    two = (visited(0), visited(7))
    assert Pattern.SAME_WORKER not in shown(*two, countersigned(body(14)))
    assert shown(*two, visited(14))[Pattern.SAME_WORKER] == (
        "All 3 visits that were made were made by Sam Okafor."
    )
    assert Pattern.SAME_WORKER not in shown(*two, visited(14, by=OLA))


@pytest.mark.parametrize(
    ("went", "counts"),
    [("as-planned", True), ("nobody-in", True), ("not-made", False), ("elsewhere", False), ("", True)],
)
def test_talked_over_and_never_set_out_on_is_a_question_unless_the_debrief_answers_it(
    went: str, counts: bool
) -> None:
    answers = {"went": went} if went else {}
    story = debriefed(at(countersigned(body(0)), DUE_BACK, 120), answers=answers)
    assert (Pattern.NEVER_DEPARTED in shown(story)) is counts


def test_reported_back_and_never_set_out_is_a_question() -> None:
    story = back(at(countersigned(body(0)), DUE_BACK))
    assert "nobody reported setting out" in shown(story)[Pattern.NEVER_DEPARTED]
    assert Pattern.NEVER_DEPARTED not in shown(visited(0, told(went="as-planned")))


def test_an_incident_by_telephone_that_was_talked_over_is_no_visit_that_did_not_take_place() -> None:
    story = debriefed(incident(at(countersigned(body(0)), DUE_BACK)))
    assert Pattern.NEVER_DEPARTED not in shown(story)


def test_arriving_later_than_said_is_no_sign_that_nobody_went() -> None:
    story = extended(countersigned(body(0)), "2026-11-23T12:00:00Z")
    assert Pattern.NEVER_DEPARTED not in shown(story)


def there(day: int, minutes: int) -> Story:
    of = body(day)
    story = reported(departed(at(countersigned(of), of.visit.start, -10)), Kind.ARRIVED)
    story = reported(at(story, of.visit.start, minutes - 9), Kind.LEFT)
    return back(story)


def test_visits_get_shorter_if_each_of_the_last_three_is_clearly_shorter() -> None:
    assert (
        "took 60, 40 and 20 minutes there" in shown(there(0, 60), there(7, 40), there(9, 20))[Pattern.SHORTER]
    )
    assert Pattern.SHORTER not in shown(there(0, 60), there(7, 40))
    assert Pattern.SHORTER not in shown(there(0, 60), there(7, 58), there(9, 20))
    assert Pattern.SHORTER not in shown(there(0, 60), there(7, 40), there(9, 20), there(11, 50))


def test_a_reminder_to_the_worker_is_no_alarm() -> None:
    out = departed(at(countersigned(body(0)), NOW, 100))
    assert Pattern.OVERDUE not in shown(back(raised(out, "reminder")))
    assert Pattern.OVERDUE in shown(back(raised(out, "overdue")))


def test_a_visit_that_was_broken_off_shows_once() -> None:
    out = departed(at(countersigned(body(0)), NOW, 100))
    story = back(reported(out, Kind.LEFT, stopped=True))
    assert shown(story)[Pattern.STOPPED] == f"{story.state.ref} was broken off."


def test_incidents_and_near_misses_are_counted_apart() -> None:
    story = visited(0, incident, lambda one: incident(one, near_miss=True), debriefed)
    found = shown(story)
    about = f"1 incident and 1 near miss recorded for {story.state.ref} (23 November 2026)."
    assert found[Pattern.INCIDENT] == about
    assert Pattern.REPEATED_INCIDENTS in found
    assert Pattern.REPEATED_INCIDENTS not in shown(visited(0, incident, debriefed))


def test_what_is_aimed_at_who_somebody_is_is_told_without_saying_at_what() -> None:
    story = visited(0, lambda one: incident(one, answers={"identity": ("disability",)}), debriefed)
    said = shown(story)[Pattern.IDENTITY]
    assert "aimed at who somebody is" in said
    assert "disab" not in said


def test_hostility_in_two_plans_with_no_incident_ever_is_asked_about() -> None:
    two = visited(0, **HOSTILE), visited(7, **HOSTILE)
    assert Pattern.HOSTILITY_UNREPORTED in shown(*two)
    assert Pattern.HOSTILITY_UNREPORTED not in shown(two[0])
    assert Pattern.HOSTILITY_UNREPORTED not in shown(*two, visited(9, incident, debriefed))


def test_an_alarm_that_ended_because_something_happened_wants_an_incident() -> None:
    out = departed(at(countersigned(body(0)), NOW, 100))
    ended = stood_down(raised(out, "duty-rings"), Because.INCIDENT)
    assert Pattern.HOSTILITY_UNREPORTED in shown(ended)
    assert Pattern.HOSTILITY_UNREPORTED not in shown(incident(ended))


def test_duties_that_are_overdue_or_declined_show_and_those_that_are_due_or_met_do_not() -> None:
    duty = msgspec.structs.replace(ALERT, trigger="share-hostility")
    story = visited(0, sharing=(duty,))
    assert Pattern.NOT_SHARED not in shown(story, now=NOW + timedelta(hours=6))
    assert "1 duty to tell other professionals" in shown(story)[Pattern.NOT_SHARED]
    assert Pattern.NOT_SHARED not in shown(shared(story, "share-hostility"))
    not_told = shared(story, "share-hostility", decision="not-share", reason="Nobody else visits.")
    assert "decided not to share 1 thing" in shown(not_told)[Pattern.NOT_SHARED]


@pytest.mark.parametrize(
    ("answers", "pattern"),
    [
        ({"any-not-seen": "yes"}, Pattern.NOT_SEEN),
        ({"any-not-seen": "not-sure"}, Pattern.NOT_SEEN),
        ({"went": "nobody-in"}, Pattern.NOT_SEEN),
        ({"any-unsaid": "not-sure"}, Pattern.THINGS_UNSAID),
        ({"unsaid": "The money."}, Pattern.THINGS_UNSAID),
        ({"relieved": "yes"}, Pattern.RELIEVED),
    ],
)
def test_what_a_debrief_says_shows_and_not_sure_counts_as_the_unsafe_answer(
    answers: dict[str, str], pattern: Pattern
) -> None:
    assert pattern in shown(visited(0, told(**answers)))
    calm = {name: "no" for name in answers if name not in {"went", "unsaid"}}
    assert pattern not in shown(visited(0, told(**calm)))


@pytest.mark.parametrize("relieved", ["not-sure", "no", ""])
def test_only_a_yes_says_that_it_was_a_relief(relieved: str) -> None:
    assert Pattern.RELIEVED not in shown(visited(0, told(relieved=relieved)))


def test_a_visit_is_not_talked_over_only_when_its_day_has_passed() -> None:
    story = visited(0, findings=FINDINGS)
    assert Pattern.NOT_DEBRIEFED not in shown(story, now=NOW + timedelta(hours=6))
    assert Pattern.NOT_DEBRIEFED in shown(story)
    assert Pattern.NOT_DEBRIEFED not in shown(visited(0, debriefed, findings=FINDINGS))


def test_findings_that_went_to_a_visit_unanswered_show_and_those_that_did_not_go_do_not() -> None:
    of = body(0, findings=FINDINGS)
    story = departed(at(planned(of).decided(by=MO, conditions=()), of.visit.start, -10))
    assert "2 findings" in shown(back(at(story, of.visit.due_back)))[Pattern.CONCERNS_UNANSWERED]
    assert Pattern.CONCERNS_UNANSWERED not in shown(countersigned(body(0, findings=FINDINGS)))


def test_a_condition_of_the_countersignature_answers_what_no_control_measure_does() -> None:
    of = body(0, findings=FINDINGS)
    for conditions, asked in ((("Two of you go.",), False), ((" ",), True), ((), True)):
        story = planned(of).decided(by=MO, conditions=conditions)
        story = back(at(departed(at(story, of.visit.start, -10)), of.visit.due_back))
        assert (Pattern.CONCERNS_UNANSWERED in shown(story)) is asked


def test_a_condition_that_came_after_the_visit_began_answered_nothing_on_it() -> None:
    of = body(0, findings=FINDINGS)
    out = departed(at(planned(of), of.visit.start, -10), urgent="A child is in danger.")
    story = back(at(out.decided(by=MO, conditions=("Two of you go.",)), of.visit.due_back))
    assert Pattern.CONCERNS_UNANSWERED in shown(story)


MANY = (
    visited(0, incident, told(relieved="yes"), hour=18, **HOSTILE),
    visited(7, findings=FINDINGS, hour=18),
    visited(9, told(went="as-planned"), by=OLA),
    planned(body(11)).decided("refuse", by=NIA),
    countersigned(body(12)),
)


def test_the_patterns_are_the_same_in_whatever_order_the_plans_come() -> None:
    history = case(*MANY)
    found = patterns_in(history, DONE, LONDON)
    assert len(found) > 5
    for plans in permutations(history.plans):
        assert patterns_in(msgspec.structs.replace(history, plans=plans), DONE, LONDON) == found


WORDS = st.text(max_size=12).map(lambda text: text.replace("\0", ""))  # no entry can hold it
VALUES = st.one_of(WORDS, st.sampled_from(["yes", "no", "not-sure"]), st.lists(WORDS, max_size=3).map(tuple))
IDS = st.sampled_from(
    ["daylight", "joint-visit", "behaviours", "uncooperativeness", "threat-expected", "went", "relieved", "x"]
)


@settings(deadline=None, max_examples=40)
@given(st.dictionaries(IDS, VALUES), st.dictionaries(IDS, VALUES), st.integers(-2, 400))
def test_whatever_an_agencys_own_forms_answer_evidence_names_only_plans_of_the_case(
    of_plan: dict[str, Any], of_debrief: dict[str, Any], days: int
) -> None:
    stories = [visited(day, told(**of_debrief), answers=of_plan) for day in (0, 3)]
    history = case(*stories)
    found = patterns_in(history, NOW + timedelta(days=days), LONDON)
    assert all(found.values())
    for sentences in found.values():
        assert any(state.ref in " ".join(sentences) for state in history.plans)


# Which prompts are taken


class Asked(msgspec.Struct, frozen=True):
    id: str
    when: tuple[Pattern, ...] = ()


def ids(found: list[Asked]) -> list[str]:
    return [one.id for one in found]


ALWAYS = Asked("always")
EVENING = Asked("evening", (Pattern.EVENINGS,))
AGAIN = Asked("again", (Pattern.EVENINGS,))
WIDE = Asked("wide", (Pattern.EVENINGS, Pattern.RELIEVED))
ALONE = Asked("alone", (Pattern.ALONE,))


def test_prompts_are_those_that_fit_the_most_specific_first_and_the_others_last() -> None:
    every = [ALWAYS, WIDE, EVENING, ALONE]
    assert ids(chosen(every, {Pattern.EVENINGS})) == ["evening", "wide", "always"]
    assert ids(chosen(every, ())) == ["always"]


def test_each_pattern_gets_a_prompt_before_any_gets_two() -> None:
    found = specific([EVENING, AGAIN, ALONE], {Pattern.EVENINGS, Pattern.ALONE})
    assert ids(found) == ["evening", "alone", "again"]


def test_there_are_at_most_so_many_and_those_always_asked_stay() -> None:
    every = [*(Asked(f"n{number}", (Pattern.ALONE,)) for number in range(30)), ALWAYS]
    found = ids(chosen(every, {Pattern.ALONE}))
    assert (len(found), found[-1]) == (10, "always")
