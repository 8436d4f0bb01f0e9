"""Small things that several commands say alike."""

from zoneinfo import ZoneInfo

from visitsafe.domain.entries import from_text
from visitsafe.domain.times import in_full


def when(text: str, zone: ZoneInfo) -> str:
    """An entry's UTC time as a person in a time zone would say it."""
    return in_full(from_text(text), zone)
