"""Times as entries write them and as people read them: `13:40`, `Monday 23 November 2026, 15:30`. Pure.

Entries have UTC text, people their own clocks; a time that is no time is shown as it stands. Beside a date
or the present a time needs no day (`clock`); what may be read later and elsewhere always has one (`short`).
Cheap to import, for the commands of the doorstep: how a typed time is read is in `times`. The
computer's language plays no part.
"""

import re
from datetime import UTC, date, datetime, timedelta, tzinfo

from visitsafe.errors import VerificationError
from visitsafe.text.clean import things

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


_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}Z")


def to_text(at: datetime) -> str:
    """An aware time as it stands in entries: UTC, whole seconds, `2026-11-23T15:30:00Z`."""
    if at.tzinfo is None:
        raise ValueError("times are aware")
    return at.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def from_text(text: str) -> datetime:
    """The aware UTC time that an entry's text names.

    Raises:
        VerificationError: It is not such a time.
    """
    try:
        if not _TIME.fullmatch(text):
            raise ValueError(text)
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise VerificationError(f"an entry's time is not a UTC time: {text[:40]!r}") from error


NEAR_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}


EARLIEST, LATEST = "2000", "9000"


def is_time(text: str) -> bool:
    """Whether a text is a UTC time within what every clock can show."""
    try:
        from_text(text)
    except VerificationError:
        return False
    return EARLIEST < text < LATEST


def is_well_timed(start: str, due_back: str) -> bool:
    """Whether a visit's times are well formed, in order, and within what every clock can show."""
    return is_time(start) and is_time(due_back) and start < due_back


def is_day(text: str) -> bool:
    """Whether a text is a day, `2026-11-23`, within what every calendar can show."""
    return len(text) == len("2026-11-23") and is_time(f"{text}T00:00:00Z")


def moments(naive: datetime, zone: tzinfo) -> list[datetime]:
    """When the clocks show this: once, never as they go forward, or twice as they go back."""
    readings = [naive.replace(tzinfo=zone, fold=fold) for fold in (0, 1)]
    real = [at for at in readings if at.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == naive]
    return real[:1] if len({at.utcoffset() for at in real}) == 1 else real


def day_in_full(day: date) -> str:
    """`23 November 2026`."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def _label(local: datetime) -> str:
    """`GMT`; the distance from UTC where the zone has no letters or one name for both sides of a change."""
    name = local.tzname() or ""
    twins = moments(local.replace(tzinfo=None, fold=0), local.tzinfo or UTC)
    if name.isalpha() and sum(at.tzname() == name for at in twins) == 1:
        return name
    offset = f"{local:%z}"
    return f"UTC{offset[:3]}:{offset[3:5]}"


def in_full(at: datetime, zone: tzinfo) -> str:
    """`Monday 23 November 2026, 15:30 (GMT)`, which `parse_time` reads back as the same moment."""
    local = at.astimezone(zone)
    return f"{DAYS[local.weekday()]} {day_in_full(local.date())}, {local:%H:%M} ({_label(local)})"


def short(at: datetime, zone: tzinfo, now: datetime) -> str:
    """`today 15:30`, `tomorrow 09:00` or `Mon 23 Nov 15:30`; the year only if it is another one.

    For what may be read later and elsewhere; beside a date or the present time see `local_clock.clock`.
    """
    local, today = at.astimezone(zone), now.astimezone(zone)
    near = {number: word for word, number in NEAR_DAYS.items()}.get((local.date() - today.date()).days)
    day = near or short_day(local, today)
    twice = len(moments(local.replace(tzinfo=None, fold=0), zone)) > 1
    return f"{day} {local:%H:%M}" + (f" ({_label(local)})" if twice else "")


def duration(minutes: int) -> str:
    """`1 h 30 min`, `45 min`, `2 h`."""
    hours, rest = divmod(abs(minutes), 60)
    parts = [f"{hours} h"] * bool(hours) + [f"{rest} min"] * (bool(rest) or not hours)
    return ("-" if minutes < 0 else "") + " ".join(parts)


MOST_MINUTES = 7 * 24 * 60


TWO_HOURS = 120


MONTHS_FROM, YEARS_FROM = timedelta(days=60), timedelta(days=730)


A_MONTH, A_YEAR = timedelta(days=30.4), timedelta(days=365.25)


def day(text: str, zone: tzinfo) -> str:
    """`Monday 23 November 2026`."""
    local = local_time(text, zone)
    return f"{DAYS[local.weekday()]} {day_in_full(local)}" if local else text


def date_only(text: str, zone: tzinfo) -> str:
    """`23 November 2026`."""
    local = local_time(text, zone)
    return day_in_full(local) if local else text


def moment(text: str, zone: tzinfo) -> str:
    """`Monday 23 November 2026, 15:30 (GMT)`."""
    local = local_time(text, zone)
    return in_full(local, zone) if local else text


def span(start: str, end: str, zone: tzinfo) -> str:
    """`Monday 23 November 2026, 15:30 to 16:30`, with the second day if it is another one."""
    first, last = local_time(start, zone), local_time(end, zone)
    if first is None or last is None:
        return f"{start} to {end}"
    until = f"{last:%H:%M}" if first.date() == last.date() else f"{day(end, zone)}, {last:%H:%M}"
    if first.utcoffset() != last.utcoffset():
        return f"{in_full(first, zone)} to {in_full(last, zone)}"
    return f"{day(start, zone)}, {first:%H:%M} to {until}"


def short_span(start: str, end: str, zone: tzinfo) -> str:
    """`Mon 23 Nov 15:30-16:30`, for lists."""
    first, last = local_time(start, zone), local_time(end, zone)
    if first is None or last is None:
        return f"{start} - {end}"
    until = f"{last:%H:%M}" if first.date() == last.date() else f"{short_day(last)} {last:%H:%M}"
    return f"{short_day(first)} {first:%H:%M}-{until}"


def hour(due_back: str, minutes: int, zone: tzinfo) -> str:
    """`16:45 (15 minutes after)`; a step of the ladder beside the time due back."""
    distance = (
        f"{abs(minutes)} minutes {'before' if minutes < 0 else 'after'}" if minutes else "when due back"
    )
    local = local_time(due_back, zone)
    if local is None or abs(minutes) > MOST_MINUTES:
        return distance
    return f"{(local.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(zone):%H:%M} ({distance})"


def minutes_from(earlier: str, later: str) -> int:
    """Whole minutes from one UTC text to another; 0 if they are not in order or no times."""
    try:
        return max(0, int((from_text(later) - from_text(earlier)).total_seconds()) // 60)
    except VerificationError:
        return 0


def in_minutes(minutes: int) -> str:
    """`1 minute`, `45 minutes`, `2 hours 5 minutes`, `3 days 4 hours`."""
    if minutes < 1:
        return "less than a minute"
    days, rest = divmod(minutes, 24 * 60)
    hours, left = divmod(rest, 60) if minutes >= TWO_HOURS else (0, rest)
    parts = ((days, "day"), (hours, "hour"), (left if not days else 0, "minute"))
    return " ".join(things(number, word) for number, word in parts if number)


def age(given: str, now: datetime) -> str:
    """`today`, `12 days ago`, `8 months ago`, `2 years ago`."""
    try:
        past = now - from_text(given)
    except VerificationError:
        return f"given {given}"
    if past < timedelta(days=1):
        return "today" if past >= timedelta() else "in the future"
    if past >= YEARS_FROM:
        return f"{past // A_YEAR} years ago"
    if past >= MONTHS_FROM:
        return f"{past // A_MONTH} months ago"
    return f"{things(past.days, 'day')} ago"


def exactly(text: str) -> str:
    """A time to the second for the record: `2026-11-23 15:30:00 UTC`."""
    return text.replace("T", " ").replace("Z", " UTC")


def exactly_and_local(text: str, zone: tzinfo) -> str:
    """`2026-07-01 23:30:00 UTC (Thu 2 Jul 00:30 BST)`: for the record, beside the clocks of the reader."""
    local = local_time(text, zone)
    return f"{exactly(text)} ({short_day(local)} {local:%H:%M} {local.tzname()})" if local else exactly(text)
