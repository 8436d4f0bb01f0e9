"""The wizard on a terminal that can move its cursor: Rich prints the page, questionary takes the answer.

The page stays in the scrollback, the prompt disappears and leaves the answer in words. Everything is
printed as Rich `Text`: nothing from a checklist or an answer is markup. Words come before colours, and
there are no boxes.
"""

from collections.abc import Callable, Sequence
from functools import partial
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from visitsafe.checklists.assessment import DOES_NOT_APPLY, NONE
from visitsafe.checklists.model import AnswerType, Question
from visitsafe.cli.prompts import grid
from visitsafe.cli.prompts.paper import WARN, Paper
from visitsafe.cli.prompts.pickers import Asked, Pickers
from visitsafe.cli.prompts.terminal import discard_typed_ahead, width
from visitsafe.cli.prompts.ticks import Ticks
from visitsafe.record.terms import Answer
from visitsafe.text.clean import clean, is_name, quoted
from visitsafe.wizard import run as words
from visitsafe.wizard.answers import ONE_LINE, AnswerError, is_blank, options
from visitsafe.wizard.run import Guide
from visitsafe.wizard.session import (
    BACK,
    CONFIRM,
    AnsweredMany,
    AskOne,
    AskTogether,
    ControlFor,
    Event,
    Findings,
    Goto,
    Measures,
    ParsedAnswer,
    Pause,
    Review,
    Sign,
    Who,
    WhoDoes,
    WriteControl,
    Wrote,
)

if TYPE_CHECKING:
    from rich.console import Console

ROW_LENGTH = 160
STOP_KEYS = "Shift+Tab back, Ctrl+C stop and keep everything"
LIST_KEYS = f"? more, {STOP_KEYS}"
YES_NO_KEYS = {AnswerType.YES_NO: "y yes, n no, u not sure", AnswerType.ACKNOWLEDGE: "y will do, n not yet"}
TEXT_KEYS = f"Enter goes on, ? and Enter tells more, {STOP_KEYS}"
GRID_OPEN = "- passes over, "
GRID_KEYS = f"y yes, n no, u not sure, arrows move, Enter goes on, {LIST_KEYS}"
RULE_KEYS = f"y: I will keep all of them in mind. One by one: space will do, n not yet. {LIST_KEYS}"
TICK_KEYS = f"Space ticks, Enter goes on, {LIST_KEYS}"


class RichFront:
    """Asks on a terminal."""

    def __init__(
        self,
        console: "Console | None" = None,
        *,
        flush: Callable[[], None] = discard_typed_ahead,
        columns: Callable[[], int] = width,
    ) -> None:
        self._paper = Paper(columns, console)
        self._columns = columns
        self._pickers = Pickers(columns, flush)
        self._flush = flush

    def say(self, lines: Sequence[str]) -> None:
        """Tell the person something before the next page."""
        self._paper.write("", *lines, style=WARN)

    def ask_one(self, page: AskOne, guide: Guide) -> Event:
        """Ask one question, until there is an event."""
        question = page.question
        self._paper.head(words.where(page), "", question.ask)
        self._paper.write("", f"Why: {question.why}", "")
        already = tuple(words.already(page, guide))
        self._paper.write(*already, *([""] if already else []))
        typing = words.how_to_type(page)
        self._paper.write(*([typing, ""] if typing else []))
        ask = {
            AnswerType.CHOICES: self._ask_choices,
            AnswerType.TEXT: self._ask_text,
            AnswerType.PEOPLE: self._ask_text,
            AnswerType.TIME: self._ask_text,
            AnswerType.TELEPHONE: self._ask_text,
        }.get(question.answer, self._ask_choice)
        while True:
            event = ask(page, guide)
            if event is Asked.HELP:
                self._paper.write(*guide.explain(question), "", indent=2)
            elif isinstance(event, ParsedAnswer):
                self._paper.result(guide.words(question, event.value))
                return event
            elif event is not None:
                return event  # type: ignore[no-any-return]  # an event that is no answer

    def _ask_choice(self, page: AskOne, guide: Guide) -> Any:
        question = page.question
        lines = list(options(question))
        keys = _keys(question)
        named = {value: key for key, value in keys.items()}
        shown: list[tuple[str, Any]] = [
            (f"{named[value]}  {text}" if value in named else text, value) for value, text in lines
        ]
        if not question.required:
            shown.append((f"{words.SKIP_KEY}  {words.SKIP_LINE}", Asked.PASSED))
        hint = f"{YES_NO_KEYS[question.answer]}, {LIST_KEYS}" if question.answer in YES_NO_KEYS else LIST_KEYS
        picked = self._pickers.pick(
            shown,
            keys=keys if question.required else {**keys, words.SKIP_KEY: Asked.PASSED},
            default=(page.value or None) if guide.keeps_earlier(page) else None,
            hint=hint,
            back=page.can_back,
        )
        if picked is Asked.PASSED:
            return ParsedAnswer(question.id, "")
        return ParsedAnswer(question.id, str(picked)) if picked in dict(lines) else picked

    def _ask_choices(self, page: AskOne, guide: Guide) -> Any:
        offered = options(page.question)
        given = page.value if page.given and isinstance(page.value, tuple) else ()
        if not page.question.required:
            offered = (*offered, ("", words.SKIP_LINE))
        listed = Ticks(
            texts=[text for _, text in offered],
            ticked={place for place, (value, _) in enumerate(offered) if value in given},
            alone=frozenset(place for place, (value, _) in enumerate(offered) if value in {NONE, ""}),
            columns=self._columns,
            back=page.can_back,
        )
        while True:
            picked = self._pickers.tick(listed, TICK_KEYS)
            if picked is Asked.HELP:
                self._paper.write(*guide.explain(page.question), "", indent=2)
            elif isinstance(picked, list):
                ticked = tuple(offered[place][0] for place in picked)
                return ParsedAnswer(page.question.id, "" if ticked == ("",) else ticked)
            else:
                return picked

    def _ask_text(self, page: AskOne, guide: Guide) -> Any:
        """A text, until it is accepted. What was not accepted leaves the line, and its note the screen."""
        question = page.question
        typed = page.half or guide.typed(question, page.value)
        is_time = question.answer is AnswerType.TIME
        echo = partial(guide.while_typing, question) if is_time else None
        notes: tuple[str, ...] = ()
        while True:
            raw = self._pickers.type(typed, TEXT_KEYS, echo, notes)
            if not isinstance(raw, str):
                return raw
            if raw.strip() == "?":
                self._paper.write(*guide.explain(question), "", indent=2)
                continue
            try:
                value = guide.parse(question, raw)
            except AnswerError as error:
                said = (
                    () if is_blank(raw) or quoted(raw) in error.sentence else (f"You typed {quoted(raw)}.",)
                )
                notes = (*said, words.refused(question, raw, error))
                is_long = question.answer is AnswerType.TEXT and question.fills not in ONE_LINE
                typed = raw if is_long else ""  # a long text is too long, and can be made shorter
                continue
            if page.given and value == page.value:
                return ParsedAnswer(question.id, value)
            doubts = guide.doubts(question, value)
            event: Event | bool | None = True
            if doubts or question.answer is AnswerType.TELEPHONE:
                event = self._look(guide.second_look(question, value), raw, doubtful=bool(doubts))
            if event is not None:
                return ParsedAnswer(question.id, value) if event is True else event
            typed, notes = "", (words.please(question),)

    def _look(self, lines: Sequence[str], raw: str, *, doubtful: bool) -> Event | bool | None:
        """True if what was understood is right, None to type again, or an event.

        What looks like a slip is not agreed to by Enter alone.
        """
        yes = "y  Yes, that is right" if doubtful else "Enter or y  Yes, that is right"
        picked = self._pickers.pick(
            [(yes, "yes"), ("n  No, type it again", "no")],
            keys={"y": "yes", "n": "no"},
            default=None if doubtful else "yes",
            back=False,
            notes=lines,
        )
        if isinstance(picked, Pause):
            return Pause(raw)
        return True if picked == "yes" else None

    def ask_together(self, page: AskTogether, guide: Guide) -> Event:
        """Ask the questions of a page, one line each."""
        rules = page.questions[0].answer is AnswerType.ACKNOWLEDGE
        self._paper.head(words.where(page), *words.about(page))
        names = [question.id for question in page.questions]
        given = [page.values.get(name) for name in names]
        state = grid.Grid(
            texts=tuple(question.ask for question in page.questions),
            answers=[value if isinstance(value, str) else None for value in given],
            keep=lambda place, answer: guide.keep({names[place]: answer}),
            columns=self._columns,
            rules=rules,
            whys=tuple(question.why for question in page.questions),
            optional=frozenset(place for place, one in enumerate(page.questions) if not one.required),
        )
        hint = RULE_KEYS if rules else f"{GRID_OPEN if state.optional else ''}{GRID_KEYS}"
        state.at = state.first_open() or 0
        while True:
            self._flush()
            left = grid.show(state, hint)
            if left is grid.Left.HELP:
                question = page.questions[min(state.at, len(names) - 1)]
                self._paper.write("", question.ask, *guide.explain(question, why=True), indent=2)
                continue
            if left is not grid.Left.DONE:
                return BACK if left is grid.Left.BACK else Pause()
            answers = zip(names, state.answers, strict=True)
            values = {name: answer for name, answer in answers if answer is not None}
            for question in page.questions:
                self._paper.result(f"{question.label}: {guide.words(question, values[question.id])}")
            return AnsweredMany(values)

    # The pages after the questions.

    def review(self, page: Review, guide: Guide) -> Event:
        """Every answer in one list; Enter on one changes it."""
        self._paper.head("Your answers", words.review_title(page))
        lines: list[tuple[str, Any]] = [(words.review_go_on(page), CONFIRM)]
        section = ""
        for row in page.rows:
            lines += [(row.section, Asked.HEADING)] if row.section != section else []
            said = shorten(words.row_words(row, page, guide), ROW_LENGTH, placeholder=" ...")
            lines.append((said, Goto(row.id)))
            section = row.section
        return self._way(
            lines, f"Arrows move, Enter changes that answer or goes on, {STOP_KEYS}", back=page.can_back
        )

    def _way(self, lines: list[tuple[str, Any]], hint: str, *, back: bool = True) -> Event:
        """One of several events."""
        while True:
            picked = self._pickers.pick(lines, hint=hint, back=back)
            if picked is not Asked.HELP:
                return picked  # type: ignore[no-any-return]  # the values are events

    def findings(self, page: Findings) -> Event:
        """The findings as a list, worst first; the one that is chosen is told in full, with its ways."""
        while True:
            self._paper.head("Before you sign", words.findings_title(page))
            hint = f"Enter or ? on a finding tells more and lets you change it, {STOP_KEYS}"
            picked = self._pickers.pick([*words.ways_on(page)], keys={"?": Asked.POINTED}, hint=hint)
            if not isinstance(picked, tuple):
                return picked  # type: ignore[no-any-return]  # an event
            for concern in picked:
                self._paper.concern(*words.finding_words(concern))
            event = self._way([*words.concern_ways(picked)], f"Back shows all findings, {STOP_KEYS}")
            if event is not BACK:
                return event

    def control(self, page: ControlFor) -> Event:
        """Measures to tick, the person's own among them, or the manager's to decide."""
        self._paper.head(words.control_title(page))
        self._paper.concern(*words.finding_words(page.concern))
        measures = words.control_options(page)
        own, leave = len(measures), len(measures) + 1
        chosen = {control.text for control in page.concern.controls}
        listed = Ticks(
            texts=(*measures, words.OWN, words.LEAVE),
            ticked={place for place, text in enumerate(measures) if text in chosen},
            alone=frozenset({leave}),
            columns=self._columns,
        )
        picked: Any = Asked.HELP
        while picked is Asked.HELP:
            picked = self._pickers.tick(listed, f"Space ticks, Enter goes on, {STOP_KEYS}")
        if not isinstance(picked, list):
            return picked  # type: ignore[no-any-return]  # an event
        texts = tuple(text for place, text in enumerate(measures) if place in picked)
        return Measures(page.concern.finding.rule, texts, write=own in picked)

    def write(self, page: WriteControl) -> Event:
        """A measure in the person's own words; nothing typed writes none."""
        self._paper.head(page.concern.finding.text, words.WRITE)
        raw = self._pickers.type(page.half, f"Enter goes on, {STOP_KEYS}")
        return Wrote(page.concern.finding.rule, clean(raw)) if isinstance(raw, str) else raw

    def who(self, page: WhoDoes) -> Event:
        """Who does it."""
        self._paper.head(page.control.text, words.WHO)
        typed, notes = page.half, tuple[str, ...]()
        while True:
            raw = self._pickers.type(typed, f"Enter goes on, {STOP_KEYS}", notes=notes)
            if not isinstance(raw, str):
                return raw
            if is_name(clean(raw)):
                self._paper.result(clean(raw))
                return Who(page.control.rule, page.control.text, clean(raw))
            typed, notes = "", (words.SAY_WHO,)

    def sign(self, page: Sign, guide: Guide) -> Event:
        """The explicit yes to signing."""
        self._paper.head("Sign")
        self._paper.write(*words.sign_words(page, guide), "")
        return self._way(
            [(words.sign_line(page), CONFIRM), (words.LOOK_AGAIN, BACK), (words.STOP_HERE, Pause())],
            STOP_KEYS,
            back=False,
        )


def _keys(question: Question) -> dict[str, str]:
    """The keys that answer at once: letters for yes and no, numbers for a list of up to nine."""
    if question.answer is AnswerType.YES_NO:
        more = {"x": DOES_NOT_APPLY} if question.does_not_apply else {}
        return {key: answer.value for key, answer in grid.KEYS.items()} | more
    if question.answer is AnswerType.ACKNOWLEDGE:
        return {"y": Answer.YES.value, "n": Answer.NO.value}
    return {str(number): value for number, (value, _) in enumerate(options(question)[:9], start=1)}
