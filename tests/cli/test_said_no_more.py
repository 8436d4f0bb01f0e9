"""A page never says more than was answered (D19): what was not asked is "not asked", not sure is "may"."""

from pathlib import Path

import pytest

from office import Office

UNASKED = """\
checklist: our-visit
visit:
  case: "CF-1"
  area: "Ordsall"
  start: "23 November 2026 10:00"
  due_back: "11:30"
  purpose: "Talk about nursery."
answers:
  phone: yes
  way-there: car
  share-hostility: no
  share-circumstances: no
  share-fear: no
  share-less-than-honest: no
  share-first-acknowledgement: no
  share-would-want-to-know: no
"""
"""Answers to the checklist that `checklist new` prints, which does not ask who comes along."""


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path).open()


def planned_unasked(office: Office) -> None:
    """Sam plans with an agency's checklist that asks nobody about company; Mo countersigns."""
    folder = office.folder / "lists"
    folder.mkdir()
    made = office.sam.done("checklist", "new", "our-visit").out
    (folder / "our-visit.yaml").write_text(made, encoding="utf-8")
    file = office.folder / "unasked.yaml"
    file.write_text(UNASKED, encoding="utf-8")
    own = {"VISITSAFE_CHECKLISTS": str(folder)}
    office.ref = office.sam.done("plan", "--answers", str(file), "--yes", "--json", **own).json["ref"]
    office.mo.done("review", office.ref, "--decision", "countersign", "--reason", "Fine.", **own)


def pages(office: Office) -> dict[str, str]:
    """Every page that says who goes."""
    ref, mo = office.ref, office.mo
    said = office.sam.done("depart", ref).out
    return {
        "depart": said,
        "show": mo.done("show", ref).out,
        "export": mo.done("export", ref).out,
        "card": mo.done("export", ref, "--format", "card").out,
        "case": mo.done("export", "--case", "CF-1").out,
        "board": mo.run("board").out,
    }


def test_alone_is_not_said_where_nobody_asked(office: Office) -> None:
    planned_unasked(office)
    found = pages(office)
    assert "for work, perhaps alone." in found["card"], "what is said to the police"
    for name, text in found.items():
        assert "not asked whether alone" in " ".join(text.split()), name
    assert office.show()["visit"]["company"] == "not asked"
    assert office.mo.run("board", "--json").json["visits"][0]["company"] == "not asked"
    report = office.mo.done("report", "--from", "1 November", "--to", "30 November", "--json").json
    figures = {line["id"]: line["value"] for one in report["sections"] for line in one["figures"]}
    assert (figures["alone"], figures["alone_not_said"]) == (0, 1)


@pytest.mark.parametrize(
    ("joint", "companions", "said", "company"),
    [
        ("no", "[]", "Sam, alone", "alone"),
        ("not-sure", "[]", "Sam, not sure whether alone", "not sure"),
        ("yes", '["Priya Nair"]', "Sam, with Priya Nair", "with somebody"),
        ("yes", '""', "Sam, with somebody who is not named", "with somebody"),
        ("yes", "[]", "Sam, alone", "alone"),
    ],
)
def test_who_comes_along_is_said_as_it_was_answered(
    office: Office, joint: str, companions: str, said: str, company: str
) -> None:
    office.countersigned(joint_visit=joint, companions=companions)
    for name, text in pages(office).items():
        assert said.removeprefix("Sam, ") in " ".join(text.split()), name
    assert said in office.mo.done("show", office.ref).out
    assert office.show()["visit"]["company"] == company
