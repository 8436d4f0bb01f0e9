"""`visitsafe debrief` as people use it, and what the next plan for the case shows of it."""

import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pexpect  # type: ignore[import-untyped]  # it has no type hints
import pytest

from by_hand import made, put, roster
from office import NOW, Office, Ran
from patience import LIMIT
from watch_process import entries

HOSTILE = "\\x1b[2J<b>Meet at the school</b>, not at 12 Mill Lane."
FORM = f"""\
checklist: debrief
answers:
  went: shorter
  any-not-seen: yes
  not-seen: "The older brother"
  any-unsaid: no
  relieved: not-sure
  new-for-others: yes
  others-who: [School nurse]
  effects: [shaken, sleepless]
  next-time: "{HOSTILE}"
"""
CALM = """\
checklist: debrief
answers:
  went: as-planned
  any-not-seen: no
  any-unsaid: no
  relieved: no
  new-for-others: no
"""
INCIDENT = """\
checklist: incident
answers:
  near-miss: no
  behaviours: [shouting]
  hurt: no
  others-at-risk: no
"""
FORM_MADE = {"id": "debrief", "version": "1.0", "digest": "ef" * 32}
TOMORROW = '"24 November 2026 10:00"'


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """Sam is back from a visit that was a risk."""
    office = Office(tmp_path).open()
    office.countersigned(car_targeted="yes", address='"12 Mill Lane, Salford M5 4WT"')
    office.at(NOW + timedelta(hours=2)).sam.done("depart")
    office.at(NOW + timedelta(hours=3)).sam.done("back")
    return office.at(NOW + timedelta(hours=4))


def form(office: Office, text: str) -> str:
    path = office.folder / "form.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def talked(office: Office, *words: str, text: str = FORM) -> Ran:
    return office.sam.done("debrief", office.ref, "--answers", form(office, text), "--yes", *words)


def last_time(shape: Any) -> list[str]:
    return [one["text"] for one in shape["findings"] if one["rule"].startswith("last-time-")]


def next_plan(office: Office, **changes: str) -> Any:
    return office.plan(**{"start": TOMORROW, **changes})


def test_without_a_reference_the_visit_that_waits_is_talked_over(office: Office) -> None:
    ran = office.sam.done("debrief", "--answers", form(office, CALM), "--yes")
    assert ran.out.startswith(f"Thank you. {office.ref} has been talked over.")
    assert "share" not in ran.out
    assert "support line" in ran.err
    assert "no visit of yours waits" in office.sam.run("debrief").err


def test_it_says_what_becomes_of_it_and_what_is_still_to_be_done(office: Office) -> None:
    ran = talked(office)
    assert "The next plan for case CF-1" in ran.out
    assert f"1 thing, by Wednesday 25 November 2026:  visitsafe share {office.ref}" in ran.out
    assert "occupational health" in ran.err
    (body,) = entries(office, "debriefed")
    assert body["effects"] == ["shaken", "sleepless"]


@pytest.mark.parametrize(
    ("ticked", "help_"),
    [
        ("1", "Talk to your manager or somebody else you trust"),
        ("4, 8", "see your doctor or occupational health"),
    ],
)
@pytest.mark.parametrize("phone", ["0161 496 0000", ""])
def test_who_is_not_well_gets_help_and_a_number_before_the_next_question(
    office: Office, ticked: str, help_: str, phone: str
) -> None:
    if phone:
        office.mo.done("team", "set", "--desk-phone", phone)
    command = ["-m", "visitsafe", "debrief", office.ref, "--plain"]
    environ: Any = {**os.environ, **office.sam.environ}
    child = pexpect.spawn(sys.executable, command, env=environ, encoding="utf-8", timeout=LIMIT)
    asked = (
        "an incident or a near miss",
        "How did it go",
        "Looking back",
        "once the door has closed",
        "was hard",
        "How did it leave you",
    )
    for question, line in zip(asked, ("n", "1", "nnnn", "", "none", ticked), strict=True):
        child.expect(question)
        child.expect(r"more\): $")
        child.sendline(line)
    child.expect("Next time. Page")
    said = " ".join(str(child.before).split())
    child.sendintr()
    child.expect(pexpect.EOF)
    child.close()
    numbers = [f"The duty desk: {phone}."] if phone else []
    places = [said.index(one) for one in (help_, *numbers, "If anybody is in danger: 999.")]
    assert places == sorted(places)


def test_json_tells_what_was_signed(office: Office) -> None:
    shape = talked(office, "--json").json
    assert (shape["not_seen"], shape["debriefs"]) == ("The older brother", 1)
    assert [duty["recipients"] for duty in shape["sharing"]] == [["School nurse"]]
    assert shape["owed"] == shape["sharing"][0]["by"]


def test_the_printed_answers_file_can_be_filled_in_and_signed(office: Office) -> None:
    printed = office.sam.done("debrief", office.ref, "--print-answers").out
    filled = printed.replace("  went:", "  went: as-planned")
    for name in ("any-not-seen", "any-unsaid", "relieved", "new-for-others"):
        filled = filled.replace(f"  {name}:", f"  {name}: no")
    assert talked(office, text=filled).code == 0


def test_an_incident_is_off_the_list_once_it_has_been_talked_over(office: Office) -> None:
    office.sam.done("incident", office.ref, "--answers", form(office, INCIDENT), "--yes")
    assert office.ref in office.mo.done().out
    talked(office, text=CALM)
    assert office.ref not in office.mo.done().out


def test_somebody_elses_word_is_taken_down_with_how_it_was_known(office: Office) -> None:
    dee = office.duty()
    dee.now = office.sam.now
    words = ("debrief", office.ref, "--answers", form(office, CALM), "--yes")
    assert "those who made it say how it was" in dee.run(*words).err
    assert "--known-by" in dee.run(*words, "--for", "Sam").err
    dee.done(*words, "--for", "Sam", "--known-by", "she sat beside me")
    assert entries(office, "debriefed")[0]["heard"]["known_by"] == "she sat beside me"


def test_a_correction_takes_the_place_of_what_was_said(office: Office) -> None:
    talked(office)
    assert "over already" in office.sam.run("debrief", office.ref).err
    talked(office, "--correct", text=FORM.replace("The older brother", "The father"))
    assert any("The father" in text for text in last_time(next_plan(office)))
    assert not any("brother" in text for text in last_time(office.show()))


def test_a_visit_that_goes_on_is_reported_back_from_first(tmp_path: Path) -> None:
    office = Office(tmp_path).open()
    office.countersigned()
    office.at(NOW + timedelta(hours=2)).sam.done("depart")
    ran = office.sam.run("debrief", office.ref, "--answers", form(office, CALM), "--yes")
    assert (ran.code, f"visitsafe back {office.ref}" in ran.err) == (1, True)
    assert not entries(office, "debriefed")


def test_that_nobody_ever_set_out_is_said_and_holds_nothing_up(tmp_path: Path) -> None:
    office = Office(tmp_path).open()
    office.countersigned()
    office.at(NOW + timedelta(hours=9))
    ran = talked(office, text=CALM)
    assert "nobody ever reported setting out" in ran.err
    assert entries(office, "debriefed")


class TestTheNextPlan:
    def test_it_carries_what_was_said_and_says_so_before_it_is_signed(self, office: Office) -> None:
        talked(office)
        first = office.ref
        path = office.answers(start=TOMORROW, case='"cf-1"')
        ran = office.sam.done("plan", "--answers", path, "--yes", "--json")
        assert last_time(ran.json) == [
            "Last time (23 November): for the next visit: <b>Meet at the school</b>, not at [left out].",
            "Last time (23 November): not seen: The older brother",
        ]
        noted = [one for one in ran.json["findings"] if one["rule"].startswith("last-time")]
        assert {one["source"] for one in noted} == {f"debrief of {first}"}
        raised = {one["rule"] for one in ran.json["findings"] if one not in noted}
        assert raised == {"different-this-time", "others-not-told"}
        assert "to note: Last time (23 November): not seen" in ran.err

    def test_every_screen_and_page_shows_it_and_nothing_in_it_acts(self, office: Office) -> None:
        talked(office)
        next_plan(office)
        markdown = office.mo.done("export", office.ref, "--format", "md").out
        assert "\\<b\\>Meet at the school" in markdown
        assert "it was said what should be different: say what you do about it" in markdown
        html = office.mo.done("export", office.ref, "--format", "html").out
        assert "&lt;b&gt;Meet at the school" in html
        shown = office.mo.done("show", office.ref).out
        assert "not seen: The older brother" in shown
        for text in (markdown, html, shown):
            assert "\x1b" not in text
            assert "Mill Lane" not in text

    def test_how_the_visit_left_somebody_is_not_in_it(self, office: Office) -> None:
        talked(office)
        next_plan(office)
        shown = office.mo.done("show", office.ref, "--json").out
        assert "shaken" not in shown.casefold()

    def test_a_new_version_carries_it_once_and_a_repeat_carries_it_too(self, office: Office) -> None:
        talked(office)
        before = last_time(next_plan(office))
        path = office.answers(start=TOMORROW)
        revised = office.sam.done("plan", "--revise", office.ref, "--answers", path, "--yes", "--json").json
        repeated = office.sam.done("plan", "--repeat", office.ref, "--answers", path, "--yes", "--json").json
        assert last_time(revised) == last_time(repeated) == before

    def test_a_manager_may_countersign_it_without_conditions(self, office: Office) -> None:
        talked(office)
        next_plan(office)
        office.mo.done("review", office.ref, "--decision", "countersign", "--reason", "As before.")
        assert office.mo.done("verify", office.ref).code == 0


def test_nothing_that_is_printed_tells_of_an_incident_that_was_recorded_under_duress(tmp_path: Path) -> None:
    told = []
    for spoken in ((), ("--duress",)):
        office = Office(tmp_path / f"with{''.join(spoken)}")
        office.folder.mkdir(exist_ok=True)
        office.open()
        dee = office.duty()
        office.countersigned()
        office.at(NOW + timedelta(hours=2)).sam.done("depart")
        dee.now = office.sam.now
        dee.done("ok", office.ref, "--for", "Sam", "--known-by", "voice", *spoken)
        path = form(office, INCIDENT.replace("risk: no", "risk: yes\n  others-who: [Health visitor]"))
        if spoken:
            office.mo.done("incident", office.ref, "--answers", path, "--yes")
        office.at(NOW + timedelta(hours=3)).sam.done("back")
        shapes = [talked(office, "--json", text=CALM).json]
        mine = form(office, INCIDENT)
        shapes.append(office.sam.done("incident", office.ref, "--answers", mine, "--yes", "--json").json)
        told.append([{name: one.get(name) for name in ("debriefs", "owed", "incidents")} for one in shapes])
    assert told[0] == told[1]


def test_whether_there_was_an_incident_is_nobodys_answer_but_the_signers(office: Office) -> None:
    ran = talked(office, text=CALM)
    assert "from the record: No incident or near miss is on record for this visit." in ran.err
    (body,) = entries(office, "debriefed")
    assert "after-incident" not in {name for name, value in body["answers"].items() if value}
    assert "Incident or near miss: no" not in office.mo.done("show", office.ref).out


def test_an_incident_that_is_told_of_and_not_on_record_is_asked_for(office: Office) -> None:
    said = talked(office, text=CALM + "  after-incident: yes\n  talked-to: [manager]\n").out
    assert f"What happened is not written down yet:  visitsafe incident {office.ref}" in said


def test_what_is_on_record_is_shown_to_whoever_talks_it_over(office: Office) -> None:
    office.sam.done("incident", office.ref, "--answers", form(office, INCIDENT), "--yes")
    ran = talked(office, text=CALM)
    assert "from the record: Incident, Monday 23 November 2026, 12:00 (GMT), recorded by Sam." in ran.err


def test_what_a_file_leaves_out_of_a_correction_is_said_before_it_is_signed_again(office: Office) -> None:
    talked(office)
    again = talked(office, "--correct", text="checklist: debrief\nanswers:\n  went: as-planned\n")
    assert "as it was before, for the file does not say: Somebody not seen: yes" in again.err
    assert "What was different" not in again.err


def test_who_was_quoted_corrects_a_debrief_that_was_taken_down_for_them(office: Office) -> None:
    words = ("--for", "Sam", "--known-by", "came to the office")
    office.mo.done("debrief", office.ref, "--answers", form(office, CALM), "--yes", *words)
    talked(office, "--correct", text="checklist: debrief\nanswers:\n  went: broken-off\n")
    old, new = entries(office, "debriefed")
    assert (old["heard"] is None, new["heard"], new["answers"]["went"]) == (False, None, "broken-off")
    assert "broke it off" in office.mo.done("show", office.ref).out
    assert office.mo.done("verify").code == 0


def test_a_debrief_of_another_program_that_names_no_incident_ends_none(office: Office) -> None:
    """Its entry follows the incident, and does not say that its author was shown it."""
    office.sam.done("incident", office.ref, "--answers", form(office, INCIDENT), "--yes")
    plan = office.show()
    after = [plan["entries"][-1]["id"], *roster(office).heads]
    body = {"of": plan["version"], "form": FORM_MADE, "answers": {}, "about": None}
    by_hand = made(office.sam, plan["plan"], "debriefed", after, body)
    put(office, by_hand)
    assert office.show()["entries"][-1]["why_not"] is None
    assert "incident" in office.mo.done().out
    talked(office, text=CALM)
    assert office.ref not in office.mo.done().out
