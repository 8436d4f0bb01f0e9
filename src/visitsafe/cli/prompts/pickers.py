"""questionary's prompts, made to fit: one way to pick from a list, one to tick, one to type.

What they add: Shift+Tab goes back, Ctrl-C and Ctrl-D stop and hand over what was half typed, `?` asks for
more, single keys answer at once, nothing is preselected, long lines wrap, the cursor stands on the active
line, and the prompt disappears when it is answered. Only public attributes of questionary are used.
"""

import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any

from visitsafe.cli.prompts import ticks
from visitsafe.cli.prompts.grid import Left, wrapped
from visitsafe.text.clean import terminal
from visitsafe.wizard.run import BACK_LINE, CHOOSE_HOW, PLACEHOLDER
from visitsafe.wizard.session import BACK, Event, Pause

if TYPE_CHECKING:
    import questionary
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
    from questionary.prompts.common import InquirerControl

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
        import questionary

        choices = [self._line(text, value) for text, value in lines]
        if back:
            choices.append(questionary.Choice(BACK_LINE, value=BACK))
        if default is None:
            choices.insert(0, questionary.Choice(PLACEHOLDER, value=Asked.NOTHING))
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
            choices[0] = questionary.Choice(self._wrapped(CHOOSE_HOW), value=Asked.NOTHING)

    def tick(self, listed: ticks.Ticks, hint: str) -> Any:
        """Any lines of a list: their places, an event, or `Asked.HELP`."""
        self.flush()
        left = ticks.show(listed, hint)
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
        import questionary
        from prompt_toolkit.application import get_app
        from prompt_toolkit.filters import to_filter
        from prompt_toolkit.styles import Style

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

    def _line(self, text: str, value: Any) -> "questionary.Choice":
        import questionary

        if value is Asked.HEADING:
            return questionary.Separator(f"-- {text}")
        return questionary.Choice(self._wrapped(text), value=value)

    def _wrapped(self, text: str) -> str:
        room = max(10, self.columns() - MARGIN)
        return "\n     ".join(textwrap.wrap(text, room)) or text

    def _hint(self, hint: str) -> str:
        return "\n  ".join(textwrap.wrap(hint, max(10, self.columns() - 3))) or " "

    def _ask(self, prompt: "questionary.Question", keys: Mapping[str, Any], *, lines: bool = False) -> Any:
        from prompt_toolkit.key_binding import merge_key_bindings

        application = prompt.application
        ours = _bindings(keys, lines=lines)
        _use_list(prompt, ours, keys)
        theirs = application.key_bindings
        application.key_bindings = merge_key_bindings([theirs, ours] if theirs else [ours])
        application.erase_when_done = True
        self.flush()
        try:
            return prompt.unsafe_ask()
        except (EOFError, KeyboardInterrupt):
            return Pause()


def _bindings(keys: Mapping[str, Any], *, lines: bool) -> "KeyBindings":
    """Our keys: merged last and eager, they come before questionary's own."""
    from prompt_toolkit.key_binding import KeyBindings

    ours = KeyBindings()

    @ours.add("c-c", eager=True)
    @ours.add("c-d", eager=True)
    @ours.add("<sigint>", eager=True)
    def _(event: "KeyPressEvent") -> None:
        event.app.exit(result=Pause(event.app.current_buffer.text))

    @ours.add("s-tab", eager=True)
    def _(event: "KeyPressEvent") -> None:
        event.app.exit(result=BACK)

    if lines:

        @ours.add("escape", "enter", eager=True)
        def _(event: "KeyPressEvent") -> None:
            event.current_buffer.insert_text("\n")

    for key, value in keys.items():
        if value is not Asked.POINTED:
            ours.add(key, eager=True)(_gives(value))
    return ours


def _gives(value: Any) -> Callable[["KeyPressEvent"], None]:
    """A key that answers with a value."""
    return lambda event: event.app.exit(result=value)


def _use_list(prompt: "questionary.Question", keys: "KeyBindings", named: Mapping[str, Any]) -> None:
    """Stand on the active line of a list, as a screen reader follows the cursor, with a sign for the rest."""
    from prompt_toolkit.filters import to_filter
    from prompt_toolkit.layout import HSplit, Layout
    from questionary.prompts.common import InquirerControl

    from visitsafe.cli.prompts.below import fit, more_sign

    layout = prompt.application.layout
    for window in layout.find_all_windows():
        control = window.content
        if isinstance(control, InquirerControl):
            control.focusable = to_filter(True)
            under = HSplit([layout.container, more_sign(fit(window))])
            prompt.application.layout = Layout(under, focused_element=window)
            for key in (key for key, value in named.items() if value is Asked.POINTED):
                keys.add(key, eager=True)(partial(_give_pointed, control))


def _give_pointed(control: "InquirerControl", event: "KeyPressEvent") -> None:
    event.app.exit(result=control.get_pointed_at().value)
