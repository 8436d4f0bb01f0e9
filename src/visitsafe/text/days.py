"""Days without a time, as people type them into a form: `1 December`, `Friday`, `in 4 weeks`. Pure.

Days come before months, as in `times`. A day without a year is the next one, or the last one where the
question is about what has been. Nothing is guessed between two days: then the sentence says what to type.
The result is `2026-12-01`, a day of the calendar of whoever typed it; `said` puts it in full again.
"""

import calendar
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

import msgspec

from visitsafe.errors import UsageError
from visitsafe.text.clean import quoted
from visitsafe.text.clock import MONTHS, date_only, from_text, to_text
from visitsafe.text.clock import day as in_full
from visitsafe.text.times import (
    COMING,
    PAST,
    NoSuchDayError,
    Spoken,
    TimeError,
    UnreadableError,
    read,
    tidy,
    time_in_form,
)

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


DAY_FLAG_EXAMPLE = "type a day like 2026-11-01 or 1 November"
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
        raise UsageError(f"{flag}: {text[:_MOST_CHARACTERS]!r} is not a day", hint=DAY_FLAG_EXAMPLE)
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
        raise UsageError(f"{flag}: there is no day {text[:_MOST_CHARACTERS]!r}", hint=DAY_FLAG_EXAMPLE)
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


LONGEST = 3660
"""The most days that a report is about."""
SURELY_MEANT = 183
"""Days from the beginning to an end in another year that is typed without its year; a later one is a slip."""
_WITHOUT_YEAR = re.compile(r"(?!.*[0-9]{4}).*[0-9].*", re.DOTALL)


class Period(msgspec.Struct, frozen=True):
    """Whole days, the first and the last among them.

    Attributes:
        first: The first day.
        last: The last day.
        zone: Whose days.
    """

    first: date
    last: date
    zone: tzinfo

    @property
    def since(self) -> str:
        """The moment at which it begins, UTC text."""
        return to_text(datetime.combine(self.first, time(), self.zone))

    @property
    def until(self) -> str:
        """The first moment after it, UTC text."""
        return to_text(datetime.combine(self.last + timedelta(days=1), time(), self.zone))

    def week_of(self, at: str) -> date:
        """The day on which the part of a week begins that a moment lies in: a Monday, or the first day."""
        return max(self._monday(from_text(at).astimezone(self.zone).date()), self.first)

    def weeks(self) -> list[date]:
        """The day on which each week of it begins; the first one may begin in the middle of a week."""
        found, monday = [self.first], self._monday(self.first) + timedelta(days=7)
        while monday <= self.last:
            found.append(monday)
            monday += timedelta(days=7)
        return found

    @property
    def whole_months(self) -> bool:
        """Whether it begins with a month and ends with one."""
        return self.first.day == 1 and (self.last + timedelta(days=1)).day == 1

    @staticmethod
    def _monday(day: date) -> date:
        return day - timedelta(days=day.weekday())


def period_of(first: str | None, last: str | None, now: datetime, zone: tzinfo) -> Period:
    """The period that somebody asks for; without anything the last full month.

    Args:
        first: The first day as typed; None: the month's in which the last day lies.
        last: The last day as typed; None: today.
        now: Aware.
        zone: Whose days.

    Raises:
        UsageError: A day cannot be read, or they do not follow each other.
    """
    today = now.astimezone(zone).date()
    if first is None and last is None:
        end = today.replace(day=1) - timedelta(days=1)
        return Period(end.replace(day=1), end, zone)
    begin = typed_day("--from", first, today) if first is not None else None
    end = typed_day("--to", last, today, begin) if last is not None else today
    begin = begin or end.replace(day=1)
    if end < begin:
        raise UsageError(
            f"the report would end on {end} and begin after that, on {begin}", hint=DAY_FLAG_EXAMPLE
        )
    if last is not None and _WITHOUT_YEAR.fullmatch(last) and _is_slip(begin, end):
        raise UsageError(
            f"{last.strip()!r} comes before the first day, {begin}, unless {end} is meant",
            hint=f"say the year of both days, such as --to {end}",
        )
    if (end - begin).days >= LONGEST:
        raise UsageError("that is more than ten years", hint="ask for a shorter time")
    return Period(begin, end, zone)


def _is_slip(begin: date, end: date) -> bool:
    """Whether the end lies so far behind a change of year that somebody may have mixed the days up."""
    return end.year > begin.year and (end - begin).days > SURELY_MEANT
