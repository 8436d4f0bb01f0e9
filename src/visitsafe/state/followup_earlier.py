"""What was corrected after a visit: what it said before, for whoever reads the correction. Pure, unescaped.

A correction takes the place of what it corrects in what counts; it never hides it. Whoever may see the one
may see the other, in the words in which they may see it (`after_seen`).
"""

from collections.abc import Iterator

from visitsafe.record.bodies import DebriefedBody, Filled, IncidentBody
from visitsafe.state.events import Event
from visitsafe.state.followup import AfterState

CORRECTED = "corrected; it said before"
"""What stands before the words of an earlier one."""


def before(after: AfterState, name: str) -> Iterator[Event[Filled]]:
    """What an incident or debrief corrects, and what that one corrected, the newest first."""
    by_id: dict[str, Event[Filled]] = {one.id: one for one in (*after.incidents, *after.debriefs)}
    by_id |= {one.id: one for one in after.corrected}
    seen = {name}
    while name in by_id and by_id[name].body.replaces not in {"", *seen}:
        name = by_id[name].body.replaces
        seen.add(name)
        if name in by_id:
            yield by_id[name]


def words_before(body: Filled) -> Iterator[tuple[str, str]]:
    """All that an earlier one said: labels and answers, and what is not among the answers shown."""
    shown = [one for one in body.shown if one.answer.strip()]
    yield from ((one.label, one.answer) for one in shown)
    ids, texts = {one.id for one in body.shown}, {one.answer for one in shown}
    if isinstance(body, IncidentBody):
        if "near-miss" not in ids and body.near_miss:
            yield "Near miss", "yes"
        if "hurt" not in ids:
            yield "Anybody hurt", body.hurt.replace("-", " ")
        if "behaviours" not in ids and body.behaviours:
            yield "Behaviours", "; ".join(one.replace("-", " ") for one in body.behaviours)
    if isinstance(body, DebriefedBody):
        for label, text in (("Next time", body.next_time), ("Who was not seen", body.not_seen)):
            if text.strip() and text not in texts:
                yield label, text
    yield from (("Remember", one.text) for one in body.findings)
    for duty in body.sharing:
        yield "To be shared", "; ".join((duty.label, *duty.recipients))
