"""The watchers' heartbeats: read from a store and verified, or signed and put there.

They are no part of the record: a store keeps the newest of each watcher. One that does not hold is passed
over, for it can only make somebody look watched who is not.
"""

from collections.abc import Iterable
from datetime import datetime

from visitsafe.errors import VerificationError
from visitsafe.record.bodies import BeatBody
from visitsafe.record.entry import Entry, Verified, compose, seal_entry, verify_entry
from visitsafe.record.kinds import BEAT, TEAM_STREAM
from visitsafe.record.ssh import Signer
from visitsafe.record.stored import Store
from visitsafe.team.roster import Roster
from visitsafe.watch.heartbeat import Beat, counted_beats


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
