"""What a message about an incident says: whose visit, who wrote it down, and what to do. Pure.

Nothing of what happened: whoever reads it may not be alone, and a telephone may lie on a table. While a visit
goes on it says to look at the board before ringing; under duress, first of all not to ring anybody on it.
"""

from visitsafe.domain.afterwards import IncidentBody
from visitsafe.domain.alarm_facts import LONGEST_NAME, Telling, Text, line, text, titled
from visitsafe.domain.outbox import Message
from visitsafe.domain.said import Said
from visitsafe.domain.terms import Company

INCIDENT, NEAR_MISS = "incident", "near miss"


def incident_text(telling: Telling, message: Message) -> Text:
    """The words of a message about an incident.

    Args:
        telling: The visit, and the moment at which it is told.
        message: The message.
    """
    state = telling.state
    said = next((one for one in state.after.incidents if one.id == message.about), None)
    show = f"visitsafe show {state.ref}"
    if message.hushed or state.visit.duress is not None:
        return _do_not_ring(telling, message, show)
    what = NEAR_MISS if said is not None and said.body.near_miss else INCIDENT
    return text(
        titled(telling, f"{what} recorded"),
        f"{_one(what)} was recorded on the visit of {telling.worker} ({state.ref}){_by(telling, said)}.",
        f"Do now: look ({show}), then speak to {telling.worker} yourself and ask how they are."
        + _first(telling),
        f"It stays open until it has been talked over: visitsafe debrief {state.ref}",
    )


def _one(what: str) -> str:
    return f"A {what}" if what == NEAR_MISS else f"An {what}"


def _by(telling: Telling, said: Said[IncidentBody] | None) -> str:
    if said is None:
        return ""
    return f", {telling.when(said.at)}, by {line(said.author.person.name, LONGEST_NAME)}"


def _first(telling: Telling) -> str:
    """What to look at before ringing: they may still be in the house, or being looked for."""
    state = telling.state
    if state.visit.needs_standing_down and not state.closed:
        return " An alarm about this visit is open: go by its newest message first."
    if state.visit.out and not state.closed:
        return " The visit is not over: they may still be there, so look at the board before you ring."
    return ""


def _do_not_ring(telling: Telling, message: Message, show: str) -> Text:
    """Somebody on the visit is under duress, here or elsewhere: nothing may make a telephone ring there."""
    beside = "or anybody who is with them, " if telling.state.body.company is not Company.ALONE else ""
    knows = telling.state.visit.duress is not None or message.may_know
    why = "Go by the newest message about the duress alarm." if knows else f"Do now: {telling.desk}."
    return text(
        titled(telling, "do NOT ring them"),
        f"Do NOT ring or write to {telling.worker}, {beside}or the address.",
        why,
        f"Something was recorded on this visit. See: {show}",
    )
