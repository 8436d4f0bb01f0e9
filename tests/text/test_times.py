"""Times as people type them: what is understood, what is refused, and that nothing is moved by a guess."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visitsafe.text.clock import duration, in_full, short
from visitsafe.text.times import TimeError, check_due_back, check_start, long_visit, parse_time

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
START = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
EVE_OF_WINTER = datetime(2026, 10, 24, 20, 0, tzinfo=UTC)
EVE_OF_SUMMER = datetime(2026, 3, 28, 20, 0, tzinfo=UTC)
ZONES = ["Europe/London", "Europe/Dublin", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"]

minutes_of_this_century = st.datetimes(
    min_value=datetime(2020, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds
    max_value=datetime(2037, 12, 31),  # noqa: DTZ001 - the same
    timezones=st.just(UTC),
).map(lambda at: at.replace(second=0, microsecond=0))


def understood(text: str, now: datetime = NOW, after: datetime | None = None) -> str:
    return f"{parse_time(text, now, LONDON, after).astimezone(LONDON):%d %b %Y %H:%M}"


def refused(text: str, now: datetime = NOW, after: datetime | None = None) -> str:
    with pytest.raises(TimeError) as caught:
        parse_time(text, now, LONDON, after)
    return caught.value.sentence


@pytest.mark.parametrize(
    "text",
    [
        *("15:30", "15.30", "3.30pm", "3:30 PM", "3.30 p.m.", "1530", "1530 hrs", "today 15:30"),
        *("15:30 today", "Today, at 3.30pm", "  TODAY   15:30 ", "mon 15:30", "on Monday at 15:30"),
        *("23 Nov 15:30", "23 November 2026 15:30", "15:30, 23rd of November", "Mon 23 Nov 15:30"),
        *("23/11 15:30", "23/11/2026 15:30", "23/11/26 15:30", "23.11.2026 15:30", "Nov 23 3.30pm"),
        *("2026-11-23 15:30", "2026-11-23T15:30", "2026-11-23t15:30:00z", "2026-11-23T16:30:00+01:00"),
        *("Monday 23 November 2026, 15:30 (GMT)", "15:30 gmt", "15:30 UTC", "\uff11\uff15:\uff13\uff10"),
    ],
)
def test_one_moment_can_be_typed_in_many_ways(text: str) -> None:
    assert parse_time(text, NOW, LONDON) == datetime(2026, 11, 23, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("now", "23 Nov 2026 08:00"),
        ("9am", "23 Nov 2026 09:00"),
        ("noon", "23 Nov 2026 12:00"),
        ("midday tomorrow", "24 Nov 2026 12:00"),
        ("tomorrow 9am", "24 Nov 2026 09:00"),
        ("12am tomorrow", "24 Nov 2026 00:00"),
        ("tomorrow 9 o'clock", "24 Nov 2026 09:00"),
        ("mon 10", "23 Nov 2026 10:00"),
        ("monday 07:00", "30 Nov 2026 07:00"),
        ("Tues 14:00", "24 Nov 2026 14:00"),
        ("sunday 9am", "29 Nov 2026 09:00"),
        ("5/1 10:00", "05 Jan 2027 10:00"),
        ("1 Jul 15:30", "01 Jul 2027 15:30"),
        ("2026-11-22 10:00", "22 Nov 2026 10:00"),
        ("yesterday 23:00", "22 Nov 2026 23:00"),
        ("07:57", "23 Nov 2026 07:57"),
    ],
)
def test_a_day_is_the_next_one_that_the_words_can_mean(text: str, meant: str) -> None:
    assert understood(text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("tonight 7pm", "23 Nov 2026 19:00"),
        ("tonight at 7", "23 Nov 2026 19:00"),
        ("7.30 tonight", "23 Nov 2026 19:30"),
        ("this evening at 6", "23 Nov 2026 18:00"),
        ("tomorrow morning 9", "24 Nov 2026 09:00"),
        ("tomorrow afternoon 3:30", "24 Nov 2026 15:30"),
        ("Friday evening 7", "27 Nov 2026 19:00"),
        ("3 in the afternoon", "23 Nov 2026 15:00"),
        ("Fri 15.30hrs", "27 Nov 2026 15:30"),
        ("15:30 h", "23 Nov 2026 15:30"),
        ("1530hrs", "23 Nov 2026 15:30"),
        ("in 2 hours", "23 Nov 2026 10:00"),
        ("in 90 minutes", "23 Nov 2026 09:30"),
        ("In an hour", "23 Nov 2026 09:00"),
        ("in half an hour", "23 Nov 2026 08:30"),
        ("in 1h30", "23 Nov 2026 09:30"),
        ("this friday 10am", "27 Nov 2026 10:00"),
        ("next monday 10:00", "30 Nov 2026 10:00"),
    ],
)
def test_a_time_is_understood_as_people_say_it(text: str, meant: str) -> None:
    assert understood(text) == meant


def test_next_is_understood_where_it_can_mean_one_day_only() -> None:
    assert understood("next tuesday 10am", datetime(2026, 11, 28, 8, 0, tzinfo=UTC)) == "01 Dec 2026 10:00"
    assert understood("next tuesday 10am", datetime(2026, 12, 1, 8, 0, tzinfo=UTC)) == "08 Dec 2026 10:00"
    assert refused("next tuesday 10am") == (
        "next Tuesday could be 24 November 2026 or 1 December 2026; type the date"
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("tonight 1am", "01:00 is not in the night; type the day"),
        ("tonight 00:30", "00:30 is not in the night"),
        ("tomorrow morning 3pm", "15:00 is not in the morning"),
        ("12 in the morning", "00:00 is not in the morning"),
        ("tonight", "type it like 15:30"),
        ("tonight 7:75", "is no time of day"),
    ],
)
def test_a_part_of_the_day_and_a_time_must_agree(text: str, says: str) -> None:
    assert says in refused(text)


def test_in_two_hours_counts_from_now_also_for_the_time_due_back() -> None:
    assert understood("in 2 hours", after=NOW + timedelta(hours=1)) == "23 Nov 2026 10:00"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("15:30", "23 Nov 2026 15:30"),
        ("+90", "23 Nov 2026 15:30"),
        ("+90m", "23 Nov 2026 15:30"),
        ("90 minutes", "23 Nov 2026 15:30"),
        ("+1h30", "23 Nov 2026 15:30"),
        ("1 hour and 30 min", "23 Nov 2026 15:30"),
        ("for 2 hours", "23 Nov 2026 16:00"),
        ("1h", "23 Nov 2026 15:00"),
        ("01:00", "24 Nov 2026 01:00"),
        ("02:00", "24 Nov 2026 02:00"),
        ("tomorrow 10:00", "24 Nov 2026 10:00"),
        ("monday 15:00", "23 Nov 2026 15:00"),
    ],
)
def test_due_back_is_on_the_day_of_the_start_or_in_the_night_after_it(text: str, meant: str) -> None:
    assert understood(text, after=START) == meant


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("07:00", "type tomorrow 07:00"),
        ("3:30", "type 3:30pm or 03:30"),
        ("tomorrow 3", "am or pm"),
        ("10", "am or pm"),
        ("15 nov 23", "am or pm"),
        ("today", "add the time"),
        ("23 Nov 2030", "add the time"),
        ("11/23 15:30", "the day comes before the month"),
        ("31/11 15:30", "there is no 31 November"),
        ("30 Feb 2027 10:00", "there is no 30 February; check the date"),
        ("29 Feb 2027 10:00", "there is no 29 February in 2027"),
        ("31 February", "there is no 31 February; check the date"),
        ("22 Nov 15:30", "22 November has just passed"),
        ("Mon 24 Nov 10:00", "24 November 2026 is not a Monday"),
        ("13pm", "type it like"),
        ("+90", "type the time itself"),
        ("24 Jul 15:30 gmt", "the clocks show BST"),
    ],
)
def test_what_could_be_meant_otherwise_is_refused_and_says_what_to_add(text: str, says: str) -> None:
    assert says in refused(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "banana", "midnight", "15:30 16:30", "15:30-16:30", "09:00-10:00"),
        *("2026-11-23 09:00-10:00", "23.11 15:30", "25:00", "15:60", "today 24:00", "today tomorrow 9am"),
        *("today 23/11 15:30", "2026-13-01T10:00:00Z", "2026-11-23T10:00:00+25:00", "first 15:30"),
        *("15:30 xyz", "+", "\u0663:30", "15:30 \x1b[31m", "1" * 5000, "9" * 90, "15:30" + " " * 200),
    ],
)
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    assert "type it like 15:30, tomorrow 9am or 23 Nov 15:30" in refused(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [("13:00", "before the start, 14:00"), ("+2", "type +2h or +2m"), ("+99999", "longer than a visit")],
)
def test_a_time_due_back_that_would_be_a_day_off_is_refused(text: str, says: str) -> None:
    assert says in refused(text, after=START)


def test_a_time_that_the_clocks_skip_is_refused() -> None:
    assert "clocks go forward that night and there is no 01:30" in refused("tomorrow 01:30", EVE_OF_SUMMER)
    assert understood("tomorrow 02:30", EVE_OF_SUMMER) == "29 Mar 2026 02:30"


def test_a_time_that_comes_twice_is_refused_until_it_says_which() -> None:
    assert "add BST or GMT" in refused("tomorrow 01:30", EVE_OF_WINTER)
    summer, winter = (datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1))
    for text in ("tomorrow 01:30 BST", "first 01:30 tomorrow", "Sunday 25 October 2026, 01:30 (BST)"):
        assert parse_time(text, EVE_OF_WINTER, LONDON) == summer
    for text in ("tomorrow 01:30 gmt", "tomorrow 01:30 second"):
        assert parse_time(text, EVE_OF_WINTER, LONDON) == winter


def test_a_length_counts_real_minutes_across_a_clock_change() -> None:
    before = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert parse_time("+120m", EVE_OF_WINTER, LONDON, before) == before + timedelta(minutes=120)


@given(at=minutes_of_this_century, now=minutes_of_this_century, name=st.sampled_from(ZONES))
def test_what_is_read_back_in_full_means_the_same_moment(at: datetime, now: datetime, name: str) -> None:
    zone = ZoneInfo(name)
    assert parse_time(in_full(at, zone), now, zone) == at


@given(minute=st.integers(0, 24 * 60), day=st.sampled_from([EVE_OF_SUMMER, EVE_OF_WINTER]))
def test_every_minute_of_a_night_with_a_clock_change_reads_back_as_itself(minute: int, day: datetime) -> None:
    at = day + timedelta(minutes=minute)
    assert parse_time(in_full(at, LONDON), day, LONDON) == at
    assert parse_time(short(at, LONDON, day), day, LONDON) == at


@given(
    text=st.text(max_size=40)
    | st.lists(
        st.sampled_from(
            [
                "today",
                "mon",
                "23",
                "nov",
                "/",
                ":",
                "30",
                "2026",
                "-",
                "+",
                "h",
                "pm",
                "utc",
                "z",
                "t",
                " ",
                ".",
            ]
        )
    ).map("".join),
    after=st.none() | st.just(START),
)
def test_no_text_raises_anything_but_a_time_error(text: str, after: datetime | None) -> None:
    try:
        at = parse_time(text, NOW, LONDON, after)
    except TimeError:
        return
    assert at.tzinfo is UTC
    assert (at.second, at.microsecond) == (0, 0)


def test_a_time_is_echoed_in_full_and_in_short() -> None:
    assert in_full(START, LONDON) == "Monday 23 November 2026, 14:00 (GMT)"
    assert in_full(START, ZoneInfo("Asia/Dubai")) == "Monday 23 November 2026, 18:00 (UTC+04:00)"
    shorts = [short(START + timedelta(days=days), LONDON, NOW) for days in (-1, 0, 1, 2, 40)]
    assert shorts == [
        *("yesterday 14:00", "today 14:00", "tomorrow 14:00", "Wed 25 Nov 14:00", "Sat 2 Jan 2027 14:00")
    ]


def test_a_length_is_said_in_hours_and_minutes() -> None:
    assert [duration(m) for m in (0, 45, 60, 90, 1500)] == ["0 min", "45 min", "1 h", "1 h 30 min", "25 h"]


@pytest.mark.parametrize(
    ("start", "out", "urgent", "says"),
    [
        (timedelta(minutes=-6), timedelta(hours=1), False, "the start has passed"),
        (timedelta(hours=-13), timedelta(hours=14), True, "more than 12 hours ago"),
        (timedelta(days=367), timedelta(hours=1), False, "more than a year ahead"),
        (timedelta(hours=1), timedelta(), False, "must be after the start"),
        (timedelta(hours=1), timedelta(hours=25), False, "more than 24 hours after the start"),
        (timedelta(hours=-3), timedelta(hours=2), True, "due back has already passed"),
    ],
)
def test_times_that_cannot_be_planned_are_refused(
    start: timedelta, out: timedelta, urgent: bool, says: str
) -> None:
    wrong = check_start(NOW + start, NOW, urgent=urgent)
    wrong = wrong or check_due_back(NOW + start, NOW + start + out, NOW)
    assert wrong is not None
    assert says in wrong


def test_only_an_urgent_visit_may_have_begun_since_any_other_could_not_be_countersigned() -> None:
    assert check_start(NOW + timedelta(minutes=1), NOW) is None
    for minutes in (0, 1, 5):
        wrong = check_start(NOW - timedelta(minutes=minutes), NOW)
        assert wrong == "the start has passed; type a time that is still to come"
    assert check_start(NOW - timedelta(hours=11), NOW, urgent=True) is None


def test_more_than_twelve_hours_away_asks_for_a_second_look() -> None:
    assert long_visit(START, START + timedelta(hours=12)) is None
    assert "13 h away" in (long_visit(START, START + timedelta(hours=13)) or "")
