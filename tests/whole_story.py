"""One visit from the plan to what is long after it, in every form, with a copy of all files at each point."""

import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from office import NOW, Office, Someone

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
INCIDENT = """\
checklist: incident
answers:
  near-miss: no
  behaviours: [shouting]
  hurt: no
  others-at-risk: no
"""
DEBRIEF = """\
checklist: debrief
answers:
  went: as-planned
  any-not-seen: no
  any-unsaid: no
  relieved: no
  new-for-others: no
"""
MARKER = ("--system", "case system", "--reference", "4417", "--checked", "20 November")
LATER = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Point:
    """A copy of the office, and when it is."""

    folder: Path
    ref: str
    now: datetime

    def copied(self, folder: Path) -> Office:
        """The office as it was then, to be changed at will. `dee` is at the desk, `kim` wants to join."""
        shutil.copytree(self.folder, folder)
        return Office(folder, self.ref).at(self.now)


class WholeStory:
    """The points by name, in order: `planned`, `agreed`, `out`, `late`, `alarm`, `back`, `later`."""

    def __init__(self, folder: Path, channel: str = "") -> None:
        """Tell it; `channel` is a URL by which the duty desk is reached."""
        self._folder, self._channel = folder, channel
        self._office = Office(folder / "live").open()
        self.points: dict[str, Point] = {}
        self._tell()

    def _point(self, name: str, now: datetime) -> None:
        office = self._office.at(now)
        there = self._folder / name
        shutil.copytree(office.folder, there)
        self.points[name] = Point(there, office.ref, now)

    def _tell(self) -> None:
        office = self._office
        sam, mo, dee, kim = office.sam, office.mo, office.duty(), office.person("kim")
        office.key(kim)
        if self._channel:
            for who in (mo, dee):
                with (who.home / "settings.toml").open("a", encoding="utf-8") as settings:
                    settings.write(f'\n[[notify]]\nlabel = "desk"\nwho = "duty"\nurl = "{self._channel}"\n')
        mo.done("team", "set", "--desk-phone", "0161 496 0000", "--keep-days", "2555")
        phrase = office.folder / "phrase"
        phrase.write_text("the green folder\n", encoding="utf-8")
        phrase.chmod(0o600)
        mo.done("team", "duress", "--set", "--from-file", str(phrase))
        sam.done("details", "--set", "mobile=07700 900123")
        office.plan(
            share_hostility="yes",
            share_decision="share",
            share_with='["Health visitor, NHS"]',
            address='"14 Acacia Road, Salford M5 3EQ"',
        )
        self._point("planned", NOW)
        decision = ("--decision", "countersign", "--reason", "Well thought through.")
        mo.done("review", office.ref, *decision, "--condition", "Ring first.")
        self._point("agreed", NOW + timedelta(hours=1, minutes=45))
        sam.done("depart", office.ref)
        self._point("out", NOW + timedelta(hours=2, minutes=30))
        self._point("late", NOW + timedelta(hours=4))
        dee.now = mo.now
        assert dee.run("watch", "--once").code == 4
        self._point("alarm", NOW + timedelta(hours=4, minutes=1))
        sam.done("back", office.ref)
        mo.done("stand-down", office.ref, "--because", "safe")
        mo.done("trace", office.ref, "--reason", "To ring her.")
        sam.done("marker", office.ref, *MARKER)
        self._point("back", NOW + timedelta(hours=5))
        self._form(sam, "document", "agreement", office.ref, text=AGREEMENT)
        self._form(sam, "incident", office.ref, text=INCIDENT)
        self._form(sam, "debrief", office.ref, text=DEBRIEF)
        told = (
            "--with",
            "Health visitor, NHS",
            "--how",
            "by telephone",
            "--what",
            "Two of us go from now on.",
        )
        sam.done("share", office.ref, "--duty", "1", *told)
        first = office.ref
        office.plan(start='"2 December 2026 10:00"', due_back='"2 December 2026 11:30"')
        office.ref = first
        self._point("later", LATER)
        audit = re.sub(r"(?m)^  ([a-z-]+):\s*$", r"  \1: yes", mo.done("audit", "--print-answers").out)
        self._form(mo, "audit", text=audit)
        self._point("audited", LATER)

    def _form(self, who: Someone, *words: str, text: str) -> None:
        path = self._office.folder / "form.yaml"
        path.write_text(text, encoding="utf-8")
        who.done(*words, "--answers", str(path), "--yes")
