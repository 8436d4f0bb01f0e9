"""Where a text names the address of a visit: the address itself, its street and its postcode.

Finds the usual ways to write them: other spaces and signs, `Ct` for `Court`, `14 Elm` for `14 Elm Court`, and
what has unseen characters in it. Does not understand English:
"the corner house by the school" stays, and so does a town alone, which is not personal.
"""

import re
from itertools import islice, pairwise

LEFT_OUT = "[left out]"
FEWEST = 8
"""Characters of a text that is looked for; a shorter one would take unrelated words with it."""
MOST_WORDS, MOST_CHARACTERS, MOST_POSTCODES = 40, 200, 4
"""How much of an address is looked for, from its start, so that no address makes this slow."""
_UNSEEN = r"\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
_POSTCODE = re.compile(
    rf"(?<!\w)([A-Z]{{1,2}}[0-9][A-Z0-9]?)[\s\u2010-\u2015{_UNSEEN}-]*([0-9][A-Z]{{2}})(?!\w)", re.IGNORECASE
)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")  # noqa: RUF001 - an apostrophe as typed by telephones
_BETWEEN, _IN_CODE, _WITHIN = r"[\W_]{0,8}", r"[\W_]{0,4}", r"\W{0,2}"
"""What may stand between words, in a postcode and in a word: bounded, so that no text makes it slow."""
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
_NO_NAMES = frozenset((
    "the", "of", "and", "at", "in", "high", "old", "new", "main", "back", "long", "upper", "lower", "great",
    "little", "north", "south", "east", "west",
))  # fmt: skip
"""Not enough to know a street by: `14 High` may be anything."""


def without_address(text: str, address: str) -> str:
    """A text with nothing left of the address that it names."""
    return naming(address).sub(LEFT_OUT, text) if text and address.strip() else text


def has_address(text: str) -> bool:
    """Whether a short text looks as if it held an address: a postcode, or a street with a house number."""
    lines = [_WORD.findall(part) for part in re.split(r"[,;\n]", text)]
    after = (
        words[place + 1 : place + 4] for words in lines for place, one in enumerate(words) if one[0].isdigit()
    )
    named = (some[: end + 1] for some in after for end in (1, 2) if all(map(str.isalpha, some[: end + 1])))
    return bool(_POSTCODE.search(text)) or any(map(_is_street, named))


def naming(address: str) -> re.Pattern[str]:
    """A pattern that finds the address, its lines with a number or a street, and its postcode.

    Of a very long address the first words are looked for, and the first postcodes.
    """
    seen = re.sub(f"[{_UNSEEN}]", "", address)
    start = _start(seen)
    found = [*_verbatim(_start(address)), *_verbatim(start), *_postcodes(seen), *_spelt(start)]
    return re.compile("|".join(dict.fromkeys(found)) or r"(?!)", re.IGNORECASE)


def _start(address: str) -> str:
    """As much of it as is looked for, cut between two words where there is a place for it."""
    words = list(islice(re.finditer(r"\S+", address), MOST_WORDS))
    ends = [word.end() for word in words if word.end() <= MOST_CHARACTERS]
    return address[: ends[-1] if ends else MOST_CHARACTERS]


def _verbatim(address: str) -> list[str]:
    """The whole of it, and its first line, as they stand."""
    parts = {address.strip(), re.split(r"[,\n]", address)[0].strip()}
    long = sorted((part for part in parts if len(part) >= FEWEST), key=len, reverse=True)
    return [r"\s+".join(map(re.escape, part.split())) for part in long]


def _postcodes(address: str) -> list[str]:
    found = dict.fromkeys(
        f"{one[1]}{one[2]}".upper() for one in islice(_POSTCODE.finditer(address), MOST_POSTCODES)
    )
    return [rf"(?<!\w){_IN_CODE.join(one)}(?!\w)" for one in found]


def _spelt(address: str) -> list[str]:
    """Lines that name a street or a flat with its number, in other spellings; the longest first."""
    without = _POSTCODE.sub("", address)
    lines = [words for part in re.split(r"[,;\n]", without) if (words := _WORD.findall(part))]
    together = [[*one, *two] for one, two in pairwise(lines)]
    streets = [words[start:] for words in lines for start in (0, 1) if _is_street(words[start:])]
    numbered = [words for words in [*together, *lines] if _has_number(words) and _is_street(words)]
    tails = [tail for words in numbered if (tail := _from_number(words))]
    short = [tail[:-1] for tail in tails if _has_name(tail[1:-1])]
    full = [words for words in [*numbered, *streets, *tails] if _is_long(words)]
    found = sorted([*full, *short, *_flats(lines)], key=len, reverse=True)
    return [rf"(?<!\w){_BETWEEN.join(map(_spellings, words))}(?!\w)" for words in found]


def _from_number(words: list[str]) -> list[str]:
    """The house number and what follows it: `14 Elm Court` of `Flat 3 14 Elm Court`."""
    last = max(at for at, word in enumerate(words) if word[0].isdigit())
    return words[last:]


def _has_name(words: list[str]) -> bool:
    return any(len(word) > 1 and word.casefold() not in _NO_NAMES for word in words)


def _flats(lines: list[list[str]]) -> list[list[str]]:
    """`Flat 3`: only with its number."""
    return [
        [one, two]
        for words in lines
        for one, two in pairwise(words)
        if one.casefold() in _FLAT and two[0].isdigit()
    ]


def _spellings(word: str) -> str:
    group = _SPELLINGS.get(word.casefold(), (word,))
    return f"(?:{'|'.join(_WITHIN.join(map(re.escape, each)) for each in group)})"


def _is_street(words: list[str]) -> bool:
    return len(words) > 1 and words[-1].casefold() in _STREET_WORDS


def _has_number(words: list[str]) -> bool:
    return any(word[0].isdigit() for word in words)


def _is_long(words: list[str]) -> bool:
    return _has_number(words) or len(" ".join(words)) >= FEWEST
