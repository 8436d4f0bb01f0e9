"""What a message about an incident, or something not as agreed, says: whose visit it is and what to do. Pure.

Nothing of what happened: whoever reads it may not be alone, and a telephone may lie on a table. While a visit
goes on it says to look at the board before ringing; under duress, first of all not to ring anybody on it.
"""

from visitsafe.record.bodies import IncidentBody
from visitsafe.record.kinds import Answer
from visitsafe.state.events import Said
from visitsafe.state.visit_words import COMES
from visitsafe.watch.alarm_facts import LONGEST_NAME, Telling, Text, line, text, titled
from visitsafe.watch.outbox import Message

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


def changed_text(telling: Telling, message: Message) -> Text:
    """The words of a message about something that is not as it was agreed.

    Args:
        telling: The visit, and the moment at which it is told.
        message: The message.
    """
    state = telling.state
    said = next((one for one in state.visit.changes if one.id == message.about), None)
    show = f"visitsafe show {state.ref}"
    if message.hushed or state.visit.duress is not None or said is None:
        return _do_not_ring(telling, message, show)
    body = said.body
    unmet = [f"Not met: {telling.line(one.text)}" for one in body.conditions or () if one.met == Answer.NO]
    company = [f"{telling.line(one.name, LONGEST_NAME)} {COMES[one.comes]}." for one in body.company or ()]
    findings = [telling.line(one.text) for one in body.findings or ()]
    note = [f"Note: {telling.line(body.note)}"] if body.note.strip() else []
    return text(
        titled(telling, "not as agreed"),
        f"{telling.worker} reported {telling.when(said.at)} about the visit {state.ref}:",
        "\n".join([*unmet, *company, *findings, *note]),
        f"Do now: decide whether that is all right ({show}). If not, ring {telling.worker}."
        + _first(telling),
        "Nothing was refused, and the visit is watched as before.",
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
    knows = telling.state.visit.duress is not None or message.may_know
    why = "Go by the newest message about the duress alarm." if knows else f"Do now: {telling.desk}."
    return text(
        titled(telling, "do NOT ring them"),
        f"Do NOT ring or write to {telling.worker}, {telling.beside}or the address.",
        why,
        f"Something was recorded on this visit. See: {show}",
    )
