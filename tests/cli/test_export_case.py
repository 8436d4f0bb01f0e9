"""`visitsafe export --case`: a page worth discussing in staff supervision, from the command line."""

from datetime import timedelta
from pathlib import Path

import pytest

from office import NOW, Office

SECRET = "He kicked the door and swore."
INCIDENT = f"""\
checklist: incident
answers:
  near-miss: no
  behaviours: [shouting, racist-remarks]
  hurt: no
  seen-and-heard: "{SECRET}"
  others-at-risk: yes
"""
DEBRIEF = """\
checklist: debrief
answers:
  went: as-planned
  any-not-seen: yes
  not-seen: "The older brother."
  any-unsaid: no
  relieved: yes
  new-for-others: no
  effects: [afraid]
  next-time: "Meet at the school first."
"""


def form(office: Office, text: str) -> str:
    path = office.folder / "form.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """Sam visited in the evening, alone, and there was an incident; another visit is still to come."""
    office = Office(tmp_path).open()
    office.countersigned(
        start='"23 November 2026 18:00"',
        due_back='"19:00"',
        address='"14 Acacia Road, Salford M5 3EQ"',
    )
    for hours, command in ((10, "depart"), (11, "back")):
        office.at(NOW + timedelta(hours=hours)).sam.done(command, office.ref)
    first = office.ref
    office.sam.done("incident", first, "--answers", form(office, INCIDENT), "--yes")
    office.sam.done("debrief", first, "--answers", form(office, DEBRIEF), "--yes")
    office.at(NOW + timedelta(days=3))
    office.plan(start='"30 November 2026 10:00"', due_back='"11:00"')
    office.ref = first
    return office


def test_the_pack_of_a_case_has_its_visits_patterns_and_fitting_prompts(office: Office) -> None:
    page = office.mo.done("export", "--case", "CF-1").out
    assert page.startswith("# Staff supervision: case CF-1\n\n2 visits were planned: 1 was made, by Sam (1)")
    assert SECRET in page
    assert "Who was not seen: The older brother." in page
    assert "not answered" not in page
    assert "how and when will they be" in page.casefold()  # the prompt for somebody who was not seen
    assert "aimed at who somebody is" in page
    assert f"`visitsafe share {office.ref} --duty 1`" in page
    assert "fraid" not in page
    asked = [line for line in page.splitlines() if line.split(". ")[0].isdigit()]
    assert 5 <= len(asked) <= 10


def test_the_address_is_left_out_unless_asked_for(office: Office) -> None:
    assert "Acacia" not in office.mo.done("export", "--case", "CF-1").out
    shape = office.mo.done("export", "--case", "CF-1", "--format", "json", "--include-details").json
    assert shape["visits"][0]["address"] == "14 Acacia Road, Salford M5 3EQ"


def test_a_case_is_found_however_its_reference_is_spelt(office: Office) -> None:
    shape = office.mo.done("export", "--case", " cf-1 ", "--format", "json").json
    assert (shape["case"], len(shape["visits"])) == ("CF-1", 2)
    assert {"incident", "identity", "relieved", "not-seen"} <= {one["pattern"] for one in shape["patterns"]}


def test_the_page_is_written_to_a_new_file_as_html_that_fetches_nothing(office: Office) -> None:
    file = office.folder / "pack.html"
    office.mo.done("export", "--case", "CF-1", "--format", "html", "--out", str(file))
    text = file.read_text(encoding="utf-8")
    assert "<title>Staff supervision: case CF-1</title>" in text
    assert "://" not in text
    assert office.mo.run("export", "--case", "CF-1", "--out", str(file)).code == 1


def test_the_page_of_a_plan_has_what_came_after_it_and_the_prompts_of_its_case(office: Office) -> None:
    page = office.mo.done("export", office.ref).out
    assert "## Incident" in page
    assert SECRET in page
    assert "## How it was" in page
    asked = page.split("## For staff supervision")[1]
    assert asked.index("Who has not been seen") < asked.index("made you uneasy")


def test_an_agencys_own_prompts_take_the_place_of_ours(office: Office) -> None:
    own = office.folder / "own"
    own.mkdir()
    (own / "supervision.yaml").write_text(
        'format: 1\nkind: supervision\nid: supervision\nversion: "2.0"\ntitle: "Ours"\nabout: "Ours."\n'
        'prompts:\n  - id: a\n    text: "Our own question?"\n    why: "Why."\n'
        '    source: [{document: "salford-2011", paragraph: "9.5"}]\n',
        encoding="utf-8",
    )
    shape = office.mo.done("export", "--case", "CF-1", "--format", "json", VISITSAFE_CHECKLISTS=str(own)).json
    assert [one["text"] for one in shape["prompts"]] == ["Our own question?"]


def test_prompts_that_cannot_be_read_leave_the_page_standing(office: Office) -> None:
    own = office.folder / "own"
    own.mkdir()
    (own / "supervision.yaml").write_text("kind: supervision\nid: supervision\n", encoding="utf-8")
    ran = office.mo.done("export", "--case", "CF-1", VISITSAFE_CHECKLISTS=str(own))
    assert "goes without" in ran.err
    assert "## The visits" in ran.out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--case", "CF-404"), 1),
        (("--case", "CF-1", "--format", "ics"), 2),
        (("--case", "CF-1", "--all"), 2),
        (("--case", "  "), 1),
        ((), 2),
    ],
)
def test_what_cannot_be_exported_is_refused_in_a_sentence(
    office: Office, words: tuple[str, ...], code: int
) -> None:
    ran = office.mo.run("export", *words)
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.strip()


def test_the_pack_of_a_case_holds_every_spelling_of_it(tmp_path: Path) -> None:
    office = Office(tmp_path).open()
    refs = set()
    for case in ("CF-1", "cf-1"):
        office.plan(case=f'"{case}"')
        refs.add(office.ref)
    for case in ("CF-1", "cf-1", "Cf-1"):
        page = office.mo.done("export", "--case", case).out
        assert all(ref in page for ref in refs), case
