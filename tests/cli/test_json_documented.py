"""Whatever a command prints as JSON is named in the section of docs/json.md about it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from json_shapes import DOCUMENTED
from whole_story import AGREEMENT, DEBRIEF, INCIDENT, WholeStory

SHARE = ("--duty", "1", "--with", "Health visitor, NHS", "--how", "by telephone", "--what", "Two of us go.")
PRINTED: tuple[tuple[str, str, str, tuple[str, ...], str], ...] = (
    ("A plan", "audited", "mo", ("show", "REF", "--json"), ""),
    ("A plan", "audited", "mo", ("export", "REF", "--format", "json"), ""),
    ("A list", "audited", "mo", ("list", "--all", "--json"), ""),
    ("A case", "audited", "mo", ("export", "--case", "CF-1", "--format", "json"), ""),
    ("Documents of a case", "audited", "mo", ("document", "list", "REF", "--json"), ""),
    ("Documents of a case", "back", "sam", ("document", "agreement", "REF", "--json"), AGREEMENT),
    ("An incident, a debrief", "back", "sam", ("incident", "REF", "--json"), INCIDENT),
    ("An incident, a debrief", "back", "sam", ("debrief", "REF", "--json"), DEBRIEF),
    ("What has to be shared", "back", "sam", ("share", "REF", "--json"), ""),
    ("What has to be shared", "back", "sam", ("share", "REF", *SHARE, "--json"), ""),
    ("What has to be shared", "back", "sam", ("share", "REF", *SHARE[2:], "--json"), ""),
    ("What has to be shared", "back", "mo", ("share", "--json"), ""),
    ("The team", "audited", "mo", ("team", "list", "--all", "--json"), ""),
    ("Checklists", "audited", "mo", ("checklist", "list", "--json"), ""),
    ("Checklists", "audited", "mo", ("checklist", "show", "home-visit", "--json"), ""),
    ("The board", "alarm", "mo", ("board", "--json"), ""),
    ("A report, and what the desk answers", "agreed", "sam", ("depart", "--json"), ""),
    ("A report, and what the desk answers", "alarm", "mo", ("acknowledge", "--json"), ""),
    ("A report, and what the desk answers", "alarm", "mo", ("stand-down", "--because", "safe", "--json"), ""),
    ("A verification", "audited", "mo", ("verify", "--json"), ""),
    ("A verification", "audited", "mo", ("verify", "REF", "--json"), ""),
    ("A team's report", "audited", "mo", ("report", "--json"), ""),
    ("The store", "audited", "mo", ("store", "info", "--json"), ""),
    ("Is everything in order?", "audited", "mo", ("doctor", "--json"), ""),
    ("A warning marker", "audited", "mo", ("marker", "REF", "--json"), ""),
    ("The managers' audit", "audited", "mo", ("audit", "--show", "--json"), ""),
    ("The managers' audit", "audited", "mo", ("audit", "--evidence", "--json"), ""),
    ("A plan whose content was removed", "audited", "mo", ("store", "purge", "--dry-run", "--json"), ""),
)
BY_ID = {"answers", "standing", "checklist", "documents"}
"""What lies below these is named by ids of questions, or has the keys of a checklist's own format."""


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> WholeStory:
    return WholeStory(tmp_path_factory.mktemp("story"))


def names_in(shape: Any) -> Iterator[str]:
    """Every name of a member, however deep."""
    if isinstance(shape, list):
        for one in shape:
            yield from names_in(one)
    elif isinstance(shape, dict):
        for name, value in shape.items():
            yield name
            if name not in BY_ID or (isinstance(value, list) and name == "documents" and "kind" not in shape):
                yield from names_in(value)


def named_in(title: str) -> set[str]:
    """What stands in code in a section; what a plan says is named once, in the sections about it."""
    titles = (title, "A plan")
    sections = (DOCUMENTED.split(f"\n## {one}\n")[1].split("\n## ")[0] for one in titles)
    return {name for section in sections for name in re.findall(r"`([a-z_]+)`", section)}


@pytest.mark.parametrize(
    ("title", "point", "name", "words", "form"), PRINTED, ids=[" ".join(one[3][:3]) for one in PRINTED]
)
def test_every_member_that_is_printed_is_documented(
    story: WholeStory, tmp_path: Path, title: str, point: str, name: str, words: tuple[str, ...], form: str
) -> None:
    office = story.points[point].copied(tmp_path / "there")
    who = office.person(name)
    who.now = office.mo.now
    if form:
        (tmp_path / "form.yaml").write_text(form, encoding="utf-8")
        words = (*words, "--answers", str(tmp_path / "form.yaml"), "--yes")
    ran = who.run(*(office.ref if word == "REF" else word for word in words))
    assert ran.out, ran.err
    assert set(names_in(ran.json)) - named_in(title) == set()


def test_what_an_incident_corrected_is_told_with_it(story: WholeStory, tmp_path: Path) -> None:
    office = story.points["audited"].copied(tmp_path / "there")
    (tmp_path / "form.yaml").write_text(INCIDENT.replace("shouting", "throwing"), encoding="utf-8")
    corrected = ("--correct", "--answers", str(tmp_path / "form.yaml"), "--yes")
    office.sam.done("incident", office.ref, *corrected)
    [incident] = office.show()["after"]["incidents"]
    [before] = incident["before"]
    assert (incident["behaviours"], before["behaviours"]) == (["throwing"], ["shouting"])
    assert incident.keys() - {"before", "talked_over"} <= before.keys()
    assert "`before`" in DOCUMENTED
