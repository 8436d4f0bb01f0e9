"""Entries of a plan whose time is only their author's word, because the author's key or role has ended.

Somebody with a revoked key can still sign, and can write any time. So an entry that claims to be older than
the end of its author's key is in doubt unless it arrived first, or somebody else had built on it by then.
Only where this store knows what arrived when is it told that an entry came too late. Decides nothing (D1).
"""

from collections.abc import Mapping

import msgspec

from visitsafe.errors import VerificationError
from visitsafe.record.bodies import PlanBody
from visitsafe.record.entry import Verified, body_of
from visitsafe.record.kinds import KINDS
from visitsafe.record.order import Order
from visitsafe.record.terms import ANSWERERS, Kind
from visitsafe.team.people import Member
from visitsafe.team.resolve import Statement
from visitsafe.team.roster import Roster, is_companion


class Doubt(msgspec.Struct, frozen=True):
    """Why an entry's time is in doubt.

    Attributes:
        text: A sentence.
        late: The entry reached this store after the end, so that what grants anything must not count.
    """

    text: str
    late: bool


def doubts(order: Order, roster: Roster, arrived: Mapping[str, int]) -> dict[str, Doubt]:
    """The doubts about the entries of a plan, by entry id.

    Args:
        order: The plan's entries.
        roster: The team.
        arrived: Entry id to its position in order of arrival, as far as that is known.
    """
    found: dict[str, Doubt] = {}
    if len(roster.order.entries) == 1:
        return found
    for entry, row in [
        (one, KINDS.get(one.content.kind)) for one in reversed(order.entries)
    ]:  # so that a witness is judged before what it vouches for
        for taking in roster.unseen_takings(entry.content, row.needs if row else frozenset()):
            if not _witnessed(entry, taking, order, roster, found):
                doubt = _doubt(entry, taking, order, roster, arrived)
                if doubt and not (entry.id in found and found[entry.id].late):
                    found[entry.id] = doubt
    return found


def _witnessed(
    entry: Verified, taking: Statement, order: Order, roster: Roster, found: Mapping[str, Doubt]
) -> bool:
    """Whether another member, whose own word is not in doubt, had built on an entry before the end."""
    author = roster.known.get(entry.content.by)
    for later in order.entries:
        if later.content.at > taking.at or later.id in found or not order.seen(entry.id, later.id):
            continue
        witness = roster.as_seen_by(later.content).get(later.content.by)
        if witness is None or later.content.kind not in set(Kind) or witness.same_person(author):
            continue
        if KINDS[entry.content.kind].by_author or _is_apart(witness, order, roster):
            return True
    return False


def _is_apart(witness: Member, order: Order, roster: Roster) -> bool:
    """Whether somebody may vouch for a manager's entry: a manager or duty officer with no part in the visit.

    The author of the plan and whoever goes along could otherwise, with a revoked manager's key, let their
    own visit go ahead: their time, too, would be only their word.
    """
    if witness.roles.isdisjoint(ANSWERERS):
        return False
    for entry in order.entries:
        if entry.content.kind in {Kind.PLANNED, Kind.REVISED}:
            if witness.same_person(roster.known.get(entry.content.by)):
                return False
            try:
                body = body_of(entry.content, PlanBody)
            except VerificationError:
                continue
            if is_companion(witness, body, roster.known.values()):
                return False
    return True


def _doubt(
    entry: Verified, taking: Statement, order: Order, roster: Roster, arrived: Mapping[str, int]
) -> Doubt | None:
    what = "its author's key ended" if taking.ends else "its author lost the role for it"
    shown = [
        arrived[one.id]
        for one in order.entries
        if one.id in arrived and (one.id == entry.id or order.seen(entry.id, one.id))
    ]
    end = roster.arrived.get(taking.id)
    if end is None or not shown:
        return Doubt(f"only its author's word says that it was made before {what}", late=False)
    if min(shown) < end:
        return None
    return Doubt(f"it reached this store after {what}, and nothing shows that it is older", late=True)
