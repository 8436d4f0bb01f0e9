"""Text that came from somebody else, made harmless for a terminal, markdown or JSON (D14); and counts.

Rules: whatever stands in a signed entry may be hostile, for another program may have signed it. Nothing in
it is obeyed as a control sequence or rendered as structure, and no visible character is lost. Newlines
become hard line breaks in markdown. Does not escape HTML: the page is made from the markdown.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

import msgspec

JOINERS = "\u200c\u200d"
_ANSWERS = frozenset({"y", "yes", "n", "no", "u", "not sure", "not-sure"})
_NEWLINES = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_TERMINAL = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]"  # colours, cursor
    "|(?:\x1b\\]|\x9d)[^\x07\x1b\x9c\n]{0,2000}(?:\x07|\x1b\\\\|\x9c)"  # titles, links, clipboard
)
_STRAY_SURROGATE = re.compile("[\ud800-\udc7f\udd00-\udfff]")
_SHAPELESS = frozenset("\u115f\u1160\u2800\u3164\uffa0\ufffe\uffff")
_VISIBLE_FORMATS = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u08e2")
_BLANK_LINES = re.compile(r"\n{3,}")


def clean(raw: str, *, lines: bool = False, joiners: bool = True) -> str:
    """The text without anything that could act on a terminal or hide from a reader.

    Args:
        raw: As typed, pasted or read.
        lines: Keep line breaks; otherwise everything becomes one line.
        joiners: Keep U+200C and U+200D; a reference, which is compared, has none.

    Returns:
        Trimmed NFC text; "" if nothing can be seen.
    """
    text = _NEWLINES.sub("\n", _TERMINAL.sub("", _repaired(raw))).replace("\t", " ")
    text = "".join(one for one in text if one == "\n" or _may_stay(one, joiners=joiners))
    text = unicodedata.normalize("NFC", text)
    if lines:
        text = _BLANK_LINES.sub("\n\n", "\n".join(line.rstrip() for line in text.split("\n"))).strip()
    else:
        text = " ".join(text.split())
    return text if any(unicodedata.category(one)[0] in "LNPS" for one in text) else ""


def has_unseen(raw: str) -> bool:
    """Whether `clean` would take characters out, and not only tidy spaces."""
    return clean(raw) != " ".join(unicodedata.normalize("NFC", raw).split())


def is_name(text: str) -> bool:
    """Whether a cleaned text can name somebody: not the `y` of another question, and no number."""
    return text.casefold() not in _ANSWERS and any(character.isalpha() for character in text)


def quoted(raw: str, longest: int = 40) -> str:
    """What somebody typed, in quotes, short enough for a sentence."""
    return f'"{cut(clean(raw), longest)}"'


def cut(text: str, longest: int) -> str:
    """A text short enough for a line of a list; of one that is longer the beginning."""
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def _repaired(raw: str) -> str:
    """Bytes that a terminal without UTF-8 handed over as surrogates, read as the UTF-8 that they are."""
    return _STRAY_SURROGATE.sub("\ufffd", raw).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _may_stay(character: str, *, joiners: bool) -> bool:
    if character in JOINERS:
        return joiners
    if character in _SHAPELESS:
        return False
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs"} or character in _VISIBLE_FORMATS


_BREAKS = re.compile("\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_SPACES = re.compile(r"[ \t]+")
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x1f\x7f-\x9f"  # control characters, ESC and the one-byte CSI among them
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f"  # text direction and blanks
    "\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
    "\U000e0000-\U000e0fff"  # tags, and variation selectors that can carry a hidden message
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"  # no characters at all
)
_STRUCTURE = re.compile(r"[\\`*_\[\]<>&#|~^$!{}]")
_LEADING = re.compile(r"^([-+=:]|[0-9]+(?=[.)]))")
_LINK = re.compile(r"(?i)(:)(?=//)|(?<=\bwww)(\.)")


def lines_of(text: str) -> list[str]:
    """The lines that a person sees: no control characters, no blank lines, no spaces at either end."""
    shown = (_SPACES.sub(" ", _UNSEEN.sub("", line)).strip() for line in _BREAKS.split(text))
    return [line for line in shown if line]


def terminal(text: str) -> str:
    """Text for a terminal: only characters that show themselves, spaces and newlines."""
    return _UNSEEN.sub("", _BREAKS.sub("\n", text)).replace("\t", " ")


def kept_line(text: str) -> str:
    """A line that is made already, its spaces kept: a line break in what it quotes begins no other."""
    return terminal(text).replace("\n", " ")


def one_line(text: str) -> str:
    """The same on one line, with single spaces."""
    return " ".join(lines_of(text))


def json_text(text: str) -> str:
    r"""JSON with whatever does not show itself written as `\u…`, so that it can be printed anywhere."""
    return _UNSEEN.sub(_json_escape, text)


def markdown(text: str, indent: str = "") -> str:
    r"""Text that a CommonMark reader shows literally.

    Args:
        text: Anything.
        indent: What every line but the first begins with, to stay in a list item or a quotation.

    Returns:
        Its lines joined by hard line breaks, with a backslash before whatever could be structure.
    """
    return f"\\\n{indent}".join(_literal(line) for line in lines_of(text))


def markdown_line(text: str) -> str:
    """The same on one line, for a heading or a list of several."""
    return _literal(one_line(text))


def markdown_part(text: str) -> str:
    """The same for a part of a line, which `begun` makes whole."""
    escaped = _STRUCTURE.sub(r"\\\g<0>", one_line(text))
    return _LINK.sub(r"\\\g<0>", escaped)


def begun(line: str) -> str:
    """A line made of parts, with a backslash before what only counts where a line begins."""
    return _LEADING.sub(_escape_leading, line)


def _literal(line: str) -> str:
    return begun(markdown_part(line))


def _json_escape(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def _escape_leading(found: re.Match[str]) -> str:
    """A list marker: the mark itself, or for a number the dot after it."""
    return found[0] + "\\" if found[0].isdigit() else "\\" + found[0]


def things(number: int, one: str, several: str = "") -> str:
    """`1 visit`, `3 visits`, `0 visits`; where no s makes the plural, it is said."""
    return f"{number} {one if number == 1 else several or one + 's'}"


def listing(words: Sequence[str]) -> str:
    """`A`, `A and B`, `A, B and C`."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def members(value: Any, names: str) -> dict[str, Any]:
    """Some members of an object under their own names; one with a question mark is None where it is empty."""
    found: dict[str, Any] = {}
    for name in names.split():
        bare = name.removesuffix("?")
        found[bare] = getattr(value, name) if bare == name else getattr(value, bare, None) or None
    return found


def plain(value: Any) -> Any:
    """Structs, tuples and enumerations as JSON has them."""
    return msgspec.json.decode(msgspec.json.encode(value))
