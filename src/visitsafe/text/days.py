"""Days without a time, as people type them into a form: `1 December`, `Friday`, `in 4 weeks`. Pure.

Days come before months, as in `times`. A day without a year is the next one, or the last one where the
question is about what has been. Nothing is guessed between two days: then the sentence says what to type.
The result is `2026-12-01`, a day of the calendar of whoever typed it; `said` puts it in full again.
"""

import calendar
import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from visitsafe.state.phrases import date_only
from visitsafe.state.phrases import day as in_full
from visitsafe.text.cleaning import quoted
from visitsafe.text.form_times import COMING, PAST, time_in_form
from visitsafe.text.time_words import NoSuchDayError, Spoken, TimeError, UnreadableError, read, tidy

EXAMPLE = "1 December 2026, 1/12, Friday or in 4 weeks"
_NUMBERS = ("a", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_LATER = re.compile(
    rf"(?:in )?(?P<number>[0-9]{{1,3}}|one|{'|'.join(_NUMBERS)})"
    r" (?P<unit>day|week|fortnight|month)s?(?:'? time)?"
)
_UNITS = {"day": 1, "week": 7, "fortnight": 14}
_MONTHS = 12
_CLOCK = re.compile(r"[0-9][:.][0-9]{2}(?![0-9.])(?!\.[0-9])|[0-9] ?[ap]m\b|\bnoon\b|\bmidday\b")
_DONE = re.compile(r"done\b.*", re.IGNORECASE | re.DOTALL)
_NOON = "12:00"
_FURTHEST = 5 * 366
_HALF_A_YEAR = 183
"""A day without a year that is further off lies nearer behind than ahead."""


class DayError(ValueError):
    """A text is no day that can be relied on; `sentence` says what to type instead."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def day_of(text: str, now: datetime, zone: ZoneInfo, *, past: bool = False) -> str:
    """The day that a person means, as `2026-12-01`.

    Args:
        text: As typed.
        now: Aware.
        zone: Whose calendar the person reads.
        past: The question is about what has been: without a year it is the last such day.

    Raises:
        DayError: It is no day, or could be two.
    """
    try:
        words, local = tidy(text), now.astimezone(zone)
        later = _LATER.fullmatch(words)
        day = _after(later, local.date()) if later else _named(words, local, zone, past=past)
        _check_near(day, local.date(), past=past)
    except UnreadableError as error:
        raise DayError(
            f"{quoted(text)} is not a day that visitsafe can read; type it like {EXAMPLE}"
        ) from error
    except TimeError as error:
        raise DayError(error.sentence) from error
    except (ValueError, OverflowError) as error:
        raise DayError(f"there is no day {quoted(text)}; check the date") from error
    return day.isoformat()


def said(day: str) -> str:
    """`Tuesday 1 December 2026`, which `day_of` reads back as the same day; a text that is no day stands."""
    return in_full(f"{day}T{_NOON}:00Z", UTC) if day else ""


def in_words(day: date) -> str:
    """`1 December 2026`."""
    return date_only(f"{day.isoformat()}T{_NOON}:00Z", UTC)


def is_done(text: str) -> bool:
    """Whether what was typed for a day says that it is done: `done`, `done on 3 December`."""
    return bool(_DONE.fullmatch(text.strip()))


def _after(later: re.Match[str], today: date) -> date:
    word = later["number"].replace("one", "a")
    number = int(word) if word.isdigit() else _NUMBERS.index(word) + 1
    if later["unit"] != "month":
        return today + timedelta(days=number * _UNITS[later["unit"]])
    years, month = divmod(today.month - 1 + number, _MONTHS)
    last = calendar.monthrange(today.year + years, month + 1)[1]
    return today.replace(year=today.year + years, month=month + 1, day=min(today.day, last))


def _check_near(day: date, today: date, *, past: bool) -> None:
    if past and day > today:
        raise TimeError(f"{said(day.isoformat())} is still to come; type the day on which it was")
    if (day - today).days > _FURTHEST:
        raise TimeError(f"{said(day.isoformat())} is more than five years ahead; check the day")


def _named(words: str, local: datetime, zone: ZoneInfo, *, past: bool) -> date:
    """The day of a date, of a day of the week, of today or tomorrow."""
    if _CLOCK.search(words):
        raise TimeError(f"only the day is asked here, without a time; type it like {EXAMPLE}")
    at_noon = f"{words} {_NOON}"
    spoken = _read(at_noon, zone)
    if spoken.label or spoken.which or spoken.zone != zone:
        raise UnreadableError
    if spoken.calendar is None and spoken.weekday is None and spoken.near is None:
        raise UnreadableError
    exact = spoken.near is not None or bool(spoken.calendar and spoken.calendar["year"])
    side = None if exact else PAST if past else COMING
    # The whole of today counts, whatever the time is.
    edge = local.replace(hour=23 if past else 0, minute=59 if past else 0, second=0, microsecond=0)
    day = time_in_form(at_noon, edge, zone, side).astimezone(zone).date()
    if side == COMING and (day - local.date()).days > _HALF_A_YEAR:
        raise TimeError(f"that day has passed; if you mean {said(day.isoformat())}, add the year")
    return day


def _read(words: str, zone: ZoneInfo) -> Spoken:
    """As `time_words.read`, whose sentences about the time of day are of no use here."""
    try:
        return read(words, zone)
    except NoSuchDayError:
        raise
    except TimeError as error:
        raise UnreadableError from error
