"""The commands that the documentation shows, as they are written there."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
PAGES = (
    *(TOP / name for name in ("README.md", "SECURITY.md", "CONTRIBUTING.md", "checklists/README.md")),
    *sorted((TOP / "docs").glob("*.md")),
)
_BEGINS = re.compile(
    r"(visitsafe|make|pip|python|\.venv/bin/\S+|ssh-keygen|ssh-add|sed|for|sha256sum|unzip|export|cmd|age|chmod)\b"
)
"""A line of a code block that is to be typed."""
_BEFORE = re.compile(r"^([a-z]+\$ +|\* \* \* \* \* +|[A-Z_]+=('[^']*'|\S*)( +|$))+")
"""Whose terminal it is, a line of a crontab, what is set for this one command."""
_ENDS = {">", "<", "|", ";", "&&"}


@dataclass(frozen=True)
class Shown:
    """A command, and where it stands: in a block, to be typed, or in a sentence that may only name it."""

    text: str
    where: str
    to_type: bool

    @property
    def is_ours(self) -> bool:
        return self.text.split(" ")[0] == "visitsafe"


def words_of(text: str) -> list[str]:
    """What follows `visitsafe` in a command. What may be left out is there; a comment is not."""
    words = shlex.split(re.sub(r"[\[\]]", "", text), comments=True)
    end = next((at for at, word in enumerate(words) if word in _ENDS), len(words))
    return words[1:end]


def shown(page: Path) -> Iterator[Shown]:
    """Every command of a page: the lines of its code blocks, and `visitsafe ...` in its sentences."""
    fence: str | None = None
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        where = f"{page.relative_to(TOP)}:{number}"
        if line.lstrip().startswith("```"):
            fence = line.strip().removeprefix("```") if fence is None else None
        elif fence in {"", "sh"} or (fence is None and line.startswith("    ")):
            text = _BEFORE.sub("", line.strip())
            if _BEGINS.match(text):
                yield Shown(text, where, to_type=True)
        elif fence is None:
            for code in re.findall(r"`(?:[A-Z_]+=\S+ )?(visitsafe(?: [^`]*)?)`", line):
                yield Shown(code, where, to_type=False)
