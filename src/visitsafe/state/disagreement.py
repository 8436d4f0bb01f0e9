"""Where people acted on a plan without having seen each other, in one sentence. Pure.

Which of them stands is `fold`'s affair; this only says that there was something to choose from (D1).
"""

from itertools import pairwise

from visitsafe.record.bodies import DecidedBody, PlanBody, WithdrawnBody
from visitsafe.record.order import Order
from visitsafe.record.terms import Decision
from visitsafe.state.fold import PlanState
from visitsafe.state.rules import Judged

_DECIDED = {
    Decision.COUNTERSIGN: "countersigned",
    Decision.RETURN: "returned it",
    Decision.REFUSE: "refused it",
}


def disagreement(state: PlanState) -> str:
    """`Mo countersigned while Sam withdrew it: withdrawn stands`; empty if nobody disagrees."""
    acts = {judged.entry.id: judged for judged in state.judged if not judged.why_not and _verb(judged)}
    in_turn = pairwise(acts.values())
    if all(earlier.entry.id in later.entry.content.after for earlier, later in in_turn):
        return ""  # each of them had seen the one before, as nearly always
    order = Order(judged.entry for judged in state.judged)
    newest = [acts[name] for name in order.newest(list(acts))]
    verbs = {_verb(judged) for judged in newest}
    if len(newest) < 2 or (len(verbs) == 1 and isinstance(newest[0].body, DecidedBody)):  # noqa: PLR2004 - alone
        return ""
    return f"{' while '.join(f'{one.name} {_verb(one)}' for one in newest)}: {state.status} stands"


def _verb(judged: Judged) -> str:
    body = judged.body
    if isinstance(body, DecidedBody):
        return _DECIDED[body.decision]
    if isinstance(body, WithdrawnBody):
        return "withdrew it"
    return "made a new version" if isinstance(body, PlanBody) else ""
