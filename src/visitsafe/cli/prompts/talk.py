"""A few questions outside the wizard: pick one line, type a text. At a terminal, or in plain lines.

Stopping raises; going back returns None. Nothing is preselected, and nothing typed ahead counts.
"""

import sys
from collections.abc import Mapping, Sequence
from typing import Protocol

from visitsafe.cli.prompts.terminal import FrontEnd, choose_front_end, discard_typed_ahead, width
from visitsafe.errors import InterruptedByUserError, UsageError
from visitsafe.text.clean import clean
from visitsafe.wizard.session import BACK, Pause

MOST_KEY = 9
"""The highest number that one key can name."""


class Talk(Protocol):
    """Asks one thing at a time."""

    def say(self, *lines: str) -> None:
        """Write lines."""

    def pick(self, title: str, lines: Sequence[str], numbers: Sequence[int] = ()) -> int | None:
        """The place of the line picked; None to go back. `numbers` are its own, if the things have some."""

    def type(self, title: str, before: str = "") -> str | None:
        """A text with something in it; None to go back. `before` stands there and can be kept."""


class RichTalk:
    """At a terminal that can move its cursor."""

    def __init__(self, kept: str = "") -> None:
        from visitsafe.cli.prompts.paper import Paper
        from visitsafe.cli.prompts.pickers import Pickers

        self._kept = kept
        self._paper = Paper(width)
        self._pickers = Pickers(width, discard_typed_ahead)

    def say(self, *lines: str) -> None:
        """Write lines."""
        self._paper.write(*lines)

    def pick(self, title: str, lines: Sequence[str], numbers: Sequence[int] = ()) -> int | None:
        """The place of the line picked, by arrows or by its number; None to go back."""
        self._paper.head(title)
        called = numbers or range(1, len(lines) + 1)
        keys = {str(number): place for place, number in enumerate(called) if number <= MOST_KEY}
        shown = [
            (f"{number}  {line}", place)
            for place, (number, line) in enumerate(zip(called, lines, strict=True))
        ]
        while True:
            picked = self._pickers.pick(shown, keys=keys, hint="Shift+Tab back, Ctrl+C stop")
            if isinstance(picked, Pause):
                raise _stopped(self._kept)
            if picked is BACK:
                return None
            if isinstance(picked, int):
                self._paper.result(lines[picked])
                return picked

    def type(self, title: str, before: str = "") -> str | None:
        """A text with something in it; None to go back."""
        self._paper.head(title)
        while True:
            typed = self._pickers.type(before, "Enter goes on, Alt+Enter begins a new line, Shift+Tab back")
            if isinstance(typed, Pause):
                raise _stopped(self._kept)
            if typed is BACK:
                return None
            text = clean(typed, lines=True) if isinstance(typed, str) else ""
            if text:
                self._paper.result(text)
                return text


class PlainTalk:
    """In plain lines."""

    def __init__(self, kept: str = "") -> None:
        from visitsafe.cli.prompts.lines import Lines

        self._kept = kept
        self._lines = Lines(sys.stdin, sys.stdout, discard_typed_ahead)

    def say(self, *lines: str) -> None:
        """Write lines."""
        self._lines.write(*lines)

    def pick(self, title: str, lines: Sequence[str], numbers: Sequence[int] = ()) -> int | None:
        """The place of the line picked by its number; None to go back."""
        self._lines.write("", title)
        picked = self._lines.pick(lines, numbers=numbers)
        if isinstance(picked, Pause):
            raise _stopped(self._kept)
        return picked if isinstance(picked, int) else None

    def type(self, title: str, before: str = "") -> str | None:
        """A text with something in it; None to go back."""
        self._lines.write("", title, *([f"So far: {before}"] if before else []))
        prompt = "Type it in one line." + (" An empty line keeps what you have typed." if before else "")
        while True:
            typed = self._lines.ask(prompt, free=True)
            if isinstance(typed, Pause):
                raise _stopped(self._kept)
            if not isinstance(typed, str):
                return None
            if typed or before:
                return typed or before


def _stopped(kept: str) -> InterruptedByUserError:
    if kept:
        return InterruptedByUserError("stopped; your answers are kept", hint=f"to go on: {kept}")
    return InterruptedByUserError("stopped; nothing was decided and nothing was signed")


def talk_at(environ: Mapping[str, str], *, plain: bool, otherwise: str, kept: str = "") -> Talk:
    """The way of talking that fits this terminal.

    Args:
        environ: The environment.
        plain: Plain lines were asked for.
        otherwise: The command that needs no terminal, for the hint.
        kept: The command that goes on, where stopping keeps what was answered.

    Raises:
        UsageError: There is nobody to ask.
    """
    try:
        rich = choose_front_end(environ, plain=plain) is FrontEnd.RICH
    except UsageError as error:
        raise UsageError(error.message, hint=otherwise) from error
    return RichTalk(kept) if rich else PlainTalk(kept)
