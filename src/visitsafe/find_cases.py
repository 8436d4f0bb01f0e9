"""Gathering the plans of one case: each from its entries, found by the store's rows and by the entries too.

A row is not signed, and one altered case in it would hide an assault from the next plan of the family. So
the newest entries are asked themselves; where the rows tell otherwise, that is said. A plan that does not
hold is passed over with a warning.
"""

import re
from collections.abc import Iterator

import msgspec

from visitsafe.desk import Desk
from visitsafe.errors import NotFoundError, VerificationError
from visitsafe.record.refs import is_plan_id, reference
from visitsafe.record.stored import Store
from visitsafe.state.case import CaseHistory
from visitsafe.state.fold import PlanState
from visitsafe.state.removal import RemovedError
from visitsafe.team.roster import case_key

NEWEST = 100_000
"""How many entries are asked besides the rows, some 25,000 visits: 0.2 s, however large a store has grown."""
_CASE = re.compile(rb'"case"\s*:\s*("(?:[^"\\]|\\.)*")')


def case_history(desk: Desk, case: str) -> CaseHistory:
    """The plans of a case, in whichever spelling; none if there are none."""
    key = case_key(case)
    listed = dict.fromkeys(row.plan for row in desk.store.plans(case=key))
    found: list[PlanState] = []
    removed = unread = 0
    for plan in {**listed, **dict.fromkeys(_named(desk.store, key))}:
        try:
            state = desk.plan(plan)
        except RemovedError:
            removed += 1
            continue
        except VerificationError as error:
            unread += 1
            desk.warn(f"{error.message}; run: visitsafe verify")
            continue
        is_of_it = case_key(state.body.visit.case) == key
        if is_of_it != (plan in listed):
            told = f"the store's list shows {reference(plan)} under another case than its entries do"
            desk.warn(f"{told}; run: visitsafe verify {state.ref}")
        if is_of_it:
            found.append(state)
    plans = sorted(found, key=lambda state: (state.body.visit.start, state.plan))
    return CaseHistory(plans[-1].body.visit.case if plans else case, tuple(plans), removed, unread)


def _named(store: Store, key: str) -> Iterator[str]:
    """The plans of which a version names the case, by the newest entries themselves."""
    is_it: dict[bytes, bool] = {}
    for stream, text in store.beginnings(store.head()[0] - NEWEST):
        for name in _CASE.findall(text):
            if name not in is_it:
                is_it[name] = _is_key(name, key)
            if is_it[name] and is_plan_id(stream):
                yield stream


def _is_key(name: bytes, key: str) -> bool:
    try:
        return case_key(msgspec.json.decode(name, type=str)) == key
    except msgspec.MsgspecError:
        return False


def newest_of(desk: Desk, case: str) -> PlanState:
    """The newest plan of a case, to which something about the case is added.

    Raises:
        NotFoundError: There is none.
    """
    history = case_history(desk, case)
    if not history.plans:
        raise NotFoundError(
            f"no plan in this store is for the case {case[:60]!r}",
            hint="see: visitsafe list --all; what belongs to a case is kept with its visit plans",
        )
    return history.plans[-1]
