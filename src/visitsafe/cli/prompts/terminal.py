"""Whether there is a terminal to ask at, and which front end fits it.

A wizard without a person answers itself: a pipe would tick boxes by accident. So both ends must be a
terminal, which is a safety rule and not a nicety. Plain is chosen by the flag, by ACCESSIBLE, by a terminal
that cannot move its cursor, and where the output is not UTF-8. Keys pressed before a question is on the
screen are thrown away, so that no key answers a question that nobody has read.
"""

import contextlib
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import TextIO

from visitsafe.errors import UsageError

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
