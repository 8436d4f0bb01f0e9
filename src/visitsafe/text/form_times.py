"""Times as they are typed in a form, where most lie behind: the day that makes sense, never a guess unseen.

A question says whether its time has passed or is still to come; where it does not, the nearest day is meant.
What was understood is read back with its day before it counts. Clock changes are said as in `times`.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from visitsafe.text.time_words import Spoken, TimeError, date_in, read, tidy
from visitsafe.text.times import GRACE, instant, parse_time

PAST, COMING = "past", "coming"
STILL_TO_COME = "that is still to come; type when it happened"
HAS_PASSED = "that has passed; type a time that is still to come"
_WEEK = 7
_YEAR = 366


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
    reach = _WEEK if spoken.calendar is None else _YEAR
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
