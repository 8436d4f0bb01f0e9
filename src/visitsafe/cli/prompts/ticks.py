"""A list of which any lines can be ticked: `[x]` in front of a line, and a way back that is no tickbox.

A line that stands alone, such as "None of these", unticks the others when it is ticked, and they untick it.
Enter with nothing ticked says what to do. Nothing is ticked that was not ticked before.
"""

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from visitsafe.cli.prompts.grid import POINTER_COLUMNS, Left, leaves, run
from visitsafe.wizard.run import BACK_LINE, TICK_HOW

if TYPE_CHECKING:
    from prompt_toolkit.formatted_text import StyleAndTextTuples
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

BOX_COLUMNS = len("[x] ")


@dataclass
class Ticks:
    """The state of the list, which stays when it is shown again after `?`.

    Attributes:
        texts: A line each.
        ticked: The places of those that are ticked.
        alone: The places of those that cannot be ticked together with others.
        columns: How wide to write.
        back: Whether there is anywhere to go back to.
        at: The active line; the one after the last is the way back.
        message: What Enter said.
    """

    texts: Sequence[str]
    ticked: set[int]
    alone: frozenset[int]
    columns: Callable[[], int]
    back: bool = True
    at: int = 0
    message: str = field(default="")

    def move(self, by: int) -> None:
        """Up or down, round at the ends."""
        self.at = (self.at + by) % (len(self.texts) + self.back)

    def toggle(self) -> None:
        """Tick or untick the active line, and untick what does not go with it."""
        self.message = ""
        if self.at == len(self.texts):
            return
        if self.at in self.ticked:
            self.ticked.discard(self.at)
            return
        self.ticked = {self.at} if self.at in self.alone else {self.at, *(self.ticked - self.alone)}

    def fragments(self) -> "StyleAndTextTuples":
        """The list in pieces of style and text."""
        indent = " " * (POINTER_COLUMNS + BOX_COLUMNS)
        room = max(10, self.columns() - len(indent) - 1)
        pieces: StyleAndTextTuples = []
        for place, text in enumerate(self.texts):
            ticked = place in self.ticked
            pieces += self._pointer(place)
            pieces.append(("bold" if ticked else "", "[x] " if ticked else "[ ] "))
            pieces.append(("bold" if ticked else "", f"\n{indent}".join(textwrap.wrap(text, room)) + "\n"))
        if self.back:
            pieces += [*self._pointer(len(self.texts)), ("", f"{BACK_LINE}\n")]
        return pieces

    def _pointer(self, place: int) -> "StyleAndTextTuples":
        if place != self.at:
            return [("", " " * POINTER_COLUMNS)]
        return [("bold", " » "), ("[SetCursorPosition]", "")]


def show(ticks: Ticks, hint: str) -> Left:
    """Show the list until the person leaves it; what is ticked is in `ticks`."""
    from prompt_toolkit.layout import FormattedTextControl, Window

    from visitsafe.cli.prompts.below import fit

    lines = fit(Window(FormattedTextControl(ticks.fragments, focusable=True), dont_extend_height=True))
    return run(hint, lines, lambda: ticks.message, _bindings(ticks), ticks.columns)


def _bindings(ticks: Ticks) -> "KeyBindings":
    from prompt_toolkit.key_binding import KeyBindings

    keys = KeyBindings()
    leaves(keys)
    for key, by in (("up", -1), ("c-p", -1), ("down", 1), ("c-n", 1), ("tab", 1)):
        keys.add(key)(lambda _, by=by: ticks.move(by))
    keys.add(" ")(lambda _: ticks.toggle())

    @keys.add("enter")
    def _(event: "KeyPressEvent") -> None:
        if ticks.at == len(ticks.texts):
            event.app.exit(result=Left.BACK)
        elif ticks.ticked:
            event.app.exit(result=Left.DONE)
        else:
            ticks.message = TICK_HOW

    return keys
