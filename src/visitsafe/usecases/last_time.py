"""What earlier visits of a case leave for a plan to know: gathered as everybody in the team may see it.

A plan is read by all, so what only some may know (D15) never comes into it this way, whoever plans. Only the
plans of that case are looked for and folded.
"""

from datetime import tzinfo

from visitsafe.domain.case import CaseHistory
from visitsafe.domain.discretion import hides_duress
from visitsafe.domain.last_time import last_time
from visitsafe.domain.plan import Finding
from visitsafe.usecases.cases import case_history
from visitsafe.usecases.desk import Desk


def known_about(desk: Desk, case: str, zone: tzinfo, *, but: str = "") -> tuple[Finding, ...]:
    """The notes that earlier visits of a case leave for its next plan; none for a case that is new.

    Args:
        desk: Who plans.
        case: Its reference, as it was typed.
        zone: Whose days are named.
        but: The id of a plan that is left out: whoever reads it asks for the others.
    """
    found = [state for state in case_history(desk, case).plans if state.plan != but]
    seen = tuple(hides_duress(state, None, desk.now) for state in found)
    return last_time(CaseHistory(case, seen), desk.now, zone)
