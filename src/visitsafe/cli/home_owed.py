"""What is owed after visits in what `visitsafe` alone says: incidents, visits to talk over, others to tell.

One line each, with the command for it, a few of each sort. The cost follows what is owed.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from visitsafe.cli.home_visits import is_under_way
from visitsafe.opening import zone_of
from visitsafe.record.terms import Role
from visitsafe.text.clean import kept_line
from visitsafe.text.clock import date_only, short_span, to_text

if TYPE_CHECKING:
    from visitsafe.desk import Desk
    from visitsafe.state.fold import PlanState

FEW = 5
"""How many lines there are of a sort."""
MOST = 10
"""How many of incidents."""


def owed_lines(
    desk: "Desk", states: "Sequence[PlanState]" = (), refs: Mapping[str, str] | None = None
) -> list[str]:
    """The lines about what is owed: my visits to talk over, then others to tell, then documents.

    Args:
        desk: Who asks.
        states: Plans that were folded already.
        refs: Their references by the plan's id, where they are not the usual ones.
    """
    if desk.me is None:
        return []
    known = {state.plan: state for state in states}
    lines = (
        *_to_talk_over(desk, known, refs or {}),
        *to_tell(desk, known, refs or {}),
        *_documents(desk, known, refs or {}),
    )
    return [kept_line(line) for line in lines]


def incident_lines(desk: "Desk", states: "Sequence[PlanState]", refs: Mapping[str, str]) -> list[str]:
    """For managers: incidents on others' visits that nobody has talked over, the longest waiting first."""
    from visitsafe.state.duress_redaction import hides_duress
    from visitsafe.state.duties import incidents_waiting

    me = desk.me
    if me is None or Role.MANAGER not in me.roles:
        return []
    others = [state for state in states if state.after.incidents and not me.same_person(state.author)]
    lines = []
    waiting = incidents_waiting([hides_duress(state, me, desk.now) for state in others])
    for state, said in waiting[:MOST]:
        ref, what = refs.get(state.plan, state.ref), "near miss" if said.body.near_miss else "incident"
        whose = f"on the visit of {state.author.person.name}, recorded by {said.author.person.name}"
        lines.append(kept_line(f"{ref}: {what} {whose}, not talked over yet:  visitsafe show {ref}"))
    if more := max(0, len(waiting) - MOST):
        lines.append(f"... and {more} more incidents, not talked over yet:  visitsafe list --all")
    return lines


def _to_talk_over(desk: "Desk", known: "Mapping[str, PlanState]", refs: Mapping[str, str]) -> Iterator[str]:
    from visitsafe.followup.owed import my_debriefs

    found = my_debriefs(desk, known=known)
    over = [state for state in found.states if not is_under_way(state, desk)]
    for state in over[:FEW]:
        ref, visit = refs.get(state.plan, state.ref), state.body.visit
        when = short_span(visit.start, visit.due_back, zone_of(desk.roster))
        yield f"{ref} ({when}): talk it over, it takes a few minutes:  visitsafe debrief {ref}"
    if more := max(0, len(over) - FEW) + found.more:
        yield f"... and {more} more of your visits to talk over:  visitsafe list --all"


def to_tell(
    desk: "Desk", known: "Mapping[str, PlanState] | None" = None, refs: Mapping[str, str] | None = None
) -> Iterator[str]:
    """The lines about duties to tell others: of my plans, and for a manager all whose day has passed."""
    from visitsafe.followup.owed import overdue_plans, owed_plans
    from visitsafe.followup.sharing import still_open
    from visitsafe.state.sharing_words import by_when

    me, now = desk.member(), to_text(desk.now)
    late = overdue_plans(desk, known=known) if Role.MANAGER in me.roles else None
    mine = owed_plans(desk, mine=True, known=known)
    states = {state.plan: state for state in (*(late.states if late else ()), *mine)}
    duties = [
        (state, one)
        for state, one in still_open([*states.values()])
        if one.by < now or me.same_person(state.author)
    ]
    for state, one in duties[:FEW]:
        ref = (refs or {}).get(state.plan, state.ref)
        whose = "" if me.same_person(state.author) else f" by {state.author.person.name}"
        when = f"are to be told {by_when(one, date_only(one.by, zone_of(desk.roster)))}"
        what = f"others {when if one.by >= now else 'should have been told'} ({one.duty.label})"
        yield kept_line(f"{ref}{whose}: {what}:  visitsafe share {ref}")
    if more := max(0, len(duties) - FEW) + (late.more if late else 0):
        yield f"... and {more} more to tell others:  visitsafe share"


def _documents(desk: "Desk", known: "Mapping[str, PlanState]", refs: Mapping[str, str]) -> Iterator[str]:
    """For managers: documents in which something is overdue, each once."""
    from visitsafe.followup.owed import overdue_plans
    from visitsafe.state.duties import DocumentDue, documents_due
    from visitsafe.state.entry_words import DOCUMENTS
    from visitsafe.text.days import in_words

    if desk.me is None or Role.MANAGER not in desk.me.roles:
        return
    first: dict[str, DocumentDue] = {}
    for one in documents_due(overdue_plans(desk, known=known).states, desk.now):
        first.setdefault(one.said.id, one)
    for one in list(first.values())[:FEW]:
        ref = refs.get(one.state.plan, one.state.ref)
        title = DOCUMENTS.get(one.said.body.document, one.said.body.document)
        since = in_words(date.fromisoformat(one.day))
        yield f"{ref}: {title}: something is overdue since {since}:  visitsafe document list {ref}"
    if more := max(0, len(first) - FEW):
        yield f"... and {more} more documents in which something is overdue:  visitsafe list --all"


def audit_lines(desk: "Desk") -> list[str]:
    """For managers, once a year: to look at what they owe themselves."""
    if desk.me is None or Role.MANAGER not in desk.me.roles:
        return []
    from visitsafe.supervision.audits import audit_due

    why = audit_due(desk)
    return [f"It is time to look at what managers owe ({why}):  visitsafe audit"] if why else []
