"""Times of the day as people under way read them: `13:40`, with the day only if it is another one. Pure.

Cheap to import, for the commands of the doorstep; how a time is typed and read back in full is in `times`.
"""

from datetime import datetime, tzinfo

from visitsafe.domain.entries import from_text


def clock(at: str, zone: tzinfo, now: datetime) -> str:
    """`13:40`, or `Tue 24 Nov 09:10` on another day; `01:30 (GMT)` in the hour that comes twice.

    Args:
        at: UTC text, as in the entries.
        zone: Whose clocks the person reads.
        now: Aware.
    """
    local, today = from_text(at).astimezone(zone), now.astimezone(zone).date()
    day = "" if local.date() == today else f"{local:%a} {local.day} {local:%b} "
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return f"{day}{local:%H:%M}" + (f" ({local:%Z})" if twice else "")


def minutes_between(earlier: str, later: datetime) -> int:
    """Whole minutes from a UTC text to a moment; negative if it is still to come."""
    return int((later - from_text(earlier)).total_seconds() // 60)
