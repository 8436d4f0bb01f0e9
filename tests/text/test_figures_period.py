"""The days of a report, as people type them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from visitsafe.errors import UsageError
from visitsafe.text.days import Period, period_of

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 12, 3, 9, 0, tzinfo=UTC)


def asked(first: str | None, last: str | None, now: datetime = NOW) -> tuple[str, str]:
    period = period_of(first, last, now, LONDON)
    return period.first.isoformat(), period.last.isoformat()


def test_without_days_it_is_the_last_full_month() -> None:
    assert asked(None, None) == ("2026-11-01", "2026-11-30")
    assert asked(None, None, datetime(2027, 1, 1, tzinfo=UTC)) == ("2026-12-01", "2026-12-31")


def test_today_is_the_teams_today() -> None:
    """Half past midnight in London's summer is still yesterday in UTC."""
    assert asked(None, None, datetime(2026, 6, 30, 23, 30, tzinfo=UTC)) == ("2026-06-01", "2026-06-30")


@pytest.mark.parametrize(
    "text",
    ["2026-11-01", "1 November", "1 Nov 2026", "November 1", "1st of November 2026", "1/11", "01/11/2026"],
)
def test_a_day_can_be_typed_in_several_ways(text: str) -> None:
    assert asked(text, "30 November") == ("2026-11-01", "2026-11-30")


def test_a_day_without_a_year_is_the_last_one_that_has_come() -> None:
    assert asked("24 December", None)[0] == "2025-12-24"
    assert asked("29 February", None)[0] == "2024-02-29"


def test_an_end_without_a_year_is_the_first_one_after_the_beginning() -> None:
    assert asked("1 December 2025", "31 January") == ("2025-12-01", "2026-01-31")
    assert asked("1 December", "31 December") == ("2026-12-01", "2026-12-31")


@pytest.mark.parametrize(("first", "last"), [("30 November", "1 November"), ("1 March 2025", "1 February")])
def test_an_end_before_the_beginning_is_not_taken_for_a_day_of_the_next_year(first: str, last: str) -> None:
    with pytest.raises(UsageError, match="comes before the first day") as refused:
        asked(first, last)
    assert "year" in str(refused.value.hint)


def test_a_long_time_that_is_surely_meant_is_not_refused() -> None:
    assert asked("1 March 2025", "2026-02-01") == ("2025-03-01", "2026-02-01")
    assert asked("1 March 2025", "today") == ("2025-03-01", "2026-12-03")
    assert asked("1 January", "31 December") == ("2026-01-01", "2026-12-31")


def test_with_one_day_only_it_goes_on_until_today_or_begins_with_the_month() -> None:
    assert asked("1 December", None) == ("2026-12-01", "2026-12-03")
    assert asked(None, "15 November") == ("2026-11-01", "2026-11-15")


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("soon", None),
        ("31 February", None),
        ("2026-13-01", None),
        ("2026-12-01", "2026-11-01"),
        ("1990-01-01", None),
        ("0001-01-01", None),
        ("2002-01-01", "2026-01-01"),
        ("", None),
        ("x" * 9999, None),
        ("\uff11/11", None),
        (None, "9999-12-31"),
    ],
)
def test_what_is_no_period_is_refused_with_an_example(first: str | None, last: str | None) -> None:
    with pytest.raises(UsageError) as refused:
        asked(first, last)
    assert refused.value.hint
    assert len(refused.value.message) < 120


def test_a_visit_belongs_to_the_day_by_the_teams_clocks() -> None:
    """In summer the last hour of a day in UTC is the next day in London."""
    june = Period(date(2026, 6, 1), date(2026, 6, 30), LONDON)
    assert (june.since, june.until) == ("2026-05-31T23:00:00Z", "2026-06-30T23:00:00Z")


def test_weeks_begin_on_mondays_and_the_first_with_the_period() -> None:
    november = Period(date(2026, 11, 1), date(2026, 11, 30), LONDON)  # a Sunday, and a Monday
    weeks = [day.isoformat() for day in november.weeks()]
    assert weeks == ["2026-11-01", "2026-11-02", "2026-11-09", "2026-11-16", "2026-11-23", "2026-11-30"]
    assert november.week_of("2026-11-01T10:00:00Z") == date(2026, 11, 1)
    assert november.week_of("2026-11-08T23:30:00Z") == date(2026, 11, 2)


def test_whole_months_are_known() -> None:
    assert Period(date(2026, 2, 1), date(2026, 3, 31), LONDON).whole_months
    assert not Period(date(2026, 2, 1), date(2026, 3, 30), LONDON).whole_months
