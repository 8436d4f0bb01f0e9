from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from visitsafe.text.clock import clock, from_text

LONDON = ZoneInfo("Europe/London")
NOW = "2026-11-23T13:00:00Z"


@pytest.mark.parametrize(
    ("text", "beside", "shown"),
    [
        ("2026-11-23T13:40:00Z", NOW, "13:40"),
        ("2026-07-01T23:30:00Z", "2026-07-01T12:00:00Z", "Thu 2 Jul 00:30"),
        ("2027-11-23T13:40:00Z", NOW, "Tue 23 Nov 2027 13:40"),
        ("2026-10-25T01:30:00Z", "2026-10-25T09:00:00Z", "01:30 (GMT)"),
        ("2026-10-25T00:30:00Z", "2026-10-25T00:10:00Z", "01:30 (BST)"),
        ("2026-10-24T22:00:00Z", "2026-10-25T09:00:00Z", "Sat 24 Oct 23:00 (BST)"),
        ("gone", NOW, "gone"),
    ],
)
def test_a_time_is_told_with_all_that_keeps_it_from_being_mistaken(
    text: str, beside: str, shown: str
) -> None:
    assert clock(text, LONDON, beside) == shown
    assert clock(text, LONDON, from_text(beside)) == clock(text, LONDON, beside)


def test_a_time_that_no_clock_there_can_show_is_told_as_it_stands() -> None:
    late = "9999-12-31T23:58:00Z"
    assert clock(late, ZoneInfo("Pacific/Auckland"), datetime.fromisoformat("2026-11-23T13:00:00Z")) == late
