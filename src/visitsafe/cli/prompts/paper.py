"""What the rich front end prints: wrapped lines, three styles, nothing else.

Everything is a Rich `Text` without control characters, so that nothing from a checklist or an answer is
markup or acts on the terminal (D14).
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from visitsafe.cli.prompts.terminal import rows_if_low
from visitsafe.text.clean import terminal

if TYPE_CHECKING:
    from rich.console import Console

DIM, STRONG, WARN = "dim", "bold", "yellow"


class Paper:
    """Lines on a terminal, from top to bottom."""

    def __init__(self, columns: Callable[[], int], console: "Console | None" = None) -> None:
        from rich.console import Console

        self._console = console or Console(markup=False, emoji=False, highlight=False)
        self._columns = columns

    def write(self, *lines: str, style: str = "", indent: int = 0) -> None:
        """Print lines, wrapped between words. In a low window blank lines give way to what is asked."""
        from rich.padding import Padding
        from rich.text import Text

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
