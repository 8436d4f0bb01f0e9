"""Days as people type them behind a flag: `2026-11-01`, `1 November`, `1/11`, `yesterday`. Pure.

Days come before months. A day without a year is the last such day that has come, or, where one is given
before which it cannot be, the first from there on. A day in a form may be said in more ways: `days`.
"""

import re
from collections.abc import Iterable
from datetime import date, timedelta

from visitsafe.errors import UsageError
from visitsafe.text.local_clock import MONTHS

EXAMPLE = "type a day like 2026-11-01 or 1 November"
_MOST_CHARACTERS = 40
_FIRST_YEAR, _LAST_YEAR = 2001, 2999
_YEARS = 9
"""How many years are tried: 29 February may be eight years off."""
_MONTH = "|".join(f"{name[:3]}(?:{name[3:]})?" for name in MONTHS).lower()
_FORMS = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})",
        rf"(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{_MONTH})(?:,? (?P<year>[0-9]{{4}}))?",
        rf"(?P<month>{_MONTH}) (?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?(?:,? (?P<year>[0-9]{{4}}))?",
        r"(?P<day>[0-9]{1,2})[/.](?P<month>[0-9]{1,2})(?:[/.](?P<year>[0-9]{4}))?",
    )
)
_NEAR = {"today": 0, "yesterday": 1}


def typed_day(flag: str, text: str, today: date, after: date | None = None) -> date:
    """The day that a person means.

    Args:
        flag: Behind which it was typed.
        text: As typed.
        today: By the team's clocks.
        after: The day that it cannot be before; None: it has come already.

    Raises:
        UsageError: It is no day.
    """
    words = " ".join(text.casefold().replace("sept ", "sep ").split())[:_MOST_CHARACTERS]
    if words in _NEAR:
        return today - timedelta(days=_NEAR[words])
    found = next((match for form in _FORMS if (match := form.fullmatch(words))), None)
    if found is None:
        raise UsageError(f"{flag}: {text[:_MOST_CHARACTERS]!r} is not a day", hint=EXAMPLE)
    month, number = _month(found["month"]), int(found["day"])
    if found["year"]:
        fitting = _real([int(found["year"])], month, number)
    elif after is not None:
        years = range(after.year, after.year + _YEARS)
        fitting = [day for day in _real(years, month, number) if day >= after]
    else:
        years = range(today.year, today.year - _YEARS, -1)
        fitting = [day for day in _real(years, month, number) if day <= today]
    if not fitting:
        raise UsageError(f"{flag}: there is no day {text[:_MOST_CHARACTERS]!r}", hint=EXAMPLE)
    return fitting[0]


def _month(text: str) -> int:
    return int(text) if text.isdigit() else [name[:3].lower() for name in MONTHS].index(text[:3]) + 1


def _real(years: Iterable[int], month: int, day: int) -> list[date]:
    """The days that there are."""
    found = []
    for year in years:
        try:
            found.append(date(year, month, day))
        except ValueError:
            continue
    return [one for one in found if _FIRST_YEAR <= one.year <= _LAST_YEAR]
