"""Cases that are held: nothing of them is removed until somebody releases them (docs/adr/0019).

A hold and a release are entries of the team, by a manager or admin. A release ends only the holds that its
author had seen: where two did not know of each other, the hold stands. A case is the same however it is
spelt (`case_key`).
"""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

import msgspec

from visitsafe.desk import Desk
from visitsafe.errors import NotFoundError, NotPermittedError
from visitsafe.find import case_history
from visitsafe.record.bodies import HeldBody, ReleasedBody
from visitsafe.record.entry import body_of
from visitsafe.record.kinds import Kind
from visitsafe.record.stored import Stored
from visitsafe.record.terms import PURGERS, TEAM_STREAM
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


_ALIKE = 0.5


class Held(msgspec.Struct, frozen=True):
    """A case that is held now, and how many plans of it there are."""

    case: str
    plans: int


def hold(desk: Desk, case: str, reason: str, *, unknown: bool = False) -> Held:
    """Hold a case: nothing of it is removed until somebody releases it.

    Args:
        desk: Of a manager or admin.
        case: Its reference.
        reason: Why; it is kept for good, and everybody can read it.
        unknown: Hold it although no plan here is for it.

    Raises:
        NotPermittedError: The person asking may not, or gives no reason.
        NotFoundError: No plan here is for the case; the hint names the nearest.
    """
    check_purger(desk, "hold a case")
    check_reason(reason)
    key = case_key(case)
    if not key:
        raise NotPermittedError("a hold needs a case", hint="name its reference, as in visitsafe list")
    history = case_history(desk, case)
    plans = len(history.plans) + history.unread
    if not plans and not unknown:
        raise _nobody_has(desk, case)
    desk.append(TEAM_STREAM, Kind.HELD, desk.roster.heads, HeldBody(case=case, reason=reason))
    return Held(case, plans)


def release(desk: Desk, case: str, reason: str) -> tuple[Hold, ...]:
    """End the holds on a case; those that stood.

    Raises:
        NotFoundError: The case is not held.
        NotPermittedError: The person asking may not.
    """
    check_purger(desk, "release a case")
    held = holds_in(desk.roster).get(case_key(case), ())
    if not held:
        raise NotFoundError(
            f"the case {case[:60]!r} is not held", hint="see: visitsafe store purge --dry-run"
        )
    desk.append(TEAM_STREAM, Kind.RELEASED, desk.roster.heads, ReleasedBody(case=case, reason=reason))
    return held


def check_purger(desk: Desk, what: str) -> None:
    """Refuse whoever is neither a manager nor an admin.

    Raises:
        NotPermittedError: They are not.
    """
    if not desk.member().roles & PURGERS:
        raise NotPermittedError(f"only a manager or an admin can {what}", hint="see: visitsafe team list")


def check_reason(reason: str) -> None:
    """Refuse to go on without a reason.

    Raises:
        NotPermittedError: There is none.
    """
    if not reason.strip():
        raise NotPermittedError("this needs a reason", hint="add: --reason '...', without any name in it")


def _nobody_has(desk: Desk, case: str) -> NotFoundError:
    # By the rows, for what is like a name is only a hint, and whoever insists has the hold all the same.
    keys = {row.case_ref for row in desk.store.plans() if row.case_ref}
    near = get_close_matches(case_key(case), keys, 1, _ALIKE)
    meant = f"the nearest is {near[0][:60]!r}; " if near else ""
    return NotFoundError(
        f"no plan in this store is for the case {case[:60]!r}, so a hold on it would keep nothing",
        hint=f"{meant}to hold {case[:60]!r} all the same, add: --yes",
    )
