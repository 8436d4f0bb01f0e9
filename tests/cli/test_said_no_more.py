"""A page never says more than was answered (D19): what was not asked is "not asked", not sure is "may"."""

from pathlib import Path

import pytest

from office import NOW, Office

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


def test_not_sure_is_never_told_to_others_as_if_it_were_so(office: Office) -> None:
    office.countersigned(
        share_fear="not-sure", share_hostility="yes", share_decision="share", share_with='["School nurse"]'
    )
    listed = office.sam.done("share", office.ref).out
    assert "Afraid of an adult (not sure): due" in listed
    for page in (
        listed,
        office.sam.done("share", office.ref, "--letter").out,
        office.mo.done("export", office.ref).out,
        office.mo.done("show", office.ref).out,
        office.mo.done("export", "--case", "CF-1").out,
    ):
        assert "A professional is afraid" not in page
    assert "A professional may be afraid of an adult in the family, and is not sure of it" in listed
    assert "An adult in the family has been hostile, threatening or violent" in listed


def test_a_letter_tells_the_measures_that_concern_others_and_none_of_the_workers_own(office: Office) -> None:
    file = Path(office.answers(threat_expected="yes", strategies_agreed="no", private_details="no"))
    own, theirs = "Ring your manager and agree what you will do", "Go with a colleague"
    first = "Make the first visit with the police or a colleague, to show why you come"
    file.write_text(
        file.read_text(encoding="utf-8")
        + "controls:\n"
        + "".join(
            f"  - {{rule: threat-no-strategy, do: '{text}', who: Sam}}\n" for text in (own, first, theirs)
        ),
        encoding="utf-8",
    )
    office.ref = office.sam.done("plan", "--answers", str(file), "--yes", "--json").json["ref"]
    letter = office.sam.done("share", office.ref, "--letter").out
    assert first in letter
    assert own not in letter
    assert theirs not in letter.replace(first, ""), "the worker's own words are not the checklist's"


def test_whoever_writes_a_letter_leaves_out_each_line_that_they_want_to(office: Office) -> None:
    office.countersigned(
        share_hostility="yes", share_fear="yes", share_decision="share", share_with='["School nurse"]'
    )
    ran = office.sam.done("share", office.ref, "--letter")
    assert "An adult in the family has been hostile" in ran.out
    assert "2  A professional is afraid of an adult in the family" in ran.err
    less = office.sam.done("share", office.ref, "--letter", "--leave-out", "2")
    assert "A professional is afraid" not in less.out
    assert "An adult in the family has been hostile" in less.out
    assert "2  left out  A professional is afraid" in less.err
    wrong = office.sam.run("share", office.ref, "--letter", "--leave-out", "9")
    assert wrong.code == 2
    assert "the letter has no line 9 to leave out" in wrong.err


def test_hostility_that_nobody_was_sure_of_is_said_so_in_the_pack(office: Office) -> None:
    for day in ("23", "24"):
        office.at(NOW.replace(day=int(day)))
        office.plan(
            start=f'"{day} November 2026 10:00"', daylight="not-sure", threat_expected="not-sure",
            strategies_agreed="yes", strategies='"Sit by the door."',
        )  # fmt: skip
        office.mo.done(
            "review", office.ref, "--decision", "countersign", "--reason", "Fine.", "--condition", "Ring."
        )
        office.sam.done("depart", office.ref)
        office.sam.done("back", office.ref, "--at", "08:00")
    pack = " ".join(office.mo.done("export", "--case", "CF-1").out.split())
    assert "made alone, and hostility was not ruled out in this case." in pack


def test_a_standing_answer_that_a_file_leaves_out_is_said_before_it_is_signed(office: Office) -> None:
    office.plan()
    file = Path(office.answers(start='"24 November 2026 10:00"'))
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if "training" not in line]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    ran = office.sam.done("plan", "--answers", str(file), "--yes")
    assert "as in your last plan, for the file does not say: Safety training: yes" in ran.err
