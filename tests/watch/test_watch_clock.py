"""What a watcher makes of its clocks: it never acts by an earlier time than before, and tells."""

from datetime import datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from story import NOW
from visitsafe.watch.clock import APART, Reading, first_reading, next_reading

EVERY = 10


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def rounds(*clocks: tuple[float, float], counts_sleep: bool = True) -> tuple[Reading, str | None]:
    """The last of some rounds after the first at 0, 0: seconds on the wall clock, seconds counted."""
    reading, said = first_reading(NOW, 0), None
    for wall, elapsed in clocks:
        reading, said = next_reading(reading, later(wall), elapsed, EVERY, counts_sleep=counts_sleep)
    return reading, said


@pytest.mark.parametrize("wall", [10, 12, 80, 100])
def test_clocks_that_agree_give_the_wall_clock_without_a_word(wall: float) -> None:
    reading, said = rounds((wall, 10))
    assert (reading.acted, said) == (later(wall), None)


def test_a_computer_that_slept_goes_on_by_the_wall_clock_and_tells_for_how_long() -> None:
    reading, said = rounds((3600, 3599))
    assert reading.acted == later(3600)
    assert said is not None
    assert "1 h 00 min" in said
    assert "slept" in said


def test_a_clock_put_forward_is_followed_so_that_steps_come_early_and_not_late() -> None:
    reading, said = rounds((3610, 10))
    assert reading.acted == later(3610)
    assert said is not None
    assert "forward by 1 h 00 min" in said
    assert "slept" not in said


def test_where_the_count_stops_in_sleep_a_jump_and_a_sleep_are_both_named() -> None:
    _, said = rounds((3610, 10), counts_sleep=False)
    assert said is not None
    assert "forward by 1 h 00 min, or the computer slept" in said


def test_a_clock_put_back_is_told_once_and_counted_on_until_it_has_caught_up() -> None:
    back, said = rounds((-3590, 10))
    assert back.acted == later(10)
    assert said is not None
    assert "back by 1 h 00 min" in said
    going_on, said = rounds((-3590, 10), (-3580, 20), (-3570, 30))
    assert (going_on.acted, said) == (later(30), None)
    caught_up, said = rounds((-3590, 10), (-3580, 20), (30, 30), (40, 40))
    assert (caught_up.acted, said) == (later(40), None)


def test_a_clock_that_stands_still_is_found_out_and_time_goes_on() -> None:
    stuck = [(0.0, 10.0 * number) for number in range(1, 60)]
    reading, _ = rounds(*stuck)
    assert reading.acted > later(500)
    told = [said for count in range(1, 60) if (said := rounds(*stuck[:count])[1])]
    assert len(told) == 1
    assert "stands still" in told[0]


CLOCKS = st.lists(st.tuples(st.integers(-9000, 9000), st.integers(0, 4000)), min_size=1, max_size=20)


@given(CLOCKS)
@example([(1971, 0), (1902, 1811), (3691, 1789)])
def test_time_goes_back_only_to_where_both_clocks_agree_and_is_never_behind_the_wall_clock(
    steps: list[tuple[int, int]],
) -> None:
    reading, elapsed = first_reading(NOW, 0), 0.0
    for wall, passed in steps:
        elapsed += passed
        before = reading
        reading, said = next_reading(before, later(wall), elapsed, EVERY)
        assert reading.acted >= later(wall)
        agree = abs(reading.wall - (before.steady + timedelta(seconds=passed))) <= APART
        assert reading.acted >= before.acted or (before.doubted and agree and said)
        jumped = abs((reading.wall - before.wall) - timedelta(seconds=passed)) > APART
        assert said or not jumped


def test_a_clock_that_is_back_where_it_was_after_a_false_jump_is_gone_by_again() -> None:
    ahead, _ = rounds((10, 10), (3 * 86_400, 20), (3 * 86_400 + 10, 30))
    assert ahead.apart
    assert ahead.acted == later(3 * 86_400 + 10)
    again, said = rounds((10, 10), (3 * 86_400, 20), (3 * 86_400 + 10, 30), (40, 40))
    assert (again.acted, again.apart) == (later(40), False)
    assert said is not None
    assert "back where it was" in said


def test_a_clock_that_was_put_forward_is_believed_for_good_after_an_hour() -> None:
    hour = [(7200.0 + 10 * number, 10.0 * number) for number in range(1, 363)]
    reading, _ = rounds(*hour)
    assert not reading.apart
    assert reading.acted == later(7200 + 3620)
    back, _ = rounds(*hour, (3630, 3630))
    assert back.acted >= reading.acted


def test_where_the_count_stops_in_sleep_nothing_is_taken_back() -> None:
    reading, _ = rounds((10, 10), (3610, 20), (30, 30), counts_sleep=False)
    assert reading.acted >= later(3610)
