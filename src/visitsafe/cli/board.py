"""`visitsafe board`: who is out, who is late, and what happens next; once, or on a screen that stays."""

import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo
from typing import IO, TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import msgspec
import typer

from visitsafe.cli.output import QUIET, STOP, STRONG, WARN, make_console, put, result, result_json, say
from visitsafe.cli.show import Json, Plain
from visitsafe.errors import UsageError, VisitsafeError
from visitsafe.opening import invocation, zone_of
from visitsafe.text.clean import things
from visitsafe.text.clock import clock, to_text
from visitsafe.watch.board import Board, Sight, board_of
from visitsafe.watch.board_words import BoardLine, Tone, board_lines
from visitsafe.watch.heartbeat import ALARMING, desk_on_watch

if TYPE_CHECKING:
    from rich.console import Console

    from visitsafe.desk import Desk


_CLOCK_ONLY = re.compile(r"\s*[0-9]{1,2}(?:[:.]?[0-9]{2})?\s*(?:[ap]m)?\s*", re.IGNORECASE)


def board(
    context: typer.Context,
    json: Json = False,
    at: Annotated[
        str | None, typer.Option(help="As of then: 14:30 (today) or 2026-11-23 14:30, the team's local time.")
    ] = None,
    details: Annotated[
        bool, typer.Option("--details", "--include-details", help="With the addresses.")
    ] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Stay, look again, and ring the bell.")] = False,
    every: Annotated[
        float, typer.Option(min=1, max=60, help="With --watch: seconds between two looks.")
    ] = 10,
    plain: Plain = False,
) -> None:
    """Who is out, the most urgent first; exit code 4 if somebody has to act now, or nobody is watching."""
    if watch and (json or at is not None):
        raise UsageError("--watch shows the board of now on a screen", hint="leave out --json and --at")
    if watch:
        _stay(context, every, details=details, plain=plain)
        return
    with desk_on_watch(context) as desk:
        shown = _board(desk, at, details=details)
        zone = zone_of(desk.roster)
    if json:
        from visitsafe.watch.board_words import board_shape

        result_json(board_shape(shown, details=details))
    else:
        from visitsafe.cli.output import make_console
        from visitsafe.watch.board_words import board_lines

        draw(make_console(plain=plain, environ=invocation(context).environ), board_lines(shown, zone))
    if shown.alarming or shown.unwatched:
        raise typer.Exit(ALARMING)


def _board(desk: "Desk", at: str | None, *, details: bool) -> "Board":
    """The board of now, or of the time that was asked for."""
    from visitsafe.watch.board import board_of, look, look_back, of_another_time

    zone = zone_of(desk.roster)
    if at is None:
        return board_of(look(desk), desk.now, zone, details=details)
    then = time_asked_for(at, desk.now, zone)
    if then < desk.now:
        return board_of(look_back(desk, then), then, zone, details=details)
    return board_of(of_another_time(look(desk)), then, zone, details=details)


def time_asked_for(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """The time that --at names; a time without a day is today's, past or to come.

    Raises:
        UsageError: It is no time, or could be two.
    """
    from visitsafe.text.times import TimeError, parse_time

    try:
        return parse_time(f"today {text}" if _CLOCK_ONLY.fullmatch(text) else text, now, zone)
    except TimeError as error:
        raise UsageError(f"--at: {error.sentence}", hint="like 14:30 or 2026-11-23 14:30") from error


def _stay(context: typer.Context, every: float, *, details: bool, plain: bool) -> None:
    """Show the board until Ctrl+C, which is how one ends it: so the exit code is 0 then."""
    from visitsafe.cli.prompts.talk import stopped_by_signals
    from visitsafe.watch.board import look

    called = invocation(context)
    with desk_on_watch(context) as desk:
        zone = zone_of(desk.roster)

    def look_again(last: "Sight | None") -> "Sight":
        with desk_on_watch(context, warn=lambda _: None) as desk:
            return look(desk, last)

    try:
        with stopped_by_signals(), screen(called.environ, plain=plain) as paint:
            keep_looking(look_again, paint, lambda: called.now, resting(every), zone, details=details)
    except KeyboardInterrupt:
        say("the board is closed; whoever watches goes on watching")


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
    return [*text[:shown], f"... {things(more, 'more line')}", *keep, HOW_TO_END]


@contextmanager
def screen(environ: Mapping[str, str], *, plain: bool) -> Iterator[Paint]:
    """A place to paint boards on; it is left as it was found.

    Args:
        environ: NO_COLOR and TERM are honoured.
        plain: Never in place.
    """
    out = sys.stdout
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


AGAIN = timedelta(minutes=1)
"""How often the bell rings while nobody has taken an alarm on."""
GLANCE = 0.2
"""Seconds between two looks at the size of the window."""


class Bell(msgspec.Struct, frozen=True):
    """What the bell has rung for: who was overdue, when it rang last, and that nobody was watching."""

    overdue: frozenset[tuple[str, str]] = frozenset()
    rung: datetime | None = None
    alone: bool = False


class LastSight(msgspec.Struct, frozen=True):
    """The last sight of the store, and since when and why it cannot be reached."""

    sight: Sight
    away: datetime | None = None
    why: str = ""


def rings(bell: Bell, board: Board, *, away: bool) -> tuple[bool, Bell]:
    """Whether the bell rings for a board: somebody is newly overdue, or nobody takes an alarm on.

    Args:
        bell: What it has rung for.
        board: What is so now.
        away: Whether the store cannot be reached.
    """
    rows = [row for row in board.rows if not row.duress]
    overdue = frozenset((row.plan, row.due_back) for row in rows if row.overdue and not row.owner)
    alone = away or (board.watch is not None and not board.watch.anybody)
    rested = bell.rung is None or not timedelta() <= board.at - bell.rung < AGAIN
    asking = rested and any(row.unowned for row in rows)
    ring = bool(overdue - bell.overdue) or asking or (alone and not bell.alone)
    return ring, Bell(overdue, board.at if ring else bell.rung, alone)


def looked_again(seen: LastSight, look: Callable[[Sight | None], Sight], now: datetime) -> LastSight:
    """What is known after another look at the store, which may not be there."""
    try:
        return LastSight(look(seen.sight))
    except VisitsafeError as error:
        return LastSight(seen.sight, seen.away or now, error.message)
    except OSError as error:
        return LastSight(seen.sight, seen.away or now, error.strerror or "it cannot be read")


def away_words(seen: LastSight, now: datetime, zone: tzinfo) -> str:
    """The line that stands above all else while the store cannot be reached; empty while it can."""
    if seen.away is None:
        return ""
    since = clock(to_text(seen.away), zone, now)
    return (
        f"THE STORE CANNOT BE REACHED since {since}: {seen.why}. Below is what was known then. Still trying."
    )


def keep_looking(
    look: Callable[[Sight | None], Sight],
    paint: Paint,
    clock_now: Callable[[], datetime],
    rest: Callable[[], bool],
    zone: tzinfo,
    *,
    details: bool = False,
) -> None:
    """Show the board until somebody interrupts it.

    Args:
        look: Looks at the store, given what was seen before.
        paint: Puts a board on the screen.
        clock_now: The moment, aware.
        rest: Waits until the next look; true if it is only to be drawn again, for the window has changed.
        zone: Whose local time is told.
        details: With addresses.

    Raises:
        VisitsafeError: The very first look failed.
    """
    seen, bell = LastSight(look(None)), Bell()
    while True:
        now = clock_now()
        board = board_of(seen.sight, now, zone, details=details)
        ring, bell = rings(bell, board, away=seen.away is not None)
        lines = board_lines(board, zone, away_words(seen, now, zone))
        paint(lines, ring)
        while rest():
            paint(lines, False)
        seen = looked_again(seen, look, clock_now())


def resting(seconds: float) -> Callable[[], bool]:
    """Waits some seconds, or until the window has changed its size."""

    def rest() -> bool:
        size, end = shutil.get_terminal_size(), time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(GLANCE, left))
            if shutil.get_terminal_size() != size:
                return True
        return False

    return rest
