"""What was recorded after a visit, on the screen: incidents, how it was, what was shared, documents, markers.

In short; every word stands in `show --json` and on the exported page. What is still to be done is said with
the command for it. Who may not know of duress gets a state from which it is left out (`discretion`).
"""

from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from visitsafe.cli.lines import STRONG, WARN, fact, heading, item, put
from visitsafe.state.after import CORRECTED, before, words_before
from visitsafe.state.duties import Met, duties_of, talk_by
from visitsafe.state.entry_words import DOCUMENTS, incident_title, marker_words
from visitsafe.state.rules_after import NOT_SHARE
from visitsafe.state.sharing_words import state_words, to_words
from visitsafe.state.visit_words import name_of
from visitsafe.text.clock import date_only, day, moment, to_text

if TYPE_CHECKING:
    from rich.console import Console

    from visitsafe.record.bodies import Filled, SharedBody
    from visitsafe.state.fold import PlanState
    from visitsafe.state.visit import Event

INDENT = 2


def show_after(console: "Console", state: "PlanState", now: datetime, zone: tzinfo) -> None:
    """Write what was recorded after a visit, and what is still owed; nothing if there is none of it.

    Args:
        console: Where to.
        state: The plan, as whoever looks may see it.
        now: For what is overdue.
        zone: Whose local time is shown.
    """
    _incidents(console, state, zone)
    _debriefs(console, state, now, zone)
    _sharing(console, state, now, zone)
    _documents(console, state, zone)


def _incidents(console: "Console", state: "PlanState", zone: tzinfo) -> None:
    if state.after.incidents:
        heading(console, "Incidents and near misses")
    for said in state.after.incidents:
        title = incident_title(said.body)
        item(console, (f"{title}, ", STRONG), moment(said.happened, zone), _by(state, said), indent=INDENT)
        _answers(console, said.body)
        _before(console, state, said, zone)
        if said.id in state.after.not_talked_over:
            how = f"visitsafe debrief {state.ref}"
            put(console, ("Not talked over yet: ", WARN), how, indent=2 * INDENT)


def _debriefs(console: "Console", state: "PlanState", now: datetime, zone: tzinfo) -> None:
    by = "" if state.after.not_talked_over else talk_by(state)
    if not state.after.debriefs and not by:
        return
    heading(console, "How it was")
    for said in state.after.debriefs:
        item(console, f"Talked over, {moment(said.happened, zone)}", _by(state, said), indent=INDENT)
        _answers(console, said.body)
        _before(console, state, said, zone)
    if by:
        word = ("OVERDUE since ", WARN) if by < to_text(now) else "by "
        how = f": visitsafe debrief {state.ref}"
        item(console, "To be talked over, ", word, day(by, zone), how, indent=INDENT)


def _sharing(console: "Console", state: "PlanState", now: datetime, zone: tzinfo) -> None:
    duties = duties_of(state)
    others = [one for one in state.after.shared if not one.body.trigger]
    if duties or others:
        heading(console, "Telling other professionals")
    for one in duties:
        named = f", to {to_words(one)}" if one.left else ""
        style = WARN if one.met(now) is Met.OVERDUE else ""
        item(
            console, f"{one.number}. {one.duty.label}: ", (state_words(one, now, zone), style), named,
            indent=INDENT,
        )  # fmt: skip
        if one.said is not None:
            fact(console, "Event", one.said.body.what, indent=2 * INDENT)
    for said in others:
        kept = said.body.decision == NOT_SHARE
        told = "Decided not to share" if kept else f"Shared with {'; '.join(said.body.recipients)}"
        item(console, f"{told}, {moment(said.happened, zone)}", _by(state, said), indent=INDENT)
        fact(
            console,
            "Because" if kept else "Said",
            said.body.reason if kept else said.body.what,
            indent=2 * INDENT,
        )
    if any(one.open for one in duties):
        put(console, f"When it is done: visitsafe share {state.ref}", indent=INDENT)


def _documents(console: "Console", state: "PlanState", zone: tzinfo) -> None:
    after = state.after
    if after.documents or after.markers:
        heading(console, "Documents and markers")
    for said in after.documents:
        body = said.body
        review = f"; looked at again {body.review}" if body.review else ""
        title = DOCUMENTS.get(body.document, body.document)
        item(console, f"{title}, {date_only(said.happened, zone)}{review}", _by(state, said), indent=INDENT)
        for action in body.actions:
            by = f", by {action.by}" if action.by else ""
            item(console, f"{action.what} ({action.who}{by})", indent=2 * INDENT)
    for one in after.markers[-1:]:
        item(console, marker_words(one.body), indent=INDENT)


def _by(state: "PlanState", said: "Event[Filled] | Event[SharedBody]") -> str:
    """Who signed it, and whose word it is."""
    heard = getattr(said.body, "heard", None)
    told = f", told by {name_of(state, heard.person)}" if heard else ""
    return f", signed by {said.author.person.name}{told}"


def _answers(console: "Console", body: "Filled") -> None:
    for label, answer in _given(body):
        fact(console, label, answer, indent=2 * INDENT)
    for finding in body.findings:
        fact(console, "Remember", finding.text, indent=2 * INDENT)


def _before(console: "Console", state: "PlanState", said: "Event[Filled]", zone: tzinfo) -> None:
    """What was corrected, in full: a correction hides nothing."""
    for old in before(state.after, said.id):
        when = moment(old.happened, zone)
        item(console, f"{CORRECTED.capitalize()} ({when}{_by(state, old)}):", indent=2 * INDENT)
        for label, answer in words_before(old.body):
            fact(console, label, answer, indent=3 * INDENT)


def _given(body: "Filled") -> Iterator[tuple[str, str]]:
    """What was answered; what was passed over stays out."""
    for shown in body.shown:
        if body.answers.get(shown.id):
            yield shown.label, shown.answer
