"""A document of a case as a page: who does what by when first, then every answer, as CommonMark. Pure.

The written agreement is a page for the family (`agreement_page`); the others are for those who work with it.
Rules as in `page`: whatever was signed stands as literal text, nothing personal that the plan's page leaves
out, nothing is scored. Sources stand at the end, each once.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo

from visitsafe.checklists.library import marked, past_review
from visitsafe.followup.agreement_page import Signing, agreement_page
from visitsafe.record.bodies import Action, DocumentedBody, Shown
from visitsafe.record.kinds import Document
from visitsafe.state.documents import is_late, not_held
from visitsafe.state.events import Said
from visitsafe.state.fold import PlanState
from visitsafe.state.followup_words import DOCUMENTS
from visitsafe.state.phrases import day
from visitsafe.supervision.page_record import Cited
from visitsafe.supervision.page_sections import bullets
from visitsafe.text.clean import markdown, markdown_line
from visitsafe.text.days import said as day_in_full

TABLED = ("action-",)
"""How the ids of questions begin whose answers stand in the list of actions."""
_SOURCE = re.compile(r'(?:^|; )([\w-]+) ((?:"[^"]*"|[^";]+)+)')
_PLACE = re.compile(r'"[^"]*"|[^\s,"][^,"]*')


def document_page(
    state: PlanState,
    said: Said[DocumentedBody],
    now: datetime,
    zone: tzinfo,
    team: str,
    phone: str = "",
    documents: Sequence[Cited] = (),
) -> str:
    """The page as markdown.

    Args:
        state: The plan in whose record it stands, as whoever reads may see it, without personal details.
        said: The document, from that state.
        now: For what is late.
        zone: Whose calendar the days are read on.
        team: The name of the team.
        phone: Where the team is reached.
        documents: Those that the form may cite.
    """
    if said.body.document == Document.AGREEMENT:
        about = Signing(
            case=state.body.visit.case,
            worker=said.author.person.name,
            team=team,
            phone=phone,
            at=said.at,
            sources=tuple(_numbers(said.body.shown)),
        )
        return agreement_page(said.body, about, zone)
    return "\n\n".join(_blocks(state, said, now, zone, team, documents)) + "\n"


def document_title(body: DocumentedBody) -> str:
    """What a document is called."""
    return DOCUMENTS.get(body.document, body.document)


def _blocks(
    state: PlanState,
    said: Said[DocumentedBody],
    now: datetime,
    zone: tzinfo,
    team: str,
    documents: Sequence[Cited],
) -> Iterator[str]:
    body = said.body
    yield f"# {markdown_line(document_title(body))}: case {markdown_line(state.body.visit.case)}"
    if state.problems:
        yield "**Do not rely on this page. Something in its record does not hold.**"
    yield _in_short(body, now)
    if body.actions:
        yield "## Who does what"
        yield bullets(_action(action, now) for action in body.actions)
    if body.findings:
        yield "## To note"
        yield bullets(markdown(one.text, "  ") for one in body.findings)
    yield from _answers(body)
    if sources := list(_sources(body.shown)):
        yield "## Where the questions come from"
        past = past_review(documents, now.date())
        yield bullets(markdown_line(marked(one, past)) for one in sources)
    who = f"{markdown_line(said.author.person.name)}, {markdown_line(team)}"
    yield f"*Signed by {who}, on {markdown_line(day(said.at, zone))}, in the record of plan {state.ref}.*"


def _in_short(body: DocumentedBody, now: datetime) -> str:
    """When it is looked at again, and how much of it is late."""
    if not body.review and body.document == Document.TELLING:
        first = "What, how, by whom and when."
    elif not body.review:
        first = "No day is named on which it is looked at again."
    elif not_held(body):
        first = f"Proposed for {_day(body.review, now)}."
    else:
        first = f"Looked at again by {_day(body.review, now)}."
    late = sum(is_late(action.by, now) for action in body.actions)
    count = "1 action is" if late == 1 else f"{late} actions are"
    return first + (f" **{count} overdue.**" if late else "")


def _action(action: Action, now: datetime) -> str:
    who = markdown_line(action.who) or "**nobody is named**"
    by = _day(action.by, now) if action.by else "no day is named"
    return f"{markdown(action.what, '  ')}\n  - Who: {who}\n  - By: {by}"


def _day(text: str, now: datetime) -> str:
    words = markdown_line(day_in_full(text))
    return f"**{words} (that day has passed)**" if is_late(text, now) else f"**{words}**"


def _answers(body: DocumentedBody) -> Iterator[str]:
    """Every answer but those that were passed over and those in the list of actions, by section."""
    sections: dict[str, list[Shown]] = {}
    for shown in body.shown:
        passed_over = body.answers.get(shown.id) in {"", (), None}
        if not passed_over and not shown.id.startswith(TABLED):
            sections.setdefault(shown.section, []).append(shown)
    for title, answers in sections.items():
        yield f"## {markdown_line(title) or 'Questions'}"
        yield bullets(f"*{markdown_line(one.label)}*\\\n  {markdown(one.answer, '  ')}" for one in answers)
    done = [one for one in body.shown if _is_done_action(body, one)]
    if done:
        yield "## Done"
        yield bullets(markdown(one.answer, "  ") for one in done)


def _is_done_action(body: DocumentedBody, shown: Shown) -> bool:
    """Whether it is an action that was named and stands no longer among what is to be done."""
    number = shown.id.removeprefix(TABLED[0])
    named = shown.id.startswith(TABLED) and number.isdecimal() and bool(body.answers.get(shown.id))
    return named and shown.answer not in {action.what for action in body.actions}


def _sources(shown: Sequence[Shown]) -> Iterator[str]:
    """Each document that the questions come from, with its places."""
    places = _places(shown)
    yield from (f"{document} {', '.join(found)}" for document, found in places.items())


def _numbers(shown: Sequence[Shown]) -> Iterator[str]:
    """The same without quoted words: on a page for the family these would only puzzle."""
    for document, found in _places(shown).items():
        numbers = ", ".join(one for one in found if not one.startswith('"'))
        yield f"{document} {numbers}".strip()


def _places(shown: Sequence[Shown]) -> dict[str, list[str]]:
    found: dict[str, dict[str, None]] = {}
    for one in shown:
        for document, places in _SOURCE.findall(one.source):
            found.setdefault(document, {}).update(dict.fromkeys(_PLACE.findall(places)))
    return {document: list(places) for document, places in found.items()}
