"""How far a long command has come: one line at a terminal, on standard error; nothing anywhere else.

What is done within a second shows nothing, and no line is wider than the terminal.
"""

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_WIDTH = 20
_EVERY = 100
_SOON = 1.0


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """What is told how far it is: what is being done, how much of it is done, of how much (0 if unknown)."""
    shows = sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"
    shown = ""
    began = time.monotonic()

    def tell(what: str, done: int, total: int) -> None:
        nonlocal shown
        if not shows or time.monotonic() - began < _SOON:
            return
        line = _line(what, done, total)[: shutil.get_terminal_size().columns - 1]
        if line != shown:
            _write("\r\x1b[K" + line)
            shown = line

    try:
        yield tell
    finally:
        if shown:
            _write("\r\x1b[K")


def _line(what: str, done: int, total: int) -> str:
    """The same line for a while, so that a terminal is not written to for every entry."""
    if total <= 0:
        return f"{what}: {done - done % _EVERY}"
    part = min(done, total) * 100 // total
    bar = "#" * (part * _WIDTH // 100)
    return f"{what} [{bar:.<{_WIDTH}}] {part} %"


def _write(text: str) -> None:
    with suppress(OSError):
        sys.stderr.write(text)
        sys.stderr.flush()
