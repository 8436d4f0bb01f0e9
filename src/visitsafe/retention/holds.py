"""Cases that are held: nothing of them is removed until somebody releases them (docs/adr/0019). Pure.

A hold and a release are entries of the team, by a manager or admin. A release ends only the holds that its
author had seen: where two did not know of each other, the hold stands. A case is the same however it is
spelt (`case_key`).
"""

from collections.abc import Mapping, Sequence

import msgspec

from visitsafe.record.bodies import HeldBody, ReleasedBody
from visitsafe.record.entry import body_of
from visitsafe.record.kinds import Kind
from visitsafe.record.stored import Stored
from visitsafe.state.removed import Removed
from visitsafe.team.roster import Roster, case_key


class Hold(msgspec.Struct, frozen=True):
    """A hold that nobody has ended.

    Attributes:
        id: The entry's id.
        case: The case, as its author wrote it.
        reason: Why.
        at: Since when, UTC text.
        by: Who, by name.
    """

    id: str
    case: str
    reason: str
    at: str
    by: str


Holds = Mapping[str, tuple[Hold, ...]]
"""By `case_key`."""


def holds_in(roster: Roster) -> Holds:
    """The holds that stand, by case."""
    entries = [one for one in roster.counted if one.content.kind in {Kind.HELD, Kind.RELEASED}]
    released = [
        (case_key(body_of(one.content, ReleasedBody).case), one.id)
        for one in entries
        if one.content.kind == Kind.RELEASED
    ]
    found: dict[str, tuple[Hold, ...]] = {}
    for one in entries:
        if one.content.kind != Kind.HELD:
            continue
        body = body_of(one.content, HeldBody)
        key = case_key(body.case)
        if any(case == key and roster.order.seen(one.id, end) for case, end in released):
            continue
        member = roster.known.get(one.content.by)
        name = member.person.name if member else one.content.by
        hold = Hold(one.id, body.case, body.reason, one.content.at, name)
        found[key] = (*found.get(key, ()), hold)
    return found


def unseen_by(removed: Removed, rows: Sequence[Stored], holds: Holds, roster: Roster | None) -> list[str]:
    """A sentence for each hold that was here before a plan was removed, and that who removed it had not seen.

    Of which case a plan was that is removed nobody can say any more: so it may have been another.
    """
    every = [one for several in holds.values() for one in several]
    if roster is None or not every:
        return []
    came = {row.id: row.position for row in rows}
    found: list[str] = []
    for by in removed.by:
        seen = {entry.id for entry in roster.order.within(roster.order.mask(by.entry.content.after))}
        found += (
            f"{removed.ref}: {by.name} removed it without having seen that the case {hold.case!r} was held"
            f" since {hold.at[:10]}; ask whether it was that case"
            for hold in every
            if hold.id not in seen and roster.arrived.get(hold.id, 0) < came.get(by.entry.id, 0)
        )
    return found
