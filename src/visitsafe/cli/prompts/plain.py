"""The wizard in plain lines: for screen readers, dumb terminals, and streams that are not UTF-8.

Everything is a sentence or a numbered list, read top to bottom; each answer is a line. A page of several
questions takes one letter for each in one line, or some by their number. Nothing is accepted without a word
to it: an empty line only ever keeps an answer that was given before.
"""

import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TextIO

from visitsafe.checklists.assessment import Value
from visitsafe.checklists.model import AnswerType, Question
from visitsafe.cli.prompts.talk import Keep, Talk, width
from visitsafe.text.clean import clean, is_name, quoted, terminal
from visitsafe.wizard import words
from visitsafe.wizard.answers import AnswerError, options
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
from visitsafe.wizard.words import LETTERS, TYPED, Guide, letters

LIST_KEYS = "(< back, q stop and keep everything, ? more)"
FREE_KEYS = "(:b back, :q stop and keep everything, :? more)"
_BACK, _STOP, _HELP = frozenset({"<", ":b"}), frozenset({"q", "quit", ":q"}), frozenset({"?", ":?"})


def _nothing() -> None:
    """Where there are no keys to throw away."""


@dataclass(frozen=True)
class Lines:
    """A pair of text streams.

    Attributes:
        lines_in: Where answers are read.
        lines_out: Where everything is written.
        flush: Throws away what was typed before the question.
        columns: How wide to write.
    """

    lines_in: TextIO
    lines_out: TextIO
    flush: Callable[[], None] = _nothing
    columns: Callable[[], int] = width

    def write(self, *lines: str) -> None:
        """Write lines, wrapped; a numbered line hangs from its number."""
        for line in lines:
            for part in terminal(line).split("\n"):
                number, dot, _ = part.partition(". ")
                hang = "    " if dot and number.isdigit() else ""
                wrapped = textwrap.wrap(part, self.columns() - 1, subsequent_indent=hang)
                self.lines_out.write("\n".join(wrapped) + "\n")

    def numbered(self, lines: Iterable[str]) -> None:
        """Write a list, numbered from 1."""
        self.write(*(f"{number}. {line}" for number, line in enumerate(lines, start=1)))

    def ask(self, prompt: str, *, free: bool = False, explain: Iterable[str] = ()) -> str | Event:
        """One line from the person, or the event that they asked for instead.

        Args:
            prompt: What can be typed, and what it does.
            free: The answer is free text.
            explain: What `?` writes before asking again.
        """
        while True:
            line = self._read(f"{prompt} {FREE_KEYS if free else LIST_KEYS}")
            if not isinstance(line, str):
                return line
            word = line.lower() if not free or line.startswith(":") else ""
            if word in _BACK:
                return BACK
            if word in _STOP:
                return Pause()
            if word not in _HELP:
                return line
            self.write(*(tuple(explain) or ("There is no more to say about this.",)))

    def pick(
        self, lines: Sequence[str], explain: Iterable[str] = (), numbers: Sequence[int] = ()
    ) -> int | Event:
        """The place of the line picked from a numbered list; `numbers` are its own, if they have some."""
        called = [*numbers] or [*range(1, len(lines) + 1)]
        self.write(*(f"{number}. {line}" for number, line in zip(called, lines, strict=True)))
        which = f"from 1 to {len(lines)}" if not numbers else f"of a line: {', '.join(map(str, called))}"
        while True:
            line = self.ask(f"Number {which}.", explain=explain)
            if not isinstance(line, str):
                return line
            number = as_number(line, max(called))
            if number in called:
                return called.index(number)
            self.write(f"Not accepted. Type a number {which}.")

    def _read(self, prompt: str) -> str | Event:
        try:  # from here on: Ctrl+C may come while the prompt is still being written
            self.flush()
            self.lines_out.write("\n".join(textwrap.wrap(terminal(prompt), self.columns() - 1)) + ": ")
            self.lines_out.flush()
            line = self.lines_in.readline()
        except KeyboardInterrupt:
            line = ""
        if not line.endswith("\n"):
            self.lines_out.write("\n")
        return clean(line) if line else Pause()


def as_number(word: str, highest: int) -> int | None:
    """A number from 1 to the highest, or None."""
    return int(word) if word.isascii() and word.isdigit() and 1 <= int(word) <= highest else None


YES = frozenset({"", "y", "yes"})
HOW = {
    AnswerType.YES_NO: "y for yes, n for no, u for not sure.",
    AnswerType.ACKNOWLEDGE: "y if you will keep it in mind, n for not yet.",
    AnswerType.CHOICE: "Type the number.",
    AnswerType.CHOICES: "Type one number or more, such as: 1, 3.",
    AnswerType.TIME: "Type a time.",
    AnswerType.PEOPLE: "Type the names, or none.",
    AnswerType.TEXT: "Type your answer in one line.",
    AnswerType.TELEPHONE: "Type the number with its area code.",
}


@dataclass(frozen=True)
class PlainTalk(Talk):
    """In plain lines."""

    lines: Lines
    kept: str = ""

    def say(self, *lines: str) -> None:
        """Write lines."""
        self.lines.write(*lines)

    def tell(self, *lines: str) -> None:
        """Say what matters before the next page."""
        self.lines.write("", *lines)

    def _picked(self, title: str, lines: Sequence[str], numbers: Sequence[int]) -> int | Event:
        self.lines.write("", title)
        return self.lines.pick(lines, numbers=numbers)

    def _typed(self, title: str, before: str) -> str | Event:
        self.lines.write("", title, *([f"So far: {before}"] if before else []))
        prompt = "Type it in one line." + (" An empty line keeps what you have typed." if before else "")
        while True:
            typed = self.lines.ask(prompt, free=True)
            if typed or before:
                return typed or before

    def ask_one(self, page: AskOne, guide: Guide) -> Event:
        """Ask one question."""
        self.lines.write("", f"{words.where(page)}.", page.question.ask, *chain(*words.under(page, guide)))
        if page.half:
            self.lines.write(f"You had begun to type: {page.half}")
        if page.question.answer in {AnswerType.CHOICE, AnswerType.CHOICES}:
            self.lines.numbered(text for _, text in options(page.question))
        while True:
            event = self._try(page, guide)
            if event is not None:
                return event

    def _try(self, page: AskOne, guide: Guide) -> Event | None:
        """One try: an event, or None to ask again."""
        question = page.question
        prompt = HOW[question.answer]
        keeps = bool(words.offer(page, guide)) and guide.keeps_earlier(page)
        if question.does_not_apply:
            prompt += " x if it does not apply."
        if keeps:
            prompt += " An empty line keeps the earlier answer."
        elif not question.required:
            prompt += " An empty line leaves it open."
        free = question.answer in {AnswerType.TEXT, AnswerType.PEOPLE}
        line = self.lines.ask(prompt, free=free, explain=guide.explain(question))
        if not isinstance(line, str):
            return line
        if line == "" and keeps and page.value is not None:
            return ParsedAnswer(question.id, page.value)
        return self._answered(question, line, guide)

    def _answered(self, question: Question, line: str, guide: Guide) -> Event | None:
        try:
            value = guide.parse(question, letters(question).get(line.lower(), line))
        except AnswerError as error:
            self.lines.write(_refused(question, line, error))
            return None
        look = guide.second_look(question, value)
        if look:
            self.lines.write(*look)
            agreed = self._agreed(doubtful=bool(guide.doubts(question, value)))
            if isinstance(agreed, Pause):
                return Pause(line)
            if agreed is not True:
                self.lines.write(words.please(question))
                return None
        return ParsedAnswer(question.id, value)

    def _agreed(self, *, doubtful: bool) -> bool | Event:
        """Whether what was understood is right; what looks like a slip is not agreed to by an empty line."""
        while True:
            line = self.lines.ask(f"Is that right? (y/n{'' if doubtful else ', Enter means yes'})")
            if not isinstance(line, str):
                return line
            if line or not doubtful:
                return line.lower() in YES

    def ask_together(self, page: AskTogether, guide: Guide, keep: Keep) -> Event:
        """Ask the questions of a page, all in one line or one after the other."""
        self.lines.write("", f"{words.where(page)}.", *words.about(page))
        self.lines.numbered(words.grid_line(question, page.values, guide) for question in page.questions)
        values = dict(page.values)
        while True:
            line = self.lines.ask(_how_together(page, values), explain=_explain_all(page, guide))
            if not isinstance(line, str):
                return line
            new = _letters(page, values, line)
            values |= new
            keep(new)
            open_ = [str(n) for n, one in enumerate(page.questions, start=1) if one.id not in values]
            if not open_ and (new or line == ""):
                return AnsweredMany({question.id: values[question.id] for question in page.questions})
            if not new:
                self.lines.write("Not accepted. One letter for each open question, or such as: 2 y.")

    def review(self, page: Review, guide: Guide) -> Event:
        """Every answer, numbered."""
        self.lines.write("", words.review_title(page))
        section = ""
        for number, row in enumerate(page.rows, start=1):
            self.lines.write(*([f"{row.section}:"] if row.section != section else []))
            self.lines.write(f"{number}. {words.row_words(row, page, guide)}")
            section = row.section
        while True:
            line = self.lines.ask(f"ok: {words.review_go_on(page)}. A number changes that answer.")
            if not isinstance(line, str):
                return line
            if line.lower() == "ok":
                return CONFIRM
            number = as_number(line, len(page.rows)) or 0
            if number:
                return Goto(page.rows[number - 1].id)
            self.lines.write(f"Not accepted. Type ok, or a number from 1 to {len(page.rows)}.")

    def findings(self, page: Findings) -> Event:
        """The findings, a line each; the one whose number is typed is told in full, with its ways."""
        while True:
            self.lines.write("", f"{words.findings_title(page)}. The number of one tells more about it.")
            ways = words.ways_on(page)
            picked = self.lines.pick([text for text, _ in ways])
            chosen = ways[picked][1] if isinstance(picked, int) else picked
            if not isinstance(chosen, tuple):
                return chosen
            for concern in chosen:
                self.lines.write("", *words.finding_words(concern))
            more = words.concern_ways(chosen)
            picked = self.lines.pick([*(text for text, _ in more), words.ALL_FINDINGS])
            if isinstance(picked, Pause):
                return picked
            if isinstance(picked, int) and picked < len(more):
                return more[picked][1]

    def control(self, page: ControlFor) -> Event:
        """Measures by number, several in one line."""
        self.lines.write("", f"{words.control_title(page)}.", *words.finding_words(page.concern))
        measures = words.control_options(page)
        self.lines.numbered([*measures, words.OWN, words.LEAVE])
        last = len(measures) + 2
        while True:
            line = self.lines.ask("Type one number or more, such as: 1, 2.")
            if not isinstance(line, str):
                return line
            numbers = [as_number(word, last) for word in line.replace(",", " ").split()]
            picked = {number for number in numbers if number}
            if picked and None not in numbers and (last not in picked or len(picked) == 1):
                texts = tuple(text for number, text in enumerate(measures, start=1) if number in picked)
                return Measures(page.concern.finding.rule, texts, write=last - 1 in picked)
            self.lines.write(f"Not accepted. {words.ALONE if picked else words.TICK_SOMETHING}")

    def write(self, page: WriteControl) -> Event:
        """A measure in the person's own words; an empty line writes none."""
        self.lines.write("", page.concern.finding.text, words.WRITE)
        line = self.lines.ask("Type it in one line.", free=True)
        return Wrote(page.concern.finding.rule, line) if isinstance(line, str) else line

    def who(self, page: WhoDoes) -> Event:
        """Who does it."""
        self.lines.write("", page.control.text)
        while True:
            line = self.lines.ask(words.WHO, free=True)
            if not isinstance(line, str):
                return line
            if is_name(line):
                return Who(page.control.rule, page.control.text, line)
            self.lines.write(words.SAY_WHO)

    def sign(self, page: Sign, guide: Guide) -> Event:
        """A typed word signs; nothing else does."""
        self.lines.write("", *words.sign_words(page, guide))
        while True:
            line = self.lines.ask(f"Type the word sign to sign this {'record' if page.form else 'plan'}.")
            if not isinstance(line, str):
                return line
            if line.lower() == "sign":
                return CONFIRM
            self.lines.write("Nothing was signed.")


def _refused(question: Question, line: str, error: AnswerError) -> str:
    """Why a line is no answer; a line of a list is meant by its number, not by its id."""
    if question.answer in TYPED:
        return words.refused(question, line, error)
    alone = f" {words.ALONE}" if question.answer is AnswerType.CHOICES else ""
    return f"Not accepted: {quoted(line)}.{alone}" if line else "This needs an answer."


def _how_together(page: AskTogether, values: Mapping[str, Value]) -> str:
    """What can be typed for what is still open."""
    acknowledge = page.questions[0].answer is AnswerType.ACKNOWLEDGE
    meaning = "y: I will keep it in mind, n: not yet" if acknowledge else "y yes, n no, u not sure"
    if optional := [str(n) for n, one in enumerate(page.questions, start=1) if not one.required]:
        meaning += f", {words.SKIP_KEY} passes over {', '.join(optional)}"
    open_ = [str(number) for number, one in enumerate(page.questions, start=1) if one.id not in values]
    if not open_:
        return f"Number and letter to change one, such as: 2 y ({meaning}). An empty line goes on."
    for_all = "y alone for all of them, or one" if acknowledge else "One"
    return f"Open: {', '.join(open_)}. {for_all} letter for each of these ({meaning}), or such as: 2 n."


def _explain_all(page: AskTogether, guide: Guide) -> Iterator[str]:
    for number, question in enumerate(page.questions, start=1):
        first, *rest = guide.explain(question, why=True)
        yield f"{number}. {first}"
        yield from rest


def _letters(page: AskTogether, values: Mapping[str, Value], line: str) -> dict[str, Value]:
    """The answers in a line such as `n n y`, `nny`, `2 y` or, for all rules, `y`; none if it is another."""
    typed = line.lower().replace(",", " ").split()
    if len(typed) == 2 and (number := as_number(typed[0], len(page.questions))):  # noqa: PLR2004 - a pair
        names = [page.questions[number - 1].id]
        typed = typed[1:]
    else:
        names = [question.id for question in page.questions if question.id not in values]
        typed = [letter for word in typed for letter in word]
    acknowledge = page.questions[0].answer is AnswerType.ACKNOWLEDGE
    if acknowledge and typed == ["y"]:
        typed = typed * len(names)
    meant = {**LETTERS, words.SKIP_KEY: ""}
    if acknowledge:
        del meant["u"]
    if len(typed) != len(names) or not set(typed) <= set(meant):
        return {}
    found = {name: str(meant[letter]) for name, letter in zip(names, typed, strict=True)}
    required = {question.id for question in page.questions if question.required}
    return {} if any(not value and name in required for name, value in found.items()) else {**found}
