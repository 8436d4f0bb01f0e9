"""What the wizard's pages say beside the checklist's own words: the same for every way of drawing them.

Plain text in reading order: no colours, no boxes, nothing that means something only to the eye.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from visitsafe.checklists.assessment import DOES_NOT_APPLY, Value, in_words
from visitsafe.checklists.model import AnswerType, Question, Source, VisitField
from visitsafe.checklists.questionnaire import cite
from visitsafe.record.terms import Answer, Level
from visitsafe.text.clean import things
from visitsafe.text.clock import age, date_only, from_text
from visitsafe.text.times import long_visit
from visitsafe.wizard.answers import (
    AnswerContext,
    AnswerError,
    case_warning,
    companion_doubts,
    expected,
    is_blank,
    parse,
)
from visitsafe.wizard.session import (
    CONFIRM,
    AnswerRow,
    AskOne,
    AskTogether,
    Concern,
    ControlFor,
    Event,
    Findings,
    Goto,
    Reconsider,
    Review,
    Sign,
)

TYPED = frozenset({AnswerType.TEXT, AnswerType.PEOPLE, AnswerType.TIME, AnswerType.TELEPHONE})
"""What is typed, and not picked from a list."""
LETTERS: Mapping[str, str] = {"y": Answer.YES, "n": Answer.NO, "u": Answer.NOT_SURE}


class Proposal(Protocol):
    """A computed answer with its reason, such as `planning.known.Daylight`."""

    @property
    def answer(self) -> str:
        """The answer proposed."""

    @property
    def sentence(self) -> str:
        """Why."""


@dataclass(frozen=True)
class Guide:
    """The words for one screen.

    Attributes:
        context: The time now, the zone and the start of the visit.
        proposal: For a question that visitsafe can compute: what it proposes.
        cite: Sources in words.
        because: What is known because of which this is asked, in words.
    """

    context: AnswerContext
    proposal: Proposal | None = None
    cite: Callable[[tuple[Source, ...]], str] = cite
    because: tuple[str, ...] = ()

    def parse(self, question: Question, raw: str | Sequence[str]) -> Value:
        """What was meant.

        Raises:
            visitsafe.wizard.answers.AnswerError: It is no answer; its sentence says what to type.
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


LEVELS = {Level.STOP: "STOP", Level.CONTROL: "NEEDS A CONTROL MEASURE", Level.NOTE: "TO NOTE"}
BACK_LINE = "< Back"
PLACEHOLDER = "Choose one:"
CHOOSE_HOW = "Choose one: the arrows move, Enter takes the line at the arrow"
OWN = "Write a control measure of my own"
LEAVE = "Leave it to my manager"
WHO = "Who does this? Your name, somebody else's, or a role, such as the duty desk."
WRITE = "What will be done about it? One control measure, in your own words."
DECIDE = "Go on to the control measures"
TO_SIGN = "Go on to signing"
SIGN = "Sign this plan"
SIGN_FORM = "Sign this record"
LOOK_AGAIN = "Go back and look again"
STOP_HERE = "Keep it as a draft and stop here"
GO_ON = "Everything is right, go on"
NOTHING_ELSE = "Nothing else has changed, go on"
STILL_OPEN = "Answer what is still open"
TICK_SOMETHING = "Nothing is chosen yet. Choose one line or more; if nothing fits, a line says so."
ALONE = "Choose the last line or other lines, not both."
TICK_HOW = "Nothing is ticked yet. Space ticks the line at the arrow; if nothing fits, a line says so."
OPEN_LINE = "This line is still open: a letter answers it."
SKIP_LINE = "Pass this over"
SKIP_KEY = "-"
WANTS_ANSWER = "This line wants an answer: it cannot be passed over."
TIME_HINT = "Such as: today 15:30, tomorrow 9am, 23 Nov 15:30."
PAST_HINT = "Such as: 15:30, yesterday 9am, 20 Nov 15:30."
BACK_HINT = "Such as: 17:00, or +90m for 90 minutes after the start."
PEOPLE_HINT = "Several people with ; between them."
LEAVE_EMPTY = "You may leave this empty."
REPORTED = "You may leave this empty; the plan then tells your manager that it is open."
ALL_FINDINGS = "Back to all findings"
SAY_WHO = "Somebody has to do it: type a name or a role."


def letters(question: Question) -> dict[str, str]:
    """The letters that answer yes or no, with what each means; none for another question."""
    if question.answer is AnswerType.ACKNOWLEDGE:
        return {"y": Answer.YES, "n": Answer.NO}
    if question.answer is not AnswerType.YES_NO:
        return {}
    return {**LETTERS, "x": DOES_NOT_APPLY} if question.does_not_apply else dict(LETTERS)


def where(page: AskOne | AskTogether) -> str:
    """`The people. Page 4 of at most 12`: the number can only turn out smaller."""
    title, progress = page.section.title, page.progress
    stop = "" if title[-1] in "?!." else "."
    last = progress.number == progress.total
    total = f" of {progress.total}. Then you check and sign" if last else f" of at most {progress.total}"
    return f"{title}{stop} Page {progress.number}{total}"


def how_to_type(page: AskOne) -> str:
    """What can be typed for this question, and whether it may be left empty; empty if it is plain."""
    question = page.question
    hints = []
    if question.answer is AnswerType.TIME:
        past = PAST_HINT if question.moment == "past" else TIME_HINT
        hints.append(BACK_HINT if question.fills is VisitField.DUE_BACK else past)
    if question.answer is AnswerType.PEOPLE:
        hints.append(PEOPLE_HINT)
    if not question.required and question.answer in TYPED:
        hints.append(REPORTED if page.reported else LEAVE_EMPTY)
    return " ".join(hints)


def please(question: Question) -> str:
    """What to type, once nothing was typed or what was typed is not meant."""
    return f"Please type {expected(question)}."


def refused(question: Question, raw: str, error: AnswerError) -> str:
    """Why what was typed is no answer."""
    return please(question) if is_blank(raw) else f"Not accepted: {error.sentence}."


def offer(page: AskOne, guide: Guide) -> str:
    """What stands as the answer, or stood before; empty if there is neither."""
    if page.value is None or (page.value == "" and not page.given):
        return ""
    words = guide.words(page.question, page.value)
    return f"Your answer so far: {words}" if page.given else f"Your earlier answer was: {words}"


def already(page: AskOne, guide: Guide) -> Iterator[str]:
    """What is known before the person answers: a computed proposal, an earlier answer."""
    yield from guide.because
    if guide.proposal is not None:
        answer = guide.words(page.question, guide.proposal.answer)
        yield f"{guide.proposal.sentence} Proposed answer: {answer}. You decide."
    if offer(page, guide):
        yield f"{offer(page, guide).rstrip('.')}."


def under(page: AskOne, guide: Guide) -> Iterator[tuple[str, ...]]:
    """What stands under a question, in paragraphs: why, what is known already, how to type."""
    yield (f"Why: {page.question.why}",)
    if known := tuple(already(page, guide)):
        yield known
    if typing := how_to_type(page):
        yield (typing,)


def about(page: AskTogether) -> tuple[str, ...]:
    """What a page of several questions begins with."""
    return (page.section.about,) if page.section.about else ()


def grid_line(question: Question, values: Mapping[str, Value], guide: Guide) -> str:
    """A question of a page with several, and its answer so far."""
    value = values.get(question.id)
    return question.ask if value is None else f"{question.ask} (so far: {guide.words(question, value)})"


def row_words(row: AnswerRow, page: Review, guide: Guide) -> str:
    """One line of the review page."""
    if row.value is None:
        return f"{row.label}: not answered yet"
    remarks = [guide.age(row.at)] if row.at else []
    if page.repeats and not row.carried:
        remarks.append("new")
    words = guide.words(row.question, row.value)
    return f"{row.label}: {words}" + (f" ({', '.join(remarks)})" if remarks else "")


def review_title(page: Review) -> str:
    """What the review page asks for."""
    if page.open:
        return f"{page.open} of your answers {'is' if page.open == 1 else 'are'} still open."
    if page.repeats:
        return f"What has changed since {page.repeats}? Everything not marked as new is as it was then."
    return "These are your answers. Is everything right?"


def review_go_on(page: Review) -> str:
    """The line that leaves the review page."""
    if page.open:
        return STILL_OPEN
    return NOTHING_ELSE if page.repeats else GO_ON


def findings_title(page: Findings | Sign) -> str:
    """`What your answers mean together: 1 stop, 2 needing a control measure, 1 to note`."""
    levels = [one.finding.level for one in page.concerns if not one.finding.from_before]
    names = {Level.STOP: "stop", Level.CONTROL: "needing a control measure", Level.NOTE: "to note"}
    counts = [f"{levels.count(level)} {name}" for level, name in names.items() if level in levels]
    before = len(page.concerns) - len(levels)
    if not counts:
        return f"From earlier visits: {before} to note"
    also = f"; from earlier visits {before} to note" if before else ""
    return f"What your answers mean together: {', '.join(counts)}{also}"


def finding_line(concern: Concern) -> str:
    """A finding in one line: its level, its sentence, and what was decided about it."""
    count = len(concern.controls)
    done = " (left to your manager)" if concern.left else ""
    if count:
        done = f" ({things(count, 'control measure')})"
    return f"{LEVELS[concern.finding.level]}: {concern.finding.text}{done}"


def finding_words(concern: Concern) -> Iterator[str]:
    """A finding, line by line; the first has its level and sentence."""
    finding = concern.finding
    yield f"{LEVELS[finding.level]}: {finding.text}"
    if finding.because:
        yield f"Because: {'; '.join(finding.because)}"
    if concern.why:
        yield f"Why: {concern.why}"
    if concern.settle:
        yield f"What you can change: {', '.join(question.label for question in concern.settle)}"
    yield from (f"Control measure: {one.text} ({one.who or 'nobody yet'})" for one in concern.controls)
    if concern.left:
        yield "Left to your manager"
    yield f"Source: {finding.source}"


def control_title(page: ControlFor) -> str:
    """Where one stands among the findings that want a control measure."""
    return f"Control measures, {page.progress.number} of {page.progress.total}"


def control_options(page: ControlFor) -> tuple[str, ...]:
    """The measures to choose from: those suggested, then those written before."""
    suggested = [one.text for one in page.concern.finding.suggest]
    return tuple(dict.fromkeys([*suggested, *(control.text for control in page.concern.controls)]))


def sign_words(page: Sign, guide: Guide) -> Iterator[str]:
    """Which visit it is, and what signing says, in the person's own voice."""
    if page.form:
        yield from _form_words(page)
        return
    yield from (row_words(row, Review(page.visit, can_back=False), guide) for row in page.visit)
    left = sum(concern.left for concern in page.concerns)
    if page.concerns:
        yield findings_title(page) + "."
    yield from (f"To note: {one.finding.text}" for one in page.concerns if one.finding.from_before)
    yield from (f"Signed with it: {one.text}" for one in page.facts)
    if left:
        yield f"Left to your manager: {left}."
    if page.urgent:
        yield f"Urgent, so you go before it is countersigned: {page.urgent}"
    yield "By signing you say that these are your answers, and that you have thought the visit through."
    yield "Then your manager decides. You can stop the visit at any time, whatever anybody has signed."


def _form_words(page: Sign) -> Iterator[str]:
    """What a form is about and points out, and what signing it means."""
    yield f"About {page.form}."
    for concern in page.concerns:
        yield from ("", f"To note: {concern.finding.text}")
    yield ""
    yield "By signing you say that these are your answers."
    yield "What is signed stays in the record. It can be corrected later, and both are kept."


def sign_line(page: Sign) -> str:
    """The line that signs."""
    return SIGN_FORM if page.form else SIGN


def ways_on(page: Findings) -> list[tuple[str, Event | tuple[Concern, ...]]]:
    """The findings page as lines: the way on, each finding, worst first, and the notes as one line.

    Each with its event, or with the findings that are told in full when it is chosen.
    """
    notes = tuple(one for one in page.concerns if one.finding.level is Level.NOTE)
    weighty = [one for one in page.concerns if one.finding.level is not Level.NOTE]
    undecided = not all(one.decided for one in weighty)
    ways: list[tuple[str, Event | tuple[Concern, ...]]] = [(DECIDE if undecided else TO_SIGN, CONFIRM)]
    ways += [(finding_line(one), (one,)) for one in weighty]
    if len(notes) > 1:
        ways.append((f"And {len(notes)} notes: choose this line to read them", notes))
    elif notes:
        ways.append((finding_line(notes[0]), notes))
    return ways


def concern_ways(concerns: Sequence[Concern]) -> list[tuple[str, Event]]:
    """What can be done about findings that were told in full, each with its event."""
    ways: dict[str, Event] = {
        f"Change: {question.label}": Goto(question.id) for concern in concerns for question in concern.settle
    }
    ways |= {
        f"Decide again about: {one.finding.text}": Reconsider(one.finding.rule)
        for one in concerns
        if one.decided and one.finding.level is not Level.NOTE
    }
    return [*ways.items()]
