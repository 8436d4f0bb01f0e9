"""An agency's own questions in a plan: times that mean the visit's day, numbers, and whose they are."""

from datetime import timedelta
from pathlib import Path

import pytest

from office import NOW, Office, Ran

OWN = """\
format: 1
kind: visit
id: night-visits
version: "1.0"
title: "Night visits"
about: "Ours."
extends: home-visit
sections:
  - id: ours
    title: "Ours"
    questions:
      - id: last-bus
        label: "Last bus"
        ask: "When does the last bus go?"
        why: "You have to get home."
        answer: time
        required: false
        source: [{document: "salford-2011", paragraph: "7.2"}]
      - id: companion-number
        label: "Companion's number"
        ask: "What is your companion's number?"
        why: "Somebody may have to ring them."
        answer: telephone
        required: false
        source: [{document: "salford-2011", paragraph: "7.2"}]
rules:
  - id: by-bus
    level: note
    when: {last-bus: given}
    text: "You go home by bus."
    why: "Nobody sees you on the way."
    source: [{document: "salford-2011", paragraph: "7.2"}]
"""
FRIDAY = {"start": '"27 November 2026 19:00"', "due_back": '"20:30"'}


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = Office(tmp_path).open()
    folder = tmp_path / "lists"
    folder.mkdir()
    (folder / "night.yaml").write_text(OWN, encoding="utf-8")
    return office


def plan(office: Office, *flags: str, checklist: str = "night-visits", **changes: str) -> Ran:
    path = Path(office.answers(**{**FRIDAY, **changes}))
    text = path.read_text(encoding="utf-8").replace("checklist: home-visit", f"checklist: {checklist}")
    path.write_text(text, encoding="utf-8")
    lists = {"VISITSAFE_CHECKLISTS": str(office.folder / "lists")}
    return office.sam.run("plan", "--answers", str(path), "--yes", *flags, **lists)


@pytest.mark.parametrize(
    ("typed", "meant", "read"),
    [
        ("21:30", "2026-11-27T21:30:00Z", "Friday 27 November 2026, 21:30 (GMT)"),
        ("9.30am", "2026-11-27T09:30:00Z", "Friday 27 November 2026, 09:30 (GMT)"),
        ("00:15", "2026-11-28T00:15:00Z", "Saturday 28 November 2026, 00:15 (GMT)"),
        ("tomorrow 9am", "2026-11-24T09:00:00Z", "Tuesday 24 November 2026, 09:00 (GMT)"),
        ("28 November 10:00", "2026-11-28T10:00:00Z", "Saturday 28 November 2026, 10:00 (GMT)"),
    ],
)
def test_a_time_means_the_day_of_the_visit_and_every_page_tells_it_by_our_clocks(
    office: Office, typed: str, meant: str, read: str
) -> None:
    ran = plan(office, "--json", last_bus=f'"{typed}"')
    assert ran.code == 0, ran.err
    shape = ran.json
    assert shape["answers"]["last-bus"] == meant
    assert [one["because"] for one in shape["findings"] if one["rule"] == "by-bus"] == [[f"Last bus: {read}"]]
    ref = shape["ref"]
    for words in (("show", ref), ("export", ref), ("export", ref, "--format", "html")):
        page = " ".join(office.mo.done(*words).out.replace("\\", "").split())
        assert read.partition(" (")[0] in page, words
        assert f"Last bus: {meant}" not in page


@pytest.mark.parametrize("case", ["The Smith family, 12 Oak Road", "12 Oak Road"])
def test_a_case_that_holds_a_name_or_an_address_is_told_from_a_file_too(office: Office, case: str) -> None:
    assert (
        "use the case reference, so that no name goes into the record" in plan(office, case=f'"{case}"').err
    )


def test_an_exit_plan_is_not_cut_short_by_what_yaml_takes_for_a_remark(office: Office) -> None:
    ran = plan(office, exit_plan="Near #2 door", phone="yes  # the blue one")
    assert ran.code == 1
    assert 'what stands after # is not read; write "Near #2 door"' in ran.err
    assert "blue" not in ran.err
    ran = plan(office, "--json", exit_plan='"Near #2 door"  # quoted', phone="yes  # the blue one")
    assert ran.json["answers"]["exit-plan"] == "Near #2 door"


def test_summer_time_is_told_as_the_clocks_show_it(office: Office) -> None:
    office.at(NOW + timedelta(days=210))
    ran = plan(office, "--json", start='"24 June 2027 19:00"', due_back='"20:30"', last_bus='"21:30"')
    assert ran.json["answers"]["last-bus"] == "2027-06-24T20:30:00Z"
    (shown,) = [one["answer"] for one in ran.json["shown"] if one["id"] == "last-bus"]
    assert shown == "Thursday 24 June 2027, 21:30 (BST)"


def test_a_telephone_number_is_kept_in_its_usual_form_or_refused_with_its_place(office: Office) -> None:
    ran = plan(office, "--json", companion_number='"07700900123"')
    assert ran.json["answers"]["companion-number"] == "07700 900123"
    ran = plan(office, companion_number='"0770O 900123"')
    assert ran.code == 1
    assert "companion-number: this is not a telephone number: it has letters in it" in ran.err


def test_the_checklist_that_is_named_may_be_a_file_that_lies_anywhere(office: Office) -> None:
    path = office.folder / "elsewhere.yaml"
    path.write_text(OWN.replace("night-visits", "dawn-visits"), encoding="utf-8")
    ran = plan(office, "--checklist", str(path), "--json", checklist="dawn-visits")
    assert ran.code == 0, ran.err
    assert ran.json["checklists"][0]["id"] == "dawn-visits"


def test_answers_for_another_checklist_than_the_one_named_are_refused_with_their_place(
    office: Office,
) -> None:
    ran = plan(office, "--checklist", "home-visit")
    assert ran.code == 1
    assert (
        'answers.yaml:1:12: this file answers "night-visits", and --checklist names "home-visit"' in ran.err
    )
    assert office.sam.done("list", "--json").json == []


@pytest.mark.parametrize("name", ["night-visit", "incident", "no such"])
def test_a_checklist_that_is_no_visit_checklist_is_told_with_its_place(office: Office, name: str) -> None:
    ran = plan(office, checklist=name)
    assert ran.code == 1
    assert (
        f'answers.yaml:1:12: there is no visit checklist "{name}"; there are home-visit, night-vis' in ran.err
    )
