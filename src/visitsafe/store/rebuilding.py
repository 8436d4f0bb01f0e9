"""Making the rows of plans anew from the entries, and counting which were otherwise (D9).

Rows are only what lists are narrowed down by; nothing that was signed is touched.
"""

from collections.abc import Callable, Sequence

import msgspec

from visitsafe.record.stored import PlanRow, Store, Stored, Summarise


class Rebuilt(msgspec.Struct, frozen=True):
    """What came of making the rows anew.

    Attributes:
        plans: How many plans are listed now.
        different: How many rows were missing, of no plan, or not what follows from the entries.
        traces: The plans whose row goes on telling of entries that are not there.
    """

    plans: int
    different: int
    traces: tuple[str, ...] = ()


def rebuild(
    store: Store,
    summarise: Summarise,
    before: int,
    tell: Callable[[str, int, int], None],
    *,
    forget: bool = False,
) -> Rebuilt:
    """Make every row anew, in one transaction.

    Args:
        store: Where.
        summarise: Makes the rows.
        before: How many rows there are.
        tell: Told what is being done, and how much of it is done.
        forget: Rows go on telling of nothing that is not there.
    """
    count = added = gone = different = 0

    def compared(plan: str, history: Sequence[Stored]) -> PlanRow | None:
        nonlocal count, added, gone, different
        was, new = store.row(plan), summarise(plan, history)
        count += 1
        added += was is None and new is not None
        gone += was is not None and new is None
        different += was != new
        tell("listing plans", count, max(before, count))
        return new

    plans = store.rebuild(compared, forget=forget)
    of_nothing = before + added - gone - plans  # rows without any entry, which are taken out
    return Rebuilt(plans, different + max(0, of_nothing), tuple(store.traces()))
