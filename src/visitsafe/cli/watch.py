"""`visitsafe watch`: the desk's watch over everybody who is out, and drills.

It signs with the key of somebody who may watch, opened once. What is done is the watch's affair (`watch/`);
here it goes round until it is stopped, and talks. Without Apprise or channels it still watches, and only
this screen tells.
"""

import hashlib
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
import typer

from visitsafe.cli.output import ReaderGoneError, ResultLostError, result, say
from visitsafe.desk import Desk
from visitsafe.errors import MovedStoreError, NotPermittedError, StoreError, UsageError, VisitsafeError
from visitsafe.opening import UK, Context, desk_of, invocation, settings_of, signer_of, zone_of
from visitsafe.record.agent import HARDWARE
from visitsafe.record.bodies import (
    AcknowledgedBody,
    BackBody,
    EscalatedBody,
    ExtendedBody,
    Heard,
    IncidentBody,
    NotifiedBody,
    ReportBody,
    StoodDownBody,
    VisitBody,
)
from visitsafe.record.kinds import KINDS, kind_words
from visitsafe.record.stored import Store
from visitsafe.record.terms import BECAUSE_WORDS, ROLE_WORDS, WATCHERS, Answer, Outcome, Role
from visitsafe.settings import Settings
from visitsafe.state import ladder as alarm
from visitsafe.state.duress_redaction import hides_phrase
from visitsafe.state.fold import PlanState
from visitsafe.state.ladder import WORKER
from visitsafe.state.phrases import whose
from visitsafe.state.rules import Judged
from visitsafe.state.visit_words import COMES
from visitsafe.team.people import Member, as_heard, called
from visitsafe.team.roster import Roster, is_companion
from visitsafe.text.clean import one_line, things
from visitsafe.text.clock import clock, duration, minutes_between, to_text
from visitsafe.text.redact import without_address
from visitsafe.watch.clock import APART, first_reading, next_reading
from visitsafe.watch.drill import Tried, play, play_made_up
from visitsafe.watch.heartbeat import ALARMING, Gap, desk_on_watch, read_beats, watch_at
from visitsafe.watch.messages import Text
from visitsafe.watch.notify import Channels, Pinger, Reach, Sent, check_channels, read_reach
from visitsafe.watch.outbox import Channel, dead, living, unreached
from visitsafe.watch.watch_acting import Means
from visitsafe.watch.watcher import Round, Watching

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
        raise typer.Exit(play_drill(context, ref))
    raise typer.Exit(_watch(context, 0 if once else every, ping))


def _watch(context: Context, every: int, ping: str) -> int:
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


CLOCK_DOUBTED = "the clock of this computer was put forward or back: see that it shows the right time"


class Moved(msgspec.Struct, frozen=True):
    """What became of the clock since it was last looked at.

    Attributes:
        by: How far it was put forward while nobody was away; less than nothing if that was taken back.
        sentence: What to tell; empty if all is as it should be.
    """

    by: timedelta = timedelta()
    sentence: str = ""


class Timekeeper:
    """The time by which a run of the watch acts: looked at before each round, counted on within it."""

    def __init__(
        self,
        clock: Callable[[], datetime],
        elapsed: Callable[[], float],
        every: int,
        *,
        counts_sleep: bool = True,
    ) -> None:
        """Begin.

        Args:
            clock: The wall clock, aware.
            elapsed: A count of seconds that never jumps.
            every: Seconds between rounds.
            counts_sleep: Whether the count goes on while the computer sleeps.
        """
        self._clock, self._elapsed, self._every = clock, elapsed, every
        self._counts_sleep = counts_sleep
        self._last = first_reading(clock(), elapsed())

    def now(self) -> datetime:
        """The time to act by, aware, to the second."""
        passed = timedelta(seconds=max(0.0, self._elapsed() - self._last.elapsed))
        return (self._last.acted + passed).replace(microsecond=0)

    def look(self) -> Moved:
        """Look at both clocks."""
        before = self._last
        self._last, sentence = next_reading(
            before, self._clock(), self._elapsed(), self._every, counts_sleep=self._counts_sleep
        )
        passed = timedelta(seconds=max(0.0, self._last.elapsed - before.elapsed))
        jumped = self._last.acted - before.acted - passed
        is_jump = jumped < -APART or (self._counts_sleep and jumped > APART)
        return Moved(jumped if is_jump else timedelta(), sentence or "")

    def wall(self) -> datetime:
        """What the wall clock shows as far as it was looked at, aware; `now` where both are the same."""
        passed = timedelta(seconds=max(0.0, self._elapsed() - self._last.elapsed))
        return (self._last.wall + passed).replace(microsecond=0)

    def doubt(self) -> tuple[str, ...]:
        """What is wrong with the clock, as a sentence; empty while both clocks agree."""
        return (CLOCK_DOUBTED,) if self._last.apart else ()


class Outfit(msgspec.Struct, frozen=True):
    """All that a run of the watch needs from this computer."""

    me: Member
    roster: Roster
    reach: Reach
    means: Means
    time: Timekeeper


def outfit(context: Context, desk: Desk, every: int, remarks: Callable[[], Sequence[str]] = tuple) -> Outfit:
    """Look whether this person may watch, open the key, and gather the rest.

    Args:
        context: The invocation.
        desk: The open store and the team.
        every: Seconds between rounds; 0 for a single one.
        remarks: What somebody should know of this watch, as sentences.

    Raises:
        NotPermittedError: This key is of nobody who may watch.
        KeyFileError: The key cannot be opened.
    """
    me = desk.member()
    if me.roles.isdisjoint(WATCHERS):
        raise NotPermittedError(
            "only a manager or a duty officer watches, or a computer with the role watch",
            hint="ask an admin: visitsafe team role WHO --add duty",
        )
    reach = read_reach(settings_of(context))
    signer = signer_of(context)
    elapsed, counts_sleep = counter()
    timekeeper = Timekeeper(invocation(context).clock, elapsed, every, counts_sleep=counts_sleep)
    post = Post(reach, timekeeper.now)
    means = Means(
        signer=signer,
        contacts=reach.contacts,
        send=post.send,
        now=timekeeper.now,
        zone=zone_of,
        watcher=_name_of_run(signer.fingerprint, every),
        host=socket.gethostname(),
        pid=os.getpid(),
        runs=is_running,
        every=every,
        wall=timekeeper.wall,
        doubt=timekeeper.doubt,
        remarks=lambda: [*remarks(), *filter(None, [reach.trouble])],
    )
    return Outfit(me, desk.roster, reach, means, timekeeper)


def counter() -> tuple[Callable[[], float], bool]:
    """Seconds that never jump, and whether they go on while this computer sleeps."""
    for name in ("CLOCK_BOOTTIME", "CLOCK_MONOTONIC"):
        number = getattr(time, name, None)
        if number is not None:  # the second one goes on in a Mac's sleep, and not in Linux's
            counts_sleep = name == "CLOCK_BOOTTIME" or sys.platform == "darwin"
            return partial(time.clock_gettime, number), counts_sleep
    return time.monotonic, sys.platform == "win32"


def is_running(pid: int) -> bool:
    """Whether a process of this computer is still there; it counts as there where that cannot be told."""
    if sys.platform == "win32" or pid <= 0:  # there os.kill would end it
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


class Post:
    """Hands messages to the channels; one that has just failed is left alone while another one may work."""

    def __init__(self, reach: Reach, now: Callable[[], datetime]) -> None:
        self._channels = Channels(reach.urls)
        self._labels = list(reach.urls)
        self._now = now

    def send(self, channel: Channel, text: Text) -> str:
        """Why a message could not be handed over; empty if it was."""
        now, label = self._now(), channel.label
        resting = [one for one in self._labels if self._channels.rests_until(one, now) is not None]
        if label in resting and len(resting) < len(self._labels):
            return "left alone for a moment, because it has just failed"
        outcome = self._channels.send(label, text, now)
        return "" if isinstance(outcome, Sent) else outcome.why


def _name_of_run(fingerprint: str, every: int) -> str:
    """Random; but runs from cron share one, or their heartbeats would pile up."""
    if every:
        return os.urandom(8).hex()
    return hashlib.sha256(f"once\n{socket.gethostname()}\n{fingerprint}".encode()).hexdigest()[:16]


NO_CHANNELS = (
    "there are no channels to send messages on: only this screen tells, and somebody has to look at it all "
    "the time"
)
ADD_CHANNEL = (
    'add lines to settings.toml, for each channel: [[notify]], label = "duty mailbox", who = "duty", '
    'url = "mailtos://..." (as Apprise writes it); then: visitsafe watch --drill'
)


_ROLES = {
    Role.DUTY: "their messages go to all other channels",
    Role.MANAGER: "their messages go to all other channels",
    Role.PRACTITIONER: "reminders to the lone worker go to the duty desk",
}


def lacking(desk: Desk, reach: Reach, settings: Settings) -> Iterator[str]:
    """What is missing, as sentences; what cannot be used comes first."""
    yield from (
        f"NOT USED: {fault}; mend {settings.file} and start the watch again" for fault in reach.faults
    )
    yield from reach.warnings
    members = desk.roster.members
    yield from dead(reach.contacts, members)
    yield from unreached(reach.contacts, members)
    if not living(reach.contacts, members).channels:
        yield f"{NO_CHANNELS}: {ADD_CHANNEL}"
    else:
        yield from check_channels(reach.urls)
        yield from _without_channel(desk, reach)
    agreed = desk.roster.settings
    if not agreed.desk_phone:
        yield "no desk telephone is agreed, so no message names one: visitsafe team set --desk-phone NUMBER"
    if agreed.duress is None:
        yield "no duress phrase is agreed: visitsafe team duress --set"
    for role in (Role.DUTY, Role.MANAGER):
        if not desk.roster.with_role(role):
            yield f"nobody in the team is a {whose((role,))}"
    if settings.via == HARDWARE:
        yield "your key wants a touch each time it signs, and the watch signs all the time: use another key"


def _without_channel(desk: Desk, reach: Reach) -> Iterator[str]:
    """The roles that no channel of their own reaches, and where their messages go instead."""
    channels = living(reach.contacts, desk.roster.members).channels
    called = {as_heard(channel.who) for channel in channels}
    for role, instead in _ROLES.items():
        emails = {as_heard(one.person.email) for one in desk.roster.with_role(Role(role))}
        own = {role, WORKER} if role == Role.PRACTITIONER else {role}
        if called.isdisjoint(own | emails):
            yield f"no channel reaches the {whose((role,))}: {instead}"


FAILED = 1


def play_drill(context: Context, ref: str | None) -> int:
    """Play a drill and say which channels worked.

    Args:
        context: The invocation.
        ref: Of which visit; a made-up one without.

    Returns:
        The exit code: 1 if a message could not be sent, or a channel could not even be tried.

    Raises:
        NotPermittedError: There is nobody to tell, or this visit is no place for a drill now.
    """
    with desk_of(context) as desk:
        fitted = outfit(context, desk, 0)
        contacts, members = fitted.means.contacts, fitted.roster.members
        faults = [*fitted.reach.faults, *dead(contacts, members)]
        for fault in faults:
            say(f"NOT TRIED: {fault}")
        if not living(contacts, members).channels:
            raise NotPermittedError("there are no channels to try", hint=ADD_CHANNEL)
        heard: list[Tried] = []
        said = _drill_made_up(fitted, heard) if ref is None else _drill_on_visit(desk, fitted, ref, heard)
    worked = [tried for tried in heard if not tried.why]
    said.insert(0, f"DRILL: {len(worked)} of {len(heard)} messages were handed over.")
    result("\n".join(one_line(line) for line in said))
    return 0 if len(worked) == len(heard) and not faults else FAILED


def _drill_on_visit(desk: Desk, fitted: Outfit, ref: str, heard: list[Tried]) -> list[str]:
    hands = Watching(fitted.means, fitted.roster, _unheard, _unheard, drilling=True).hands
    state = play(hands, desk.store, desk.resolve(ref), os.urandom(4).hex(), _into(heard))
    return [
        f"The whole ladder of {state.ref} was played; its record shows it as a drill.",
        f"Now try to take it on: visitsafe acknowledge {state.ref}",
        f"and end it: visitsafe stand-down {state.ref} --because test (the all-clear goes out then)",
    ]


def _drill_made_up(fitted: Outfit, heard: list[Tried]) -> list[str]:
    hands = Watching(fitted.means, fitted.roster, _unheard, _unheard, drilling=True).hands
    play_made_up(hands, _into(heard))
    return [
        "It was about a made-up visit: nothing is on the record, and nothing has to be ended.",
        "In a real alarm, take it on with: visitsafe acknowledge REF",
        "and end it with: visitsafe stand-down REF --because safe",
        "To try these two as well: visitsafe watch REF --drill",
    ]


def _into(heard: list[Tried]) -> Callable[[Tried], None]:
    """Says what became of each message as it happens: a channel that hangs takes a while."""

    def hear(tried: Tried) -> None:
        heard.append(tried)
        channel = tried.channel
        who = ROLE_WORDS.get(channel.who, channel.who)
        say(f"{channel.label} ({who}): {f'NOT SENT, {tried.why}' if tried.why else 'handed over'}")

    return hear


def _unheard(*_: object) -> None:
    """Nothing else is told: the drill says what matters itself."""


Names = Mapping[str, Member]
WORKER_ONLY = ("lone-worker",)
LATE = 2
"""Minutes after which a step counts as raised late."""


class WatchLine(msgspec.Struct, frozen=True):
    """A line, whether it is shown in red, and whether it needs a person here at once."""

    text: str
    grave: bool = False
    bell: bool = False


def about(state: PlanState, now: datetime, zone: tzinfo, names: Names) -> str:
    """`K7Q2-M9 Sam Carter, Ordsall: due back 15:30, 34 min late; nobody has taken it on`.

    Args:
        state: The visit, as the reader may see it.
        now: The moment.
        zone: Whose local time is told.
        names: Everybody whom the team ever knew, by fingerprint.
    """
    visit = state.visit
    parts = [f"due back {clock(visit.due_back, zone, now)}"]
    late = alarm.minutes_late(state, now)
    if visit.duress is not None:
        parts = ["DURESS, do not ring them"]
    elif visit.back is not None:
        parts.append("reported back; somebody else has to speak to them and stand this down")
    elif late:
        parts[0] += f", {duration(late)} late"
    taken = alarm.owner(state, now)
    if visit.needs_standing_down or taken:
        owner = _speaker(taken.body.heard, taken.author.person.name, names) if taken else ""
        parts.append(f"taken on by {owner}" if taken else "nobody has taken it on")
    return f"{_named(state)}: {'; '.join(parts)}"


def told(state: PlanState, judged: Judged, now: datetime, zone: tzinfo, names: Names) -> WatchLine | None:
    """An entry about a visit as a line; None if it says nothing to the desk. Arguments as for `about`."""
    body = judged.body
    if not isinstance(body, VisitBody):
        return _incident(state, judged)
    if judged.why_not:
        what = f"{kind_words(judged.entry.content.kind)} by {judged.name}"
        return WatchLine(f"DOES NOT COUNT  {_named(state)}: {what}: {judged.why_not}", grave=True)
    if isinstance(body, ReportBody | BackBody | ExtendedBody):
        return _reported(state, judged, body, now, zone)
    drill = f"DRILL {body.drill}  " if body.drill else ""
    if isinstance(body, EscalatedBody):
        return _raised(state, body, drill, now, zone)
    if isinstance(body, NotifiedBody):
        return _notified(state, body, drill)
    return WatchLine(f"{drill}{_taken(state, judged, body, now, zone, names)}{_note(body)}")


def _incident(state: PlanState, judged: Judged) -> WatchLine | None:
    if not isinstance(judged.body, IncidentBody) or judged.why_not:
        return None
    what = "near miss" if judged.body.near_miss else "incident"
    return WatchLine(f"INCIDENT  {_named(state)}: {what} recorded by {judged.name}", grave=True, bell=True)


def _taken(
    state: PlanState,
    judged: Judged,
    body: AcknowledgedBody | StoodDownBody,
    now: datetime,
    zone: tzinfo,
    names: Names,
) -> str:
    if isinstance(body, AcknowledgedBody):
        who = _speaker(body.heard, judged.name, names)
        heard = f", by telephone to {judged.name}" if body.heard else ""
        return f"TAKEN ON  {_named(state)}: {who} has taken on {state.visit.called(body.step)}{heard}"
    goes_on = f"; the visit goes on, due back {clock(body.until, zone, now)}" if body.until else ""
    return f"STOOD DOWN  {_named(state)}: by {judged.name}, {BECAUSE_WORDS[body.because]}{goes_on}"


def _named(state: PlanState) -> str:
    visit = state.body.visit
    return f"{state.ref} {state.author.person.name}, {without_address(visit.area, visit.address)}"


def _speaker(heard: Heard | None, signer: str, names: Names) -> str:
    """Whose word it is: whoever spoke, or who signed."""
    if heard is None:
        return signer
    return called(heard.person, names)


def _note(body: VisitBody) -> str:
    note = getattr(body, "note", "").strip()
    return f" ({note})" if note else ""


def _raised(state: PlanState, body: EscalatedBody, drill: str, now: datetime, zone: tzinfo) -> WatchLine:
    rung = state.visit.rung(body.step)
    whom = whose(rung.who)
    the = "the " if rung.who and rung.who[0] in ROLE_WORDS and not whom.startswith("the ") else ""
    step = f"{state.visit.called(body.step)} for {the}{whom}: {rung.do}"
    late = ""
    if body.unwatched_from:
        since = clock(body.unwatched_from, zone, now)
        late = f" Due {clock(body.due, zone, now)}; nobody was watching from {since}."
    elif minutes_between(body.due, now) >= LATE:
        late = f" Due {clock(body.due, zone, now)}, raised late."
    if state.visit.duress is not None and not drill:
        return WatchLine(f"DURESS  {_named(state)}: do not ring them. {step}{late}", grave=True)
    out = f"due back {clock(state.visit.due_back, zone, now)}"
    only_worker = rung.who == WORKER_ONLY
    return WatchLine(
        f"{drill}RAISED  {_named(state)}, {out}: {step}{late}",
        grave=not drill and not only_worker,
        bell=not drill and not only_worker,
    )


def _notified(state: PlanState, body: NotifiedBody, drill: str) -> WatchLine:
    tried = f", attempt {body.attempt}" if body.attempt > 1 else ""
    if body.outcome is Outcome.SENT:
        return WatchLine(f"{drill}sent  {state.ref}: to {body.channel}{tried}")
    return WatchLine(
        f"{drill}NOT SENT  {state.ref}: to {body.channel}{tried}: {body.why}", grave=True, bell=not drill
    )


def _reported(
    state: PlanState,
    judged: Judged,
    body: ReportBody | BackBody | ExtendedBody,
    now: datetime,
    zone: tzinfo,
) -> WatchLine:
    by = f", heard by {judged.name}" if body.heard else ""
    if isinstance(body, ExtendedBody):
        return WatchLine(
            f"extended  {_named(state)}: due back {clock(body.until, zone, now)} now{by}{_note(body)}"
        )
    if isinstance(body, BackBody):
        more = ""
        if state.visit.needs_standing_down:
            more = ". The alarm stays open: speak to them, then stand it down"
        return WatchLine(f"back  {_named(state)}{by}{_note(body)}{more}", grave=bool(more))
    if body.duress:
        return WatchLine(f"DURESS  {_named(state)}: spoken to {judged.name}. Do not ring them.", grave=True)
    what = f"has {'broken the visit off' if body.stopped else KINDS[judged.entry.content.kind].did}"
    urgent = f", without a countersignature: {body.urgent}" if body.urgent else ""
    address = state.body.visit.address
    unmet = [
        f"NOT met: {without_address(one.text, address)}"
        for one in body.conditions or ()
        if one.met == Answer.NO
    ]
    company = [f"{one.name} {COMES[one.comes]}" for one in body.company or ()]
    agreed = "".join(f"; {one}" for one in (*unmet, *company))
    return WatchLine(
        f"report  {_named(state)}: {what}{urgent}{agreed}{by}{_note(body)}", grave=bool(urgent or agreed)
    )


BELL, RED, PLAIN = "\a", "\x1b[1;31m", "\x1b[0m"
AGAIN = timedelta(minutes=2)
"""How often the screen repeats that nobody has taken an alarm on."""
AWAY_AGAIN = timedelta(minutes=1)
QUIET = timedelta(minutes=15)
"""How often the screen says that all is quiet, so that it is seen to be alive."""
MOST_AT_ONCE = 20
MOST_CALM = 60
"""Visits that are named while the store is away: somebody has to ring all of them."""


class WatchScreen:
    """The screen of one run of the watch."""

    def __init__(
        self,
        me: Member,
        roster: Callable[[], Roster],
        now: Callable[[], datetime],
        *,
        colour: bool = False,
        bell: bool = False,
    ) -> None:
        """Know the screen.

        Args:
            me: Whose key the desk signs with.
            roster: The team as it is now.
            now: The time.
            colour: Whether red can be shown.
            bell: Whether there is a terminal with a bell.
        """
        self.me = me
        self._roster, self._now = roster, now
        self._colour, self._bell = colour, bell
        self._troubles: frozenset[str] = frozenset()
        self._reminded: dict[str, datetime] = {}
        self._away_since: datetime | None = None
        self._said_away: datetime | None = None
        self._quiet: datetime | None = None
        self._ping = ""

    def line(self, text: str, *, grave: bool = False, bell: bool = False) -> None:
        """One line, with the time before it."""
        at = self._now().astimezone(self._zone())
        words = f"{at:%H:%M}  {one_line(text)}"
        if grave and self._colour:
            words = f"{RED}{words}{PLAIN}"
        with suppress(ReaderGoneError, ResultLostError, ValueError):
            result(words + (BELL if bell and self._bell else ""))

    def told(self, state: PlanState, judged: Judged) -> None:
        """Something came in about a visit."""
        seen = hides_phrase(state, self.me)
        shown = next((one for one in seen.judged if one.entry.id == judged.entry.id), None)
        said = told(seen, shown, *self._here()) if shown else None
        if said is not None:
            self.line(said.text, grave=said.grave, bell=said.bell and seen.visit.duress is None)

    def gap(self, gap: Gap) -> None:
        """Nobody had been watching for a while."""
        zone, now = self._zone(), self._now()
        since, until = clock(gap.since, zone, now), clock(gap.until, zone, now)
        self.line(
            f"NOBODY WAS WATCHING from {since} to {until}. What fell due meanwhile is raised now.", grave=True
        )

    def round(self, found: Round) -> None:
        """A round is over: say what has become wrong or right again, and who still waits for somebody."""
        self._back_again()
        if self._quiet is None:
            self._begin(found)
        now = set(found.troubles)
        for trouble in [one for one in found.troubles if one not in self._troubles][:MOST_AT_ONCE]:
            self.line(f"TROUBLE  {trouble}", grave=True, bell=not found.healthy)
        if self._troubles and not now:
            self.line("the trouble is over")
        self._troubles = frozenset(now)
        self._remind(found.alarming)
        self._say_quiet(found)

    def away(self, error: StoreError, known: Round) -> None:
        """The store cannot be reached: an alarm in itself. What is known from before is shown."""
        now = self._now()
        if self._away_since is None:
            self._away_since = now
        if self._said_away is not None and now - self._said_away < AWAY_AGAIN:
            return
        self._said_away = now
        since = clock(to_text(self._away_since), self._zone(), now)
        self.line(
            f"THE STORE CANNOT BE REACHED since {since}: {error.message}. No report comes in and no message "
            f"goes out. Ring whoever is out. {_then(error)}",
            grave=True,
            bell=True,
        )
        alarming = self._mine(known.alarming)
        for state in alarming[:MOST_AT_ONCE]:
            self.line(f"as last known: {about(state, *self._here())}", grave=True)
        for state in known.calm[:MOST_CALM]:
            self.line(f"as last known, not late: {about(state, *self._here())}")
        if (more := len(known.calm) - MOST_CALM) > 0:
            self.line(f"as last known: {more} more are out, not late, and due back after these")

    def fault(self, reason: str) -> None:
        """A round failed in another way."""
        self.line(f"THIS ROUND FAILED: {reason}. It is tried again.", grave=True, bell=True)

    def ping(self, trouble: str) -> None:
        """What was wrong with the last ping of the outside monitor; said when it changes."""
        if trouble != self._ping:
            self._ping = trouble
            self.line(
                f"OUTSIDE MONITOR  {trouble}" if trouble else "the outside monitor hears us again",
                grave=bool(trouble),
            )

    def clock_moved(self, by: timedelta) -> None:
        """The clock was put forward or back: what is repeated after a while is repeated all the same."""
        self._reminded = {plan: at + by for plan, at in self._reminded.items()}
        self._said_away = self._said_away and self._said_away + by
        self._quiet = self._quiet and self._quiet + by

    def _begin(self, found: Round) -> None:
        """How many are out, and about whom somebody has to act."""
        self.line(f"{things(found.watched, 'visit')} watched")
        for state in self._mine(found.alarming)[:MOST_AT_ONCE]:
            self.line(about(state, *self._here()), grave=True)

    def _zone(self) -> tzinfo:
        return zone_of(self._roster())

    def _here(self) -> tuple[datetime, tzinfo, Mapping[str, Member]]:
        """The moment, whose clocks, and who is who."""
        roster = self._roster()
        return self._now(), zone_of(roster), roster.known

    def _back_again(self) -> None:
        if self._away_since is None:
            return
        since = clock(to_text(self._away_since), self._zone(), self._now())
        self.line(f"the store is back; it could not be reached from {since} on", grave=True)
        self._away_since = self._said_away = None

    def _remind(self, alarming: Sequence[PlanState]) -> None:
        """Say again that nobody has taken an alarm on: with no channels, this screen is all there is."""
        now, waiting = self._now(), {}
        for state in self._mine(alarming):
            if alarm.unowned(state):
                last = self._reminded.get(state.plan, now)
                if now - last >= AGAIN:
                    self.line(
                        f"NOBODY HAS TAKEN THIS ON  {about(state, *self._here())}. "
                        f"Take it on: visitsafe acknowledge {state.ref}",
                        grave=True,
                        bell=state.visit.duress is None,
                    )
                    last = now
                waiting[state.plan] = last
        self._reminded = waiting

    def _say_quiet(self, found: Round) -> None:
        now = self._now()
        if self._quiet is None or found.alarming or found.troubles:
            self._quiet = now
        elif now - self._quiet >= QUIET:
            self._quiet = now
            self.line(f"all quiet: {things(found.watched, 'visit')} watched")

    def _mine(self, states: Sequence[PlanState]) -> list[PlanState]:
        """Those that may be shown here: not an alarm under duress about the visit of whoever reads this."""
        return [
            state
            for state in states
            if state.visit.duress is None
            or not (self.me.same_person(state.author) or is_companion(self.me, state.anybody_along))
        ]


def _then(error: StoreError) -> str:
    """What comes next while the store cannot be reached."""
    if isinstance(error, MovedStoreError):
        return "It does not come back here: end this watch, and start it anew with the new place."
    return "It is tried again all the time."


def still_away(error: StoreError, now: datetime) -> None:
    """At the beginning of a watch: the store cannot be reached, so that nothing at all is known."""
    bell = BELL if sys.stdout.isatty() else ""
    at = now.astimezone(ZoneInfo(UK))
    words = (
        f"{at:%H:%M}  THE STORE CANNOT BE REACHED: {error.message}. NOBODY IS WATCHED OVER from here. Ring "
        f"whoever is out. {_then(error)}"
    )
    hint = f" To mend it, {error.hint}." if error.hint else ""
    with suppress(ReaderGoneError, ResultLostError, ValueError):
        result(one_line(words + hint) + bell)


SCREEN_GONE = "the terminal of this watch was closed: messages still go out, and nobody sees its screen"


class StoppedError(Exception):
    """Somebody asked this program to end while it slept."""


class Stop:
    """Whether somebody has asked this program to end: SIGTERM or Ctrl+C, which let a message go out first.

    A terminal that closes (SIGHUP) often does so by accident. While messages reach people the watch goes on
    without it and its heartbeat says so; where only the screen tells, it ends, so that boards turn red.

    Attributes:
        by: The signal; 0 while nobody has asked.
        needs_screen: Whether nobody is told anything but on the screen.
        screen_gone: Whether the terminal was closed.
    """

    def __init__(self) -> None:
        self.by = 0
        self.screen_gone = False
        self.needs_screen = False
        self._asleep = False

    def __call__(self) -> bool:
        """Whether to end now."""
        return bool(self.by)

    def sleep(self, seconds: float) -> None:
        """Sleep, unless or until somebody asks to end."""
        try:
            self._asleep = True
            if not self.by:
                time.sleep(seconds)
        except StoppedError:
            pass
        finally:
            self._asleep = False

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Listen for the signals meanwhile; a second Ctrl+C ends at once."""
        numbers = [signal.SIGTERM, signal.SIGINT]
        closed = getattr(signal, "SIGHUP", None)
        if closed is not None and signal.getsignal(closed) is not signal.SIG_IGN:  # as under nohup
            numbers.append(closed)
        before = {number: signal.signal(number, self._ask) for number in numbers}
        try:
            yield
        finally:
            for number, way in before.items():
                signal.signal(number, way)

    def remarks(self) -> tuple[str, ...]:
        """What is wrong, as a sentence: nobody sees this watch's screen any more."""
        return (SCREEN_GONE,) if self.screen_gone else ()

    def _ask(self, number: int, _frame: object) -> None:
        if number == getattr(signal, "SIGHUP", None):
            self.screen_gone = True
            if not self.needs_screen:
                return
        again, self.by = bool(self.by), number
        if self._asleep:
            raise StoppedError
        if again:
            raise KeyboardInterrupt


class Loop(msgspec.Struct, frozen=True):
    """What the rounds need.

    Attributes:
        watching: The run of the watch.
        screen: Where it talks.
        open_store: Opens the store for one round.
        look: Looks at the clock before a round: what it shows, and what became of it.
        every: Seconds between rounds; 0 for a single one.
        pinger: Tells an outside monitor; None without one.
    """

    watching: Watching
    screen: WatchScreen
    open_store: Callable[[], Store]
    look: Callable[[], Moved]
    every: int = 0
    pinger: Pinger | None = None

    def run(self, stop: Callable[[], bool], sleep: Callable[[float], None]) -> None:
        """Go round until somebody asks to end."""
        while not stop():
            found = self.round()
            if found is None or not found.more:
                sleep(self.every)

    def once(self) -> Round:
        """A single round, and what it leaves to be done at once.

        Raises:
            VisitsafeError: Whatever is wrong: there is no next round that could go better.
        """
        while (found := self._round()).more:
            pass
        self._after(found)
        if self.pinger is not None and (trouble := self.pinger.wait()):
            self.screen.ping(trouble)
        return found

    def round(self) -> Round | None:
        """One round with all that can go wrong said; what it found, or None if it failed."""
        try:
            found = self._round()
        except StoreError as error:
            self.screen.away(error, self.watching.found())
            return None
        except VisitsafeError as error:
            self.screen.fault(error.message)
            return None
        except Exception as error:  # noqa: BLE001 - a fault that nobody foresaw must not end the watch
            self.screen.fault(f"{type(error).__name__}, a fault of visitsafe")
            return None
        self._after(found)
        return found

    def end(self) -> list[str]:
        """Say that this run has ended; who else is watching now, by name and computer."""
        store = self.open_store()
        try:
            self.watching.end(store)
            means, roster = self.watching.means, self.watching.view.roster
            watch = watch_at(read_beats(store, roster), means.now(), UTC)
        finally:
            store.close()
        return [
            f"{beat.author.person.name} on {beat.body.host}"
            for beat in watch.alive
            if beat.body.watcher != means.watcher and not means.is_dead(beat.body)
        ]

    def _round(self) -> Round:
        moved = self.look()
        if moved.by:
            self.watching.clock_moved(moved.by)
            self.screen.clock_moved(moved.by)
        if moved.sentence:
            self.screen.line(moved.sentence, grave=True)
        store = self.open_store()
        try:
            return self.watching.round(store)
        finally:
            store.close()

    def _after(self, found: Round) -> None:
        self.screen.round(found)
        if self.pinger is not None and found.healthy:
            self.screen.ping(self.pinger.ping())
