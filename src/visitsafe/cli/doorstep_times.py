"""The times that are typed at a doorstep: `13:40` is the nearest one that makes sense, never a guess beyond.

What happened lies behind; what is to come lies ahead. A clock change is said and not guessed at (`times`).
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from visitsafe.errors import UsageError
from visitsafe.text.clock import to_text
from visitsafe.text.times import EXAMPLE, PAST, TimeError, parse_time, read, tidy, time_in_form

NEAR = timedelta(hours=12)
"""A time without its day lies no further off than this."""
LONGEST = timedelta(hours=24)


def happened(text: str, now: datetime, zone: ZoneInfo) -> str:
    """When something happened, by what was typed; UTC text, empty for now.

    Raises:
        UsageError: It is no time, or it is still to come.
    """
    at = _near(text, now, zone, (0, -1))
    if at > now:
        raise UsageError(
            f"{text[:40]!r} is still to come, so it has not happened yet", hint="leave out --at for now"
        )
    return to_text(at)


def until(text: str, now: datetime, zone: ZoneInfo) -> str:
    """A new time due back, by what was typed; UTC text.

    Raises:
        UsageError: It is no time, has passed, or is more than 24 hours away.
    """
    return _ahead(_near(text, now, zone, (0, 1)), text, now)


def longer(text: str, due_back: datetime, now: datetime, zone: ZoneInfo) -> str:
    """A new time due back: so much later than agreed, or than now if that has passed; UTC text.

    Raises:
        UsageError: It is no length of time, none at all, or leads more than 24 hours ahead.
    """
    since = max(due_back, now)
    hint = "say how much longer, like 30m or 1h30"
    if not any(unit in text.casefold() for unit in "hm") or ":" in text:
        raise UsageError(f"{text[:40]!r} is no length of time", hint=hint)
    try:
        at = parse_time(text, now, zone, after=since)
    except TimeError as error:
        raise UsageError(error.sentence, hint=hint) from error
    if at <= since:
        raise UsageError(f"{text[:40]!r} is no longer than agreed", hint=hint)
    return _ahead(at, text, now)


def _ahead(at: datetime, text: str, now: datetime) -> str:
    if at <= now:
        raise UsageError(
            f"{text[:40]!r} has passed", hint=f"type a time that is still to come, like {EXAMPLE}"
        )
    if at - now > LONGEST:
        raise UsageError(f"{text[:40]!r} is more than 24 hours away", hint="plan a visit for each day")
    return to_text(at)


def _near(text: str, now: datetime, zone: ZoneInfo, days: Sequence[int]) -> datetime:
    """The time that is meant: without a day, on the first of these days on which it makes sense."""
    try:
        words = tidy(text)
        if words == "now" or words.startswith("in "):
            return parse_time(text, now, zone)
        spoken = read(words, zone)
        dated = spoken.calendar is not None and not spoken.calendar["year"]
        if days[1] < 0 and (dated or (spoken.weekday is not None and spoken.calendar is None)):
            return time_in_form(text, now, zone, PAST)  # a day without a year is the last such day
        if spoken.calendar or spoken.weekday is not None or spoken.near is not None:
            return parse_time(text, now, zone)
        today = now.astimezone(spoken.zone).date()
        first, other = (today + timedelta(days=step) for step in days)
        return _either(text, now, zone, first, other)
    except (TimeError, OverflowError) as error:
        sentence = error.sentence if isinstance(error, TimeError) else "that is no time"
        how = f"type it like {EXAMPLE}"
        raise UsageError(sentence.removesuffix(f"; {how}"), hint=how) from error


def _either(text: str, now: datetime, zone: ZoneInfo, first: date, other: date) -> datetime:
    """On the first day if that lies on the right side of now; else on the other, if that is not far off."""
    at = parse_time(f"{first.isoformat()} {text}", now, zone)
    ahead = other > first
    if (at > now) == ahead:
        return at
    try:
        far = parse_time(f"{other.isoformat()} {text}", now, zone)
    except TimeError:
        return at
    return far if abs(far - now.astimezone(UTC)) <= NEAR else at
