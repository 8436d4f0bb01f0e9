"""The days that a report is about. Pure.

Times of the day play no part: a visit belongs to the day on which it starts, by the team's clocks. How people
type days: `typed_days`; without a year, the end is the first such day from the beginning on.
"""

import re
from datetime import date, datetime, time, timedelta, tzinfo

import msgspec

from visitsafe.errors import UsageError
from visitsafe.record.entry import from_text, to_text
from visitsafe.text.typed_days import EXAMPLE, typed_day

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
        raise UsageError(f"the report would end on {end} and begin after that, on {begin}", hint=EXAMPLE)
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
