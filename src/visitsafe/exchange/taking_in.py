"""Putting into a store what a bundle was found to bring, and looking whether it is there afterwards.

What stands in the store under the id of an entry and is not that entry was never signed: the entry is not
passed over for it. It cannot be kept beside it either, so it is named, and the rest is taken in.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import TYPE_CHECKING

from visitsafe.desk import bears_on, folded, summariser_at
from visitsafe.errors import VerificationError
from visitsafe.record.entries import Entry
from visitsafe.record.refs import reference
from visitsafe.record.stored import OccupiedError, Store, Stored
from visitsafe.record.terms import TEAM_STREAM
from visitsafe.state.removal import RemovedError
from visitsafe.team.roster import Roster
from visitsafe.team_record import check_entries

if TYPE_CHECKING:
    from visitsafe.exchange.importing import Incoming


def take_in(store: Store, added: "Incoming", now: datetime) -> int:
    """Append what is new; how many entries were new.

    Raises:
        VerificationError: Something that nobody signed stands in the store under the id of an entry; the
            others were taken in.
    """
    entries, kept_out = list(added.entries), list[str]()
    count = 0
    while entries:
        team = [entry.content.at for entry in entries if entry.content.plan == TEAM_STREAM]
        also = bears_on(store, min(team)) if team else []
        try:
            count = store.append(entries, now, summariser_at(store, added.roster.team_id), also=also)
        except OccupiedError as error:
            kept_out.append(error.id)
            entries = [entry for entry in entries if entry.id != error.id]
        else:
            break
    if count < len(entries):
        kept_out += _not_there(store, entries)
    if kept_out:
        many = "an entry" if len(kept_out) == 1 else f"{len(kept_out)} entries"
        raise VerificationError(
            f"{many} could not be taken in, because something else stands in the store under the same id:"
            f" {kept_out[0][:12]}; of the others {count} came in",
            hint="keep the bundle, and show it to whoever looks after the store: visitsafe verify",
        )
    return count


def _not_there(store: Store, entries: Sequence[Entry]) -> list[str]:
    """The ids under which the store has something else, or nothing, where entries should be."""
    there: set[str] = set()
    for stream in {entry.content.plan for entry in entries}:
        there |= present_in(store.history(stream))
    return [entry.id for entry in entries if entry.id not in there]


def present_in(rows: Sequence[Stored]) -> set[str]:
    """The ids of the entries that are there, or were, and not of what only stands under such an id."""
    good, _ = check_entries(row for row in rows if not row.blank)
    return {entry.id for entry in good} | {row.id for row in rows if row.blank}


def emptied(brought: AbstractSet[str], rows: Mapping[str, Sequence[Stored]], roster: Roster) -> Iterator[str]:
    """The plans whose content is not here, is brought, and was removed by nobody who may; their references.

    Args:
        brought: The ids of entries that a bundle brings.
        rows: What the store has of each plan.
        roster: The team.
    """
    for plan, history in rows.items():
        if not any(row.blank and row.id in brought for row in history):
            continue
        try:
            folded(plan, history, roster)
        except RemovedError:
            continue
        except VerificationError:
            pass
        yield reference(plan)
