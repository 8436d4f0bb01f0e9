"""Lines in and lines out: the plain way of talking, without one escape byte.

`<` goes back, `q` stops and keeps everything, `?` explains; where the answer is free text, so that these
could be an answer, they are `:b`, `:q` and `:?`. The end of the input, and Ctrl-C, stop too.
"""

import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TextIO

from visitsafe.cli.prompts.terminal import width
from visitsafe.text.clean import clean, terminal
from visitsafe.wizard.session import BACK, Event, Pause

LIST_KEYS = "(< back, q stop and keep everything, ? more)"
FREE_KEYS = "(:b back, :q stop and keep everything, :? more)"
_BACK, _STOP, _HELP = frozenset({"<", ":b"}), frozenset({"q", "quit", ":q"}), frozenset({"?", ":?"})


def _nothing() -> None:
    """Where there are no keys to throw away."""


@dataclass(frozen=True)
class Lines:
    """A pair of text streams.

    Attributes:
        lines_in: Where answers are read.
        lines_out: Where everything is written.
        flush: Throws away what was typed before the question.
        columns: How wide to write.
    """

    lines_in: TextIO
    lines_out: TextIO
    flush: Callable[[], None] = _nothing
    columns: Callable[[], int] = width

    def write(self, *lines: str) -> None:
        """Write lines, wrapped; a numbered line hangs from its number."""
        for line in lines:
            for part in terminal(line).split("\n"):
                number, dot, _ = part.partition(". ")
                hang = "    " if dot and number.isdigit() else ""
                wrapped = textwrap.wrap(part, self.columns() - 1, subsequent_indent=hang)
                self.lines_out.write("\n".join(wrapped) + "\n")

    def numbered(self, lines: Iterable[str]) -> None:
        """Write a list, numbered from 1."""
        self.write(*(f"{number}. {line}" for number, line in enumerate(lines, start=1)))

    def ask(self, prompt: str, *, free: bool = False, explain: Iterable[str] = ()) -> str | Event:
        """One line from the person, or the event that they asked for instead.

        Args:
            prompt: What can be typed, and what it does.
            free: The answer is free text.
            explain: What `?` writes before asking again.
        """
        while True:
            line = self._read(f"{prompt} {FREE_KEYS if free else LIST_KEYS}")
            if not isinstance(line, str):
                return line
            word = line.lower() if not free or line.startswith(":") else ""
            if word in _BACK:
                return BACK
            if word in _STOP:
                return Pause()
            if word not in _HELP:
                return line
            self.write(*(tuple(explain) or ("There is no more to say about this.",)))

    def pick(
        self, lines: Sequence[str], explain: Iterable[str] = (), numbers: Sequence[int] = ()
    ) -> int | Event:
        """The place of the line picked from a numbered list; `numbers` are its own, if they have some."""
        called = [*numbers] or [*range(1, len(lines) + 1)]
        self.write(*(f"{number}. {line}" for number, line in zip(called, lines, strict=True)))
        which = f"from 1 to {len(lines)}" if not numbers else f"of a line: {', '.join(map(str, called))}"
        while True:
            line = self.ask(f"Number {which}.", explain=explain)
            if not isinstance(line, str):
                return line
            number = as_number(line, max(called))
            if number in called:
                return called.index(number)
            self.write(f"Not accepted. Type a number {which}.")

    def _read(self, prompt: str) -> str | Event:
        try:  # from here on: Ctrl+C may come while the prompt is still being written
            self.flush()
            self.lines_out.write("\n".join(textwrap.wrap(terminal(prompt), self.columns() - 1)) + ": ")
            self.lines_out.flush()
            line = self.lines_in.readline()
        except KeyboardInterrupt:
            line = ""
        if not line.endswith("\n"):
            self.lines_out.write("\n")
        return clean(line) if line else Pause()


def as_number(word: str, highest: int) -> int | None:
    """A number from 1 to the highest, or None."""
    return int(word) if word.isascii() and word.isdigit() and 1 <= int(word) <= highest else None
