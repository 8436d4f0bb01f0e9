"""Blocks: what a page says, apart from how it is drawn. Pure.

A text in a block is anybody's: whoever draws it shows it literally. It is one line, or several parts of one:
plain, `Strong`, `Quiet`, `Kept` (with its line breaks), `Code` (ours, to be typed as it stands).
"""

from collections.abc import Iterable, Sequence

import msgspec

from visitsafe.text.clean import begun, lines_of, markdown, markdown_part


class Strong(str):
    """Words that stand out."""

    __slots__ = ()


class Quiet(str):
    """Words that stand back, such as where something comes from."""

    __slots__ = ()


class Kept(str):
    """Words of which the line breaks are kept."""

    __slots__ = ()


class Code(str):
    """A command of ours."""

    __slots__ = ()


Text = str | Sequence[str]


class Heading(msgspec.Struct, frozen=True):
    """A heading; level 1 is the page's."""

    text: Text
    level: int = 2


class Say(msgspec.Struct, frozen=True):
    """A paragraph."""

    text: Text


class Bullet(msgspec.Struct, frozen=True):
    """One thing of a list: further lines of it, then a list below it."""

    text: Text
    lines: tuple[Text, ...] = ()
    below: tuple[Text, ...] = ()


class Bullets(msgspec.Struct, frozen=True):
    """A list; none if it is empty."""

    items: Iterable[Bullet | Text]


class Quote(msgspec.Struct, frozen=True):
    """Somebody's own words."""

    text: str


class CommandLines(msgspec.Struct, frozen=True):
    """Commands, a line each."""

    lines: Iterable[str]


class RuledLine(msgspec.Struct, frozen=True):
    """A line across the page."""


class Questions(msgspec.Struct, frozen=True):
    """Questions to talk about, each with where it comes from, and room to write."""

    questions: Iterable[tuple[str, str]]


Block = Heading | Say | Bullets | Quote | CommandLines | RuledLine | Questions
ROOM_TO_WRITE = 2
"""Ruled lines for each question on a printed page."""


def titled(title: str, items: Iterable[Bullet | Text], level: int = 2) -> list[Block]:
    """A list below its heading; nothing if it is empty."""
    items = tuple(items)
    return [Heading(title, level), Bullets(items)] if items else []


def sourced(source: str) -> Quiet:
    """Where something comes from, set apart from what it says."""
    return Quiet(f"Source: {source.strip() or 'none named'}")


def as_markdown(blocks: Iterable[Block]) -> str:
    """The page as CommonMark: headings, lists, quotations and paragraphs, which every reader of it shows."""
    return "\n\n".join(filter(None, map(_drawn, blocks))) + "\n"


def _drawn(block: Block) -> str:
    if isinstance(block, Heading):
        return f"{'#' * block.level} {_inline(block.text)}"
    if isinstance(block, Say):
        return _inline(block.text)
    if isinstance(block, Bullets):
        return "\n".join(_bullet(one if isinstance(one, Bullet) else Bullet(one)) for one in block.items)
    if isinstance(block, Quote):
        return f"> {markdown(block.text, '> ')}" if lines_of(block.text) else "> (nothing was written)"
    if isinstance(block, CommandLines):
        return "\n".join(f"    {line}" for line in block.lines)
    if isinstance(block, RuledLine):
        return "---"
    return "\n\n".join(_question(number, *one) for number, one in enumerate(block.questions, start=1))


def _bullet(item: Bullet) -> str:
    lines = "\\\n  ".join(filter(None, (_inline(text, "  ") for text in (item.text, *item.lines))))
    return "\n".join([f"- {lines}", *(f"  - {_inline(text, '    ')}" for text in item.below)])


def _question(number: int, text: str, source: str) -> str:
    mark = f"{number}. "
    indent = " " * len(mark)
    asked = f"{mark}{markdown(text, indent)}\\\n{indent}{_inline(sourced(source))}"
    return "\n\n".join([asked, *[f"{indent}---"] * ROOM_TO_WRITE])


def _inline(text: Text, indent: str = "") -> str:
    parts = [text] if isinstance(text, str) else list(text)
    drawn = begun("".join(_part(part, indent) for part in parts).lstrip(" "))
    return drawn if isinstance(parts[-1], Kept) else drawn.rstrip(" ")


def _part(part: str, indent: str) -> str:
    if isinstance(part, Code):
        return f"`{part}`"
    if isinstance(part, Kept):
        return markdown(part, indent)
    words = markdown_part(part)
    if isinstance(part, Strong | Quiet):
        mark = "**" if isinstance(part, Strong) else "*"
        return f"{mark}{words}{mark}" if words else ""
    before, after = (" " if end == " " else "" for end in (part[:1], part[-1:]))
    return f"{before}{words}{after}" if words else before
