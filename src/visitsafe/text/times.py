"""Dates and times as people type them, and as they are read back before they count.

Days come before months. Nothing is guessed that could move a visit to another day, from afternoon to
night, or to the wrong side of a clock change: then the sentence says what to add. Results are aware UTC
in whole minutes. The clock is never read (`now` is an argument) and the computer's language plays no part.
"""

import re
import unicodedata
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from visitsafe.text.clock import DAYS, MONTHS, NEAR_DAYS, duration
from visitsafe.text.clock import day_in_full as _day_in_full
from visitsafe.text.clock import moments as _moments

EXAMPLE = "15:30, tomorrow 9am or 23 Nov 15:30"
_MOST_CHARACTERS = 100
_MORNING, _EVENING, _HALF_DAY = 8, 20, 12
_LEAP = 2028
"""A year with a 29 February."""
_HOURS, _MINUTES = 24, 60
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


GRACE = timedelta(minutes=5)
"""How far back a time of day still means today: clocks differ, and typing takes a moment."""
URGENT_BACK = timedelta(hours=12)
LONGEST = timedelta(hours=24)
LONG = timedelta(hours=12)
FURTHEST = timedelta(days=366)
_NEXT_DAY = timedelta(hours=12)
_JUST_PASSED = timedelta(days=31)
_MOST_MINUTES = 7 * 24 * 60
_FEWEST_BARE_MINUTES = 10

_ISO = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}(?:t[0-9:.]+[+-][0-9]{2}:?[0-9]{2}|[t ][0-9:.]+z)", re.ASCII)
_LENGTH = re.compile(
    r"(?:(?P<more>\+)|for )? ?(?:(?P<hours>[0-9]{1,3}) ?h(?:ou)?r?s?(?![a-z]) ?(?:and )?)?"
    r"(?:(?P<minutes>[0-9]{1,5}) ?(?P<unit>m(?:in(?:ute)?s?)?)?)?"
)

_HOURS_ALONE = {
    "an hour": "1h",
    "half an hour": "30m",
    "a quarter of an hour": "15m",
    "an hour and a half": "1h30",
}


def parse_time(text: str, now: datetime, zone: ZoneInfo, after: datetime | None = None) -> datetime:
    """The time that a person means.

    Args:
        text: As typed: `now`, `15:30`, `tomorrow 9am`, `in 2 hours`, `23/11 15:30`, ISO; with `after` also
            `+90`, `1h`.
        now: Aware.
        zone: Whose clocks the person reads.
        after: Aware; the time that this one must follow, so that a bare time means the same day, or the
            night after it within 12 hours.

    Returns:
        Aware UTC, whole minutes.

    Raises:
        TimeError: It is not a time, or could be two; with a sentence that says what to type.
    """
    words = tidy(text)
    if words == "now" and after is None:
        return _whole(now)
    if words.startswith("in "):
        length = _LENGTH.fullmatch(_HOURS_ALONE.get(words[3:], words[3:]))
        if length and (length["hours"] or length["unit"]):
            return _whole(_later(length, now))
    length = _LENGTH.fullmatch(words)
    if length and (length["hours"] or length["unit"] or (length["more"] and length["minutes"])):
        return _whole(_later(length, after))
    try:
        if _ISO.fullmatch(words):
            return _whole(datetime.fromisoformat(words.upper()))
        return _whole(_resolve(read(words, zone), now, after))
    except TimeError:
        raise
    except (ValueError, OverflowError) as error:
        raise UnreadableError from error


def time_of_visit(text: str, start: datetime, now: datetime, zone: ZoneInfo) -> datetime:
    """The time that a person means who is asked about a visit: without a day it is the visit's.

    Args:
        text: As typed, as for `parse_time`.
        start: Aware; when the visit starts. A time so much earlier in the day that it must be the night
            after means that night.
        now: Aware.
        zone: Whose clocks the person reads.

    Raises:
        TimeError: It is not a time, or could be two.
    """
    words = tidy(text)
    try:
        spoken = read(words, zone)
    except (TimeError, ValueError):
        return parse_time(text, now, zone, None if words == "now" else start)
    if spoken.calendar is not None or spoken.near is not None or spoken.weekday is not None:
        return parse_time(text, now, zone)
    day = start.astimezone(spoken.zone).date()
    at = instant(day, spoken)
    return _whole(instant(day + timedelta(days=1), spoken) if start - at > _NEXT_DAY else at)


def _whole(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(second=0, microsecond=0)


def _later(length: re.Match[str], after: datetime | None) -> datetime:
    """The time so many hours and minutes after the start."""
    if after is None:
        raise TimeError(f"a length of time does not say when; type the time itself, like {EXAMPLE}")
    number = int(length["minutes"] or 0)
    if not length["hours"] and not length["unit"] and number < _FEWEST_BARE_MINUTES:
        raise TimeError(f"+{number} could be hours or minutes; type +{number}h or +{number}m")
    minutes = int(length["hours"] or 0) * 60 + number
    if minutes > _MOST_MINUTES:
        raise TimeError("that is longer than a visit lasts; type the time you will be back, like 15:30")
    return after.astimezone(UTC) + timedelta(minutes=minutes)


def _resolve(spoken: Spoken, now: datetime, after: datetime | None) -> datetime:
    base = (after or now).astimezone(spoken.zone)
    today = now.astimezone(spoken.zone).date()
    if spoken.calendar is None and spoken.near is None:
        if spoken.weekday is None:
            return _bare(spoken, now, after)
        day = base.date() + timedelta(days=(spoken.weekday - base.weekday()) % 7)
        if spoken.next:
            return instant(_next_week(day, base.date()), spoken)
        at = instant(day, spoken)
        passed = at < base.astimezone(UTC) - (timedelta() if after else GRACE)
        return instant(day + timedelta(days=7), spoken) if passed else at
    if spoken.calendar is None:
        day = today + timedelta(days=spoken.near or 0)
    else:
        day = _calendar_day(spoken.calendar, base.date())
    if spoken.weekday not in {None, day.weekday()}:
        wanted = DAYS[spoken.weekday or 0]
        raise TimeError(f"{_day_in_full(day)} is not a {wanted}; type the day or the date, not both")
    return instant(day, spoken)


def _next_week(day: date, today: date) -> date:
    """The day that `next Tuesday` means, if it is next week's by whichever way of counting."""
    coming = day if day > today else day + timedelta(days=7)
    if coming.isocalendar()[:2] == today.isocalendar()[:2]:
        later, name = coming + timedelta(days=7), DAYS[coming.weekday()]
        both = f"{_day_in_full(coming)} or {_day_in_full(later)}"
        raise TimeError(f"next {name} could be {both}; type the date")
    return coming


def _bare(spoken: Spoken, now: datetime, after: datetime | None) -> datetime:
    """A time with no day: today if it is still to come; after a start the same day, or the night after it."""
    clock = f"{spoken.clock:%H:%M}"
    base = (after or now).astimezone(spoken.zone)
    at = instant(base.date(), spoken)
    if after is None:
        if at < now - GRACE:
            raise TimeError(f"{clock} has passed today; type tomorrow {clock}, or the date with it")
        return at
    if at >= after:
        return at
    at = instant(base.date() + timedelta(days=1), spoken)
    if at > after + _NEXT_DAY:
        raise TimeError(f"{clock} is before the start, {base:%H:%M}; add the day if you mean another one")
    return at


def _calendar_day(found: re.Match[str], today: date) -> date:
    """The day that a date names; without a year the next such day, unless it has only just gone by."""
    number, month, year = date_in(found)
    years = [year] if year else [today.year - 1, today.year, today.year + 1]
    days = [day for year in years if (day := _day(year, month, number))]
    called = f"{number} {MONTHS[month - 1]}"
    coming = [day for day in days if found["year"] or day >= today]
    if not coming:
        raise TimeError(f"there is no {called} from {years[0]} to {years[-1]}; check the date")
    if any(timedelta() < today - day <= _JUST_PASSED for day in days) and not found["year"]:
        raise TimeError(
            f"{called} has just passed; check the date, or add the year if you mean {coming[0].year}"
        )
    return coming[0]


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def instant(day: date, spoken: Spoken) -> datetime:
    """The one moment at which the clocks show this, or a sentence about the clock change."""
    clock = f"{spoken.clock:%H:%M}"
    moments = _moments(datetime.combine(day, spoken.clock), spoken.zone)
    if not moments:
        raise TimeError(
            f"the clocks go forward that night and there is no {clock}; type an earlier or later time"
        )
    names = [str(at.tzname()) for at in moments]
    if spoken.label:
        said = [at for at in moments if spoken.label == str(at.tzname()).casefold()]
        if not said and spoken.label not in _names(day, spoken.zone):
            raise UnreadableError
        if not said:
            raise TimeError(f"the clocks show {names[0]} at that time; leave out {spoken.label.upper()}")
        moments = said
    if spoken.which and len(moments) > 1:
        return moments[spoken.which == "second"]
    if spoken.which and len(names) == 1:
        raise UnreadableError
    if len(moments) > 1:
        add = f"{names[0]} or {names[1]}" if len(set(names)) > 1 else "first or second"
        raise TimeError(f"the clocks go back that night and {clock} comes twice; add {add}")
    return moments[0]


def _names(day: date, zone: tzinfo) -> set[str]:
    """What the zone's time is called in winter and in summer."""
    return {str(datetime(day.year, month, 1, tzinfo=zone).tzname()).casefold() for month in (1, 7)}


def check_start(start: datetime, now: datetime, *, urgent: bool = False) -> str | None:
    """What is wrong with a start: past, or too far off.

    Nobody can countersign a plan whose start has passed: it would expire as it is signed. An urgent visit,
    which needs no countersignature first, may have begun 12 hours ago.
    """
    if urgent and start < now - URGENT_BACK:
        return "the start is more than 12 hours ago; an urgent plan is made on the same day"
    if not urgent and start <= now:
        return "the start has passed; type a time that is still to come"
    return "the start is more than a year ahead; check the date" if start - now > FURTHEST else None


def check_due_back(start: datetime, due_back: datetime, now: datetime) -> str | None:
    """What is wrong with a time due back: not after the start, over 24 hours later, or already passed."""
    if due_back <= start:
        return "the time due back must be after the start"
    if due_back - start > LONGEST:
        return "the time due back is more than 24 hours after the start; make a plan for each day"
    return "the time due back has already passed" if due_back <= now else None


def long_visit(start: datetime, due_back: datetime) -> str | None:
    """A sentence that asks for a second look if somebody would be out for more than 12 hours."""
    out = due_back - start
    minutes = int(out.total_seconds()) // 60
    return f"that is {duration(minutes)} away; is the time due back right?" if out > LONG else None


PAST, COMING = "past", "coming"
STILL_TO_COME = "that is still to come; type when it happened"
HAS_PASSED = "that has passed; type a time that is still to come"
_WEEK = 7
_DAYS_OF_A_YEAR = 366


def time_in_form(text: str, now: datetime, zone: ZoneInfo, moment: str | None = None) -> datetime:
    """The time that a person means.

    Args:
        text: As typed, as for `times.parse_time`.
        now: Aware.
        zone: Whose clocks the person reads.
        moment: `past`, `coming`, or None if it can be either.

    Returns:
        Aware UTC, whole minutes.

    Raises:
        TimeError: It is not a time, could be two, or lies on the wrong side of now.
    """
    try:
        at = _meant(text, now, zone, moment)
    except OverflowError as error:
        raise TimeError("that is no time; type it like 15:30 or 23 Nov 15:30") from error
    if not _fits(at, now, moment):
        raise TimeError(STILL_TO_COME if moment == PAST else HAS_PASSED)
    return at


def _meant(text: str, now: datetime, zone: ZoneInfo, moment: str | None) -> datetime:
    try:
        spoken = read(tidy(text), zone)
    except (TimeError, ValueError):
        return parse_time(text, now, zone)  # now, an exact time, or the sentence that says what is wrong
    today = now.astimezone(spoken.zone).date()
    days = _days(spoken, today, moment)
    if not days:
        return parse_time(text, now, zone)
    if moment is None:
        return instant(min(days, key=lambda day: (abs(day - today), day)), spoken)
    found = (instant(day, spoken) for day in sorted(days, reverse=moment == PAST))
    return next((at for at in found if _fits(at, now, moment)), instant(days[0], spoken))


def _fits(at: datetime, now: datetime, moment: str | None) -> bool:
    """Whether a time lies on the side of now that the question is about."""
    return {PAST: at <= now + GRACE, COMING: at > now}.get(moment or "", True)


def _days(spoken: Spoken, today: date, moment: str | None) -> list[date]:
    """The days that can be meant, on the right side of today; none where the text names its day itself."""
    if spoken.near is not None or spoken.next or (spoken.calendar and spoken.calendar["year"]):
        return []
    if spoken.calendar is None and spoken.weekday is None:
        steps = {PAST: (0, -1), COMING: (0, 1)}.get(moment or "", (0,))
        return [today + timedelta(days=step) for step in steps]
    reach = _WEEK if spoken.calendar is None else _DAYS_OF_A_YEAR
    first, last = (0 if moment == COMING else -reach), (0 if moment == PAST else reach)
    days = (today + timedelta(days=step) for step in range(first, last + 1))
    return [day for day in days if _named(day, spoken)]


def _named(day: date, spoken: Spoken) -> bool:
    """Whether a day has the weekday and the date that were said."""
    if spoken.weekday not in {None, day.weekday()}:
        return False
    if spoken.calendar is None:
        return True
    number, month, _ = date_in(spoken.calendar)
    return (day.month, day.day) == (month, number)
