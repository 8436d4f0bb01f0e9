"""Holding cases, so that nothing of them is removed, and ending that; and who may remove anything at all.

A hold on a case that nobody has is nearly always a slip of the pen and keeps nothing: somebody has to insist.
"""

from difflib import get_close_matches

import msgspec

from visitsafe.desk import Desk
from visitsafe.errors import NotFoundError, NotPermittedError
from visitsafe.find import case_history
from visitsafe.record.bodies import HeldBody, ReleasedBody
from visitsafe.record.kinds import Kind
from visitsafe.record.terms import PURGERS, TEAM_STREAM
from visitsafe.retention.holds import Hold, holds_in
from visitsafe.team.roster import case_key

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
