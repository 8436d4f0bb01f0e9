"""Where a text names the address of a visit: the address itself, its street and its postcode.

Finds the usual ways to write them: other spaces and commas, `Ct` for `Court`. Does not understand English:
"the corner house by the school" stays, and so does a town alone, which is not personal.
"""

import re
from itertools import pairwise

LEFT_OUT = "[left out]"
FEWEST = 8
"""Characters of a text that is looked for; a shorter one would take unrelated words with it."""
_POSTCODE = re.compile(r"(?<!\w)([A-Z]{1,2}[0-9][A-Z0-9]?)\s*([0-9][A-Z]{2})(?!\w)", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")  # noqa: RUF001 - an apostrophe as typed by telephones
_BETWEEN = r"[\s,.;:/-]+"
_STREETS = (
    ("street", "st"),
    ("road", "rd"),
    ("avenue", "ave", "av"),
    ("court", "ct", "crt"),
    ("close", "cl"),
    ("crescent", "cres", "cresc"),
    ("drive", "dr", "drv"),
    ("lane", "la", "ln"),
    ("place", "pl"),
    ("square", "sq"),
    ("terrace", "terr", "ter", "tce"),
    ("gardens", "gdns", "garden"),
    ("grove", "gr", "grv"),
    ("house", "hse", "ho"),
    ("buildings", "building", "bldgs", "bldg"),
    ("walk", "wlk"),
    ("way", "wy"),
    ("park", "pk"),
    ("hill", "hl"),
    ("mews",),
    ("row",),
    ("rise",),
    ("view", "vw"),
)
_FLAT = ("flat", "apartment", "apt", "unit")
_NUMBER = ("number", "no")
_SPELLINGS = {word: group for group in (*_STREETS, _FLAT, _NUMBER) for word in group}
_STREET_WORDS = frozenset(word for group in _STREETS for word in group)


def without_address(text: str, address: str) -> str:
    """A text with nothing left of the address that it names."""
    return naming(address).sub(LEFT_OUT, text) if text and address.strip() else text


def naming(address: str) -> re.Pattern[str]:
    """A pattern that finds the address, its lines with a number or a street, and its postcode."""
    found = [*_verbatim(address), *_postcodes(address), *_spelt(address)]
    return re.compile("|".join(dict.fromkeys(found)) or r"(?!)", re.IGNORECASE)


def _verbatim(address: str) -> list[str]:
    """The whole of it, and its first line, as they stand."""
    parts = {address.strip(), re.split(r"[,\n]", address)[0].strip()}
    long = sorted((part for part in parts if len(part) >= FEWEST), key=len, reverse=True)
    return [r"\s+".join(map(re.escape, part.split())) for part in long]


def _postcodes(address: str) -> list[str]:
    return [rf"(?<!\w){first}\s*{second}(?!\w)" for first, second in _POSTCODE.findall(address)]


def _spelt(address: str) -> list[str]:
    """Lines that name a street or a flat with its number, in other spellings; the longest first."""
    without = _POSTCODE.sub("", address)
    lines = [words for part in re.split(r"[,;\n]", without) if (words := _WORD.findall(part))]
    together = [[*one, *two] for one, two in pairwise(lines)]
    streets = [words[start:] for words in lines for start in (0, 1) if _is_street(words[start:])]
    numbered = [words for words in [*together, *lines] if _has_number(words) and _is_street(words)]
    found = sorted((words for words in [*numbered, *streets] if _is_long(words)), key=len, reverse=True)
    return [rf"(?<!\w){_BETWEEN.join(map(_spellings, words))}(?!\w)" for words in found]


def _spellings(word: str) -> str:
    group = _SPELLINGS.get(word.casefold())
    return f"(?:{'|'.join(group)})" if group else re.escape(word)


def _is_street(words: list[str]) -> bool:
    return len(words) > 1 and words[-1].casefold() in _STREET_WORDS


def _has_number(words: list[str]) -> bool:
    return any(word[0].isdigit() for word in words)


def _is_long(words: list[str]) -> bool:
    return _has_number(words) or len(" ".join(words)) >= FEWEST
