"""How many there are of something, and what they are, in words. Pure."""

from collections.abc import Sequence


def things(number: int, one: str, several: str = "") -> str:
    """`1 visit`, `3 visits`, `0 visits`; where no s makes the plural, it is said."""
    return f"{number} {one if number == 1 else several or one + 's'}"


def listing(words: Sequence[str]) -> str:
    """`A`, `A and B`, `A, B and C`."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))
