"""`visitsafe watch`: the desk's watch over everybody who is out, and drills.

It signs with the key of a manager or duty officer, opened once. `watch_loop` goes round, `watch_talk` talks,
`usecases.watching` does the work. Without Apprise or channels it still watches, and only this screen tells.
"""

import signal
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from visitsafe.cli.output import say
from visitsafe.errors import StoreError, UsageError, VisitsafeError
from visitsafe.opening import Context, invocation, settings_of
from visitsafe.watch.heartbeat import ALARMING, desk_on_watch

if TYPE_CHECKING:
    from visitsafe.cli.watch_loop import Loop, Stop
    from visitsafe.cli.watch_means import Outfit

EVERY = 15
LONGEST_EVERY = 60
"""Seconds. The board turns red when no heartbeat has been seen for three minutes."""


def watch(
    context: typer.Context,
    ref: Annotated[str | None, typer.Argument(metavar="[REF]", help="With --drill: of which visit.")] = None,
    once: Annotated[bool, typer.Option("--once", help="One round, for cron; 4 if somebody is late.")] = False,
    every: Annotated[int, typer.Option("--every", help="Seconds between rounds, at most 60.")] = EVERY,
    ping: Annotated[str, typer.Option("--ping", help="A URL to call after each healthy round.")] = "",
    drill: Annotated[
        bool, typer.Option("--drill", help="Play a visit's whole ladder, or a made-up one; marked DRILL.")
    ] = False,
) -> None:
    """Watch over everybody who is out: raise what falls due, tell people, until somebody takes it on."""
    from visitsafe.watch.notify import check_ping_url

    if ref is not None and not drill:
        raise UsageError("the watch is over every visit", f"for a drill: visitsafe watch {ref} --drill")
    if not 1 <= every <= LONGEST_EVERY:
        raise UsageError(f"--every is between 1 and {LONGEST_EVERY} seconds", "leave it out for 15")
    if drill and (once or ping):
        raise UsageError("a drill is played once", "leave out --once and --ping")
    if ping and (wrong := check_ping_url(ping)):
        raise UsageError(wrong, "give a URL like https://monitor.example/ping/SECRET")
    if drill:
        from visitsafe.cli.watch_drill import drill as play

        raise typer.Exit(play(context, ref))
    raise typer.Exit(_watch(context, 0 if once else every, ping))


def _watch(context: Context, every: int, ping: str) -> int:
    from visitsafe.cli.watch_loop import Stop
    from visitsafe.watch.outbox import living

    stop = Stop()
    fitted = _fitted(context, every, stop)
    if fitted is None:
        return _ended_by(stop)
    stop.needs_screen = not living(fitted.reach.contacts, fitted.roster.members).channels
    loop = _loop(context, fitted, ping)
    if not every:
        found = loop.once()
        return ALARMING if found.alarming or found.damaged else 0
    name, team = fitted.me.person.name, fitted.roster.name
    loop.screen.line(f"watching over {team}, as {name}, every {every} seconds; Ctrl+C ends it")
    with stop.heard():
        loop.run(stop, stop.sleep)
        _say_who_watches(loop)
    return _ended_by(stop)


def _ended_by(stop: "Stop") -> int:
    return 128 + signal.SIGINT if stop.by == signal.SIGINT else 0


def _fitted(context: Context, every: int, stop: "Stop") -> "Outfit | None":
    """All that the watch needs; a store that is away is waited for, loudly. None if somebody ends that.

    Raises:
        StoreError: It is away, and this is a single round or this computer never saw a team in it.
    """
    from visitsafe.cli.watch_means import outfit
    from visitsafe.cli.watch_ready import lacking
    from visitsafe.cli.watch_talk import still_away

    tries = 0
    while True:
        try:
            with desk_on_watch(context) as desk:
                fitted = outfit(context, desk, every, stop.remarks)
                for sentence in lacking(desk, fitted.reach, settings_of(context)):
                    say(sentence)
        except StoreError as error:
            if not every or not settings_of(context).team:
                raise
            if tries * every % LONGEST_EVERY < every:
                still_away(error, invocation(context).now)
            tries += 1
        else:
            return fitted
        with stop.heard():
            stop.sleep(every)
        if stop():
            return None


def _loop(context: Context, fitted: "Outfit", ping: str) -> "Loop":
    from visitsafe.cli.watch_loop import Loop
    from visitsafe.cli.watch_talk import WatchScreen
    from visitsafe.store.open import open_store
    from visitsafe.watch.notify import Pinger
    from visitsafe.watch.watcher import Watching

    environ, url = invocation(context).environ, settings_of(context).store
    terminal = sys.stdout.isatty() and environ.get("TERM", "") not in {"", "dumb"}
    watching: Watching | None = None
    screen = WatchScreen(
        fitted.me,
        lambda: watching.view.roster if watching else fitted.roster,
        fitted.means.now,
        colour=terminal and not environ.get("NO_COLOR"),
        bell=sys.stdout.isatty(),
    )
    watching = Watching(fitted.means, fitted.roster, screen.told, screen.gap)
    return Loop(
        watching=watching,
        screen=screen,
        open_store=lambda: open_store(url),
        look=fitted.time.look,
        every=fitted.means.every,
        pinger=Pinger(ping) if ping else None,
    )


def _say_who_watches(loop: "Loop") -> None:
    """At the end: nobody is watching now, unless somebody else is."""
    try:
        others = loop.end()
    except VisitsafeError:
        others = []
    if others:
        loop.screen.line(f"this watch has ended; {' and '.join(others)} goes on watching")
    else:
        loop.screen.line("this watch has ended: NOBODY IS WATCHING NOW", grave=True)
