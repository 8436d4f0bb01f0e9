"""Asking at a terminal: what it can do, a few questions outside the wizard, and the wizard page by page.

Outside the wizard stopping raises and going back returns None. Nothing is preselected, and nothing typed
ahead counts.
"""

import contextlib
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TextIO

from visitsafe.errors import InterruptedByUserError, UsageError
from visitsafe.text.clean import clean
from visitsafe.wizard.session import (
    BACK,
    AnsweredMany,
    AskOne,
    AskTogether,
    ControlFor,
    Event,
    Findings,
    NothingLeft,
    Pause,
    Review,
    Sign,
    WhoDoes,
    WriteControl,
)

if TYPE_CHECKING:
    from visitsafe.checklists.assessment import Value
    from visitsafe.wizard.draft import Session
    from visitsafe.wizard.step import Page, Wizard
    from visitsafe.wizard.words import Guide

DUMB = frozenset({"", "dumb", "unknown"})
NARROWEST, WIDEST, LOW = 20, 100, 24


class FrontEnd(StrEnum):
    """How questions are asked."""

    RICH = "rich"
    PLAIN = "plain"


def choose_front_end(
    environ: Mapping[str, str],
    *,
    plain: bool = False,
    stdin: TextIO | None = None,
    stdout: TextIO | None = None,
) -> FrontEnd:
    """The front end for this terminal; the streams are the process's own unless given.

    Raises:
        UsageError: There is nobody to ask.
    """
    stdin, stdout = stdin or sys.stdin, stdout or sys.stdout
    if not (_is_terminal(stdin) and _is_terminal(stdout)):
        raise UsageError(
            "there is no terminal to ask the questions at",
            "use: visitsafe plan --answers FILE --yes   (--print-answers writes a file to fill in)",
        )
    _never_fail_to_print(stdout)
    encoding = (getattr(stdout, "encoding", None) or "").lower().replace("-", "").replace("_", "")
    dumb = sys.platform != "win32" and environ.get("TERM", "") in DUMB
    if plain or environ.get("ACCESSIBLE") or dumb or not encoding.startswith("utf"):
        return FrontEnd.PLAIN
    return FrontEnd.PLAIN if _no_console() else FrontEnd.RICH


def _is_terminal(stream: TextIO | None) -> bool:
    """Python has no stream at all where the shell closed it."""
    return stream is not None and not stream.closed and stream.isatty()


def _never_fail_to_print(stdout: TextIO) -> None:
    reconfigure = getattr(stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")


def _no_console() -> bool:
    """A window on Windows that only looks like a console, such as git-bash."""
    if sys.platform != "win32":
        return False
    from prompt_toolkit.output import create_output
    from prompt_toolkit.output.win32 import (  # type: ignore[attr-defined]  # is there on Windows only
        NoConsoleScreenBufferError,
    )

    try:
        create_output()
    except NoConsoleScreenBufferError:
        return True
    return False


@contextlib.contextmanager
def stopped_by_signals() -> Iterator[None]:
    """While questions are asked, SIGTERM stops as Ctrl+C does, and so does a window that is closed.

    The terminal is put back in order and what was half typed is kept. Into a closed window nothing more is
    written. Signals belong to a program's main thread: elsewhere nothing is changed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    ways: dict[int, Callable[[int, object], None]] = {signal.SIGTERM: _interrupt}
    if hasattr(signal, "SIGHUP"):
        ways[signal.SIGHUP] = _hang_up
    before = {number: signal.signal(number, way) for number, way in ways.items()}
    try:
        yield
    finally:
        for number, way in before.items():
            signal.signal(number, way)


def _interrupt(_number: int, _frame: object) -> None:
    signal.raise_signal(signal.SIGINT)


def _hang_up(number: int, frame: object) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)
    _interrupt(number, frame)


def width() -> int:
    """Columns to write in: those of the terminal, but no line longer than one can read well."""
    return max(NARROWEST, min(WIDEST, shutil.get_terminal_size().columns))


def rows_if_low() -> int | None:
    """The lines of a window that has none to spare, as on a telephone; None if it has enough."""
    rows = shutil.get_terminal_size().lines
    return rows if rows < LOW else None


def discard_typed_ahead() -> None:
    """Forget the keys that were pressed before the question was on the screen."""
    if "prompt_toolkit" in sys.modules:
        from prompt_toolkit.application import get_app_session
        from prompt_toolkit.input.typeahead import clear_typeahead

        clear_typeahead(get_app_session().input)
    with contextlib.suppress(ImportError, OSError, ValueError):
        import termios

        termios.tcflush(sys.stdin, termios.TCIFLUSH)


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
        from visitsafe.cli.prompts.rich import Paper, Pickers

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
        from visitsafe.cli.prompts.plain import Lines

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


Keep = Callable[[Mapping[str, "Value"]], None]
"""Saves answers of a page that is not finished yet."""


class Front(Protocol):
    """A way of drawing the wizard's pages. Each method shows one and waits for one event."""

    def say(self, lines: Sequence[str]) -> None:
        """Tell the person something before the next page."""

    def ask_one(self, page: AskOne, guide: "Guide") -> Event:
        """Ask one question."""

    def ask_together(self, page: AskTogether, guide: "Guide", keep: Keep) -> Event:
        """Ask several questions on one page, keeping each answer as it is given."""

    def review(self, page: Review, guide: "Guide") -> Event:
        """Show every answer; any can be changed."""

    def findings(self, page: Findings) -> Event:
        """Show what the answers mean, with the way to what would settle it."""

    def control(self, page: ControlFor) -> Event:
        """Choose control measures for one finding, or leave it to the manager."""

    def write(self, page: WriteControl) -> Event:
        """Take a control measure in the person's own words."""

    def who(self, page: WhoDoes) -> Event:
        """Ask who carries a control measure out."""

    def sign(self, page: Sign, guide: "Guide") -> Event:
        """Ask for the explicit yes to signing."""


def ask_all(
    wizard: "Wizard",
    session: "Session",
    front: Front,
    save: Callable[["Session"], None],
    now: Callable[[], datetime],
) -> "Session":
    """Draw page after page until nothing is left to ask, and save the session after every event.

    Returns:
        The session at its end; `draft.final` and its neighbours take out what counts.

    Raises:
        InterruptedByUserError: The person stopped; everything is saved.
        SettingsError: The draft cannot be saved.
    """
    stopped = InterruptedByUserError(
        "stopped; everything you answered is kept", f"to go on: {wizard.command}"
    )

    def take(event: Event) -> None:
        nonlocal session
        session = wizard.answer(session, page, event, now())
        save(session)

    with stopped_by_signals():
        try:
            session = wizard.begin(session, now())
            while not isinstance((page := wizard.page(session, now())).asks, NothingLeft):
                if page.told:
                    front.say(page.told)
                event = _drawn(front, page, lambda values: take(AnsweredMany(values, done=False)))
                take(event)
                if isinstance(event, Pause):
                    raise stopped
        except KeyboardInterrupt:  # between two questions
            raise stopped from None
    return session


def _drawn(front: Front, page: "Page", keep: Keep) -> Event:
    match page.asks:
        case AskOne() as asks:
            return front.ask_one(asks, page.guide)
        case AskTogether() as asks:
            return front.ask_together(asks, page.guide, keep)
        case Review() as asks:
            return front.review(asks, page.guide)
        case Findings() as asks:
            return front.findings(asks)
        case ControlFor() as asks:
            return front.control(asks)
        case WriteControl() as asks:
            return front.write(asks)
        case WhoDoes() as asks:
            return front.who(asks)
        case Sign() as asks:
            return front.sign(asks, page.guide)
        case NothingLeft():
            return BACK
