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
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, TextIO

from visitsafe.errors import InterruptedByUserError, UsageError
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


Keep = Callable[[Mapping[str, "Value"]], None]
"""Saves answers of a page that is not finished yet."""


class Talk(ABC):
    """Asks one thing at a time; the rich one and the plain one draw it."""

    kept: str
    """The command that goes on, where stopping outside the wizard keeps what was answered."""

    def pick(self, title: str, lines: Sequence[str], numbers: Sequence[int] = ()) -> int | None:
        """The place of the line picked; None to go back. `numbers` are its own, if the things have some."""
        picked = self._picked(title, lines, numbers)
        if isinstance(picked, Pause):
            raise self._stopped()
        return picked if isinstance(picked, int) else None

    def type(self, title: str, before: str = "") -> str | None:
        """A text with something in it; None to go back. `before` stands there and can be kept."""
        typed = self._typed(title, before)
        if isinstance(typed, Pause):
            raise self._stopped()
        return typed if isinstance(typed, str) else None

    def _stopped(self) -> InterruptedByUserError:
        if self.kept:
            return InterruptedByUserError("stopped; your answers are kept", hint=f"to go on: {self.kept}")
        return InterruptedByUserError("stopped; nothing was decided and nothing was signed")

    def draw(self, page: "Page", keep: Keep) -> Event:
        """Show a page of the wizard and wait for one event; `keep` saves answers of an unfinished page."""
        if page.told:
            self.tell(*page.told)
        match page.asks:
            case AskOne() as asks:
                return self.ask_one(asks, page.guide)
            case AskTogether() as asks:
                return self.ask_together(asks, page.guide, keep)
            case Review() as asks:
                return self.review(asks, page.guide)
            case Findings() as asks:
                return self.findings(asks)
            case ControlFor() as asks:
                return self.control(asks)
            case WriteControl() as asks:
                return self.write(asks)
            case WhoDoes() as asks:
                return self.who(asks)
            case Sign() as asks:
                return self.sign(asks, page.guide)
            case NothingLeft():
                return BACK

    @abstractmethod
    def say(self, *lines: str) -> None:
        """Write lines."""

    @abstractmethod
    def tell(self, *lines: str) -> None:
        """Say what matters before the next page."""

    @abstractmethod
    def _picked(self, title: str, lines: Sequence[str], numbers: Sequence[int]) -> int | Event:
        """The place of the line picked, or the event that was asked for instead."""

    @abstractmethod
    def _typed(self, title: str, before: str) -> str | Event:
        """A text with something in it, or the event that was asked for instead."""

    @abstractmethod
    def ask_one(self, page: AskOne, guide: "Guide") -> Event:
        """Ask one question."""

    @abstractmethod
    def ask_together(self, page: AskTogether, guide: "Guide", keep: Keep) -> Event:
        """Ask several questions on one page, keeping each answer as it is given."""

    @abstractmethod
    def review(self, page: Review, guide: "Guide") -> Event:
        """Show every answer; any can be changed."""

    @abstractmethod
    def findings(self, page: Findings) -> Event:
        """Show what the answers mean, with the way to what would settle it."""

    @abstractmethod
    def control(self, page: ControlFor) -> Event:
        """Choose control measures for one finding, or leave it to the manager."""

    @abstractmethod
    def write(self, page: WriteControl) -> Event:
        """Take a control measure in the person's own words; nothing typed writes none."""

    @abstractmethod
    def who(self, page: WhoDoes) -> Event:
        """Ask who carries a control measure out."""

    @abstractmethod
    def sign(self, page: Sign, guide: "Guide") -> Event:
        """Ask for the explicit yes to signing."""


def ask_all(
    wizard: "Wizard",
    session: "Session",
    draw: Callable[["Page", Keep], Event],
    save: Callable[["Session"], None],
    now: Callable[[], datetime],
) -> "Session":
    """Show page after page until nothing is left to ask, and save the session after every event.

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
                event = draw(page, lambda values: take(AnsweredMany(values, done=False)))
                take(event)
                if isinstance(event, Pause):
                    raise stopped
        except KeyboardInterrupt:  # between two questions
            raise stopped from None
    return session
