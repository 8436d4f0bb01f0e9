"""`visitsafe marker` as people use it: by reference only, with its age, told to the next plan."""

from datetime import timedelta
from pathlib import Path

import pytest

from json_shapes import DAY, ENTRY, TIME, check, documented, exactly
from office import NOW, Office
from watch_process import entries

MARKER = {
    "found": {"type": "boolean"},
    "system": {"type": "string"},
    "reference": {"type": "string"},
    "checked": DAY,
    "review": {"type": "string"},
    "out_of_date": {"type": "boolean"},
    "why": {"type": "string"},
    "at": TIME,
    "by": {"type": "string"},
    "entry": ENTRY,
}
SHAPE = {
    "ref": {"type": "string"},
    "plan": {"type": "string"},
    "case": {"type": "string"},
    "marker": {"anyOf": [exactly(MARKER), {"type": "null"}]},
}
FOUND = ("--system", "case system", "--reference", "4417", "--checked", "20 November")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = Office(tmp_path).open()
    office.plan()
    return office


def test_it_is_noted_once_and_the_next_plan_of_the_case_shows_it(office: Office) -> None:
    assert "Nobody has noted" in office.sam.done("marker", office.ref).out
    ran = office.sam.done("marker", office.ref, *FOUND, "--review", "2026-03-01")
    assert "case system, 4417" in ran.out
    (body,) = entries(office, "marked")
    assert (body["found"], body["checked"], body["review"]) == (True, "2026-11-20", "2026-03-01")
    plan = office.plan(start='"24 November 2026 10:00"')
    (note,) = [one["text"] for one in plan["findings"] if one["rule"] == "last-time-marker"]
    assert "4417" in note
    assert "OUT OF DATE" in note


def test_what_the_plans_of_the_case_say_about_a_marker_is_told_where_nothing_was_noted(
    office: Office,
) -> None:
    office.plan(start='"24 November 2026 10:00"', warning_marker="checked-none")
    out = office.sam.done("marker", office.ref).out
    assert "Nobody has noted where a warning marker stands" in out
    assert f"The newest plan ({office.ref}) says: Yes, and there is none." in out


def test_it_is_found_by_the_case_in_any_spelling_and_says_its_age(office: Office) -> None:
    office.sam.done("marker", office.ref, *FOUND)
    office.at(NOW + timedelta(days=7))
    shown = office.mo.done("marker", "--case", "cf-1")
    assert "10 days ago" in shown.out
    assert "noted by Sam" in shown.err


def test_that_there_is_none_is_worth_noting_too(office: Office) -> None:
    office.sam.done("marker", "--case", "CF-1", "--none")
    assert "No warning marker was found" in office.mo.done("marker", office.ref).out


def test_words_about_somebody_are_refused_and_nothing_is_written(office: Office) -> None:
    ran = office.sam.run("marker", office.ref, "--system", "x", "--reference", "He shouts. He has a knife")
    assert ran.code == 2
    assert "never what it says" in ran.err
    assert entries(office, "marked") == []


def test_one_case_has_to_be_named(office: Office) -> None:
    assert office.sam.run("marker").code == 2
    assert office.sam.run("marker", office.ref, "--case", "CF-1").code == 2
    assert office.sam.run("marker", "--case", "CF-2").code == 1


def test_it_is_never_part_of_a_listing(office: Office) -> None:
    office.sam.done("marker", office.ref, *FOUND)
    for words in (("list", "--all"), ("list", "--all", "--json"), ("board",), ()):
        assert "4417" not in office.mo.run(*words).out


def test_its_json_is_what_is_documented(office: Office) -> None:
    nothing = office.sam.done("marker", office.ref, "--json").json
    check(nothing, exactly(SHAPE))
    assert nothing["marker"] is None
    noted = office.sam.done("marker", office.ref, *FOUND, "--json").json
    check(noted, exactly(SHAPE))
    assert noted == office.mo.done("marker", "--case", "CF-1", "--json").json
    assert documented("A warning marker") == {*SHAPE, *MARKER}


def test_a_review_day_that_may_have_passed_asks_for_its_year(office: Office) -> None:
    words = ("marker", office.ref, "--system", "case system", "--reference", "4417", "--review")
    refused = office.sam.run(*words, "1 October")
    assert refused.code == 2
    assert "1 October 2027 is more than half a year off" in refused.err
    assert "add the year" in refused.err
    assert "1 October 2027" in office.sam.done(*words, "1 October 2027").out
