"""Days as people type them into a form: one day or a sentence, and never a guess between two."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visitsafe.text.days import DayError, day_of, is_done, said

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
"""A Monday afternoon."""


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2026-12-01", "2026-12-01"),
        ("1 December", "2026-12-01"),
        ("1/12", "2026-12-01"),
        ("1.12.2026", "2026-12-01"),
        ("1 March", "2027-03-01"),
        ("Friday", "2026-11-27"),
        ("Monday", "2026-11-23"),
        ("tomorrow", "2026-11-24"),
        ("in 4 weeks", "2026-12-21"),
        ("two weeks' time", "2026-12-07"),
        ("in a fortnight", "2026-12-07"),
        ("in 3 months", "2027-02-23"),
        ("1 December 2025", "2025-12-01"),
    ],
)
def test_a_day_is_read_as_people_say_it(typed: str, meant: str) -> None:
    assert day_of(typed, NOW, LONDON) == meant


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("next Friday", "next Friday could be 27 November 2026 or 4 December 2026; type the date"),
        ("soon", "is not a day"),
        ("5", "is not a day"),
        ("", "is not a day"),
        ("31 November", "there is no 31 November"),
        ("Friday 1 December", "is not a Friday"),
        ("1 December 15:30", "only the day"),
        ("22 November", "has passed"),
        ("in 90 months", "more than five years"),
        ("30/13", "there is no month 13"),
    ],
)
def test_what_is_no_day_or_could_be_two_gets_a_sentence(typed: str, why: str) -> None:
    with pytest.raises(DayError, match=why):
        day_of(typed, NOW, LONDON)


def test_for_what_has_been_a_day_without_a_year_is_the_last_one() -> None:
    assert day_of("22 November", NOW, LONDON, past=True) == "2026-11-22"
    assert day_of("Friday", NOW, LONDON, past=True) == "2026-11-20"
    assert day_of("today", NOW, LONDON, past=True) == "2026-11-23"
    with pytest.raises(DayError, match="still to come"):
        day_of("in 4 weeks", NOW, LONDON, past=True)


def test_after_midnight_in_summer_the_day_is_that_of_the_reader() -> None:
    late = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    assert day_of("today", late, LONDON) == "2026-07-02"


def test_in_a_month_from_the_31st_is_the_end_of_a_shorter_month() -> None:
    assert day_of("in a month", datetime(2027, 1, 31, 9, tzinfo=UTC), LONDON) == "2027-02-28"


@given(st.dates(date(2020, 1, 1), date(2031, 1, 1)))
def test_a_day_in_full_is_read_back_as_the_same_day(day: date) -> None:
    assert day_of(said(day.isoformat()), NOW, LONDON) == day.isoformat()
    assert day_of(day.isoformat(), NOW, LONDON) == day.isoformat()


@given(
    st.text(max_size=40)
    | st.from_regex(r"(in )?[0-9]{1,3} (day|month|week)s?|[0-9/. -]{1,12}", fullmatch=True)
)
def test_any_text_is_a_real_day_or_a_sentence(typed: str) -> None:
    try:
        found = day_of(typed, NOW, LONDON)
    except DayError:
        return
    assert date.fromisoformat(found).isoformat() == found


def test_done_is_done_with_or_without_a_day_and_nothing_else_is() -> None:
    assert is_done("Done on 3 December")
    assert is_done(" done")
    assert not is_done("not done")
    assert not is_done("donegal")
