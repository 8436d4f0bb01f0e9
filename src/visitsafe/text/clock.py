"""Times of the day as people read them beside another time: `13:40`, with the day if it is another. Pure.

For whatever is read beside a date or at once: screens, pages, cards. What may be read later and elsewhere,
such as a message, always has its day (`times.short`). Cheap to import, for the commands of the doorstep; how
a time is typed and read back in full is in `times`. The computer's language plays no part.
"""

from datetime import datetime, tzinfo

from visitsafe.errors import VerificationError
from visitsafe.record.entry import from_text

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def clock(text: str, zone: tzinfo, beside: datetime | str) -> str:
    """`13:40`; `Tue 24 Nov 09:10` on another day; `01:30 (GMT)` by other clocks, or where it comes twice.

    Args:
        text: UTC text, as in the entries; one that is no time is shown as it stands.
        zone: Whose clocks the person reads.
        beside: The moment beside which it is read, aware or as UTC text: most often now.
    """
    local = local_time(text, zone)
    near = local_time(beside, zone) if isinstance(beside, str) else beside.astimezone(zone)
    if local is None or near is None:
        return text
    date = "" if local.date() == near.date() else f"{short_day(local, near)} "
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    named = f" ({local:%Z})" if twice or local.utcoffset() != near.utcoffset() else ""
    return f"{date}{local:%H:%M}{named}"


def short_day(local: datetime, near: datetime | None = None) -> str:
    """`Tue 24 Nov`; the year too, if it is another one than that of `near`."""
    year = "" if near is None or local.year == near.year else f" {local.year}"
    return f"{DAYS[local.weekday()][:3]} {local.day} {MONTHS[local.month - 1][:3]}{year}"


def local_time(text: str, zone: tzinfo) -> datetime | None:
    """A UTC text by somebody's clocks; None if it is no time that these can show."""
    try:
        return from_text(text).astimezone(zone)
    except (VerificationError, OverflowError):
        return None


def minutes_between(earlier: str, later: datetime) -> int:
    """Whole minutes from a UTC text to a moment; negative if it is still to come."""
    return int((later - from_text(earlier)).total_seconds() // 60)
