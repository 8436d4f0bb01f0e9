"""Facts: what a case's record makes known, how old it is, and which answers it takes back (D17)."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from after_story import ALERT, debriefed, incident, marked, over, shared
from story import NOW, Story, calm_visit
from visit_story import LADDER, back, countersigned, departed, reported
from visitsafe.checklists.facts import changed, since_signed
from visitsafe.record.bodies import KnownFact
from visitsafe.record.kinds import Kind
from visitsafe.state.duties import CaseHistory
from visitsafe.state.known import case_facts
from visitsafe.text.clock import to_text

LONDON = ZoneInfo("Europe/London")
SOON = NOW + timedelta(days=2)
NEXT_YEAR = NOW + timedelta(days=400)


def known(*stories: Story, now: object = SOON, but: str = "") -> dict[str, str]:
    return {one.name: one.value for one in facts(*stories, now=now, but=but)}


def facts(*stories: Story, now: object = SOON, but: str = "") -> tuple[KnownFact, ...]:
    states = sorted((story.state for story in stories), key=lambda state: state.body.visit.start)
    assert isinstance(now, type(NOW))
    return case_facts(CaseHistory("CF-1", tuple(states)), now, LONDON, but=but)


def later(days: int = 1) -> Story:
    """Another visit of the case, made afterwards."""
    start = NOW + timedelta(days=days)
    visit = msgspec.structs.replace(
        calm_visit().visit, start=to_text(start), due_back=to_text(start + timedelta(hours=1))
    )
    return over(calm_visit(visit=visit, ladder=LADDER, nonce=f"{days:032x}"))


def test_a_case_with_nothing_on_record_makes_nothing_known() -> None:
    assert known() == {}
    assert known(over()) == {}
    assert known(debriefed(over())) == {}


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"behaviours": ("shouting",)}, {"case.incident"}),
        ({"behaviours": ("physical-violence",)}, {"case.incident", "case.violence"}),
        ({"behaviours": ("shouting",), "hurt": "yes"}, {"case.incident", "case.violence"}),
        ({"behaviours": (), "hurt": "not-sure"}, {"case.incident", "case.violence"}),
        ({"behaviours": ("shouting",), "near_miss": True}, {"case.near-miss"}),
        ({"behaviours": ("physical-violence",), "near_miss": True}, {"case.near-miss", "case.violence"}),
    ],
)
def test_an_incident_is_known_by_what_it_was(changes: dict[str, Any], names: set[str]) -> None:
    story = incident(over(), **changes)
    assert known(story) == dict.fromkeys(names, "open")
    assert {one.entries for one in facts(story)} == {(story.newest.id,)}


def test_an_assault_is_open_until_it_was_talked_over_then_counts_for_a_year_and_then_is_old() -> None:
    story = incident(over(), hurt="yes")
    assert known(story, now=NEXT_YEAR)["case.violence"] == "open"
    talked = debriefed(story)
    assert known(talked)["case.violence"] == "this-year"
    assert known(talked, now=NEXT_YEAR)["case.violence"] == "older"


def test_of_several_the_most_pressing_age_holds_and_all_are_behind_it() -> None:
    old, new = debriefed(incident(over())), incident(later())
    (one,) = facts(old, new)
    assert (one.value, len(one.entries)) == ("open", 2)
    assert one.text == "Incident: 23 November 2026, on record, and not talked over yet, and 1 more."


def test_a_visit_that_was_broken_off_is_open_until_it_was_talked_over_or_another_was_made() -> None:
    stopped = back(reported(departed(countersigned()), Kind.LEFT, stopped=True))
    assert known(stopped) == {"case.broken-off": "open"}
    assert known(debriefed(stopped))["case.broken-off"] == "this-year"
    assert known(stopped, later())["case.broken-off"] == "this-year"
    assert known(stopped, later(), now=NEXT_YEAR)["case.broken-off"] == "older"


def test_what_should_be_different_is_open_until_another_visit_was_made() -> None:
    story = debriefed(over(), next_time="Go as two.")
    assert known(story, now=NEXT_YEAR) == {"case.different-next-time": "open"}
    assert known(story, later()) == {"case.different-next-time": "this-year"}
    assert known(story, later(), now=NEXT_YEAR) == {"case.different-next-time": "older"}


def test_a_duty_to_share_is_known_while_it_is_open_and_not_to_the_plan_that_made_it_one() -> None:
    story = incident(over(), sharing=(ALERT,))
    assert known(story)["case.duty-to-share"] == "open"
    met = shared(story, ALERT.trigger, of=story.newest.id)
    assert "case.duty-to-share" not in known(met)
    own = over(calm_visit(ladder=LADDER, sharing=(ALERT,)))
    assert known(own) == {"case.duty-to-share": "open"}
    assert known(own, but=own.state.plan) == {}


def test_a_marker_is_known_where_one_was_found() -> None:
    assert known(marked(over())) == {"case.marker": "current"}
    assert known(marked(over()), now=NEXT_YEAR) == {"case.marker": "out-of-date"}
    assert known(marked(over(), found=False, system="", reference="")) == {}


def test_the_order_in_which_entries_came_changes_no_fact() -> None:
    left = debriefed(over(), next_time="Go as two.")
    right = incident(over())
    assert facts(left | right) == facts(right | left)


def test_only_something_new_behind_a_fact_is_news() -> None:
    first, second = (KnownFact(name="case.incident", value="open", text="", entries=(name,)) for name in "ab")
    both = KnownFact(name="case.incident", value="this-year", text="", entries=("a", "b"))
    talked = KnownFact(name="case.incident", value="this-year", text="", entries=("a",))
    dark = KnownFact(name="visit.light", value="dark", text="")
    assert changed([], [first, dark]) == {"case.incident", "visit.light"}
    assert changed([first], [both]) == changed([first], [second]) == {"case.incident"}
    assert changed([first, dark], [talked, dark]) == frozenset()


def test_what_differs_since_a_plan_was_signed_is_named_with_what_it_is_now() -> None:
    old = KnownFact(name="case.incident", value="open", text="", entries=("a",))
    talked = KnownFact(name="case.incident", value="this-year", text="", entries=("a",))
    hurt = KnownFact(name="case.violence", value="open", text="", entries=("b",))
    assert since_signed([old], [old]) == ()
    assert since_signed([old], [talked, hurt]) == (hurt, talked)
    (gone,) = since_signed([old], [])
    assert (gone.value, gone.text) == ("none", "Incident: no longer on record.")
