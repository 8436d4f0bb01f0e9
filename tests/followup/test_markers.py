"""Where a warning marker stands: what may be noted, when it is out of date, what the next plan is told."""

from datetime import UTC, date, datetime
from typing import Any
from unicodedata import category
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from after_story import marked, over
from story import SAM, START
from story_plan import hostile_visit
from visit_story import planned
from visitsafe.errors import UsageError
from visitsafe.followup.marker import Marking, marked_body
from visitsafe.planning.last_time import last_time
from visitsafe.record.bodies import MarkedBody
from visitsafe.state.duties import CaseHistory
from visitsafe.state.known import LONGEST, marker_says, place_of, why_out_of_date

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TODAY = NOW.date()
FOUND: dict[str, str] = {"system": "case system", "reference": "4417"}


def body(**changes: Any) -> MarkedBody:
    plain = {"of": "", "found": True, "checked": "2026-11-20", **FOUND}
    return MarkedBody(**{**plain, **changes})


def noted(**marking: Any) -> MarkedBody:
    return marked_body(planned().state, Marking(**marking), NOW, LONDON)


@pytest.mark.parametrize(
    "text", ["4417", "Ref. 4417", "No. A12", "case system, violence flag", "P-44/17 (b)"]
)
def test_a_reference_is_kept_as_it_was_typed(text: str) -> None:
    assert place_of("--reference", f"  {text} ") == text


@pytest.mark.parametrize(
    "text",
    [
        "He shouts. He has a dog",
        "Dangerous! Do not go alone",
        "4417; the son is violent",
        "4417\nthe father drinks",
        "x" * (LONGEST + 1),
        "   ",
        "\x1b[2J",
    ],
)
def test_words_about_a_person_are_no_reference(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        place_of("--reference", text)
    assert "never what it says" in str(refused.value.hint)


@given(st.text())
def test_whatever_is_kept_is_short_and_on_one_line(text: str) -> None:
    try:
        kept = place_of("--system", text)
    except UsageError:
        return
    assert 0 < len(kept) <= LONGEST
    assert "\n" not in kept
    assert not any(category(one) == "Cc" for one in kept)
    assert place_of("--system", kept) == kept


def test_the_address_of_the_visit_is_no_reference() -> None:
    state = planned(hostile_visit()).state
    address = state.body.visit.address
    assert address
    marking = Marking(system="address register", reference=address[:LONGEST])
    with pytest.raises(UsageError, match="address of the visit"):
        marked_body(state, marking, NOW, LONDON)


def test_a_marker_says_where_it_stands_and_when_somebody_looked() -> None:
    assert noted(**FOUND, checked="20 November", review="1 March") == body(
        of=planned().state.version.id, review="2027-03-01"
    )


def test_without_a_day_somebody_looked_today() -> None:
    assert noted(none=True).checked == "2026-11-23"


@pytest.mark.parametrize(
    ("marking", "what"),
    [
        ({"system": "case system"}, "--reference is missing"),
        ({"reference": "4417"}, "--system is missing"),
        ({"none": True, "system": "case system"}, "there is no marker"),
        ({"none": True, "review": "1 March"}, "there is no marker"),
        ({**FOUND, "checked": "24 November 2026"}, "a day to come"),
        ({**FOUND, "checked": "soon"}, "not a day"),
        ({**FOUND, "review": "31 February"}, "no day"),
    ],
)
def test_what_cannot_be_is_refused_in_words(marking: dict[str, Any], what: str) -> None:
    with pytest.raises(UsageError, match=what):
        noted(**marking)


@pytest.mark.parametrize(
    ("changes", "today", "why"),
    [
        ({"review": "2026-11-23"}, TODAY, ""),
        ({"review": "2026-11-22"}, TODAY, "review was due on 22 November 2026"),
        ({}, date(2027, 11, 20), ""),
        ({}, date(2027, 11, 21), "for more than a year"),
        ({"found": False}, date(2027, 11, 21), "for more than a year"),
        ({"found": False, "review": "2026-01-01"}, TODAY, ""),
    ],
)
def test_a_marker_is_out_of_date_after_its_review_day_or_a_year(
    changes: dict[str, Any], today: date, why: str
) -> None:
    found = why_out_of_date(body(**changes), today)
    assert (why in found) if why else not found
    assert ("OUT OF DATE" in marker_says(body(**changes), today)) is bool(why)


def test_a_marker_is_shown_with_its_age() -> None:
    words = marker_says(body(review="2027-03-01"), TODAY)
    assert words == (
        "Warning marker: case system, 4417; looked up on 20 November 2026, 3 days ago; "
        "review due on 1 March 2027."
    )
    assert marker_says(body(found=False), TODAY).startswith("No warning marker was found;")


def test_the_next_plan_is_told_of_the_newest_marker_and_of_nothing_older() -> None:
    story = marked(marked(over(), checked="2026-11-20"), checked="2026-11-10", reference="old")
    history = CaseHistory("C-1042", (story.state,))
    (note,) = last_time(history, START, LONDON)
    assert note.rule == "last-time-marker"
    assert "4417" in note.text
    assert story.state.ref in note.source


def test_a_marker_is_told_of_however_much_else_there_is_and_never_with_the_address() -> None:
    story = marked(over(hostile_visit()), SAM, system="Register of 12 Mill Lane")
    state = story.state
    at_home = replace(
        state, body=replace(state.body, visit=replace(state.body.visit, address="12 Mill Lane, Salford"))
    )
    found = [
        one for one in last_time(CaseHistory("C-1042", (at_home,)), START, LONDON) if "marker" in one.rule
    ]
    assert len(found) == 1
    assert "Mill Lane" not in found[0].text
