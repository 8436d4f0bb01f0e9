"""What a manager is told first before deciding: what happened on earlier visits of the case, as of now."""

import io
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from rich.cells import cell_len

from hostile import ATTACKS
from office import NOW, Office
from story import NOW as STORY_NOW
from story import Story, begun, calm_visit, hostile_visit
from visitsafe.checklists.facts import Known
from visitsafe.cli.output import make_console
from visitsafe.cli.review_screen import review_plan
from visitsafe.cli.show import show_plan
from visitsafe.record.bodies import INCIDENT_BEFORE, LAST_TIME, Finding
from visitsafe.record.terms import Level

LONDON = ZoneInfo("Europe/London")
INCIDENT = """\
checklist: incident
answers:
  near-miss: no
  behaviours: [physical-violence]
  hurt: yes
  seen-and-heard: "He threw a cup."
  others-at-risk: no
"""
VIOLENCE = "Last time (23 November): there was an incident: Physical violence. Somebody was hurt."


def note(rule: str, text: str, source: str) -> Finding:
    return Finding(rule=rule, level=Level.NOTE, text=text, source=source)


HURT = note(INCIDENT_BEFORE, VIOLENCE, "incident of 5VAH-YK")
WISH = note(f"{LAST_TIME}next-time", "Last time (23 November): for the next visit: Go as two.", "debrief")
AGREED = note(f"{LAST_TIME}agreed", "Agreed in supervision: Ring first (Mo)", "supervision")
UNSEEN = note(f"{LAST_TIME}not-seen", "Last time (23 November): not seen: The brother.", "debrief of x")
MARKER = note(f"{LAST_TIME}marker", "A warning marker stands in the case system.", "marker")
KNOWN = (UNSEEN, MARKER, AGREED, WISH, HURT)


def reviewed(
    story: Story,
    known: Sequence[Finding] = KNOWN,
    width: int = 80,
    rows: int | None = None,
    previous: Story | None = None,
) -> str:
    file = io.StringIO()
    console = make_console(plain=True, environ={}, file=file, width=width)
    before = previous.state if previous else None
    review_plan(console, story.state, before, STORY_NOW, LONDON, rows, known=Known(tuple(known)))
    return file.getvalue()


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize("rows", [None, 12])
def test_what_happened_before_stands_first_and_once(width: int, rows: int | None) -> None:
    body = hostile_visit(findings=(*hostile_visit().findings, HURT, WISH))
    text = flat(reviewed(begun().planned(body=body), width=width, rows=rows))
    told = [text.index(one.text) for one in (HURT, WISH, AGREED, UNSEEN)]
    assert told == sorted(told)
    assert told[0] < told[-1] < text.index("Stop: The visit ends") < text.index("The visit Mon")
    assert text.count(VIOLENCE) == text.count(WISH.text) == 1


def test_what_the_plan_itself_tells_stays_where_the_case_no_longer_tells_it() -> None:
    """The earlier plans may have been removed by rule since; the plan that was signed still knows."""
    story = begun().planned(body=calm_visit(findings=(HURT, WISH)))
    top = flat(reviewed(story, ()).split("\n\n")[1])
    assert top.startswith('What is worrying ("you" is Sam Okafor) - ' + VIOLENCE)
    assert WISH.text in top


def test_a_brief_plan_counts_no_note_that_was_told_already() -> None:
    story = begun().planned(body=hostile_visit(findings=(HURT, WISH)))
    assert "2 notes" not in flat(reviewed(story, rows=1))


def test_going_alone_is_worrying_where_somebody_was_hurt_after_the_plan_was_signed() -> None:
    assert "Who goes: not asked whether alone." in reviewed(begun().planned(body=calm_visit()))


@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda text: repr(text[:20]))
def test_what_happened_before_is_only_text(attack: str, width: int) -> None:
    known = [note(one.rule, attack, attack) for one in KNOWN]
    file = io.StringIO()
    story = begun().planned()
    console = make_console(plain=True, environ={}, file=file, width=width)
    show_plan(console, story.state, STORY_NOW, LONDON, known=Known(tuple(known)))
    for line in (file.getvalue() + reviewed(story, known, width)).splitlines():
        assert cell_len(line) <= width
        assert line.isprintable()


@pytest.mark.parametrize(("decision", "word"), [("refuse", "refused"), ("return", "returned")])
def test_the_same_plan_again_says_how_it_was_decided(decision: str, word: str) -> None:
    before = begun().planned().decided(decision)
    full, brief = (flat(reviewed(begun().planned(), (), rows=rows, previous=before)) for rows in (None, 1))
    assert f"(23 November 2026), which was {word} Nothing: the same" in full
    assert f"nothing has changed since {before.state.ref} (23 November 2026), which was {word}" in brief


def test_the_same_plan_again_says_that_it_was_withdrawn() -> None:
    before = begun().planned().withdrawn()
    assert "which was withdrawn" in reviewed(begun().planned(), previous=before)
    assert "which was" not in reviewed(begun().planned(), previous=begun().planned().decided())


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """A plan that was signed before the incident on the visit before it."""
    office = Office(tmp_path).open()
    office.countersigned()
    first = office.ref
    later = office.answers(start='"25 November 2026 10:00"')
    office.ref = office.sam.done("plan", "--answers", later, "--yes", "--json").json["ref"]
    office.at(NOW + timedelta(hours=4))
    path = office.folder / "incident.yaml"
    path.write_text(INCIDENT, encoding="utf-8")
    office.sam.done("incident", first, "--answers", str(path), "--yes")
    return office


def test_a_manager_who_looks_at_a_plan_is_told_of_an_incident_that_came_after_it(office: Office) -> None:
    out = flat(office.mo.done("show", office.ref).out)
    assert VIOLENCE in out
    assert out.index(VIOLENCE) < out.index("Findings")


def test_an_incident_on_a_plan_is_no_earlier_visit_of_that_plan(office: Office) -> None:
    path = str(office.folder / "incident.yaml")
    office.sam.done("incident", office.ref, "--answers", path, "--yes")
    assert flat(office.mo.done("show", office.ref).out).count("Physical violence. Somebody was hurt") == 1


def test_an_assault_after_the_signature_asks_for_conditions_and_is_named(office: Office) -> None:
    ran = office.mo.run("review", office.ref, "--decision", "countersign", "--reason", "Because.")
    assert ran.code == 1
    assert "Since it was signed: Violence, or somebody hurt, or perhaps hurt: 23 November 2026" in ran.err
    assert "leaves out a stop finding that its answers and what is known raise" in ran.err


def test_one_line_that_countersigns_says_what_is_confirmed(office: Office) -> None:
    words = ("review", office.ref, "--reason", "Because.", "--decision")
    assert "you confirm" not in office.mo.done(*words, "return").err
    ran = office.mo.done(*words, "countersign", "--json", "--condition", "With a colleague.")
    attested = [one["text"] for one in ran.json["decision"]["attested"]]
    assert attested
    said = ran.err.index("By countersigning you confirm:")
    assert all(ran.err.index(text) > said for text in attested)
