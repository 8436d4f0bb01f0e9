"""Lines of text for a terminal of any width: no boxes, no tables, words before colours.

Rules: text from a record never is markup and never holds a control character; without a terminal, with
NO_COLOR, on a dumb terminal or with --plain nothing but the text is written. Does not know what a plan is.
"""

from collections.abc import Mapping
from typing import IO, TYPE_CHECKING

from visitsafe.text.clean import terminal

if TYPE_CHECKING:
    from rich.console import Console

Part = str | tuple[str, str]
"""Text, or text and a style."""
STRONG = "bold"
STOP = "bold red"
WARN = "bold yellow"
GOOD = "bold green"
QUIET = "dim"
LIST = "- "
_DUMB = frozenset({"dumb", "unknown"})
_NARROWEST = 20


def make_console(
    *, plain: bool, environ: Mapping[str, str], file: IO[str] | None = None, width: int | None = None
) -> "Console":
    """A console that writes to `file`, or to standard output.

    Args:
        plain: Text only, whatever the terminal can do.
        environ: NO_COLOR and TERM are honoured.
        file: Where to write.
        width: Columns, if it shall not be found out.
    """
    import sys

    from rich.console import Console

    file = file or sys.stdout
    plain = plain or bool(environ.get("NO_COLOR")) or environ.get("TERM") in _DUMB or not file.isatty()
    reconfigure = getattr(file, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")
    return Console(
        file=file,
        width=width,
        color_system=None if plain else "auto",
        force_terminal=None,
        no_color=plain,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
    )


def put(console: "Console", *parts: Part, indent: int = 0, mark: str = "") -> None:
    """Write one paragraph, wrapped under its mark; line breaks in it are kept, blank lines are not."""
    from rich.text import Text

    styled = (part if isinstance(part, tuple) else (part, "") for part in parts)
    paragraph = Text.assemble(*((terminal(text), style) for text, style in styled))
    before = " " * indent + mark
    room = max(console.width - len(before), _NARROWEST)
    for line in paragraph.wrap(console, room, overflow="fold"):
        if line.plain.strip():
            line.rstrip()
            console.print(Text(before) + line, soft_wrap=True)
            before = " " * len(before)


def heading(console: "Console", text: str) -> None:
    """A blank line and a heading."""
    console.print()
    put(console, (text, STRONG))


def fact(console: "Console", label: str, *parts: Part, indent: int = 0) -> None:
    """`Label: text`, or nothing if there is no text."""
    if any((part[0] if isinstance(part, tuple) else part).strip() for part in parts):
        put(console, f"{label}: ", *parts, indent=indent)


def item(console: "Console", *parts: Part, indent: int = 0) -> None:
    """One thing of a list."""
    put(console, *parts, indent=indent, mark=LIST)
