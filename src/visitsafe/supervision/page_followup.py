"""The part of the staff-supervision page on what came after the visit: incidents, talking over, documents.

Blocks of markdown, none if there is nothing to say; every text goes through `escape`. What was asked stands
here in full, as it was signed: the pack of a case (`case_page`) has it in short.
"""

from collections.abc import Iterator
from datetime import datetime, tzinfo

from visitsafe.record.bodies import DebriefedBody, Filled
from visitsafe.state.after import CORRECTED, before, words_before
from visitsafe.state.duties import talk_by
from visitsafe.state.entry_words import incident_title
from visitsafe.state.fold import PlanState
from visitsafe.state.visit import Event
from visitsafe.state.visit_words import heard_words
from visitsafe.supervision.case_sections import document_item
from visitsafe.supervision.page_sections import bullets
from visitsafe.supervision.patterns import answered, counted
from visitsafe.text.clean import markdown, markdown_line
from visitsafe.text.clock import day, moment, to_text


def in_short(state: PlanState) -> str:
    """What happened, for the first paragraph; empty if nothing did."""
    if not state.after.incidents:
        return ""
    waiting = " **It has not been talked over yet.**" if state.after.not_talked_over else ""
    return f"On record: {counted(state.after.incidents)}.{waiting}"


def after_the_visit(state: PlanState, now: datetime, zone: tzinfo) -> list[str]:
    """What was recorded after the visit, and whether it is still to be talked over."""
    blocks: list[str] = []
    for said in state.after.incidents:
        blocks.append(f"## {markdown_line(incident_title(said.body))}")
        blocks += [*_filled(state, said, zone), *_before(state, said, zone)]
        if said.id in state.after.not_talked_over:
            blocks.append("**Not talked over yet.**")
    talk = talk_by(state)
    if state.after.debriefs or talk:
        blocks.append("## How it was")
    for one in state.after.debriefs:
        blocks += [*_filled(state, one, zone), *_before(state, one, zone)]
    if talk:
        due = "**To be talked over**" if talk >= to_text(now) else "**Overdue: to be talked over**"
        blocks.append(f"{due} by {markdown_line(day(talk, zone))}.")
    if state.after.documents:
        blocks.append("## Documents of the case, kept with this plan")
        blocks.append(bullets(document_item(state, said, now, zone) for said in state.after.documents))
    return blocks


def _filled(state: PlanState, said: Event[Filled], zone: tzinfo) -> Iterator[str]:
    """Who signed it and when, the answers in the order asked, and what they pointed out."""
    body, name = said.body, said.author.person.name
    signed = f"Signed by {name}, {moment(said.at, zone)}."
    happened = f" It happened {moment(body.happened, zone)}." if body.happened else ""
    heard = f" {heard_words(state, name, body.heard)}." if body.heard else ""
    corrected = " It corrects an earlier one." if body.replaces else ""
    yield markdown_line(f"{signed}{happened}{heard}{corrected}")
    answers = [f"{markdown_line(shown.label)}: {markdown(shown.answer, '  ')}" for shown in answered(body)]
    answers += _unasked(body)
    answers += [f"Remember: {markdown_line(finding.text)}" for finding in body.findings]
    if answers:
        yield bullets(answers)


def _before(state: PlanState, said: Event[Filled], zone: tzinfo) -> Iterator[str]:
    """What was corrected, in full."""
    for old in before(state.after, said.id):
        when = f"signed by {old.author.person.name}, {moment(old.at, zone)}"
        yield markdown_line(f"{CORRECTED.capitalize()} ({when}):")
        answers = [
            f"{markdown_line(name)}: {markdown(words, '  ')}" for name, words in words_before(old.body)
        ]
        if answers:
            yield bullets(answers)


def _unasked(body: Filled) -> Iterator[str]:
    """What a debrief says and does not show among its answers."""
    if isinstance(body, DebriefedBody):
        asked = {shown.answer for shown in body.shown}
        for label, text in (("Next time", body.next_time), ("Who was not seen", body.not_seen)):
            if text.strip() and text not in asked:
                yield f"{label}: {markdown(text, '  ')}"
