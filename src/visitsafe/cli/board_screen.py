"""The board at a terminal: drawn once, or in place again and again.

What is drawn follows from the lines, the width and the height alone. On a terminal that cannot move its
cursor, with --plain and into a file, a board is written below the last one, and only when it has changed.
"""

import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from visitsafe.cli.lines import QUIET, STOP, STRONG, WARN, make_console, put
from visitsafe.cli.output import result
from visitsafe.watch.board_words import BoardLine, Tone

if TYPE_CHECKING:
    from rich.console import Console

INDENT = 2
STYLES: Mapping[Tone, str] = {
    Tone.ALARM: STOP,
    Tone.CAREFUL: WARN,
    Tone.STRONG: STRONG,
    Tone.PLAIN: "",
    Tone.QUIET: QUIET,
}
ENTER, LEAVE = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"
"""The other screen without a cursor, and back to what was there before."""
HOME, LINE_END, BELOW = "\x1b[H", "\x1b[K", "\x1b[J"
BELL = "\a"
HOW_TO_END = "Ctrl+C ends this board."
_DUMB = frozenset({"", "dumb", "unknown"})
Paint = Callable[[Sequence[BoardLine], bool], None]
"""Puts lines on the screen, with the bell or without."""


def draw(console: "Console", lines: Sequence[BoardLine]) -> None:
    """Write the lines of a board."""
    for line in lines:
        put(console, (line.text, STYLES[line.tone]), indent=INDENT if line.under else 0)


def frame(text: Sequence[str], height: int, keep: Sequence[str] = ()) -> list[str]:
    """As many drawn lines as a window holds, what is not shown, what is kept, and how to end.

    Args:
        text: The drawn lines.
        height: Of the window.
        keep: Drawn lines that follow and stay, unless they would take up more than a third of the window.
    """
    room = max(height - 1, 1)
    if len(text) + len(keep) <= room:
        return [*text, *keep, HOW_TO_END]
    keep = keep[: height // 3]
    shown = max(room - 1 - len(keep), 0)
    more = len(text) - shown
    return [*text[:shown], f"... {more} more {'line' if more == 1 else 'lines'}", *keep, HOW_TO_END]


@contextmanager
def screen(environ: Mapping[str, str], *, plain: bool, out: IO[str] | None = None) -> Iterator[Paint]:
    """A place to paint boards on; it is left as it was found.

    Args:
        environ: NO_COLOR and TERM are honoured.
        plain: Never in place.
        out: Where to; standard output if not given.
    """
    out = out or sys.stdout
    if plain or not out.isatty() or environ.get("TERM", "") in _DUMB:
        yield _one_below_the_other(environ)
        return
    out.write(ENTER)
    try:
        yield lambda lines, ring: _in_place(out, environ, lines, ring=ring)
    finally:
        out.write(LEAVE)
        out.flush()


def _in_place(out: IO[str], environ: Mapping[str, str], lines: Sequence[BoardLine], *, ring: bool) -> None:
    size = shutil.get_terminal_size()
    # A full last column would be wiped by LINE_END, and a wrapped line would push the first off the window.
    console = make_console(plain=False, environ=environ, file=out, width=max(size.columns - 1, 1))
    with console.capture() as drawn:
        draw(console, [line for line in lines if not line.keep])
    with console.capture() as kept:
        draw(console, [line for line in lines if line.keep])
    shown = frame(drawn.get().splitlines(), size.lines, kept.get().splitlines())
    # one write, so that nobody ever sees half a board
    out.write(HOME + (LINE_END + "\n").join(shown) + LINE_END + BELOW + BELL * ring)
    out.flush()


def _one_below_the_other(environ: Mapping[str, str]) -> Paint:
    last: list[Sequence[BoardLine]] = []

    def paint(lines: Sequence[BoardLine], ring: bool) -> None:
        if [lines] == last and not ring:
            return
        last[:] = [lines]
        console = make_console(plain=True, environ=environ)
        with console.capture() as drawn:
            draw(console, lines)
        result(BELL * ring + drawn.get() + "\n", exact=True)

    return paint
