"""Two people with a home folder each and one store, driven through the command line in process.

Two things that are the same in every test are made once a process: the first team that is founded, whose
files are then copied, and the commands that Typer makes of our functions.
"""

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import typer.main

from visitsafe.cli import main

typer.main.get_command = cache(typer.main.get_command)

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
"""A Monday morning in winter, Greenwich time."""

QUIET = """\
checklist: home-visit
visit:
  case: "CF-1"
  area: "Ordsall"
  start: "23 November 2026 10:00"
  due_back: "11:30"
  purpose: "Talk about nursery."
  companions: []
answers:
  how-seen: "Playing in the room."
  daylight: yes
  joint-visit: no
  neutral-venue: no
  car-targeted: no
  threat-expected: no
  can-work-effectively: yes
  phone: yes
  whereabouts-known: yes
  no-return-procedure: yes
  uncooperativeness: none
  warning-marker: checked-none
  communication: none
  exit-plan: "Near the door."
  training: yes
  manager-has-details: yes
  family-can-contact-work: yes
  private-details: yes
  share-hostility: no
  share-circumstances: no
  share-fear: no
  share-less-than-honest: no
  share-first-acknowledgement: no
  share-would-want-to-know: no
  not-personal: yes
  not-angry: yes
  not-too-accommodating: yes
  not-trapped: yes
  not-unsupported: yes
  not-self-blame: yes
"""
"""A routine visit that nothing is the matter with."""


@dataclass(frozen=True)
class Ran:
    """What one command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Someone:
    """A person at their own computer."""

    name: str
    home: Path
    store: str
    now: datetime = NOW

    @property
    def environ(self) -> dict[str, str]:
        return {
            "VISITSAFE_HOME": str(self.home),
            "VISITSAFE_STORE": self.store,
            "TERM": "xterm",
            "NO_COLOR": "1",
        }

    def run(self, *words: str, **environ: str) -> Ran:
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err), patch("sys.stdin", io.StringIO()):
            code = main(words, now=self.now, environ=self.environ | environ)
        return Ran(code, out.getvalue(), err.getvalue())

    def done(self, *words: str, **environ: str) -> Ran:
        ran = self.run(*words, **environ)
        assert ran.code == 0, ran.err
        return ran


@dataclass(frozen=True)
class _Kept:
    """A file or folder of the first team."""

    path: Path
    mode: int
    content: bytes | None

    @classmethod
    def of(cls, top: Path, path: Path) -> "_Kept":
        content = path.read_bytes() if path.is_file() else None
        return cls(path.relative_to(top), path.stat().st_mode, content)

    def put(self, top: Path) -> None:
        path = top / self.path
        if self.content is None:
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.write_bytes(self.content)
        path.chmod(self.mode)


_FIRST: list[_Kept] = []


@dataclass
class Office:
    """Mo manages, Sam visits."""

    folder: Path
    ref: str = ""
    sam: Someone = field(init=False)
    mo: Someone = field(init=False)

    def __post_init__(self) -> None:
        self.sam, self.mo = self.person("sam"), self.person("mo")

    @property
    def store(self) -> Path:
        return self.folder / "store.sqlite3"

    def person(self, name: str) -> Someone:
        return Someone(name, self.folder / name, f"sqlite:///{self.store}")

    def open(self) -> "Office":
        """The team that Mo founded and Sam joined: the same one in every test."""
        if self.sam.now != NOW or self.sam.store != f"sqlite:///{self.store}":
            return self.found()
        if not _FIRST:
            self.found()
            _FIRST.extend(_Kept.of(self.folder, path) for path in sorted(self.folder.rglob("*")))
        else:
            for kept in _FIRST:
                kept.put(self.folder)
        return self

    def found(self) -> "Office":
        """Found a team of its own; Sam joins it."""
        self.key(self.mo)
        self.mo.done("team", "found", "--role", "manager", "--place", "Salford, 53.49, -2.29")
        self.join(self.sam, "practitioner")
        return self

    def key(self, someone: Someone) -> None:
        email = f"{someone.name}@salford.example"
        someone.done("key", "new", "--name", someone.name.title(), "--email", email, "--no-passphrase")

    def join(self, someone: Someone, *roles: str) -> Someone:
        """Make a key for somebody and have Mo add them."""
        self.key(someone)
        line = someone.done("team", "join").out.strip()
        flags = [word for role in roles for word in ("--role", role)]
        self.mo.done("team", "add", line, *flags)
        return someone

    def answers(self, name: str = "answers.yaml", **changes: str) -> str:
        """Write an answers file: the quiet one with other answers (`_` for `-` in ids)."""
        text = QUIET
        for key, value in changes.items():
            wanted = key.replace("_", "-") if f"  {key}:" not in QUIET else key
            lines = [
                f"  {wanted}: {value}" if line.startswith(f"  {wanted}:") else line
                for line in text.splitlines()
            ]
            new = "\n".join(lines) + "\n"
            text = new if f"\n  {wanted}:" in new else f"{new}  {wanted}: {value}\n"
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def plan(self, **changes: str) -> Any:
        """Have Sam sign a plan; what `--json` printed."""
        words = ("plan", "--answers", self.answers(**changes), "--yes", "--another", "--json")
        shape = self.sam.done(*words).json
        self.ref = shape["ref"]
        return shape

    def countersigned(self, **changes: str) -> Any:
        """Have Sam sign a plan and Mo countersign it, on a condition where a stop stands, as after dark.

        Returns:
            What `--json` printed of the plan.
        """
        shape = self.plan(**changes)
        stops = any(one["level"] == "stop" for one in shape["findings"])
        on = ["--condition", "Ring the desk as you leave."] if stops else []
        words = ("review", self.ref, "--decision", "countersign", "--reason", "Well thought through.")
        self.mo.done(*words, *on)
        return shape

    def duty(self) -> Someone:
        """Dee, the duty officer, at the desk."""
        return self.join(self.person("dee"), "duty")

    def at(self, now: datetime) -> "Office":
        """Everybody's clock shows this time."""
        self.sam.now = self.mo.now = now
        return self

    def show(self) -> Any:
        return self.mo.done("show", self.ref, "--json").json
