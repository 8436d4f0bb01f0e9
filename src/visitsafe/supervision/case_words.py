"""The words in which a case is told: its patterns by name, plans by reference, counts. Pure and unescaped."""

from collections.abc import Iterable, Mapping, Sequence

from visitsafe.checklists.model import Pattern
from visitsafe.record.bodies import IncidentBody
from visitsafe.record.kinds import Answer
from visitsafe.state.events import Said
from visitsafe.state.fold import PlanState

PATTERN_WORDS: Mapping[Pattern, str] = {
    Pattern.EVENINGS: "Evenings",
    Pattern.ALONE: "Alone",
    Pattern.CANCELLED: "Visits that were not made",
    Pattern.SEEN_ELSEWHERE: "Somewhere else than at home",
    Pattern.SAME_WORKER: "Always the same worker",
    Pattern.NEVER_DEPARTED: "Setting out is not on record",
    Pattern.STOPPED: "Broken off",
    Pattern.SHORTER: "Shorter each time",
    Pattern.OVERDUE: "Alarms",
    Pattern.INCIDENT: "Incidents",
    Pattern.REPEATED_INCIDENTS: "More than one incident",
    Pattern.IDENTITY: "Aimed at who somebody is",
    Pattern.HOSTILITY_UNREPORTED: "Hostility without an incident",
    Pattern.NOT_SHARED: "Not shared with others",
    Pattern.NOT_SEEN: "Not seen",
    Pattern.THINGS_UNSAID: "Left unsaid",
    Pattern.RELIEVED: "Relief",
    Pattern.NOT_DEBRIEFED: "Not talked over",
    Pattern.CONCERNS_UNANSWERED: "Findings that went along",
}
MOST_NAMED = 8
"""How many plans are named in one sentence."""


def listing(words: Sequence[str]) -> str:
    """`A`, `A and B`, `A, B and C`."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def named(states: Sequence[PlanState]) -> str:
    """The references of plans; of very many the newest, and how many more there are."""
    refs = [state.ref for state in states[-MOST_NAMED:]]
    more = len(states) - len(refs)
    return listing([*refs, f"{more} more"] if more else refs)


def plans_are(states: Sequence[PlanState]) -> str:
    """`K7Q2-M9 was`, `K7Q2-M9 and M2XX-11 were`."""
    return f"{named(states)} {'was' if len(states) == 1 else 'were'}"


def things(count: int, one: str, many: str) -> str:
    """`1 visit`, `3 visits`."""
    return f"{count} {one if count == 1 else many}"


def hurt_in(incidents: Iterable[Said[IncidentBody]]) -> str:
    """`, somebody was hurt`, to follow a count; empty if nobody was."""
    found = [said.body.hurt for said in incidents]
    if Answer.YES in found:
        of = "" if len(found) == 1 else f" in {found.count(Answer.YES)} of them"
        return f", somebody was hurt{of}"
    return ", perhaps somebody was hurt" if Answer.NOT_SURE in found else ""


def counted(incidents: Iterable[Said[IncidentBody]]) -> str:
    """`1 incident and 2 near misses`."""
    bodies = [said.body for said in incidents]
    near = sum(body.near_miss for body in bodies)
    parts = [things(len(bodies) - near, "incident", "incidents"), things(near, "near miss", "near misses")]
    return listing([part for part in parts if not part.startswith("0 ")])
