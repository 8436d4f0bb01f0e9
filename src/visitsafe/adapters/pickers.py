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

from visitsafe.adapters.page_words import BACK_LINE, PLACEHOLDER
from visitsafe.domain.screens import BACK, Event, Pause

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
    ) -> Any:
        """One line of a list.

        Args:
            lines: Text and value of each; no value is None.
            keys: Keys that answer at once.
            default: The value at which the pointer stands; without it Enter does nothing.
            hint: The keys, in words.
            back: Whether there is anywhere to go back to.

        Returns:
            A value, an event, or `Asked.HELP`.
        """
        import questionary

        choices = [questionary.Choice(self._wrapped(text), value=value) for text, value in lines]
        if back:
            choices.append(questionary.Choice(BACK_LINE, value=BACK))
        if default is None:
            choices.insert(0, questionary.Choice(PLACEHOLDER, value=Asked.NOTHING))
        while True:
            prompt = questionary.select(
                "",
                choices=choices,
                default=default,
                qmark="",
                instruction=self._hint(hint),
                use_jk_keys=False,
            )
            result = self._ask(prompt, {**(keys or {}), "?": Asked.HELP})
            if result is not Asked.NOTHING:
                return result

    def tick(
        self, lines: Sequence[tuple[str, Any]], ticked: Sequence[Any], hint: str, *, back: bool = True
    ) -> Any:
        """Any lines of a list: a list of values, an event, or `Asked.HELP`."""
        import questionary

        choices = [
            questionary.Choice(self._wrapped(text), value=value, checked=value in ticked)
            for text, value in lines
        ]
        if back:
            choices.append(questionary.Choice(BACK_LINE, value=BACK))
        prompt = questionary.checkbox(
            "", choices=choices, qmark="", instruction=self._hint(hint), use_jk_keys=False
        )
        return self._ask(prompt, {"?": Asked.HELP, "a": None, "i": None})

    def type(self, default: str, hint: str) -> str | Event:
        """A text; Enter ends it and Alt+Enter begins a new line."""
        import questionary
        from prompt_toolkit.styles import Style

        keys = "\n".join(textwrap.wrap(hint, max(10, self.columns() - 1)))
        quiet = Style([("qmark", "fg:default")])
        prompt = questionary.text("", default=default, qmark=f"{keys}\n>", style=quiet)
        typed: str | Event = self._ask(prompt, {}, lines=True)
        return typed

    def _wrapped(self, text: str) -> str:
        room = max(10, self.columns() - MARGIN)
        return "\n     ".join(textwrap.wrap(text, room)) or text

    def _hint(self, hint: str) -> str:
        return "\n  ".join(textwrap.wrap(hint, max(10, self.columns() - 3))) or " "

    def _ask(self, prompt: "questionary.Question", keys: Mapping[str, Any], *, lines: bool = False) -> Any:
        from prompt_toolkit.key_binding import merge_key_bindings

        application = prompt.application
        ours = _bindings(keys, lines=lines)
        _use_list(prompt, ours)
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
        ours.add(key, eager=True)(_gives(value))
    return ours


def _gives(value: Any) -> Callable[["KeyPressEvent"], None]:
    """A key that answers with a value; with None a key that does nothing."""

    def give(event: "KeyPressEvent") -> None:
        if value is not None:
            event.app.exit(result=value)

    return give


def _use_list(prompt: "questionary.Question", keys: "KeyBindings") -> None:
    """Stand on the active line of a list, as a screen reader follows the cursor; Enter on Back goes back."""
    from prompt_toolkit.filters import Condition, to_filter
    from questionary.prompts.common import InquirerControl

    layout = prompt.application.layout
    for window in layout.find_all_windows():
        control = window.content
        if isinstance(control, InquirerControl):
            control.focusable = to_filter(True)
            layout.focus(window)
            on_back = Condition(partial(_points_back, control))
            keys.add("enter", eager=True, filter=on_back)(_gives(BACK))
            keys.add(" ", eager=True, filter=on_back)(_gives(None))


def _points_back(control: "InquirerControl") -> bool:
    return control.get_pointed_at().value is BACK
