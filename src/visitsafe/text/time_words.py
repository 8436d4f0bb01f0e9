"""The words in which people give a time: taken apart, before it is clear which day is meant.

Days come before months. Every word must have a meaning and none may come twice. An hour that could as
well be twelve hours later is refused, and so is what only looks like digits. Nothing here knows what time
it is: `times` does the rest.
"""

import re
import unicodedata
from calendar import monthrange
from dataclasses import dataclass
from datetime import time, timedelta, timezone, tzinfo

from visitsafe.text.local_clock import DAYS, MONTHS

__all__ = [
    "DAYS", "EXAMPLE", "MONTHS", "NEAR_DAYS", "NoSuchDayError", "Spoken", "TimeError", "UnreadableError",
    "date_in", "read", "tidy",
]  # fmt: skip

EXAMPLE = "15:30, tomorrow 9am or 23 Nov 15:30"
_MOST_CHARACTERS = 100
_MORNING, _EVENING, _HALF_DAY = 8, 20, 12
_LEAP = 2028
"""A year with a 29 February."""
_HOURS, _MINUTES = 24, 60
NEAR_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
_SYNONYMS = {"sept": "sep", "tues": "tue", "weds": "wed", "thur": "thu", "thurs": "thu", "midday": "noon"}

_MONTH = "(?P<month>" + "|".join(f"{name[:3]}(?:{name[3:]})?" for name in MONTHS).lower() + ")"
_YEAR = r"(?P<year>20[0-9]{2})(?![0-9]|[:.][0-9])"
_DATES = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?<![0-9])(?P<year>20[0-9]{2})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})(?:t(?=[0-9])|(?![0-9-]))",
        r"(?<![0-9:./])(?P<day>[0-9]{1,2})/(?P<month>[0-9]{1,2})(?:/(?P<year>20[0-9]{2}|[0-9]{2}))?(?![0-9/])",
        r"(?<![0-9:.-])(?P<day>[0-9]{1,2})([.-])(?P<month>[0-9]{1,2})\2(?P<year>20[0-9]{2})(?![0-9])",
        rf"(?<![0-9:.])(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?(?: of)?[ -]?{_MONTH}\b(?:[ ,-]+{_YEAR})?",
        rf"\b{_MONTH} (?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?(?![0-9:.]| ?[ap]m)(?:[ ,]+{_YEAR})?",
    )
)
_WEEKDAY = re.compile(
    r"\b(?:(?P<week>this|coming|next) )?(?P<name>"
    + "|".join(f"{name[:3]}(?:{name[3:]})?" for name in DAYS).lower()
    + r")\b"
)
_PART = re.compile(
    r"\b(?:(?P<tonight>tonight)|(?:(?P<this>this|in the|at) )?(?P<part>morning|afternoon|evening|night))\b"
)
_PARTS = {"morning": (0, 12), "afternoon": (12, 19), "evening": (16, 24), "night": (18, 24)}
"""The hours from which and until which the clock shows a part of the day."""
_NEAR = re.compile(r"\b(?:yesterday|today|tomorrow)\b")
_WHICH = re.compile(r"\b(?:first|second)\b")
_UTC = re.compile(r"\butc(?:(?P<sign>[+-])(?P<hours>[0-9]{2}):?(?P<minutes>[0-5][0-9])?)?(?![0-9a-z])")
_CLOCK = re.compile(
    r"(?<![0-9:./+-])(?P<hour>[0-9]{1,2}?)(?:(?P<mark>[:.]?)(?P<minute>[0-9]{2})(?::[0-5][0-9](?:\.[0-9]+)?)?)?"
    r" ?(?P<half>am|pm)?(?![0-9:/a-z]|\.[0-9])"
)
_NOON = re.compile(r"(?:\b12(?:[:.]00)? )?\bnoon\b")
_FILLER = re.compile(
    r"[,()]|\bo'clock\b|\b(?:at|on|the)\b|(?:(?<=[0-9]{4})|(?<=[0-9][:.][0-9]{2})) ?h(?:(?:ou)?rs?)?\b"
)


class TimeError(ValueError):
    """A text is no time that can be relied on; `sentence` says what to type instead."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class UnreadableError(TimeError):
    """A text is no time at all."""

    def __init__(self) -> None:
        super().__init__(f"this is not a time that visitsafe can read; type it like {EXAMPLE}")


class NoSuchDayError(TimeError):
    """A date was typed that no calendar has."""


@dataclass(frozen=True)
class Spoken:
    """What a text says, before it is clear which day it means.

    Attributes:
        next: It says `next` before the day of the week.
    """

    clock: time
    zone: tzinfo
    calendar: re.Match[str] | None
    weekday: int | None
    near: int | None
    which: str
    label: str
    next: bool = False


def tidy(text: str) -> str:
    """One spelling: lower case, single spaces, no dots in a.m., one word for each day and month."""
    if len(text) > _MOST_CHARACTERS or any(one.isnumeric() and not one.isdecimal() for one in text):
        raise UnreadableError
    words = " ".join(unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'").split())
    words = re.sub(r"([ap])\.m\b\.?", r"\1m", words)
    return re.sub(r"[a-z]+", lambda word: _SYNONYMS.get(word[0], word[0]), words)


def date_in(found: re.Match[str]) -> tuple[int, int, int | None]:
    """Day, month and year of a date that was typed; the year is None if none was.

    Raises:
        NoSuchDayError: There is none, in any year or in the one that was typed.
    """
    number, name = int(found["day"]), found["month"]
    month = int(name) if name.isdigit() else [one[:3].lower() for one in MONTHS].index(name[:3]) + 1
    if not 1 <= month <= len(MONTHS):
        raise NoSuchDayError(f"there is no month {month}; the day comes before the month, like 23/11")
    year = int(found["year"]) + (0 if len(found["year"]) > 2 else 2000) if found["year"] else None  # noqa: PLR2004 - 26 is 2026
    if not 1 <= number <= monthrange(year or _LEAP, month)[1]:
        which = f" in {year}" if year and number <= monthrange(_LEAP, month)[1] else ""
        raise NoSuchDayError(f"there is no {number} {MONTHS[month - 1]}{which}; check the date")
    return number, month, year


def _take(pattern: re.Pattern[str], words: str) -> tuple[re.Match[str] | None, str]:
    """Find one thing and cut it out; the comma left in its place keeps its neighbours apart."""
    found = pattern.search(words)
    return found, (f"{words[: found.start()]},{words[found.end() :]}" if found else words)


def read(words: str, zone: tzinfo) -> Spoken:
    """Take a text apart; every word of it must have a meaning, and none twice."""
    utc, words = _take(_UTC, words)
    calendar = None
    for pattern in _DATES:
        if calendar is None:
            calendar, words = _take(pattern, words)
    weekday, words = _take(_WEEKDAY, words)
    near, words = _take(_NEAR, words)
    part, words = _take(_PART, words)
    which, words = _take(_WHICH, words)
    words = _FILLER.sub(",", _NOON.sub("12:00", words))
    clock, words = _take(_CLOCK, words)
    rest = words.replace(",", " ").split()
    if calendar:
        date_in(calendar)
    if clock is None and not rest and (calendar or weekday or near):
        raise TimeError("this names a day but no time; add the time, like 15:30 or 9am")
    today = part is not None and (part["tonight"] or part["this"] == "this")
    if clock is None or len(rest) > 1 or (calendar and near) or (today and (calendar or weekday or near)):
        raise UnreadableError
    return Spoken(
        clock=_clock(
            clock,
            day_in_words=bool(weekday or near) and calendar is None,
            part=(part["part"] or "night") if part else "",
        ),
        zone=_offset(utc) if utc else zone,
        calendar=calendar,
        weekday=[name[:3].lower() for name in DAYS].index(weekday["name"][:3]) if weekday else None,
        near=NEAR_DAYS[near[0]] if near else 0 if today else None,
        which=which[0] if which else "",
        label=rest[0] if rest else "",
        next=weekday is not None and weekday["week"] == "next",
    )


def _offset(utc: re.Match[str]) -> timezone:
    ahead = timedelta(hours=int(utc["hours"] or 0), minutes=int(utc["minutes"] or 0))
    return timezone(-ahead if utc["sign"] == "-" else ahead)


def _clock(found: re.Match[str], *, day_in_words: bool, part: str) -> time:
    """The time of day, unless it could as well be twelve hours later or lies in another part of the day."""
    if not part:
        return _bare_clock(found, day_in_words=day_in_words)
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    if found["half"] or not 1 <= hour <= _HALF_DAY:
        at = _bare_clock(found, day_in_words=True)
    elif minute < _MINUTES:
        at = time(hour % _HALF_DAY + (_HALF_DAY if part != "morning" else 0), minute)
    else:
        raise TimeError(f"{hour:02}:{minute:02} is no time of day; type it like {EXAMPLE}")
    first, end = _PARTS[part]
    if not first <= at.hour < end or (part == "morning" and at.hour == 0):
        raise TimeError(f"{at:%H:%M} is not in the {part}; type the day, and the time like {at:%H:%M}")
    return at


def _bare_clock(found: re.Match[str], *, day_in_words: bool) -> time:
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    if (hour, minute) == (_HOURS, 0):
        raise TimeError(f"midnight is 00:00 of the day that begins; type it like {EXAMPLE}")
    if hour >= _HOURS or minute >= _MINUTES:
        raise TimeError(f"{hour:02}:{minute:02} is no time of day; type it like {EXAMPLE}")
    if found["half"]:
        if not 1 <= hour <= _HALF_DAY:
            raise TimeError(f"{hour} {found['half']} is no time of day; type it like 3:30pm or 15:30")
        return time(hour % _HALF_DAY + (_HALF_DAY if found["half"] == "pm" else 0), minute)
    bare = not found["minute"] or (not found["mark"] and len(found["hour"]) == 1)
    if bare and not (day_in_words and not found["minute"] and _MORNING <= hour <= _EVENING):
        raise TimeError("type the time with its minutes or with am or pm, like 09:00 or 9am")
    if len(found["hour"]) == 1 and 1 <= hour < _MORNING:
        shown = f"{hour}:{minute:02}"
        raise TimeError(f"{shown} could be morning or afternoon; type {shown}pm or 0{shown}")
    return time(hour, minute)
