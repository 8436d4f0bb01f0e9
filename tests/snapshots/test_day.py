"""What the commands print over two days of one team: screens, pages and JSON, word for word.

What is random (keys, ids, references, seals) is told apart by a number, in the order of its first appearance.
Tests of parts may go where this says the same. `pytest tests/snapshots --update-golden`
writes the files anew; read what changed before keeping it.
"""

import platform
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from office import NOW, Office, Someone

FOLDER = Path(__file__).parent
WORRYING = {
    "address": '"14 Acacia Road, Salford M5 3EQ"',
    "threat_expected": "yes",
    "joint_visit": "yes",
    "companions": "[Priya Nair]",
    "share_hostility": "yes",
}
INCIDENT = """\
checklist: incident
answers:
  near-miss: no
  behaviours: [shouting, throwing]
  hurt: no
  seen-and-heard: "He threw a cup at the wall."
  others-at-risk: no
"""
DEBRIEF = """\
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
  next-time: "Meet at the school."
"""
AGREEMENT = """\
checklist: agreement
answers:
  not-acceptable: [shouting, animals]
  counts-told: yes
  follows: [office-only]
  still-seen: "The school nurse comes every two weeks."
  expect: [on-time, records]
  how-given: aloud
  gone-through-with: [mother]
  gone-through-on: today
  review: in 8 weeks
"""
PARTS = ("planned", "waiting", "decided", "out", "late", "back", "written-down", "page", "case", "figures")
TOLD = ("--with", "Health visitor, NHS", "--how", "by telephone", "--what", "Two of us go from now on.")
RANDOM = (
    r"SHA256:[A-Za-z0-9+/]{43}",
    r"ssh-ed25519 [A-Za-z0-9+/=]{68}",
    r"\bAAAA[A-Za-z0-9+/=]{64}",
    r"\b[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z*~$=U]{2}\b(?!-)",
    r"\b[0-9a-f]{12,64}\b",
    r"\b[0-9A-HJKMNP-TV-Z]{16}\b",
    r"\b[A-Za-z0-9+/=_-]{60,}",
)


class Screens:
    """Runs commands and keeps what they printed."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.text: list[str] = []
        self.at(NOW)

    def at(self, now: datetime) -> None:
        self.now = now
        self.text.append(f"######## {now:%A %d %B %H:%M} UTC\n")

    def later(self, **span: float) -> None:
        self.at(self.now + timedelta(**span))

    def form(self, text: str) -> str:
        path = self.office.folder / "form.yaml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    def __call__(self, who: Someone, *words: str) -> None:
        who.now = self.now
        ran = who.run(*words)
        said = " ".join(f"'{word}'" if " " in word or not word else word for word in words)
        self.text.append(f"{who.name}$ visitsafe {said}\n")
        self.text += [f"{ran.out}"] if ran.out else []
        self.text += [f"-- said beside it\n{ran.err}"] if ran.err else []
        self.text += [f"-- exit {ran.code}\n"] if ran.code else []

    def plain(self, numbered: "_Numbered") -> str:
        """Everything, with what differs from run to run replaced by numbers."""
        text = "\n".join(self.text).replace(str(self.office.folder), "/team")
        text = re.sub(rf"\b{re.escape(platform.node())}\b", "this-computer", text)
        text = text.replace(self.office.ref, "THE-PLAN") if self.office.ref else text
        return re.sub("|".join(RANDOM), numbered, text)


class _Numbered:
    def __init__(self) -> None:
        self.seen: dict[str, str] = {}

    def __call__(self, found: re.Match[str]) -> str:
        return self.seen.setdefault(found.group(0), f"<random {len(self.seen) + 1}>")


def before(run: Screens) -> Iterator[str]:
    """Planned, looked at, decided on."""
    office, sam, mo = run.office, run.office.sam, run.office.mo
    run(mo, "team", "set", "--desk-phone", "0161 496 0000")
    run(mo, "team", "list")
    run(mo, "team", "list", "--json")
    run(sam)
    sam.now = run.now
    office.plan(**WORRYING)
    yield "planned"
    run(sam)
    run(mo)
    run(mo, "show", office.ref, "--plain")
    run(sam, "show", office.ref, "--json")
    run(sam, "list", "--json")
    run(mo, "review", office.ref, "--decision", "countersign", "--reason", "Priya knows the family.")
    yield "waiting"
    run(
        mo,
        *("review", office.ref, "--decision", "countersign", "--reason", "Priya knows the family."),
        *("--condition", "Ring me before you set off."),
    )
    run(sam)
    run(sam, "show", office.ref)
    run(sam, "export", office.ref, "--format", "card")
    run(mo, "list")
    yield "decided"


def on_the_way(run: Screens) -> Iterator[str]:
    """Out, late, taken on, back."""
    office, sam = run.office, run.office.sam
    office.mo.now = run.now
    dee = office.duty()
    run.later(hours=2)
    run(sam, "depart", office.ref)
    run(dee, "watch", "--once")
    run(dee, "board", "--plain")
    run(dee, "board", "--json")
    run.later(minutes=20)
    run(sam, "arrive", office.ref)
    run(sam, "ok", office.ref, "--note", "All calm.")
    run(sam, "extend", office.ref, "--by", "15m")
    yield "out"
    run.later(hours=2)
    run(dee, "watch", "--once")
    run(dee, "board", "--plain")
    run(dee, "board", "--json")
    run(dee)
    run(dee, "acknowledge", office.ref)
    run(dee, "board", "--plain")
    run(dee, "trace", office.ref, "--reason", "Not back, telephone off.")
    yield "late"
    run(
        dee,
        "back",
        office.ref,
        "--for",
        "sam",
        "--known-by",
        "I know the voice",
        "--note",
        "Telephone was flat.",
    )
    run(dee, "stand-down", office.ref, "--because", "safe")
    run(dee, "board", "--plain")
    run(sam)
    run(sam, "list")
    yield "back"


def afterwards(run: Screens) -> Iterator[str]:
    """Incident, debrief, sharing, documents, supervision."""
    office, sam, mo = run.office, run.office.sam, run.office.mo
    run.later(hours=1)
    run(sam, "incident", office.ref, "--answers", run.form(INCIDENT), "--yes")
    run(sam, "debrief", office.ref, "--answers", run.form(DEBRIEF), "--yes")
    run(sam, "share", office.ref)
    run(sam, "share", office.ref, "--duty", "1", *TOLD)
    run(sam, "share", office.ref, "--letter")
    run(sam, "share", office.ref, "--json")
    run(mo, "document", "agreement", office.ref, "--answers", run.form(AGREEMENT), "--yes")
    run(mo, "document", "list")
    run(mo, "document", "show", office.ref)
    run(
        *(sam, "marker", office.ref, "--system", "case system", "--reference", "4417"),
        *("--checked", "20 November"),
    )
    run(mo)
    yield "written-down"
    run.later(days=1)
    run(mo, "export", office.ref)
    run(mo, "show", office.ref, "--json")
    yield "page"
    run(mo, "export", "--case", "CF-1")
    run(mo, "export", "--case", "CF-1", "--format", "json")
    yield "case"
    run(mo, "report", "--from", "23 November 2026", "--to", "25 November 2026", "--plain")
    run(mo, "report", "--from", "23 November 2026", "--to", "25 November 2026", "--json")
    run(mo, "report", "--from", "23 November 2026", "--to", "25 November 2026", "--format", "md")
    run(mo, "audit", "--evidence", "--json")
    run(mo, "verify")
    run(mo, "verify", "--json")
    run(mo, "list", "--all")
    yield "figures"


def story(run: Screens) -> Iterator[str]:
    yield from before(run)
    yield from on_the_way(run)
    yield from afterwards(run)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The parts of the story, by name."""
    office = Office(tmp_path_factory.mktemp("day")).open()
    run, parts, numbered = Screens(office), dict[str, str](), _Numbered()
    for name in story(run):
        parts[name] = run.plain(numbered)
        run.text.clear()
    return parts


@pytest.mark.parametrize("name", PARTS)
def test_the_day_prints_what_people_have_read(
    name: str, told: dict[str, str], request: pytest.FixtureRequest
) -> None:
    file = FOLDER / f"{name}.txt"
    if request.config.getoption("--update-golden"):
        file.write_text(told[name], encoding="utf-8", newline="\n")
    assert told[name] == file.read_text(encoding="utf-8")
