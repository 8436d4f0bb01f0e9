"""Plan ids and the references read over the telephone.

A plan id is 16 characters of Crockford base32 (80 random bits, given by the caller). Its reference is the
first five with a check character: `K7Q2-M9`. Any longer beginning works too, with its own check character.
The check is a weighted sum over the field of 32 elements, so that every single wrong character and every
swap of two neighbours is refused.
"""

from collections import Counter
from collections.abc import Sequence

from visitsafe.errors import NotFoundError

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SHORT = 5
FULL = 16
ID_BYTES = 10
_HEARD = str.maketrans("OIL", "011", "- \t\u00a0\u2010\u2011\u2012\u2013\u2014\u2212")
_START = 20  # makes the example in every hint and document, K7Q2-M9, a true one


def plan_id(random: bytes) -> str:
    """A plan id from the first ten of these bytes; fewer would make ids that meet."""
    if len(random) < ID_BYTES:
        raise ValueError(f"a plan id needs {ID_BYTES} bytes")
    number = int.from_bytes(random[:ID_BYTES])
    return "".join(ALPHABET[number >> shift & 31] for shift in range(75, -1, -5))


def is_plan_id(text: str) -> bool:
    """Whether a text has the form of a plan's id; what a store's columns hold need not."""
    return len(text) == FULL and all(character in ALPHABET for character in text)


def references(plans: Sequence[str]) -> dict[str, str]:
    """How each of several plans is called: at full length where two of them share the short reference."""
    counts = Counter(plan[:SHORT] for plan in set(plans))
    return {plan: reference(plan, SHORT if counts[plan[:SHORT]] == 1 else FULL) for plan in plans}


def reference(plan: str, length: int = SHORT) -> str:
    """How a plan is called: the first `length` characters of its id and a check character, in fours.

    What is no plan's id, as a damaged store may hold, is named in quotation marks instead.
    """
    text = plan[:length]
    if not text or any(character not in ALPHABET for character in text):
        return repr(plan[:40])
    text += _check_character(text)
    return "-".join(text[i : i + 4] for i in range(0, len(text), 4))


def beginning(heard: str) -> str:
    """The beginning of a plan id that a reference names; case, spaces and dashes do not matter.

    Raises:
        NotFoundError: It is not a reference: too short, a strange character, or misheard.
    """
    text = heard.strip().upper().translate(_HEARD)
    if not SHORT < len(text) <= FULL + 1 or any(character not in ALPHABET for character in text):
        raise NotFoundError(
            f"{heard[:40]!r} is not a plan reference",
            hint="a reference looks like K7Q2-M9; see: visitsafe list",
        )
    if _check_character(text[:-1]) != text[-1]:
        raise NotFoundError(
            f"{heard[:40]!r} has a wrong character in it",
            hint="ask for the reference again, letter by letter",
        )
    return text[:-1]


def _check_character(text: str) -> str:
    total, weight = _START, 2
    for character in text:
        total ^= _times(ALPHABET.index(character), weight)
        weight = _times(weight, 2)
    return ALPHABET[total]


def _times(a: int, b: int) -> int:
    """Multiply in GF(32) with the polynomial x^5 + x^2 + 1."""
    product = 0
    while b:
        if b & 1:
            product ^= a
        a, b = a << 1, b >> 1
        if a & 32:
            a ^= 0b100101
    return product
