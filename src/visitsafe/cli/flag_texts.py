"""Texts that are typed behind a flag: cleaned, and refused before anything is signed if they are too long.

A note is read at a desk and on a telephone, so it is a note and not a report; what an entry can hold is no
measure of that. Says nothing about texts that are asked for in a talk.
"""

from visitsafe.errors import UsageError
from visitsafe.text.clean import clean

LONGEST = 2_000
"""Characters."""


def flag_text(flag: str, typed: str) -> str:
    """A text of several lines, cleaned.

    Args:
        flag: The flag in front of it, like `--note`.
        typed: As it was typed.

    Raises:
        UsageError: It is too long.
    """
    text = clean(typed, lines=True)
    if len(text) > LONGEST:
        raise UsageError(
            f"the text behind {flag} has {len(text):,} characters; at most {LONGEST:,} are kept",
            hint="say it in fewer words; the rest belongs in the case record",
        )
    return text
