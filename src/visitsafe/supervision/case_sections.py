"""The parts of a case's page on what was recorded after its visits. Each returns blocks of markdown, escaped.

In short: every word stands on the page of its plan. Of a debrief only what is about the visit and about those
who live there; how it left somebody stays out.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo

from visitsafe.record.bodies import DebriefedBody, DocumentedBody, Filled, IncidentBody, MarkedBody
from visitsafe.state.after import CORRECTED, before, words_before
from visitsafe.state.duties import CaseHistory, is_late
from visitsafe.state.entry_words import DOCUMENTS, incident_title
from visitsafe.state.fold import PlanState
from visitsafe.state.markers import why_out_of_date
from visitsafe.state.visit import Event
from visitsafe.supervision.page_sections import bullets
from visitsafe.supervision.patterns import answered, day_words, short
from visitsafe.text.clean import markdown_line
from visitsafe.text.clock import age, date_only

LONGEST = 400
"""Characters of anybody's words about one thing."""
BEHAVIOURS = "behaviours"
TOLD = ("seen-and-heard", "what-happened")
"""The questions of the incident form whose answers say what happened."""
ALSO_TOLD = frozenset({"injury", "off-work", "police"})
"""Its questions about what the injury was and means, and whether the police know."""
OF_THE_VISIT = (
    ("went", "How it went"),
    ("different", "What was different"),
    ("not-seen", "Who was not seen"),
    ("unsaid", "Left unsaid"),
    ("living-with", "What it may be like there"),
    ("next-time", "Next time"),
)
"""The questions of the debrief that are about the visit, and what they are called if it does not say."""
MARKER = "warning-marker"
"""The question of the visit checklist whose answer says whether anybody looked for one."""


def incidents(history: CaseHistory, zone: tzinfo) -> list[str]:
    """Incidents and near misses: when, what kind, what was seen and heard."""
    found = [_incident(state, said, zone) for state, said in history.incidents()]
    return ["## Incidents and near misses", bullets(found)] if found else []


def _incident(state: PlanState, said: Event[IncidentBody], zone: tzinfo) -> str:
    shown = {one.id: one.answer for one in answered(said.body)}
    kinds = (shown.get(BEHAVIOURS, "") if said.body.behaviours else "") or "; ".join(
        one.replace("-", " ") for one in said.body.behaviours
    )
    told = next((shown[name] for name in TOLD if shown.get(name, "").strip()), "")
    lines = [kinds, f"Seen and heard: {told}" if told else ""]
    lines += [f"{one.label}: {one.answer}" for one in answered(said.body) if one.id in ALSO_TOLD]
    waiting = ["**Not talked over yet.**"] if said.id in state.after.not_talked_over else []
    marked = (*_before(state, said, zone), *waiting)
    return _item(_head(incident_title(said.body), state, said, zone), lines, marked)


def _before(state: PlanState, said: Event[Filled], zone: tzinfo) -> Iterator[str]:
    """What an incident said before it was corrected, in full; of a debrief, what is about the visit."""
    for old in before(state.after, said.id):
        body = old.body
        told = (
            _about_the_visit(body) if isinstance(body, DebriefedBody) else map(": ".join, words_before(body))
        )
        when = f"{CORRECTED.capitalize()} ({date_only(old.happened, zone)}, {old.author.person.name})"
        yield markdown_line(f"{when}: {'; '.join(told)}")


def debriefs(history: CaseHistory, zone: tzinfo) -> list[str]:
    """What those who went said about the visit when they talked it over."""
    found = [
        _item(
            _head("Talked over", state, said, zone), _about_the_visit(said.body), _before(state, said, zone)
        )
        for state, said in history.debriefs()
    ]
    return ["## What those who went said afterwards", bullets(found)] if found else []


def _about_the_visit(body: DebriefedBody) -> Iterator[str]:
    shown = {one.id: one for one in answered(body)}
    own = {"not-seen": body.not_seen, "next-time": body.next_time}
    for name, label in OF_THE_VISIT:
        answer = shown[name].answer if name in shown else ""
        if words := (own.get(name, "") or answer).strip():
            yield f"{shown[name].label if name in shown else label}: {words}"


def documents_of(history: CaseHistory, now: datetime, zone: tzinfo) -> list[str]:
    """The documents of the case with their days and actions."""
    found = [document_item(state, said, now, zone) for state, said in history.documents()]
    return ["## Documents", bullets(found)] if found else []


def document_item(state: PlanState, said: Event[DocumentedBody], now: datetime, zone: tzinfo) -> str:
    """A document in short: when and by whom, when it is looked at again, who does what by when."""
    body = said.body
    flags = [_action(one.what, one.who, one.by, now, zone) for one in body.actions]
    if body.review:
        past = "**Its review was due** " if is_late(body.review, now) else "To be looked at again "
        flags.insert(0, f"{past}{markdown_line(day_words(body.review, zone))}")
    return _item(_head(DOCUMENTS.get(body.document, body.document), state, said, zone), (), flags)


def _action(what: str, who: str, by: str, now: datetime, zone: tzinfo) -> str:
    late = "; **its day has passed, and nothing here says that it was done**" if is_late(by, now) else ""
    until = f", by {day_words(by, zone)}" if by else ""
    return f"{markdown_line(short(what, LONGEST))} ({markdown_line(f'{who}{until}')}){late}"


def marker(history: CaseHistory, now: datetime, zone: tzinfo) -> list[str]:
    """Where a warning marker stands and how old that is, never what it says (D14)."""
    said = history.marker()
    return ["## Warning marker", _marked(said, now, zone) if said else _unmarked(history)]


def _marked(said: Event[MarkedBody], now: datetime, zone: tzinfo) -> str:
    body = said.body
    who, old = said.author.person.name, age(f"{body.checked}T00:00:00Z", now)
    where = f"{body.system}, {body.reference}" if body.reference.strip() else body.system
    found = f"There is one in {where}" if body.found else "There was none"
    why = why_out_of_date(body, now.astimezone(zone).date())
    due = f"; review due on {day_words(body.review, zone)}" if body.found and body.review and not why else ""
    line = markdown_line(f"{found}: checked by {who} on {day_words(body.checked, zone)} ({old}){due}.")
    return f"{line} **Out of date: {markdown_line(why)}.**" if why else line


def _unmarked(history: CaseHistory) -> str:
    """What the newest plan answers, where nothing else is on record."""
    shown = (one.answer for one in history.plans[-1].body.shown if one.id == MARKER)
    answer = next(filter(str.strip, shown), "")
    asked = f" Whether anybody looked, by the newest plan: {short(answer)}." if answer else ""
    return markdown_line(f"Nothing is on record about where one stands.{asked}")


def _head(what: str, state: PlanState, said: Event[Filled], zone: tzinfo) -> str:
    when = markdown_line(f"{what}, {date_only(said.happened, zone)}")
    return f"**{when}** ({state.ref}), signed by {markdown_line(said.author.person.name)}"


def _item(head: str, lines: Iterable[str], marked: Iterable[str] = ()) -> str:
    """A list item: lines are somebody's words, what is marked is escaped already."""
    words = (markdown_line(short(line, LONGEST)) for line in lines if line.strip())
    return "\n".join([head, *(f"  - {line}" for line in (*words, *marked))])
