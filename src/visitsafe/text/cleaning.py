"""Text from a person, made safe to keep, sign and show: what cannot be seen does not get in.

Out go control characters and whole terminal sequences, marks that turn the reading direction, and
characters without a shape. Two are kept because words are spelt with them: the joiners of Persian and
Indic scripts (U+200C, U+200D). Text is NFC; broken surrogates become U+FFFD. Markup is left alone: it is
escaped where it is shown (D14).
"""

import re
import unicodedata

JOINERS = "\u200c\u200d"
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
