"""Whether anybody is watching: which heartbeats count, and what they say (D11). Pure.

A heartbeat counts if its signature holds and the team of now knows its author as a manager or duty officer.
One from further ahead than clocks differ proves nothing: it could have been made beforehand. A watcher that
reports trouble is still watching, and its trouble is told. One whose last heartbeat says that it has ended is
gone at once.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

import msgspec

from visitsafe.errors import VerificationError
from visitsafe.opening import Context, desk_of, zone_of
from visitsafe.record.bodies import BeatBody
from visitsafe.record.entry import Entry, Verified, body_of, compose, seal_entry, verify_entry
from visitsafe.record.ssh import Signer
from visitsafe.record.stored import Store
from visitsafe.record.terms import BEAT, TEAM_STREAM, WATCHERS
from visitsafe.team.people import Member
from visitsafe.team.roster import Roster
from visitsafe.text.clock import from_text, is_time, to_text

if TYPE_CHECKING:
    from visitsafe.desk import Desk

SILENCE = timedelta(minutes=3)
"""After how long without a heartbeat nobody is watching; as far ahead, a clock is wrong."""


class Beat(msgspec.Struct, frozen=True):
    """A heartbeat that counts: who made it, when (UTC text), and what it says."""

    author: Member
    at: str
    body: BeatBody


class Gap(msgspec.Struct, frozen=True):
    """A time in which nobody was watching; UTC texts."""

    since: str
    until: str


class WatchersNow(msgspec.Struct, frozen=True):
    """Who is watching at a moment.

    Attributes:
        alive: The newest heartbeat of each watcher that is watching, the newest first.
        last: The newest heartbeat that is not from the future; None if there is none.
        gap: The last time today that nobody was watching, as far as the watchers know.
        ahead: Heartbeats that claim a time which has not come: a clock is wrong.
    """

    alive: tuple[Beat, ...] = ()
    last: Beat | None = None
    gap: Gap | None = None
    ahead: tuple[Beat, ...] = ()

    @property
    def anybody(self) -> bool:
        """Whether anybody is watching."""
        return bool(self.alive)

    @property
    def troubled(self) -> list[Beat]:
        """The watchers that say that something is wrong."""
        return [beat for beat in self.alive if beat.body.trouble or not beat.body.healthy]


def counted_beats(entries: Iterable[Verified], roster: Roster) -> list[Beat]:
    """The heartbeats that count, the newest first.

    Args:
        entries: Heartbeats whose signatures hold.
        roster: The team of now.
    """
    found = [beat for entry in entries if (beat := _beat(entry, roster)) is not None]
    return sorted(found, key=lambda beat: (beat.at, beat.body.watcher), reverse=True)


def _beat(entry: Verified, roster: Roster) -> Beat | None:
    content = entry.content
    author = roster.members.get(content.by)
    if author is None or author.roles.isdisjoint(WATCHERS):
        return None
    if content.plan != TEAM_STREAM or content.kind != BEAT or not is_time(content.at):
        return None
    try:
        return Beat(author, content.at, body_of(content, BeatBody))
    except VerificationError:
        return None


def watch_at(beats: Sequence[Beat], now: datetime, zone: tzinfo) -> WatchersNow:
    """Who is watching now.

    Args:
        beats: Those that count, the newest first.
        now: The moment.
        zone: Whose day today is.
    """
    latest, oldest = to_text(now + SILENCE), to_text(now - SILENCE)
    past = [beat for beat in beats if beat.at <= latest]
    alive: dict[str, Beat] = {}
    for beat in past:
        if beat.at >= oldest:
            alive.setdefault(beat.body.watcher, beat)
    return WatchersNow(
        alive=tuple(beat for beat in alive.values() if not beat.body.ended),
        last=past[0] if past else None,
        gap=_gap_of_today(past, now, zone),
        ahead=tuple(beat for beat in beats if beat.at > latest),
    )


def _gap_of_today(beats: Iterable[Beat], now: datetime, zone: tzinfo) -> Gap | None:
    said = (Gap(beat.body.gap_from, beat.body.gap_until) for beat in beats)
    today = now.astimezone(zone).date()
    gaps = [
        gap
        for gap in said
        if is_time(gap.since)
        and is_time(gap.until)
        and gap.since < gap.until <= to_text(now + SILENCE)
        and from_text(gap.until).astimezone(zone).date() == today
    ]
    return max(gaps, key=lambda gap: (gap.until, gap.since), default=None)


def read_beats(store: Store, roster: Roster) -> list[Beat]:
    """The heartbeats in a store that count, the newest first."""
    return counted_beats(_that_hold(store.beats()), roster)


def put_beat(store: Store, signer: Signer, body: BeatBody, now: datetime) -> Entry:
    """Sign a heartbeat and put it in the place of this watcher's last one.

    Args:
        store: Where to.
        signer: The desk's key: its person must be a manager or duty officer, or nobody believes it.
        body: What it says.
        now: Aware.

    Returns:
        What was put there.
    """
    payload = compose(TEAM_STREAM, BEAT, now, signer.fingerprint, (), body)
    entry = seal_entry(payload, signer)
    store.beat(body.watcher, entry, now)
    return entry


def _that_hold(entries: Iterable[Entry]) -> list[Verified]:
    good = []
    for entry in entries:
        try:
            good.append(verify_entry(entry))
        except VerificationError:
            continue
    return good


ALARMING = 4
"""The exit code while somebody has to act (design section 5)."""


@contextmanager
def desk_on_watch(context: Context, warn: Callable[[str], None] | None = None) -> "Iterator[Desk]":
    """As `desk_of`, for `board` and `watch`: if the team's record does not hold, no visit can be judged.

    Raises:
        VerificationError: It does not; with the exit code of a visit that needs somebody (D18).
    """
    try:
        with desk_of(context, warn) as desk:
            yield desk
    except VerificationError as error:
        found = VerificationError(
            f"{error.message}, so nobody can say who is out",
            hint=f"ring whoever may be; then {error.hint or 'run: visitsafe verify'}, or restore a backup",
        )
        found.exit_code = ALARMING
        raise found from error


def anybody_watches(desk: "Desk") -> bool:
    """Whether a watcher was heard of within the last minutes (`heartbeat.SILENCE`)."""
    return watch_at(read_beats(desk.store, desk.roster), desk.now, zone_of(desk.roster)).anybody


def the_desk(desk: "Desk") -> str:
    """`the desk on 0161 496 0000`, unescaped; without a number if the team has agreed on none."""
    phone = desk.roster.settings.desk_phone
    return f"the desk on {phone}" if phone else "the desk"
