"""`visitsafe audit` as managers use it: evidence beside questions, signed, shown, due again in a year."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from json_shapes import DAY, ENTRY, TIME, check, documented, exactly
from office import NOW, Office, Ran

TEXT = {"type": "string"}
TEXTS = {"type": "array", "items": TEXT}
QUESTION = {
    "id": TEXT,
    "section": TEXT,
    "label": TEXT,
    "ask": TEXT,
    "value": {"anyOf": [TEXT, TEXTS]},
    "answer": TEXT,
    "evidence": TEXTS,
    "source": TEXT,
}
SHOWN = {
    "entry": ENTRY,
    "at": TIME,
    "by": TEXT,
    "from": DAY,
    "to": DAY,
    "form": exactly({"id": TEXT, "version": TEXT}),
    "remarks": TEXTS,
    "wanting": TEXTS,
    "questions": {"type": "array", "items": exactly(QUESTION)},
    "findings": {"type": "array"},
}
EVIDENCE = {
    "from": DAY,
    "to": DAY,
    "remarks": TEXTS,
    "questions": {"type": "array", "items": exactly({"id": TEXT, "label": TEXT, "evidence": TEXTS})},
}
CHANGE = "Two of us go after dark. <b>From March.</b>"
DUE = "It is time to look at what managers owe"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """Sam is back from a visit."""
    office = Office(tmp_path).open()
    office.countersigned()
    office.at(NOW + timedelta(hours=2)).sam.done("depart")
    office.at(NOW + timedelta(hours=3)).sam.done("back")
    return office.at(NOW + timedelta(hours=4))


def filled(office: Office, **answers: str) -> str:
    """Every question answered with yes, but for some."""
    text = office.mo.done("audit", "--print-answers").out
    text = re.sub(r"(?m)^  ([a-z-]+):\s*$", r"  \1: yes", text)
    given = {"what_will_change": f'"{CHANGE}"', **answers}
    for name, value in given.items():
        text = text.replace(f"  {name.replace('_', '-')}: yes", f"  {name.replace('_', '-')}: {value}")
    path = office.folder / "audit.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def signed(office: Office, *words: str, **answers: str) -> Ran:
    return office.mo.done("audit", "--answers", filled(office, **answers), "--yes", *words)


def test_the_form_is_a_checklist_like_any_other(office: Office) -> None:
    assert "What managers owe" in office.sam.done("checklist", "show", "manager-duties").out


def test_only_a_manager_signs_it_and_everybody_may_read_it(office: Office) -> None:
    path = filled(office)
    assert office.sam.run("audit", "--answers", path, "--yes").code == 1
    assert office.sam.run("audit", "--show").code == 1
    signed(office)
    assert "Signed by Mo" in office.sam.done("audit", "--show", "--plain").out


def test_what_the_record_says_is_signed_beside_the_answer(office: Office) -> None:
    signed(office, training="not-sure")
    shape = office.mo.done("audit", "--show", "--json").json
    questions = {one["id"]: one for one in shape["questions"]}
    assert "Countersigned before anybody set out: 1 of 1." in questions["policy-known"]["evidence"]
    assert questions["agenda"]["evidence"] == []
    assert shape["wanting"] == ["training"]
    assert office.mo.done("verify").code == 0


def test_the_evidence_can_be_had_without_signing(office: Office) -> None:
    ran = office.sam.done("audit", "--evidence", "--plain")
    assert "Being back was reported after 1 of 1 visits" in ran.out
    assert "Only you can say" in ran.out
    assert "Sam" not in ran.out
    assert office.sam.run("audit", "--show").code == 1


def test_the_year_after_it_asks_again_and_says_what_was_to_change(office: Office) -> None:
    assert DUE not in office.mo.done().out
    signed(office, training="no")
    office.at(NOW + timedelta(days=360))
    assert DUE not in office.mo.done().out
    office.at(NOW + timedelta(days=370))
    assert DUE in office.mo.done().out
    assert DUE not in office.sam.done().out
    found = {
        one["id"]: one["evidence"]
        for one in office.mo.done("audit", "--evidence", "--json").json["questions"]
    }
    assert found["what-will-change"] == [f"On 23 November 2026 this was to change: {CHANGE}"]
    assert found["training"] == ["On 23 November 2026 the answer was: no."]


def test_a_team_that_never_did_it_is_asked_after_its_first_year(office: Office) -> None:
    office.at(NOW + timedelta(days=300))
    assert DUE not in office.mo.done().out
    office.at(NOW + timedelta(days=400))
    assert DUE in office.mo.done().out
    (found,) = [one for one in office.mo.run("doctor", "--json").json if one["name"] == "managers' audit"]
    assert (found["state"], "visitsafe audit" in found["mend"]) == ("look", True)
    signed(office)
    (found,) = [one for one in office.mo.run("doctor", "--json").json if one["name"] == "managers' audit"]
    assert found["state"] == "ok"


def test_it_is_written_as_a_page(office: Office) -> None:
    signed(office)
    page, text = office.folder / "audit.html", office.folder / "audit.md"
    office.sam.done("audit", "--show", "--out", str(page))
    office.sam.done("audit", "--show", "--out", str(text))
    html = page.read_text(encoding="utf-8")
    assert "<b>From" not in html
    assert "&lt;b&gt;From March." in html
    assert text.read_text(encoding="utf-8") == office.sam.done("audit", "--show", "--format", "md").out


def test_flags_that_do_not_go_together_are_refused(office: Office) -> None:
    for words in (("--show", "--evidence"), ("--format", "md"), ("--show", "--json", "--format", "md")):
        assert office.mo.run("audit", *words).code == 2


def test_its_json_is_what_is_documented(office: Office) -> None:
    now = signed(office, "--json").json
    check(now, exactly(SHOWN))
    shown = office.mo.done("audit", "--show", "--json").json
    assert now == shown
    evidence = office.mo.done("audit", "--evidence", "--json").json
    check(evidence, exactly(EVIDENCE))
    assert documented("The managers' audit") == {*SHOWN, *QUESTION}
