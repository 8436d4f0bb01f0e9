"""An agency plans with checklists of its own: what it may write there, and what comes of it."""

import textwrap
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml

from office import NOW, Office, Ran, Someone
from visitsafe.checklists.files import starting_file
from visitsafe.checklists.library import shipped_folder

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
        if (self.folder / "ladder.yaml").exists():
            text = text.replace("escalation: escalation", "escalation: estate-ladder")
        text = text.replace("\nrules:\n", f"{_indented(questions, 6)}\nrules:\n{_indented(rules, 2)}", 1)
        path = self.folder / "estate.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    def write_ladder(self, step: str) -> None:
        """The agency's own ladder: the shipped one with one more step before the others."""
        text = (shipped_folder() / "escalation.yaml").read_text(encoding="utf-8")
        text = text.replace("\nid: escalation\n", "\nid: estate-ladder\n")
        text = text.replace("steps:\n", f"steps:\n{_indented(step, 2)}", 1)
        (self.folder / "ladder.yaml").write_text(text, encoding="utf-8")

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


OWN_WORDS = """
- id: safety-course
  means: training
  label: "Safety course"
  ask: "Is your safety course up to date?"
  why: "Practised moves come to mind when there is no time to think."
  unsafe: "no"
  valid_for: 365
  source: [{document: "salford-2011", paragraph: "7.2"}]
"""
ABOUT_THE_COURSE = """
- id: no-course
  level: note
  when: {safety-course: "no"}
  text: "Your course is out of date."
  why: "It can be learned."
  source: [{document: "salford-2011", paragraph: "7.2"}]
"""


def test_a_question_of_ones_own_is_kept_by_what_it_means_and_carried_over_by_it(agency: Agency) -> None:
    agency.write(OWN_WORDS, ABOUT_THE_COURSE)
    assert agency.check().code == 0
    office = agency.office
    assert agency.plan("safety-course: yes")["findings"] == []
    body = office.sam.done("show", office.ref, "--json").json
    assert body["answers"]["training"] == "yes"
    assert list(body["standing"]) == ["training"]
    again = agency.done(
        office.sam, "plan", "--answers", agency.answers(), "--another", "--yes", "--json"
    ).json
    assert office.sam.done("show", again["ref"], "--json").json["answers"]["training"] == "yes"
    agency.write(OWN_WORDS.replace("means: training", "means: weather"), ABOUT_THE_COURSE)
    assert 'no meaning "weather"' in agency.check().err


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


BUDDY = """
- id: buddy
  label: "Buddy"
  ask: "Who rings if nobody has heard from you?"
  why: "Somebody who knows you notices first."
  answer: people
  source: [{document: "salford-2011", paragraph: "8.2"}]
"""
NOT_THERE = """
- id: not-there
  counts_from: start
  missing: arrived
  after: 20
  person: buddy
  who: [duty]
  do: "Ring them: nobody has heard that they arrived."
  why: "Somebody who does not arrive may have been stopped on the way."
  source: [{document: "salford-2011", paragraph: "8.2"}]
"""
HALF_PAST_TEN = NOW + timedelta(hours=2, minutes=30)


def rung_on_arrival(agency: Agency) -> Any:
    """A plan with a buddy, and with a step twenty minutes after the start if Sam has not arrived by then."""
    office = agency.office
    agency.write_ladder(NOT_THERE)
    agency.write(BUDDY)
    assert agency.check().code == 0, agency.check().err
    shape = agency.plan("buddy: Mo; Ann Price")
    office.mo.done("review", office.ref, *COUNTERSIGN)
    return shape


def steps_raised(office: Office) -> list[str]:
    return [one["says"] for one in office.show()["entries"] if one["kind"] == "escalated"]


def test_a_step_names_the_people_of_an_answer_before_its_roles(agency: Agency) -> None:
    rung = rung_on_arrival(agency)["ladder"]["steps"][0]
    assert (rung["who"], rung["counts_from"], rung["missing"]) == (
        ["Mo", "Ann Price", "duty"],
        "start",
        "arrived",
    )
    page = agency.office.mo.done("export", agency.office.ref, "--format", "md").out
    assert (
        "10:20 (70 minutes before), Mo or Ann Price or duty officer: If they have not reported arriving: "
        "Ring them: nobody has heard that they arrived."
    ) in " ".join(page.split())


def test_a_ladder_with_people_is_its_checklist_s_for_a_manager_who_has_that(agency: Agency) -> None:
    rung_on_arrival(agency)
    office = agency.office
    ran = agency.done(office.mo, "review", office.ref, *COUNTERSIGN)
    assert "escalation" not in ran.err
    assert "another text" not in ran.err


def test_what_is_on_paper_says_that_such_a_step_waits_for_a_report(agency: Agency) -> None:
    rung_on_arrival(agency)
    office = agency.office
    assert (
        "If they have not reported arriving: Ring them"
        in office.mo.done("export", office.ref, "--format", "card").out
    )
    own = " ".join(office.at(NOW + timedelta(hours=2)).sam.done("depart").out.split())
    assert "10:20 Mo, Ann Price and duty officer told, unless you report arriving" in own


def test_whoever_does_not_arrive_is_noticed_before_they_are_due_back(agency: Agency) -> None:
    rung_on_arrival(agency)
    office = agency.office
    dee = office.duty()
    office.at(NOW + timedelta(hours=2)).sam.done("depart")
    dee.now = HALF_PAST_TEN
    ran = dee.done("watch", "--once")
    assert "Ring them: nobody has heard that they arrived." in ran.out + ran.err
    assert len(steps_raised(office)) == 1


@pytest.mark.parametrize("report", ["arrive", "back"])
def test_whoever_has_arrived_or_is_back_is_not_rung_about_it(agency: Agency, report: str) -> None:
    rung_on_arrival(agency)
    office = agency.office
    dee = office.duty()
    office.at(NOW + timedelta(hours=2)).sam.done("depart")
    office.at(NOW + timedelta(hours=2, minutes=10)).sam.done(report)
    dee.now = HALF_PAST_TEN
    dee.done("watch", "--once")
    assert steps_raised(office) == []


def test_taking_on_that_nobody_arrived_takes_nothing_on_that_comes_after_the_time_due_back(
    agency: Agency,
) -> None:
    rung_on_arrival(agency)
    office = agency.office
    dee = office.duty()
    office.at(NOW + timedelta(hours=2)).sam.done("depart")
    dee.now = HALF_PAST_TEN
    dee.done("watch", "--once")
    out = dee.done("acknowledge", office.ref).out
    assert f"Pass on what you hear from them: visitsafe arrive {office.ref} --for Sam" in out
    assert "stand-down" not in out
    ran = dee.run("stand-down", office.ref, "--because", "safe")
    assert (ran.code, "it is watched until Sam is back" in ran.err) == (1, True)
    dee.now = NOW + timedelta(hours=5)
    ran = dee.run("watch", "--once")
    assert ran.code == 4
    assert dee.run("board", "--json").json["alarming"] == 1
    assert len(steps_raised(office)) > 3


def test_nobody_has_to_stand_down_that_somebody_had_not_arrived(agency: Agency) -> None:
    rung_on_arrival(agency)
    office = agency.office
    dee = office.duty()
    office.at(NOW + timedelta(hours=2)).sam.done("depart")
    dee.now = HALF_PAST_TEN
    dee.done("watch", "--once")
    office.at(NOW + timedelta(hours=3)).sam.done("back")
    dee.now = NOW + timedelta(hours=6)
    assert dee.run("watch", "--once").code == 0
    assert dee.done("board", "--json").json["visits"] == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "  missing: arrived\n",
            "  missing: arrived\n  acknowledge: true\n",
            "a step that counts from the start only tells",
        ),
        ("  counts_from: start\n", "", "a report can only be missing from the start on"),
        ("  after: 20\n", "  after: -20\n", "nobody has set out before the start"),
        ("  person: buddy\n", "  person: body\n", 'has no question "body": did you mean "buddy"?'),
        ("  person: buddy\n", "  person: phone\n", '"phone" does not ask for people'),
        ("  missing: arrived\n", "  missing: arived\n", 'did you mean "arrived"?'),
    ],
)
def test_a_step_that_does_not_fit_is_said_where_it_stands(
    agency: Agency, old: str, new: str, said: str
) -> None:
    agency.write_ladder(NOT_THERE.replace(old, new))
    agency.write(BUDDY)
    ran = agency.check()
    assert ran.code == 1
    assert said in ran.err


@pytest.mark.parametrize(
    "wrong", ['issued: "31 January 2013"', "issued: 2013-01-31", 'issued: "2013-13"', "issued:"]
)
def test_one_wrong_date_in_the_sources_is_one_problem_and_every_citation_of_it_none(
    agency: Agency, wrong: str
) -> None:
    text = (shipped_folder() / "sources.yaml").read_text(encoding="utf-8")
    right = next(line.strip() for line in text.splitlines() if "issued:" in line)
    (agency.folder / "sources.yaml").write_text(text.replace(right, wrong, 1), encoding="utf-8")
    ran = agency.check()
    assert ran.code == 1
    assert "1 problem in" in ran.err
    assert "sources.yaml" in ran.err


@pytest.mark.parametrize("issued", ['"2021"', "2021", '"2021-05"', "2021-05", '"2021-05-31"'])
def test_a_document_may_be_issued_in_a_year_a_month_or_on_a_day(agency: Agency, issued: str) -> None:
    text = starting_file("sources", "ours", None)
    right = next(line.strip() for line in text.splitlines() if line.strip().startswith("issued:"))
    (agency.folder / "sources.yaml").write_text(text.replace(right, f"issued: {issued}"), encoding="utf-8")
    assert agency.check().code == 0, agency.check().err
    assert issued.strip('"') in agency.done(agency.office.sam, "checklist", "show", "sources").out


def test_a_slip_in_one_id_is_told_once_for_each_file_that_names_it(agency: Agency) -> None:
    text = agency.write().read_text(encoding="utf-8").replace("- id: phone\n", "- id: phon\n")
    (agency.folder / "estate.yaml").write_text(
        text.replace('"salford-2011"', '"salford-2012"'), encoding="utf-8"
    )
    ran = agency.check()
    assert ran.err.count("salford-2012") == 1
    assert 'did you mean "salford-2011"? (and in' in ran.err
    (agency.folder / "estate.yaml").write_text(text, encoding="utf-8")
    ran = agency.check()
    assert ran.err.count('there is no question "phone"') == 1
    assert "2 problems in" not in ran.err


ADDED = """\
format: 1
kind: visit
id: home-visit
version: "1.0"
title: "Our home visits"
about: "What we add."
extends: home-visit
add_choices:
  behaviours:
    - {id: sexual-harassment, text: "Sexual remarks or harassment"}
rules:
  - id: harassed
    level: control
    when: {behaviours: sexual-harassment}
    text: "Somebody was sexually harassed."
    why: "Nobody has to go alone to somebody who does that."
    source: [{document: "salford-2011", paragraph: "6.2"}]
"""
ASKED = {"uncooperativeness": "confrontation"}


def test_a_choice_is_added_to_a_shipped_question_without_writing_it_anew(agency: Agency) -> None:
    office = agency.office
    (agency.folder / "ours.yaml").write_text(ADDED, encoding="utf-8")
    assert agency.check().code == 0, agency.check().err
    answers = office.answers(**ASKED, behaviours="[shouting, sexual-harassment]", exit_plan='"The door."')
    ran = agency.run(office.sam, "plan", "--answers", answers, "--yes", "--json")
    assert ran.code == 0, ran.err
    said = {one["id"]: one["answer"] for one in ran.json["shown"]}
    assert said["behaviours"] == "Shouting; Sexual remarks or harassment"
    assert "harassed" in [finding["rule"] for finding in ran.json["findings"]]


@pytest.mark.parametrize(
    ("old", "new", "where", "said"),
    [
        (
            "  behaviours:\n",
            "  behaviour:\n",
            "9:3",
            'there is no question "behaviour": did you mean "behaviours"?',
        ),
        ("  behaviours:\n", "  purpose:\n", "9:3", "only a choice can get more choices"),
        ("{id: sexual-harassment,", "{id: shouting,", "10:", '"behaviours" has a choice "shouting" already'),
        ("extends: home-visit\n", "", "7:1", "add_choices needs extends"),
    ],
)
def test_choices_that_cannot_be_added_are_told_where_they_stand(
    agency: Agency, old: str, new: str, where: str, said: str
) -> None:
    text = ADDED.replace(old, new)
    (agency.folder / "ours.yaml").write_text(text, encoding="utf-8")
    ran = agency.check()
    assert ran.code == 1
    line = next(line for line in ran.err.splitlines() if said in line)
    assert f"ours.yaml:{where}" in line


def test_check_advises_where_an_unsafe_answer_or_an_added_choice_is_named_by_no_rule(agency: Agency) -> None:
    agency.write(NEUTRAL, ABOUT_THE_LIFT)
    assert "advice" not in agency.check().err
    agency.write(NEUTRAL)
    (agency.folder / "ours.yaml").write_text(ADDED[: ADDED.index("rules:")], encoding="utf-8")
    ran = agency.check()
    assert ran.code == 0
    told = [line for line in ran.err.splitlines() if "advice" in line]
    assert len(told) == 2
    assert "estate.yaml:" in told[0]
    assert 'no rule names "no", the unsafe answer to this question' in told[0]
    assert 'ours.yaml:10:7: no rule names "sexual-harassment", which is added to "behaviours"' in told[1]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("form", "no command opens a form with the id our-own, so nobody ever sees it"),
        ("supervision", "no command shows prompts with the id our-own, so nobody ever sees it"),
        ("escalation", "no visit checklist uses our-own, so nobody ever sees it"),
    ],
)
def test_check_advises_where_nothing_opens_a_file(agency: Agency, kind: str, said: str) -> None:
    path = agency.folder / "own.yaml"
    path.write_text(starting_file(kind, "our-own", None), encoding="utf-8")
    for words in ((), (str(path),)):
        ran = agency.run(agency.office.sam, "checklist", "check", *words)
        assert (ran.code, said in " ".join(ran.err.split())) == (0, True), ran.err
    path.write_text(starting_file(kind, {"form": "debrief"}.get(kind, kind), None), encoding="utf-8")
    assert "nobody ever sees it" not in agency.check().err


def test_a_question_that_nobody_can_reach_is_a_problem(agency: Agency) -> None:
    never = NEUTRAL[: NEUTRAL.index("- id: lift-works")] + '  when: {phone: "yes", other-alarm: "no"}\n'
    agency.write(never)
    ran = agency.check()
    assert ran.code == 1
    assert "no answers lead to this question: change or leave out the condition" in ran.err


def changed(agency: Agency, name: str, old: str, new: str) -> list[str]:
    """What `checklist check` says of the agency's own copy of a shipped file with one slip in it."""
    text = (shipped_folder() / f"{name}.yaml").read_text(encoding="utf-8")
    assert old in text
    (agency.folder / f"{name}.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    ran = agency.check()
    assert ran.code == 1
    return [line for line in ran.err.splitlines() if f"{agency.folder}/" in line or "/checklists/" in line]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("home-visit", "- {id: physical-violence,", "- {id: physical-violense,"),
        ("home-visit", "      - id: threat-expected\n", "      - id: threat-expectd\n"),
        ("home-visit", "kind: visit", "kind: vist"),
        ("home-visit", "sections:", "sections: ["),
        ("home-visit", "  review: review\n", "  review: reviw\n"),
        ("review", "attest:", "attests:"),
        ("escalation", "high_risk_step: ", "high_risk_step: x"),
        ("should-not", "  - id: not-personal\n", "  - id: phone\n"),
        ("incident", "version: ", "versoin: "),
        ("information-sharing", "within_days: ", "within_days: x"),
    ],
)
def test_one_slip_is_one_problem(agency: Agency, name: str, old: str, new: str) -> None:
    lines = [line for line in changed(agency, name, old, new) if "review date" not in line]
    assert 1 <= len(lines) <= 2, lines


def test_an_editor_s_schema_takes_all_of_it(agency: Agency) -> None:
    """What `checklist check` takes, a validator that is not ours takes by the schema, too."""
    agency.write_ladder(NOT_THERE)
    agency.write(NEUTRAL + BUDDY, ABOUT_THE_LIFT)
    (agency.folder / "ours.yaml").write_text(ADDED, encoding="utf-8")
    sources = starting_file("sources", "ours", None)
    (agency.folder / "sources.yaml").write_text(sources.replace('"2026-01"', "2026"), encoding="utf-8")
    assert agency.check().code == 0, agency.check().err
    schema = agency.done(agency.office.sam, "checklist", "schema").json
    for path in sorted(agency.folder.glob("*.yaml")):
        jsonschema.validate(yaml.safe_load(path.read_text(encoding="utf-8")), schema)
    wrong = yaml.safe_load(ADDED.replace("extends:", "extend:"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, schema)
