"""A checklist as a page to read: what is asked, why, what it means, and where it comes from.

Every kind has the same shape: a heading for each list, and under it each item with its id, its sentences and
its sources, which say so when they are past their review date.
"""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from visitsafe.checklists.check import AnyChecklist, past_review
from visitsafe.checklists.facts import ALWAYS
from visitsafe.checklists.model import (
    DUE_BACK,
    Choice,
    CitedDocument,
    Condition,
    EscalationChecklist,
    FormChecklist,
    Item,
    Question,
    SharingChecklist,
    SharingRule,
    ShouldNotChecklist,
    Source,
    SupervisionPrompt,
    VisitChecklist,
)

FIRST = "Shown before anything is asked"
LISTS = {
    "should_not": "What not to do",
    "should": "What to do",
    "if_it_happens": "If something happens",
    "triggers": "Questions that make sharing a duty",
    "attest": "What a manager confirms by countersigning",
    "conditions": "When the decision needs conditions",
    "prompts": "For staff supervision",
    "steps": "Steps",
    "rules": "Rules",
    "last": "Shown when it is signed",
}
"""The lists of items that the kinds of checklists have, in the order shown."""
SENTENCES = {
    "ask": "",
    "rule": "",
    "do": "",
    "text": "",
    "more": "",
    "why": "Why: ",
    "ground": "Ground: ",
    "reflect": "Afterwards: ",
}
"""The sentences of an item, and what stands before each."""


class Page:
    """Writes the lines of one checklist, wrapped to a width."""

    def __init__(self, documents: Mapping[str, CitedDocument], today: date, width: int) -> None:
        self._documents = documents
        self._today = today
        self._width = max(width, 40)

    def write(self, checklist: AnyChecklist) -> Iterator[str]:
        """The whole page."""
        yield f"{checklist.title} ({checklist.id} {checklist.version}, {checklist.kind})"
        yield from self._wrap(checklist.about, 0)
        for line in _head(checklist):
            yield from self._wrap(line, 0)
        if isinstance(checklist, FormChecklist):
            yield from self._list(FIRST, checklist.first, None)
        if isinstance(checklist, VisitChecklist | FormChecklist):
            for section in checklist.sections:
                yield from self._list(f"{section.title} ({section.id})", section.questions, section.about)
        for name, heading in LISTS.items():
            yield from self._list(heading, getattr(checklist, name, ()), None)
        if isinstance(checklist, SharingChecklist):
            yield from self._duty(checklist.duty)

    def sources(self, documents: Sequence[CitedDocument]) -> Iterator[str]:
        """What is known about documents."""
        for document in documents:
            yield document.id
            facts = [document.issuer, document.identifier, f"issued {document.issued}", document.note]
            yield from self._wrap(f"{document.title}{self._age(document.id)}", 2)
            yield from self._wrap(". ".join(fact.rstrip(".") for fact in facts if fact) + ".", 2)

    def _list(self, heading: str, items: Sequence[Item], about: str | None) -> Iterator[str]:
        if not items:
            return
        yield from ("", heading)
        yield from self._wrap(about or "", 2)
        for item in items:
            yield from self._wrap(_first_line(item), 2)
            for name, before in SENTENCES.items():
                if sentence := getattr(item, name, None):
                    yield from self._wrap(f"{before}{sentence}", 4)
            for line in _particulars(item):
                yield from self._wrap(line, 4)
            yield from self._wrap(f"Source: {self._cite(item.source)}", 4)

    def _duty(self, duty: SharingRule) -> Iterator[str]:
        yield from ("", f"The duty, within {duty.within_days} days of signing")
        for line in (duty.text, duty.ask_decision, duty.ask_with, duty.ask_reason, f"Why: {duty.why}"):
            yield from self._wrap(line, 2)
        yield from self._wrap(f"Source: {self._cite(duty.source)}", 2)

    def _cite(self, sources: Sequence[Source]) -> str:
        return "; ".join(
            f"{source.document} {source.paragraph}{self._age(source.document)}" for source in sources
        )

    def _age(self, name: str) -> str:
        document = self._documents.get(name)
        if document is None:
            return " (not described in sources.yaml)"
        return f" (past its review date {document.review_date})" if past_review(document, self._today) else ""

    def _wrap(self, text: str, indent: int) -> list[str]:
        lines = [line for part in text.splitlines() for line in textwrap.wrap(part, self._width - indent)]
        return [" " * indent + line for line in lines]


def _head(checklist: AnyChecklist) -> Iterator[str]:
    """What else holds for the whole checklist."""
    match checklist:
        case VisitChecklist():
            uses = [name for name in checklist.uses.model_dump().values() if name]
            yield f"Uses: {', '.join(uses) or 'no other checklist'}"
        case FormChecklist():
            yield f"Asks the questions of {checklist.share} too." if checklist.share else ""
        case SharingChecklist() | ShouldNotChecklist():
            yield checklist.ask
        case EscalationChecklist():
            levels = ", ".join(checklist.high_risk_levels)
            yield f"Overdue {checklist.grace_minutes} minutes after the time due back."
            yield (
                f"With findings of level {levels} it starts at {checklist.high_risk_step}." if levels else ""
            )


def _first_line(item: Any) -> str:
    label = getattr(item, "label", None)
    level = f"{item.level}: " if hasattr(item, "level") else ""
    minutes = f"{item.after:+d} min: " if hasattr(item, "after") else ""
    if getattr(item, "counts_from", DUE_BACK) != DUE_BACK:
        minutes = f"{item.after:+d} min from the {item.counts_from}: "
    return f"- {minutes}{level}{item.id}" + (f" ({label})" if label else "")


def _particulars(item: Any) -> Iterator[str]:
    """What else an item has, besides its sentences."""
    if isinstance(item, Question):
        yield from _answers(item)
    if isinstance(item, SupervisionPrompt):
        yield f"Asked if one of these shows: {', '.join(item.when)}" if item.when else "Always asked"
        return
    for name, before in (("when", "If "), ("breached", "Broken if ")):
        if condition := getattr(item, name, None):
            yield before + condition_in_words(condition)
    for name, before in (
        ("settle", "Settled by: "),
        ("levels", "Levels: "),
        ("rules", "Rules: "),
        ("who", "Who: "),
    ):
        if names := getattr(item, name, None):
            yield before + ", ".join(names)
    if person := getattr(item, "person", None):
        yield f"First those whom the answer to {person} names."
    if missing := getattr(item, "missing", None):
        yield f"Not if the worker has reported: {missing}"
    yield from _choices("Control measure", getattr(item, "suggest", ()))
    if getattr(item, "acknowledge", False):
        yield "Somebody has to acknowledge it."


def _answers(question: Question) -> Iterator[str]:
    answer = f"Answer: {question.answer}"
    if question.does_not_apply:
        answer += ", or does not apply"
    if question.unsafe:
        answer += f"; {question.worse} and not sure are unsafe" if question.worse else "; neither is unsafe"
    if not question.required:
        answer += "; may be passed over"
    if question.moment:
        answer += "; it has passed" if question.moment == "past" else "; it is still to come"
    if question.valid_for:
        answer += f"; kept for {question.valid_for} days"
    if question.ask_again_if == (ALWAYS,):
        answer += "; asked at each visit"
    elif question.ask_again_if:
        answer += f"; asked again if something new is behind {', '.join(question.ask_again_if)}"
    yield answer
    yield from _choices("", question.choices)


def _choices(before: str, choices: Sequence[Choice]) -> Iterator[str]:
    for choice in choices:
        yield f"{before or '*'} {choice.id}: {choice.text}"


def condition_in_words(condition: Condition) -> str:
    """A condition as a person would read it: `phone is no and alarm is no; or daylight is no`."""
    return "; or ".join(
        " and ".join(f"{name} is {' or '.join(wanted)}" for name, wanted in mapping.items())
        for mapping in condition
    )
