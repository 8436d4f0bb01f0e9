"""Whether a removal that is signed, and was not carried out here, is carried out now (docs/adr/0019). Pure.

As in a store that learns of it from elsewhere, or in which an older backup brought the content back. What is
signed goes, also where something came in later: that stays, and is shown as such. A signature alone must not
take out a visit under way, nor a part of a plan: what may be that stays, and is named.
"""

from datetime import datetime

from visitsafe.record.bodies import PurgedBody
from visitsafe.record.order import Order
from visitsafe.retention.holds import Holds
from visitsafe.retention.policy import Facts, facts_of, gone_of, held_words, named_in
from visitsafe.state.fold import PlanState
from visitsafe.state.rules import WAITING
from visitsafe.text.clock import from_text


def why_not_carried_out(state: PlanState, holds: Holds, now: datetime) -> str:
    """Why what is signed about a plan stays here all the same; empty if it goes.

    Args:
        state: A plan for which a removal counts.
        holds: The holds that stand.
        now: Aware.
    """
    facts = facts_of(state)
    if facts.problem:
        return f"the record of {facts.ref} does not hold: {facts.problem}"
    if names_only_a_part(state):
        return "its removal is signed, but names only a part of what was there"
    return held_words([facts], holds) or (_why_not_open(facts, now) if facts.open else "")


def _why_not_open(facts: Facts, now: datetime) -> str:
    """Why a plan stays that is open as it stands here: somebody may be out on that visit."""
    if not facts.cut:
        return f"its removal is signed, but something came in later, and {facts.ref} is not closed"
    if now < over_for_certain(facts):
        day = over_for_certain(facts).date()
        return (
            f"its removal is signed, but {facts.ref} looks open here: it goes from {day} on,"
            " or at once with visitsafe store erase"
        )
    return ""


def names_only_a_part(state: PlanState) -> bool:
    """Whether who signed a removal had seen entries that none names: what is left tells another story."""
    order = Order(one.entry for one in state.judged)
    removals = [one.entry.id for one in state.judged if isinstance(one.body, PurgedBody) and not one.why_not]
    before, named = order.seen_by(removals), named_in(state)
    return any(gone.id in before and gone.id not in named for gone in gone_of(state))


def over_for_certain(facts: Facts) -> datetime:
    """When nobody can still be out on a visit of which it is not known any more how it ended."""
    try:
        return from_text(facts.last) + WAITING
    except OverflowError:
        return from_text(facts.last)
