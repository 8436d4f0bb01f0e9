"""The wizard on a terminal that can move its cursor: Rich prints the page, questionary takes the answer.

The page stays in the scrollback, the prompt disappears and leaves the answer in words. Everything is
printed as Rich `Text`: nothing from a checklist or an answer is markup. Words come before colours, and
there are no boxes.
"""

import textwrap
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum
from functools import partial
from textwrap import shorten
from typing import Any

import questionary
from prompt_toolkit.application import Application, get_app
from prompt_toolkit.filters import to_filter
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent, merge_key_bindings
from prompt_toolkit.layout import (
    Dimension,
    FormattedTextControl,
    HSplit,
    Layout,
    UIContent,
    UIControl,
    Window,
)
from prompt_toolkit.styles import Style
from questionary.prompts.common import InquirerControl
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from visitsafe.checklists.assessment import NONE
from visitsafe.checklists.model import AnswerType, Question
from visitsafe.cli.prompts.talk import Keep, Talk, discard_typed_ahead, rows_if_low, width
from visitsafe.errors import VisitsafeError
from visitsafe.record.terms import Answer
from visitsafe.text.clean import clean, is_name, quoted, terminal
from visitsafe.wizard import words
from visitsafe.wizard.answers import ONE_LINE, AnswerError, is_blank, options
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
from visitsafe.wizard.words import LETTERS, Guide, letters

AROUND = 12
"""Lines that a question and its keys need beside a list."""
MORE = {(True, True): "", (True, False): "more below", (False, True): "more above"}
BOTH = "more above and below"


class _Sign(UIControl):
    """Looks at the list when it is drawn itself, which is after the list."""

    def __init__(self, listed: Window) -> None:
        self._listed = listed

    def create_content(self, width: int, height: int) -> UIContent:  # noqa: ARG002 (the base class has it)
        """One line; blank if all of the list is on the screen."""
        seen = self._listed.render_info
        words = ""
        if seen is not None:
            words = MORE.get((seen.top_visible, seen.bottom_visible), BOTH)
        line = f"   ({words})"[:width] if words else ""
        return UIContent(get_line=lambda _: [("", line)], line_count=1)


def more_sign(listed: Window) -> Window:
    """The line for a list, to be put under it."""
    return Window(_Sign(listed), height=1, dont_extend_height=True)


def fit(listed: Window) -> Window:
    """The list itself; in a low window it leaves the question above it on the screen, and scrolls."""
    rows = rows_if_low()
    if rows is not None:
        listed.height = Dimension(max=max(4, rows - AROUND))
    return listed


ANSWER_COLUMNS, POINTER_COLUMNS = 9, 3
WORDS: dict[str | None, str] = {
    None: "....",
    "": "passed",
    Answer.YES: "yes",
    Answer.NO: "no",
    Answer.NOT_SURE: "not sure",
}
READ_WORDS: dict[str | None, str] = {None: "....", "": "passed", Answer.YES: "will do", Answer.NO: "not yet"}


class Left(StrEnum):
    """How the person left the grid."""

    DONE = "done"
    BACK = "back"
    PAUSE = "pause"
    HELP = "help"


Handler = Callable[[KeyPressEvent], None]


@dataclass
class ListPrompt(ABC):
    """Lines to mark one by one; it stays as it is when it is shown again after `?`.

    Attributes:
        texts: A line each.
        columns: How wide to write.
        back: Whether there is anywhere to go back to.
        at: The active line; the one after the last is the way back.
        message: What Enter said.
    """

    texts: Sequence[str]
    columns: Callable[[], int]
    back: bool = True
    at: int = 0
    message: str = ""

    def move(self, by: int) -> None:
        """Up or down, round at the ends."""
        self.at = (self.at + by) % (len(self.texts) + self.back)

    def below(self) -> str:
        """What stands under the list."""
        return self.message

    @abstractmethod
    def marked(self, place: int) -> tuple[str, str, str]:
        """The mark of a line with its style, and the style of its text."""

    @abstractmethod
    def keys(self) -> KeyBindings:
        """What each key does."""

    def fragments(self) -> StyleAndTextTuples:
        """The list in pieces of style and text."""
        pieces: StyleAndTextTuples = []
        for place, text in enumerate(self.texts):
            mark, style, text_style = self.marked(place)
            indent = " " * (POINTER_COLUMNS + len(mark))
            lines = textwrap.wrap(text, max(10, self.columns() - len(indent) - 1))
            pieces += [*self._pointer(place), (style, mark), (text_style, f"\n{indent}".join(lines) + "\n")]
        return (
            [*pieces, *self._pointer(len(self.texts)), ("", f"{words.BACK_LINE}\n")] if self.back else pieces
        )

    def _pointer(self, place: int) -> StyleAndTextTuples:
        if place != self.at:
            return [("", " " * POINTER_COLUMNS)]
        return [("bold", " » "), ("[SetCursorPosition]", "")]

    def _moving(self) -> KeyBindings:
        """The keys that move, and those that leave any page."""
        keys = KeyBindings()
        ways = {"s-tab": Left.BACK, "?": Left.HELP, **dict.fromkeys(("c-c", "c-d", "<sigint>"), Left.PAUSE)}
        for key, left in ways.items():
            keys.add(key, eager=True)(_gives(left))
        for key, by in (("up", -1), ("c-p", -1), ("down", 1), ("c-n", 1), ("tab", 1)):
            keys.add(key)(lambda _, by=by: self.move(by))
        return keys


@dataclass(kw_only=True)
class Grid(ListPrompt):
    """Questions with an answer each.

    Attributes:
        answers: An answer for each, empty if it was passed over, or None.
        keep: Saves the answer of a line, at once.
        rules: These are rules to keep in mind, not questions: y takes all of them.
        whys: Why each is asked, shown for the active line.
        optional: The places of those that can be passed over.
    """

    answers: list[str | None]
    keep: Callable[[int, str], None]
    rules: bool = False
    whys: tuple[str, ...] = ()
    optional: frozenset[int] = frozenset()

    def first_open(self) -> int | None:
        """The first line without an answer."""
        return next((place for place, answer in enumerate(self.answers) if answer is None), None)

    def move(self, by: int) -> None:
        """Up or down, round at the ends."""
        self.message = ""
        super().move(by)

    def set(self, answer: str) -> None:
        """Answer the active line and go to the next; after the last one to one that is open."""
        self.message = ""
        if self.at == len(self.texts):
            return
        if not answer and self.at not in self.optional:
            self.message = words.WANTS_ANSWER
            return
        self.answers[self.at] = answer
        self.keep(self.at, answer)
        if self.at + 1 < len(self.texts):
            self.at += 1
        else:
            first_open = self.first_open()
            self.at = self.at if first_open is None else first_open

    def below(self) -> str:
        """What Enter said, and why the active line is asked."""
        why = f"Why: {self.whys[self.at]}" if self.at < len(self.whys) else ""
        return f"{self.message} {why}".strip()

    def marked(self, place: int) -> tuple[str, str, str]:
        """The answer, in a column."""
        answer = self.answers[place]
        mark = (READ_WORDS if self.rules else WORDS)[answer].ljust(ANSWER_COLUMNS)
        return mark, "bold" if answer is not None else "", ""

    def keys(self) -> KeyBindings:
        """A letter answers the active line."""
        keys = self._moving()
        for key, answer in LETTERS.items():
            if not (self.rules and answer is not Answer.NO):
                keys.add(key)(self._sets(answer))
        if self.optional:
            keys.add(words.SKIP_KEY)(self._sets(""))
        if self.rules:
            keys.add(" ")(self._sets(Answer.YES))
            keys.add("y")(_or_fail(self._take_all))
        keys.add("enter")(self._go_on)
        return keys

    def _sets(self, answer: str) -> Handler:
        return _or_fail(lambda _: self.set(answer))

    def _take_all(self, event: KeyPressEvent) -> None:
        for place in range(len(self.texts)):
            self.answers[place] = Answer.YES
            self.keep(place, Answer.YES)
        event.app.exit(result=Left.DONE)

    def _go_on(self, event: KeyPressEvent) -> None:
        first_open = self.first_open()
        if self.at == len(self.texts):
            event.app.exit(result=Left.BACK)
        elif first_open is None:
            event.app.exit(result=Left.DONE)
        else:
            self.at = first_open
            self.message = words.OPEN_LINE


@dataclass(kw_only=True)
class Ticks(ListPrompt):
    """Lines of which any can be ticked.

    Attributes:
        ticked: The places of those that are ticked.
        alone: The places of those that cannot be ticked together with others.
    """

    ticked: set[int]
    alone: frozenset[int]

    def toggle(self) -> None:
        """Tick or untick the active line, and untick what does not go with it."""
        self.message = ""
        if self.at == len(self.texts):
            return
        if self.at in self.ticked:
            self.ticked.discard(self.at)
            return
        self.ticked = {self.at} if self.at in self.alone else {self.at, *(self.ticked - self.alone)}

    def marked(self, place: int) -> tuple[str, str, str]:
        """A box."""
        return ("[x] ", "bold", "bold") if place in self.ticked else ("[ ] ", "", "")

    def keys(self) -> KeyBindings:
        """Space ticks, Enter goes on once something is ticked."""
        keys = self._moving()
        keys.add(" ")(lambda _: self.toggle())
        keys.add("enter")(self._go_on)
        return keys

    def _go_on(self, event: KeyPressEvent) -> None:
        if self.at == len(self.texts):
            event.app.exit(result=Left.BACK)
        elif self.ticked:
            event.app.exit(result=Left.DONE)
        else:
            self.message = words.TICK_HOW


def _gives(value: Any) -> Handler:
    """A key that answers with a value."""
    return lambda event: event.app.exit(result=value)


def _or_fail(handler: Handler) -> Handler:
    """Where an answer cannot be saved, leave the page with that error instead of going on."""

    def handle(event: KeyPressEvent) -> None:
        try:
            handler(event)
        except VisitsafeError as error:
            event.app.exit(exception=error)

    return handle


def show(listed: ListPrompt, hint: str) -> Left:
    """Show the keys, a list and a remark under it, until the person leaves; the marks are in the list."""

    def text(words: Callable[[], str]) -> Window:
        control = FormattedTextControl(lambda: wrapped(words(), listed.columns()))
        return Window(control, dont_extend_height=True)

    lines = Window(FormattedTextControl(listed.fragments, focusable=True), dont_extend_height=True)
    lines = fit(lines) if isinstance(listed, Ticks) else lines
    page = HSplit([text(lambda: f"\n{hint}"), lines, more_sign(lines), text(listed.below)])
    application: Application[Left] = Application(
        layout=Layout(page, focused_element=lines), key_bindings=listed.keys(), erase_when_done=True
    )
    try:
        return application.run()
    except (EOFError, KeyboardInterrupt):
        return Left.PAUSE


def wrapped(text: str, columns: int) -> str:
    """Text in lines of this width; line breaks in it are kept."""
    parts = (textwrap.wrap(part, max(10, columns - 1)) or [""] for part in text.split("\n"))
    return "\n".join(line for part in parts for line in part)


DIM, STRONG, WARN = "dim", "bold", "yellow"


class Paper:
    """Lines on a terminal, from top to bottom."""

    def __init__(self, columns: Callable[[], int], console: Console | None = None) -> None:
        self._console = console or Console(markup=False, emoji=False, highlight=False)
        self._columns = columns

    def write(self, *lines: str, style: str = "", indent: int = 0) -> None:
        """Print lines, wrapped between words. In a low window blank lines give way to what is asked."""
        is_low = rows_if_low() is not None
        for line in lines:
            if is_low and not line:
                continue
            text = Text(terminal(line), style=style)
            self._console.print(Padding(text, (0, 0, 0, indent)), width=self._columns())

    def head(self, title: str, *lines: str) -> None:
        """Begin a page."""
        self.write("", title, style=DIM)
        self.write(*lines, style=STRONG)

    def result(self, text: str) -> None:
        """What was answered, for the scrollback."""
        self.write(f"= {text}", style=DIM, indent=2)

    def concern(self, first: str, *rest: str) -> None:
        """A finding: its level and sentence, then the rest."""
        self.write("", first, style=STRONG)
        self.write(*rest, indent=2)


MARGIN = 7
"""Columns that questionary puts before a line, and one to spare."""


class Asked(Enum):
    """What a picker can give back besides a choice."""

    HELP = "help"
    NOTHING = "nothing"
    POINTED = "pointed"
    """As the value of a key: it gives the active line."""
    PASSED = "passed"
    """As the value of a line or key: the question is passed over."""
    HEADING = "heading"
    """As the value of a line: it is a heading, and cannot be chosen."""


@dataclass(frozen=True)
class Pickers:
    """Prompts for one terminal."""

    columns: Callable[[], int]
    flush: Callable[[], None]

    def pick(
        self,
        lines: Sequence[tuple[str, Any]],
        *,
        keys: Mapping[str, Any] | None = None,
        default: Any = None,
        hint: str = "",
        back: bool = True,
        notes: Sequence[str] = (),
    ) -> Any:
        """One line of a list.

        Args:
            lines: Text and value of each; no value is None, and `Asked.HEADING` is none to choose.
            keys: Keys that answer at once.
            default: The value at which the pointer stands; without it Enter does nothing.
            hint: The keys, in words.
            back: Whether there is anywhere to go back to.
            notes: What is to be said with the list, and goes with it.

        Returns:
            A value, an event, or `Asked.HELP`.
        """
        choices = [self._line(text, value) for text, value in lines]
        if back:
            choices.append(questionary.Choice(words.BACK_LINE, value=BACK))
        if default is None:
            choices.insert(0, questionary.Choice(words.PLACEHOLDER, value=Asked.NOTHING))
        while True:
            prompt = questionary.select(
                "",
                choices=choices,
                default=default,
                qmark=self._noted(notes),
                instruction=self._hint(hint),
                use_jk_keys=False,
            )
            result = self._ask(prompt, {"?": Asked.HELP, **(keys or {})})
            if result is not Asked.NOTHING:
                return result
            choices[0] = questionary.Choice(self._wrapped(words.CHOOSE_HOW), value=Asked.NOTHING)

    def tick(self, listed: Ticks, hint: str) -> Any:
        """Any lines of a list: their places, an event, or `Asked.HELP`."""
        self.flush()
        left = show(listed, hint)
        if left is Left.DONE:
            return sorted(listed.ticked)
        return {Left.BACK: BACK, Left.HELP: Asked.HELP, Left.PAUSE: Pause()}[left]

    def type(
        self,
        default: str,
        hint: str,
        echo: Callable[[str], str] | None = None,
        notes: Sequence[str] = (),
    ) -> str | Event:
        """A text; Enter ends it and Alt+Enter begins a new line.

        Args:
            default: What stands there and can be changed.
            hint: The keys, in words.
            echo: What a text means so far, shown under it while it is typed.
            notes: What is to be said about the try before, and goes with this one.
        """

        def meaning() -> str:
            return wrapped(echo(get_app().current_buffer.text) if echo else "", self.columns())

        keys = "\n".join(textwrap.wrap(hint, max(10, self.columns() - 1)))
        quiet = Style([("qmark", "fg:default"), ("bottom-toolbar", "noreverse bold")])
        prompt = questionary.text(
            "",
            default=default,
            qmark=f"{self._noted(notes)}{keys}\n>",
            style=quiet,
            bottom_toolbar=meaning if echo else None,
            reserve_space_for_menu=0,
        )
        for window in prompt.application.layout.find_all_windows():
            window.dont_extend_height = to_filter(True)  # so that the echo stands right under the text
        typed: str | Event = self._ask(prompt, {}, lines=True)
        return typed

    def _noted(self, notes: Sequence[str]) -> str:
        """Notes as they stand above a prompt; they disappear with it, so that none outlives its answer."""
        return "".join(f"{wrapped(terminal(note), self.columns())}\n" for note in notes)

    def _line(self, text: str, value: Any) -> questionary.Choice:
        if value is Asked.HEADING:
            return questionary.Separator(f"-- {text}")
        return questionary.Choice(self._wrapped(text), value=value)

    def _wrapped(self, text: str) -> str:
        room = max(10, self.columns() - MARGIN)
        return "\n     ".join(textwrap.wrap(text, room)) or text

    def _hint(self, hint: str) -> str:
        return "\n  ".join(textwrap.wrap(hint, max(10, self.columns() - 3))) or " "

    def _ask(self, prompt: questionary.Question, keys: Mapping[str, Any], *, lines: bool = False) -> Any:
        application = prompt.application
        ours = _picker_keys(keys, lines=lines)
        _use_list(prompt, ours, keys)
        theirs = application.key_bindings
        application.key_bindings = merge_key_bindings([theirs, ours] if theirs else [ours])
        application.erase_when_done = True
        self.flush()
        try:
            return prompt.unsafe_ask()
        except (EOFError, KeyboardInterrupt):
            return Pause()


def _picker_keys(keys: Mapping[str, Any], *, lines: bool) -> KeyBindings:
    """Our keys: merged last and eager, they come before questionary's own."""
    ours = KeyBindings()

    @ours.add("c-c", eager=True)
    @ours.add("c-d", eager=True)
    @ours.add("<sigint>", eager=True)
    def _(event: KeyPressEvent) -> None:
        event.app.exit(result=Pause(event.app.current_buffer.text))

    @ours.add("s-tab", eager=True)
    def _(event: KeyPressEvent) -> None:
        event.app.exit(result=BACK)

    if lines:

        @ours.add("escape", "enter", eager=True)
        def _(event: KeyPressEvent) -> None:
            event.current_buffer.insert_text("\n")

    for key, value in keys.items():
        if value is not Asked.POINTED:
            ours.add(key, eager=True)(_gives(value))
    return ours


def _use_list(prompt: questionary.Question, keys: KeyBindings, named: Mapping[str, Any]) -> None:
    """Stand on the active line of a list, as a screen reader follows the cursor, with a sign for the rest."""
    layout = prompt.application.layout
    for window in layout.find_all_windows():
        control = window.content
        if isinstance(control, InquirerControl):
            control.focusable = to_filter(True)
            under = HSplit([layout.container, more_sign(fit(window))])
            prompt.application.layout = Layout(under, focused_element=window)
            for key in (key for key, value in named.items() if value is Asked.POINTED):
                keys.add(key, eager=True)(partial(_give_pointed, control))


def _give_pointed(control: InquirerControl, event: KeyPressEvent) -> None:
    event.app.exit(result=control.get_pointed_at().value)


ROW_LENGTH = 160
STOP_KEYS = "Shift+Tab back, Ctrl+C stop and keep everything"
LIST_KEYS = f"? more, {STOP_KEYS}"
YES_NO_KEYS = {AnswerType.YES_NO: "y yes, n no, u not sure", AnswerType.ACKNOWLEDGE: "y will do, n not yet"}
TEXT_KEYS = f"Enter goes on, ? and Enter tells more, {STOP_KEYS}"
GRID_OPEN = "- passes over, "
GRID_KEYS = f"y yes, n no, u not sure, arrows move, Enter goes on, {LIST_KEYS}"
RULE_KEYS = f"y: I will keep all of them in mind. One by one: space will do, n not yet. {LIST_KEYS}"
TICK_KEYS = f"Space ticks, Enter goes on, {LIST_KEYS}"


MOST_KEY = 9
"""The highest number that one key can name."""


class RichTalk(Talk):
    """At a terminal that can move its cursor."""

    def __init__(
        self,
        kept: str = "",
        console: Console | None = None,
        *,
        flush: Callable[[], None] = discard_typed_ahead,
        columns: Callable[[], int] = width,
    ) -> None:
        self._paper = Paper(columns, console)
        self._columns = columns
        self._pickers = Pickers(columns, flush)
        self._flush = flush
        self.kept = kept

    def say(self, *lines: str) -> None:
        """Write lines."""
        self._paper.write(*lines)

    def tell(self, *lines: str) -> None:
        """Say what matters before the next page."""
        self._paper.write("", *lines, style=WARN)

    def _picked(self, title: str, lines: Sequence[str], numbers: Sequence[int]) -> int | Event:
        """By arrows, or by its number."""
        self._paper.head(title)
        called = numbers or range(1, len(lines) + 1)
        keys = {str(number): place for place, number in enumerate(called) if number <= MOST_KEY}
        shown = [
            (f"{number}  {line}", place)
            for place, (number, line) in enumerate(zip(called, lines, strict=True))
        ]
        picked: Any = Asked.HELP
        while picked is Asked.HELP:
            picked = self._pickers.pick(shown, keys=keys, hint="Shift+Tab back, Ctrl+C stop")
        if isinstance(picked, int):
            self._paper.result(lines[picked])
        return picked  # type: ignore[no-any-return]  # a place, or an event

    def _typed(self, title: str, before: str) -> str | Event:
        self._paper.head(title)
        while True:
            typed = self._pickers.type(before, "Enter goes on, Alt+Enter begins a new line, Shift+Tab back")
            if not isinstance(typed, str):
                return typed
            if text := clean(typed, lines=True):
                self._paper.result(text)
                return text

    def ask_one(self, page: AskOne, guide: Guide) -> Event:
        """Ask one question, until there is an event."""
        question = page.question
        self._paper.head(words.where(page), "", question.ask)
        for paragraph in words.under(page, guide):
            self._paper.write("", *paragraph)
        self._paper.write("")
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

    def ask_together(self, page: AskTogether, guide: Guide, keep: Keep) -> Event:
        """Ask the questions of a page, one line each."""
        rules = page.questions[0].answer is AnswerType.ACKNOWLEDGE
        self._paper.head(words.where(page), *words.about(page))
        names = [question.id for question in page.questions]
        given = [page.values.get(name) for name in names]
        state = Grid(
            texts=tuple(question.ask for question in page.questions),
            answers=[value if isinstance(value, str) else None for value in given],
            keep=lambda place, answer: keep({names[place]: answer}),
            columns=self._columns,
            rules=rules,
            whys=tuple(question.why for question in page.questions),
            optional=frozenset(place for place, one in enumerate(page.questions) if not one.required),
        )
        hint = RULE_KEYS if rules else f"{GRID_OPEN if state.optional else ''}{GRID_KEYS}"
        state.at = state.first_open() or 0
        while True:
            self._flush()
            left = show(state, hint)
            if left is Left.HELP:
                question = page.questions[min(state.at, len(names) - 1)]
                self._paper.write("", question.ask, *guide.explain(question, why=True), indent=2)
                continue
            if left is not Left.DONE:
                return BACK if left is Left.BACK else Pause()
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
    numbers = {str(number): value for number, (value, _) in enumerate(options(question)[:9], start=1)}
    return letters(question) or numbers
