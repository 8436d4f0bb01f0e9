"""One flow of questions and rules, compiled from a visit checklist and those it uses.

The wizard, an answers file and `checklist check` all work on a `Questionnaire`, so that should-not rules
and sharing triggers are questions like any other. Nothing is asked and nothing is judged here.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from functools import cached_property
from typing import TypeVar

from visitsafe.checklists.facts import ALWAYS, values_of
from visitsafe.checklists.model import (
    AnswerType,
    Choice,
    EscalationChecklist,
    Question,
    Reminder,
    ReviewChecklist,
    Rule,
    Screen,
    Section,
    SharingChecklist,
    SharingRule,
    ShouldNotChecklist,
    Source,
    VisitChecklist,
)
from visitsafe.record.bodies import KnownFact
from visitsafe.record.terms import Answer, Level

T = TypeVar("T")
SHARE_WITH = "share-with"
SHARE_DECISION = "share-decision"
SHARE_REASON = "share-reason"
SHARE = "share"
NOT_SHARE = "not-share"


@dataclass(frozen=True)
class ChecklistSet:
    """A visit checklist with the checklists that it uses, and the digest of each file's bytes by id."""

    visit: VisitChecklist
    should_not: ShouldNotChecklist | None
    sharing: SharingChecklist | None
    review: ReviewChecklist | None
    escalation: EscalationChecklist | None
    digests: Mapping[str, str]


@dataclass(frozen=True)
class Questionnaire:
    """Sections of questions in the order asked, and the rules over their answers.

    Attributes:
        facts: What is known where it is asked, the value of each fact by its name; a fact that is not in
            here has the value it has where nothing is known.
        zone: Whose clocks the times among the answers are told by.
    """

    sections: tuple[Section, ...]
    rules: tuple[Rule, ...]
    facts: Mapping[str, str] = field(default_factory=dict)
    zone: tzinfo = UTC

    def knowing(self, known: Iterable[KnownFact]) -> "Questionnaire":
        """The same questions and rules where these facts are known, and no others."""
        return replace(self, facts=values_of(known))

    @cached_property
    def by_id(self) -> Mapping[str, Question]:
        """Every question by its id, in the order asked."""
        return {question.id: question for section in self.sections for question in section.questions}

    @cached_property
    def section_of(self) -> Mapping[str, Section]:
        """The section in which each question stands."""
        return {question.id: section for section in self.sections for question in section.questions}

    def kept(self, answers: Mapping[str, T]) -> dict[str, T]:
        """Answers by question id as an entry keeps them: by meaning."""
        return {self.by_id[name].meaning: value for name, value in answers.items() if name in self.by_id}

    def asked(self, kept: Mapping[str, T]) -> dict[str, T]:
        """The way back: what an entry keeps, by the ids of the questions of today that ask for it."""
        return {question.id: kept[question.meaning] for question in self if question.meaning in kept}

    def __iter__(self) -> Iterator[Question]:
        """The questions in the order asked."""
        return iter(self.by_id.values())


def compile_questionnaire(checklists: ChecklistSet, zone: tzinfo = UTC) -> Questionnaire:
    """Join a visit checklist, the sharing triggers and the should-not rules into one flow.

    Args:
        checklists: Where they stand.
        zone: Whose clocks times are told by; left out where none is told.
    """
    sections = list(checklists.visit.sections)
    rules = list(checklists.visit.rules)
    if checklists.sharing:
        sections += sharing_sections(checklists.sharing)
        rules.append(sharing_rule(checklists.sharing))
    if checklists.should_not:
        sections.append(_should_not_section(checklists.should_not))
        rules += [rule for item in checklists.should_not.should_not for rule in _reminder_rules(item)]
    return Questionnaire(tuple(sections), tuple(rules), zone=zone)


def sharing_sections(sharing: SharingChecklist) -> list[Section]:
    """The triggers on one page, then who is told, or why nobody is."""
    triggers = tuple(
        Question.model_validate(
            {
                "id": trigger.id,
                "label": trigger.label,
                "ask": trigger.ask,
                "why": trigger.why,
                "source": trigger.source,
                "unsafe": "yes",
                "ask-again-if": (ALWAYS,),
            }
        )
        for trigger in sharing.triggers
    )
    return [
        Section(
            id=sharing.id,
            title=sharing.title,
            about=sharing.ask,
            screen=Screen.TOGETHER,
            questions=triggers,
        ),
        Section(
            id=f"{sharing.id}-duty",
            title="What has to be shared",
            questions=_duty_questions(sharing.duty, tuple(t.id for t in sharing.triggers)),
        ),
    ]


def _duty_questions(duty: SharingRule, triggers: tuple[str, ...]) -> tuple[Question, ...]:
    any_yes = tuple({trigger: (Answer.YES.value,)} for trigger in triggers)

    def question(name: str, label: str, ask: str, answer: AnswerType, **more: object) -> Question:
        fields = {"id": name, "label": label, "ask": ask, "answer": answer, "when": any_yes}
        again = {"ask-again-if": (ALWAYS,), "why": duty.why, "source": duty.source}
        return Question.model_validate({**fields, **again, **more})

    choices = (
        Choice(id=SHARE, text="Share it"),
        Choice(id=NOT_SHARE, text="Decide not to share it, with a reason"),
    )
    return (
        question(
            SHARE_DECISION,
            "Share or not",
            duty.ask_decision,
            AnswerType.CHOICE,
            choices=choices,
            required=False,
        ),
        question(SHARE_WITH, "Share with", duty.ask_with, AnswerType.PEOPLE, required=False),
        question(
            SHARE_REASON,
            "Reason not to share",
            duty.ask_reason,
            AnswerType.TEXT,
            when=({SHARE_DECISION: (NOT_SHARE,)},),
        ),
    )


def sharing_rule(sharing: SharingChecklist) -> Rule:
    """The finding that something has to be shared and nobody is named."""
    nobody_named = {SHARE_WITH: ("none", "blank"), SHARE_DECISION: (SHARE, "blank")}
    return Rule(
        id=SHARE_WITH,
        level=Level.CONTROL,
        why=sharing.duty.why,
        text=sharing.duty.text,
        when=(nobody_named,),
        settle=(SHARE_WITH, SHARE_DECISION),
        source=sharing.duty.source,
    )


def _should_not_section(checklist: ShouldNotChecklist) -> Section:
    return Section(
        id=checklist.id,
        title=checklist.title,
        about=checklist.ask,
        screen=Screen.TOGETHER,
        questions=tuple(
            Question(
                id=item.id,
                label=item.label,
                ask=item.rule,
                why=item.why,
                source=item.source,
                answer=AnswerType.ACKNOWLEDGE,
            )
            for item in checklist.should_not
        ),
    )


def _reminder_rules(item: Reminder) -> Iterator[Rule]:
    """A should-not rule can be broken by the plan itself, or not be acknowledged."""
    yield Rule(
        id=item.id,
        level=Level.CONTROL,
        why=item.why,
        text=f"You have not acknowledged this one yet: {item.rule}",
        when=({item.id: (Answer.NO.value,)},),
        settle=(item.id,),
        source=item.source,
    )
    if item.breached is not None:
        yield Rule(
            id=item.id,
            level=item.level,
            why=item.why,
            text=item.text or item.rule,
            when=item.breached,
            settle=item.settle,
            suggest=item.suggest,
            source=item.source,
        )


def cite(sources: tuple[Source, ...]) -> str:
    """The sources in one line, by document: `salford-2011 7.2, 8.2; procedures-2023 "Prior to contact"`."""
    places: dict[str, list[str]] = {}
    for source in sources:
        numbered = source.paragraph[:1].isdigit()
        places.setdefault(source.document, []).append(
            source.paragraph if numbered else f'"{source.paragraph.rstrip(":")}"'
        )
    return "; ".join(f"{document} {', '.join(found)}" for document, found in places.items())
