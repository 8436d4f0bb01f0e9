"""What is still owed after visits: to talk them over, and to tell others (4.10, 7.5, 9.1).

Which plans those are, the store's rows say; each is folded from its entries before anything is said about it,
and a row that tells otherwise is warned of. The cost follows what is owed: rows are read for all of that, and
at most `MOST` plans are folded. A plan about which nothing is owed by its row is not looked at here: `verify`
finds a row that hides something.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from visitsafe.desk import Desk
from visitsafe.find import looked_at
from visitsafe.record.stored import PlanRow
from visitsafe.state.duress_redaction import hides_duress
from visitsafe.state.duties import DutyState, each_once, owed, talk_by
from visitsafe.state.fold import PlanState
from visitsafe.text.clock import to_text

MOST = 200
"""How many plans are folded at most."""


class Owing(NamedTuple):
    """Plans about which something is owed.

    Attributes:
        states: As whoever asks may see them, what is due first at the top.
        more: How many more there are by the store's rows, which were not looked at.
    """

    states: tuple[PlanState, ...]
    more: int = 0


def owed_plans(
    desk: Desk,
    *,
    mine: bool = False,
    late: bool = False,
    limit: int = MOST,
    known: Mapping[str, PlanState] | None = None,
) -> Owing:
    """The plans about which something is owed. Those that are more than `limit` are counted, and warned of.

    Args:
        desk: Who asks.
        mine: Only those whose visit this person planned.
        late: Only what was due before now; then nothing is warned of.
        limit: How many are folded at most.
        known: Plans that were folded already, by id.
    """
    rows = _mine(desk) if mine else desk.store.plans(owed_only=True)
    found = _owing(desk, [row for row in rows if not late or row.owed < to_text(desk.now)], limit, known)
    if found.more and not late:
        desk.warn(f"something is owed about {found.more} more plans; this is about the {limit} due first")
    return found


def my_debriefs(desk: Desk, *, limit: int = MOST, known: Mapping[str, PlanState] | None = None) -> Owing:
    """The visits of whoever asks that wait to be talked over, the first due at the top.

    Args:
        desk: Who asks.
        limit: How many are folded at most.
        known: Plans that were folded already, by id.
    """
    found = _owing(desk, _mine(desk), limit, known)
    waiting = [state for state in found.states if talk_by(state)]
    return Owing(tuple(sorted(waiting, key=lambda state: (talk_by(state), state.plan))), found.more)


def _mine(desk: Desk) -> list[PlanRow]:
    me = desk.member()
    keys = {one.fingerprint for one in desk.roster.everyone if me.same_person(one)}
    return [row for row in desk.store.plans(owed_only=True) if row.by in keys]


def _owing(desk: Desk, rows: Sequence[PlanRow], limit: int, known: Mapping[str, PlanState] | None) -> Owing:
    folded = [(known or {}).get(row.plan) or _folded(desk, row) for row in rows[:limit]]
    seen = [hides_duress(state, desk.me, desk.now) for state in folded if state is not None]
    owing = sorted((state for state in seen if owed(state)), key=lambda state: (owed(state), state.plan))
    return Owing(tuple(owing), max(0, len(rows) - limit))


def _folded(desk: Desk, row: PlanRow) -> PlanState | None:
    found = looked_at(desk, row.plan, row)
    return found.state if found else None


def still_open(states: Sequence[PlanState]) -> list[tuple[PlanState, DutyState]]:
    """The open duties of these plans, one for a case, ground and recipient, what is due first at the top."""
    found = [pair for pair in each_once(states) if pair[1].open]
    return sorted(found, key=lambda pair: (pair[1].by, pair[0].plan, pair[1].number))
