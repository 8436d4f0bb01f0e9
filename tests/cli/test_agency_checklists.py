"""An agency plans with checklists of its own: what it may write there, and what comes of it."""

import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from office import Office, Ran, Someone
from visitsafe.adapters.checklists import shipped_folder
from visitsafe.adapters.starting_files import starting_file

ANSWERS = """\
checklist: estate
visit:
  case: "CF-1"
  area: "Ordsall"
  start: "23 November 2026 10:00"
  due_back: "11:30"
  purpose: "Look at the boiler."
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


@dataclass
class Agency:
    """An agency whose own checklists lie in a folder on Sam's computer."""

    office: Office
    folder: Path

    def write(self, questions: str = "", rules: str = "") -> Path:
        """The agency's visit checklist: the one that `checklist new` begins, with more in it."""
        text = starting_file("visit", "estate", None)
        text = text.replace("\nrules:\n", f"{_indented(questions, 6)}\nrules:\n{_indented(rules, 2)}", 1)
        path = self.folder / "estate.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    def run(self, someone: Someone, *words: str) -> Ran:
        return someone.run(*words, VISITSAFE_CHECKLISTS=str(self.folder))

    def done(self, someone: Someone, *words: str) -> Ran:
        return someone.done(*words, VISITSAFE_CHECKLISTS=str(self.folder))

    def check(self) -> Ran:
        return self.run(self.office.sam, "checklist", "check")

    def answers(self, more: str = "", phone: str = "yes") -> str:
        path = self.office.folder / "estate-answers.yaml"
        text = ANSWERS.replace("phone: yes", f"phone: {phone}")
        path.write_text(text + _indented(more, 2), encoding="utf-8")
        return str(path)

    def plan(self, more: str = "", phone: str = "yes") -> Any:
        """Have Sam sign a plan with the agency's checklist; what `--json` printed."""
        words = ("plan", "--answers", self.answers(more, phone), "--yes", "--json")
        shape = self.done(self.office.sam, *words).json
        self.office.ref = shape["ref"]
        return shape


def _indented(text: str, by: int) -> str:
    return textwrap.indent(textwrap.dedent(text).strip("\n") + "\n", " " * by) if text else ""


@pytest.fixture
def agency(office: Office) -> Agency:
    folder = office.folder / "agency"
    folder.mkdir()
    return Agency(office, folder)


NEUTRAL = """
- id: lives-alone
  label: "Lives alone"
  ask: "Does the tenant live alone?"
  why: "A visit to somebody who lives alone is another visit."
  unsafe: neither
  source: [{document: "salford-2011", paragraph: "7.2"}]
- id: lift-works
  label: "Lift works"
  ask: "Does the lift work?"
  why: "The way out is longer without."
  unsafe: "no"
  does_not_apply: true
  source: [{document: "salford-2011", paragraph: "7.2"}]
"""
ABOUT_THE_LIFT = """
- id: no-lift
  level: control
  when: {lift-works: "no"}
  text: "The way out is by the stairs."
  why: "The way out is longer without."
  source: [{document: "salford-2011", paragraph: "7.2"}]
- id: with-others
  level: note
  when: {lives-alone: "no"}
  text: "Somebody else may be there."
  why: "Who else is there matters."
  source: [{document: "salford-2011", paragraph: "7.2"}]
"""


@pytest.mark.parametrize(
    ("lives_alone", "lift_works", "raised"),
    [
        ("yes", "yes", []),
        ("not-sure", "does-not-apply", []),
        ("no", "n/a", ["with-others"]),
        ("yes", "no", ["no-lift"]),
        ("yes", "not-sure", ["no-lift"]),
    ],
)
def test_a_question_may_have_no_unsafe_side_and_may_not_apply(
    agency: Agency, lives_alone: str, lift_works: str, raised: list[str]
) -> None:
    agency.write(NEUTRAL, ABOUT_THE_LIFT)
    assert agency.check().code == 0
    shape = agency.plan(f"lives-alone: {lives_alone}\nlift-works: {lift_works}")
    assert [finding["rule"] for finding in shape["findings"]] == raised
    page = agency.done(agency.office.mo, "show", agency.office.ref, "--plain").out
    assert ("Lift works: does not apply" in " ".join(page.split())) is (
        lift_works in {"does-not-apply", "n/a"}
    )


def test_what_is_not_offered_is_not_taken(agency: Agency) -> None:
    agency.write(NEUTRAL)
    ran = agency.run(
        agency.office.sam,
        *("plan", "--answers", agency.answers("lives-alone: n/a\nlift-works: yes"), "--yes"),
    )
    assert ran.code == 1
    assert "yes, no or not-sure" in ran.err


COUNTERSIGN = ("--decision", "countersign", "--reason", "Well thought through.")


def test_a_manager_without_the_agency_s_checklist_countersigns_on_what_the_plan_carries(
    agency: Agency,
) -> None:
    office = agency.office
    agency.write(NEUTRAL)
    agency.plan("lives-alone: yes\nlift-works: yes")
    ran = office.mo.done("review", office.ref, *COUNTERSIGN)
    assert "the checklist estate is not here" in ran.err
    assert "- I have read the whole plan and its findings." in ran.err
    decision = office.show()["decision"]
    assert (office.show()["status"], len(decision["attested"])) == ("countersigned", 7)


def test_what_the_plan_carries_asks_for_conditions_too(agency: Agency) -> None:
    office = agency.office
    agency.write()
    agency.plan("other-alarm: no", phone="no")
    ran = office.mo.run("review", office.ref, *COUNTERSIGN)
    assert (ran.code, "A stop finding still stands" in ran.err) == (1, True)
    office.mo.done("review", office.ref, *COUNTERSIGN, "--condition", "Take the duty phone.")
    assert office.show()["status"] == "countersigned"


def test_a_manager_whose_own_text_differs_is_shown_how_and_decides_all_the_same(agency: Agency) -> None:
    office = agency.office
    agency.write(NEUTRAL)
    agency.plan("lives-alone: yes\nlift-works: yes")
    agency.write(NEUTRAL.replace("Does the tenant live alone?", "Do they live alone?"))
    ran = agency.done(office.mo, "review", office.ref, *COUNTERSIGN)
    assert "the plan was made with another text of estate than the one here" in ran.err
    assert (
        'Lives alone: the plan asks "Does the tenant live alone?"; '
        'the checklist here asks "Do they live alone?"'
    ) in ran.err
    assert office.show()["status"] == "countersigned"


def test_a_manager_s_own_review_list_is_shown_and_its_conditions_are_heeded(agency: Agency) -> None:
    office = agency.office
    agency.write(NEUTRAL, ABOUT_THE_LIFT)
    agency.plan("lives-alone: no\nlift-works: no")
    text = (shipped_folder() / "review.yaml").read_text(encoding="utf-8")
    text = text.replace("levels: [stop]", "levels: [stop, control]")
    text = text.replace("I have read the whole plan and its findings.", "I have read all of it twice.")
    (agency.folder / "review.yaml").write_text(text, encoding="utf-8")
    ran = agency.run(office.mo, "review", office.ref, *COUNTERSIGN)
    assert ran.code == 1
    assert 'would have you confirm as well: "I have read all of it twice."' in ran.err
    agency.done(office.mo, "review", office.ref, *COUNTERSIGN, "--condition", "Ring from the stairs.")
    attested = [one["text"] for one in office.show()["decision"]["attested"]]
    assert "I have read the whole plan and its findings." in attested
