"""What earlier visits of a case leave for a plan to know: gathered as everybody in the team may see it.

A plan is read by all, so what only some may know (D15) never comes into it this way, whoever plans. Only the
plans of that case are looked for and folded: by its reference as it is written, and in all capitals or none.
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
    tidy = " ".join(case.split())
    spelt = dict.fromkeys(filter(None, (case.strip(), tidy, tidy.upper(), tidy.lower())))
    found = {
        state.plan: state for one in spelt for state in case_history(desk, one).plans if state.plan != but
    }
    seen = [hides_duress(state, None, desk.now) for state in found.values()]
    plans = sorted(seen, key=lambda state: (state.body.visit.start, state.plan))
    return last_time(CaseHistory(case, tuple(plans)), desk.now, zone)
