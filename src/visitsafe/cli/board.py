"""`visitsafe board`: who is out, who is late, and what happens next."""

import re
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from visitsafe.cli.output import result_json, say
from visitsafe.cli.reading import Json, Plain
from visitsafe.errors import UsageError
from visitsafe.opening import invocation, zone_of
from visitsafe.watch.heartbeat import ALARMING, desk_on_watch

if TYPE_CHECKING:
    from visitsafe.desk import Desk
    from visitsafe.watch.board import Board, Sight

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
        from visitsafe.cli.board_screen import draw
        from visitsafe.cli.lines import make_console
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
    from visitsafe.cli.board_screen import screen
    from visitsafe.cli.board_watch import keep_looking, resting
    from visitsafe.cli.prompts.terminal import stopped_by_signals
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
