"""What the wizard asks of a front end, and what it lends one.

A front end shows one screen and returns one event; it decides nothing. The `Guide` turns text into answers
and answers into words, so that all front ends take and show the same.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from visitsafe.checklists.assessment import Value, in_words
from visitsafe.checklists.model import AnswerType, Question, Source, VisitField
from visitsafe.checklists.questionnaire import cite
from visitsafe.text.clock import age, date_only, from_text
from visitsafe.text.times import long_visit
from visitsafe.wizard.answering import AnswerContext, AnswerError, case_warning, companion_doubts, parse
from visitsafe.wizard.screens import (
    AskOne,
    AskTogether,
    ControlFor,
    Event,
    Findings,
    Review,
    Sign,
    WhoDoes,
    WriteControl,
)

TYPED = frozenset({AnswerType.TEXT, AnswerType.PEOPLE, AnswerType.TIME, AnswerType.TELEPHONE})
"""What is typed, and not picked from a list."""


class Proposal(Protocol):
    """A computed answer with its reason, such as `adapters.daylight.Daylight`."""

    @property
    def answer(self) -> str:
        """The answer proposed."""

    @property
    def sentence(self) -> str:
        """Why."""


def _nothing(_: Mapping[str, Value]) -> None:
    """Where nobody keeps the answers of an unfinished page."""


@dataclass(frozen=True)
class Guide:
    """The words for one screen.

    Attributes:
        context: The time now, the zone and the start of the visit.
        proposal: For a question that visitsafe can compute: what it proposes.
        cite: Sources in words.
        keep: Saves answers of a page that is not finished yet.
        because: What is known because of which this is asked, in words.
    """

    context: AnswerContext
    proposal: Proposal | None = None
    cite: Callable[[tuple[Source, ...]], str] = cite
    keep: Callable[[Mapping[str, Value]], None] = _nothing
    because: tuple[str, ...] = ()

    def parse(self, question: Question, raw: str | Sequence[str]) -> Value:
        """What was meant.

        Raises:
            visitsafe.wizard.answering.AnswerError: It is no answer; its sentence says what to type.
        """
        return parse(question, raw, self.context)

    def words(self, question: Question, value: Value) -> str:
        """An answer as it is read; times with their day."""
        if isinstance(value, tuple) and value:
            return "; ".join(in_words(question, (one,), self.context.zone) for one in value)
        return in_words(question, value, self.context.zone)

    def typed(self, question: Question, value: Value | None) -> str:
        """An answer as it could be typed again; empty if it would be refused now."""
        if value is None or value == "":
            return ""
        if isinstance(value, tuple):
            return "; ".join(value)
        typed = self.words(question, value) if question.answer is AnswerType.TIME else value
        try:
            self.parse(question, typed)
        except AnswerError:
            return ""
        return typed

    def doubts(self, question: Question, value: Value) -> tuple[str, ...]:
        """What looks like a slip, and must be confirmed: a long visit, a name for a case, half a name."""
        lines: list[str | None] = []
        if isinstance(value, tuple) and question.fills is VisitField.COMPANIONS:
            lines += map(_sentence, companion_doubts(value, self.context.team))
        if not isinstance(value, str) or not value:
            return tuple(line for line in lines if line)
        if question.fills is VisitField.DUE_BACK and self.context.start is not None:
            lines.append(_sentence(long_visit(self.context.start, from_text(value))))
        if question.fills is VisitField.CASE:
            lines.append(_sentence(case_warning(value)))
        return tuple(line for line in lines if line)

    def second_look(self, question: Question, value: Value) -> tuple[str, ...]:
        """What is read back before it counts: a time in full, a telephone number, and the doubts."""
        is_read = question.answer in {AnswerType.TIME, AnswerType.TELEPHONE} and value
        read_back = (f"That is {self.words(question, value)}.",) if is_read else ()
        return (*read_back, *self.doubts(question, value))

    def while_typing(self, question: Question, raw: str) -> str:
        """What a text means so far: the time in full, or what is wrong with it; empty for nothing typed."""
        if not raw.strip() or raw.strip() == "?":
            return ""
        try:
            return f"= {self.words(question, self.parse(question, raw))}"
        except AnswerError as error:
            return f"Not yet a time that counts: {error.sentence}."

    def keeps_earlier(self, page: AskOne) -> bool:
        """Whether the earlier answer may be kept with one key.

        Not where something else is proposed now; and what was picked before and does not count any more, as
        after a new time, is picked anew.
        """
        if not page.given and page.question.answer not in TYPED:
            return False
        return self.proposal is None or self.proposal.answer == page.value

    def explain(self, question: Question, *, why: bool = False) -> tuple[str, ...]:
        """What `?` shows: more about the question, why it is asked if that is not shown yet, its source."""
        more = [question.more] if question.more else []
        return (*more, *([f"Why: {question.why}"] if why else []), f"Source: {self.cite(question.source)}")

    def age(self, at: str) -> str:
        """`given on 12 March 2026, 8 months ago`."""
        return f"given on {date_only(at, self.context.zone)}, {age(at, self.context.now)}"


def _sentence(text: str | None) -> str | None:
    if not text:
        return None
    return f"{text[0].upper()}{text[1:]}{'' if text[-1] in '.?' else '.'}"


class Front(Protocol):
    """A way of asking. Each method shows one screen and waits for one event."""

    def say(self, lines: Sequence[str]) -> None:
        """Tell the person something before the next page."""

    def ask_one(self, page: AskOne, guide: Guide) -> Event:
        """Ask one question."""

    def ask_together(self, page: AskTogether, guide: Guide) -> Event:
        """Ask several questions on one page, keeping each answer as it is given."""

    def review(self, page: Review, guide: Guide) -> Event:
        """Show every answer; any can be changed."""

    def findings(self, page: Findings) -> Event:
        """Show what the answers mean, with the way to what would settle it."""

    def control(self, page: ControlFor) -> Event:
        """Choose control measures for one finding, or leave it to the manager."""

    def write(self, page: WriteControl) -> Event:
        """Take a control measure in the person's own words."""

    def who(self, page: WhoDoes) -> Event:
        """Ask who carries a control measure out."""

    def sign(self, page: Sign, guide: Guide) -> Event:
        """Ask for the explicit yes to signing."""
