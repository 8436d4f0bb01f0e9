"""What each writer said it was doing, kept outside the store: `begun` before a command, its end after it.

Every command carries a mark of its own in a text that is signed, so a mark stands for an entry. A line is in
the kernel when `note` returns: what was acknowledged is known even of a writer that is killed next.
"""

import os
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from office import Ran, Someone

MARK = re.compile(rb"\bm[0-9]{4}x[0-9]{5}\b")
_SENTENCE = re.compile(r"visitsafe: .*\S")


class Ledger:
    """The file of one writer."""

    def __init__(self, folder: Path, number: int) -> None:
        self.folder, self.number = folder, number
        path = folder / f"ledger-{number:04}"
        self._file = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        self._turn = 0

    def mark(self) -> str:
        """A mark that nobody else has."""
        self._turn += 1
        return f"m{self.number:04}x{self._turn:05}"

    def note(self, state: str, mark: str, said: str = "") -> None:
        """Write a line, in one piece."""
        os.write(self._file, f"{state}\t{mark}\t{said}\n".encode())

    def attempt(self, who: Someone, mark: str, *words: str) -> Ran:
        """Run one command that carries a mark, and note how it ended."""
        self.note("begun", mark)
        ran = who.run(*words)
        self.note(_ended(ran), mark, _said(ran) if ran.code else "")
        return ran

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)


def _ended(ran: Ran) -> str:
    if ran.code == 0:
        return "done"
    return "unknown" if "cannot be asked yet whether" in ran.err else "refused"


def _said(ran: Ran) -> str:
    """The sentence of a refusal. It must be sentences, and nothing else."""
    lines = [line for line in ran.err.splitlines() if line]
    assert lines, f"exit {ran.code} without a word"
    assert all(_SENTENCE.fullmatch(line) or line.startswith("  ") for line in lines), ran.err
    told = [line for line in lines if not line.startswith("visitsafe: hint: ")]
    return told[-1].removeprefix("visitsafe: ").replace("\t", " ")


@dataclass
class Told:
    """What all writers of a folder have said."""

    begun: set[str] = field(default_factory=set)
    done: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    said: Counter[str] = field(default_factory=Counter)


def read(folder: Path) -> Told:
    """Read all ledgers of a folder."""
    told = Told()
    for path in sorted(folder.glob("ledger-*")):
        for line in path.read_text(encoding="utf-8").splitlines():
            state, mark, said = line.split("\t")
            told.begun.add(mark)
            getattr(told, state).add(mark)
            if said:
                told.said[_shape(said)] += 1
    return told


def acknowledged(folder: Path) -> int:
    """How many commands have succeeded so far, while the writers are at work."""
    return sum(path.read_bytes().count(b"done\t") for path in folder.glob("ledger-*"))


def _shape(said: str) -> str:
    """A sentence without what differs from visit to visit."""
    said = re.sub(r"/\S+", "STORE", said)
    said = re.sub(r"database '\w+'", "database DB", said)
    return re.sub(r"\b[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{2}\b", "REF", said)
