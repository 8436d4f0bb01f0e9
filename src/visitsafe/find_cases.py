"""Gathering plans that a decision hangs on: those of one case, of one time, or signed by one key.

A row is not signed, and one altered case in it would hide an assault from the next plan of the family. So
the newest entries are asked themselves, besides the rows; where the rows tell otherwise about a case, that is
said. What is found here is folded from its entries. A plan that does not hold is passed over with a warning.
"""

import msgspec

from visitsafe.desk import Desk
from visitsafe.errors import NotFoundError, VerificationError
from visitsafe.find_recent import Version, versions
from visitsafe.record.refs import reference
from visitsafe.state.duties import CaseHistory
from visitsafe.state.fold import PlanState
from visitsafe.state.plan_row import begins
from visitsafe.state.removed import RemovedError
from visitsafe.team.people import Member
from visitsafe.team.roster import case_key

NEWEST = 100_000
"""How many entries are asked besides the rows, some 25,000 visits: 0.2 s, however large a store has grown."""


def case_history(desk: Desk, case: str) -> CaseHistory:
    """The plans of a case, in whichever spelling; none if there are none."""
    key = case_key(case)
    history = desk.once(("case", key), lambda: _case_history(desk, key))
    return history if history.plans else msgspec.structs.replace(history, case=case)


def _case_history(desk: Desk, key: str) -> CaseHistory:
    listed = dict.fromkeys(row.plan for row in desk.store.plans(case=key))
    spelt: dict[bytes, bool] = {}
    named = [one.plan for one in _newest(desk) if any(_is_key(name, key, spelt) for name in one.cases)]
    found: list[PlanState] = []
    removed = unread = 0
    for plan in dict.fromkeys([*listed, *named]):
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
    return CaseHistory(plans[-1].body.visit.case if plans else "", tuple(plans), removed, unread)


def plans_between(desk: Desk, start: str, due_back: str) -> list[PlanState]:
    """The plans whose times overlap with a time, by the rows of open ones and by what their versions say.

    Args:
        desk: Who asks.
        start: UTC text.
        due_back: When it ends, UTC text.
    """
    return desk.once(("between", start, due_back), lambda: _plans_between(desk, start, due_back))


def _plans_between(desk: Desk, start: str, due_back: str) -> list[PlanState]:
    rows = desk.store.plans(open_only=True)
    listed = [row.plan for row in rows if row.start < due_back and start < row.due_back]
    said = [one.plan for one in _newest(desk) if one.start < due_back and start < one.due_back]
    states = [desk.plan_if_sound(plan) for plan in dict.fromkeys([*listed, *said])]
    return [
        state
        for state in states
        if state is not None and begins(state) < due_back and start < state.visit.due_back
    ]


def newest_by(desk: Desk, member: Member, most: int) -> list[PlanState]:
    """The newest plans of a member, by the rows and by who says to have signed a version of them.

    Args:
        desk: Who asks.
        member: Whose they are; plans under an earlier key of theirs are not looked for.
        most: How many of each are looked at.
    """
    key = member.fingerprint
    listed = [row.plan for row in desk.store.plans() if row.by == key]
    said = dict.fromkeys(one.plan for one in reversed(_newest(desk)) if key in one.by)
    states = [desk.plan_if_sound(plan) for plan in dict.fromkeys([*listed[:most], *[*said][:most]])]
    return [state for state in states if state is not None and member.same_person(state.author)]


def _newest(desk: Desk) -> list[Version]:
    return desk.once(("versions",), lambda: list(versions(desk.store, desk.store.head()[0] - NEWEST)))


def _is_key(name: bytes, key: str, known: dict[bytes, bool]) -> bool:
    if name not in known:
        try:
            known[name] = case_key(msgspec.json.decode(name, type=str)) == key
        except msgspec.MsgspecError:
            known[name] = False
    return known[name]


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
