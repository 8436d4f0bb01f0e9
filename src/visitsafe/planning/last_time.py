"""What earlier visits of a case leave for a plan to know: gathered as everybody in the team may see it.

A plan is read by all, so what only some may know (D15) never comes into it this way, whoever plans. Only the
plans of that case are looked for and folded.
"""

from datetime import tzinfo

from visitsafe.checklists.facts import Known
from visitsafe.desk import Desk
from visitsafe.find import case_history
from visitsafe.planning.last_time_words import last_time
from visitsafe.state.case_known import case_facts
from visitsafe.state.duress_redaction import hides_duress
from visitsafe.state.duties import CaseHistory


def known_about(desk: Desk, case: str, zone: tzinfo, *, but: str = "") -> Known:
    """What the record of a case makes known to its next plan; nothing for a case that is new.

    Args:
        desk: Who plans.
        case: Its reference, as it was typed.
        zone: Whose days are named.
        but: The id of the plan that is read or revised: it is no earlier visit of its own, so that nothing is
            noted about it. What happened on it is a fact all the same.
    """
    seen = tuple(hides_duress(state, None, desk.now) for state in case_history(desk, case).plans)
    others = tuple(state for state in seen if state.plan != but)
    facts = case_facts(CaseHistory(case, seen), desk.now, zone, but=but)
    return Known(last_time(CaseHistory(case, others), desk.now, zone), facts)
