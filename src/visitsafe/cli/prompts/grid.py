"""Several yes/no questions on one page of a terminal: a line each, the answer in front of it.

The real cursor stands on the active line, so that a screen reader follows it; the page is not full-screen
and disappears when it is answered. One key answers a line and moves on. Nothing is preselected; Enter goes
on only when every line has an answer.
"""

import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from visitsafe.errors import VisitsafeError
from visitsafe.record.terms import Answer
from visitsafe.wizard.run import BACK_LINE, OPEN_LINE, SKIP_KEY, WANTS_ANSWER

if TYPE_CHECKING:
    from prompt_toolkit.formatted_text import StyleAndTextTuples
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
    from prompt_toolkit.layout import Window

ANSWER_COLUMNS, POINTER_COLUMNS = 9, 3
KEYS = {"y": Answer.YES, "n": Answer.NO, "u": Answer.NOT_SURE}
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


@dataclass
class Grid:
    """The state of the page, which stays when it is shown again after `?`.

    Attributes:
        texts: A line each.
        answers: An answer for each, empty if it was passed over, or None.
        keep: Saves the answer of a line, at once.
        columns: How wide to write.
        rules: These are rules to keep in mind, not questions: y takes all of them.
        whys: Why each is asked, shown for the active line.
        optional: The places of those that can be passed over.
        at: The active line; the one after the last is the way back.
        message: What Enter said.
    """

    texts: tuple[str, ...]
    answers: list[str | None]
    keep: Callable[[int, str], None]
    columns: Callable[[], int]
    rules: bool = False
    whys: tuple[str, ...] = ()
    optional: frozenset[int] = frozenset()
    at: int = 0
    message: str = ""

    def first_open(self) -> int | None:
        """The first line without an answer."""
        return next((place for place, answer in enumerate(self.answers) if answer is None), None)

    def move(self, by: int) -> None:
        """Up or down, round at the ends."""
        self.message = ""
        self.at = (self.at + by) % (len(self.texts) + 1)

    def set(self, answer: str) -> None:
        """Answer the active line and go to the next; after the last one to one that is open."""
        self.message = ""
        if self.at == len(self.texts):
            return
        if not answer and self.at not in self.optional:
            self.message = WANTS_ANSWER
            return
        self.answers[self.at] = answer
        self.keep(self.at, answer)
        if self.at + 1 < len(self.texts):
            self.at += 1
        else:
            first_open = self.first_open()
            self.at = self.at if first_open is None else first_open

    def below(self) -> str:
        """What stands under the page: what Enter said, and why the active line is asked."""
        why = f"Why: {self.whys[self.at]}" if self.at < len(self.whys) else ""
        return f"{self.message} {why}".strip()

    def fragments(self) -> "StyleAndTextTuples":
        """The page in pieces of style and text."""
        indent = " " * (POINTER_COLUMNS + ANSWER_COLUMNS)
        room = max(10, self.columns() - len(indent) - 1)
        pieces: StyleAndTextTuples = []
        words = READ_WORDS if self.rules else WORDS
        for place, (text, answer) in enumerate(zip(self.texts, self.answers, strict=True)):
            pieces += self._pointer(place)
            pieces.append(("bold" if answer is not None else "", words[answer].ljust(ANSWER_COLUMNS)))
            pieces.append(("", f"\n{indent}".join(textwrap.wrap(text, room)) + "\n"))
        return [*pieces, *self._pointer(len(self.texts)), ("", f"{BACK_LINE}\n")]

    def _pointer(self, place: int) -> "StyleAndTextTuples":
        if place != self.at:
            return [("", " " * POINTER_COLUMNS)]
        return [("bold", " » "), ("[SetCursorPosition]", "")]


def show(grid: Grid, hint: str) -> Left:
    """Show the page until the person leaves it; the answers are in the grid."""
    from prompt_toolkit.layout import FormattedTextControl, Window

    lines = Window(FormattedTextControl(grid.fragments, focusable=True), dont_extend_height=True)
    return run(hint, lines, grid.below, _bindings(grid), grid.columns)


def run(
    hint: str, lines: "Window", below: Callable[[], str], keys: "KeyBindings", columns: Callable[[], int]
) -> Left:
    """Show the keys, a list and a remark under it, until the person leaves."""
    from prompt_toolkit.application import Application
    from prompt_toolkit.layout import FormattedTextControl, HSplit, Layout, Window

    from visitsafe.cli.prompts.below import more_sign

    def text(words: Callable[[], str]) -> Window:
        control = FormattedTextControl(lambda: wrapped(words(), columns()))
        return Window(control, dont_extend_height=True)

    application: Application[Left] = Application(
        layout=Layout(
            HSplit([text(lambda: f"\n{hint}"), lines, more_sign(lines), text(below)]), focused_element=lines
        ),
        key_bindings=keys,
        erase_when_done=True,
    )
    try:
        return application.run()
    except (EOFError, KeyboardInterrupt):
        return Left.PAUSE


def wrapped(text: str, columns: int) -> str:
    """Text in lines of this width; line breaks in it are kept."""
    parts = (textwrap.wrap(part, max(10, columns - 1)) or [""] for part in text.split("\n"))
    return "\n".join(line for part in parts for line in part)


def leaves(keys: "KeyBindings") -> None:
    """The keys that leave any page."""
    ways = {"s-tab": Left.BACK, "?": Left.HELP, **dict.fromkeys(("c-c", "c-d", "<sigint>"), Left.PAUSE)}
    for key, left in ways.items():
        keys.add(key, eager=True)(_leaves(left))


def _bindings(grid: Grid) -> "KeyBindings":
    from prompt_toolkit.key_binding import KeyBindings

    keys = KeyBindings()
    leaves(keys)
    for key, by in (("up", -1), ("c-p", -1), ("down", 1), ("c-n", 1), ("tab", 1)):
        keys.add(key)(_moves(grid, by))
    for key, answer in KEYS.items():
        if not (grid.rules and answer is not Answer.NO):
            keys.add(key)(_sets(grid, answer))
    if grid.optional:
        keys.add(SKIP_KEY)(_sets(grid, ""))
    if grid.rules:
        keys.add(" ")(_sets(grid, Answer.YES))
        keys.add("y")(_takes_all(grid))
    keys.add("enter")(_goes_on(grid))
    return keys


Handler = Callable[["KeyPressEvent"], None]


def _leaves(left: Left) -> Handler:
    return lambda event: event.app.exit(result=left)


def _moves(grid: Grid, by: int) -> Handler:
    return lambda _: grid.move(by)


def _sets(grid: Grid, answer: str) -> Handler:
    return _or_fail(lambda _: grid.set(answer))


def _takes_all(grid: Grid) -> Handler:
    def take(event: "KeyPressEvent") -> None:
        for place in range(len(grid.texts)):
            grid.answers[place] = Answer.YES
            grid.keep(place, Answer.YES)
        event.app.exit(result=Left.DONE)

    return _or_fail(take)


def _goes_on(grid: Grid) -> Handler:
    def go_on(event: "KeyPressEvent") -> None:
        first_open = grid.first_open()
        if grid.at == len(grid.texts):
            event.app.exit(result=Left.BACK)
        elif first_open is None:
            event.app.exit(result=Left.DONE)
        else:
            grid.at = first_open
            grid.message = OPEN_LINE

    return go_on


def _or_fail(handler: Handler) -> Handler:
    """Where an answer cannot be saved, leave the page with that error instead of going on."""

    def handle(event: "KeyPressEvent") -> None:
        try:
            handler(event)
        except VisitsafeError as error:
            event.app.exit(exception=error)

    return handle
