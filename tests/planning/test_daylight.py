"""Daylight at the agency's place: what is proposed, and the sentence that says why."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from visitsafe.errors import SettingsError
from visitsafe.planning.known import daylight
from visitsafe.record.bodies import Place

SALFORD = Place(name="Salford", latitude=53.483, longitude=-2.293, timezone="Europe/London")
TROMSO = Place(name="Troms\u00f8", latitude=69.65, longitude=18.96, timezone="Europe/Oslo")
AUCKLAND = Place(name="Auckland", latitude=-36.85, longitude=174.76, timezone="Pacific/Auckland")
FAIRBANKS = Place(name="Fairbanks", latitude=64.84, longitude=-147.72, timezone="America/Anchorage")


def november(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 23, hour, minute, tzinfo=UTC)


def near(at: datetime | None, expected: datetime) -> bool:
    return at is not None and abs(at - expected) < timedelta(minutes=2)


def test_sunrise_and_sunset_are_those_of_the_place_and_day() -> None:
    found = daylight(SALFORD, november(14), november(15, 30))
    assert near(found.sunrise, november(7, 49))
    assert near(found.sunset, november(16, 1))
    assert near(found.dusk, november(16, 41))


@pytest.mark.parametrize(
    ("start", "due_back", "answer", "words"),
    [
        (
            november(14),
            november(15, 30),
            "yes",
            "sets at 16:01 in Salford that day; you plan to be back at 15:30: in daylight.",
        ),
        (november(14), november(16, 10), "no", "back at 16:10: after sunset."),
        (november(14), november(17), "no", "back at 17:00: after dark."),
        (
            november(7),
            november(9),
            "no",
            "rises at 07:50 in Salford that day; you plan to start at 07:00: before daylight.",
        ),
        (november(15), november(23) + timedelta(hours=2), "no", "back at 01:00 the next day: after dark."),
        (november(18), november(23) + timedelta(hours=12), "no", "the next day: after dark."),
    ],
)
def test_only_a_visit_that_lies_between_sunrise_and_sunset_is_in_daylight(
    start: datetime, due_back: datetime, answer: str, words: str
) -> None:
    found = daylight(SALFORD, start, due_back)
    assert found.answer == answer
    assert found.sentence.endswith(words)


def test_the_minute_of_sunset_decides() -> None:
    sunset = daylight(SALFORD, november(14), november(15)).sunset
    assert sunset is not None
    second = timedelta(seconds=1)
    assert daylight(SALFORD, november(14), sunset - second).answer == "yes"
    assert daylight(SALFORD, november(14), sunset + second).answer == "no"


def test_times_are_shown_by_the_clocks_of_the_place() -> None:
    june = datetime(2026, 6, 21, 19, 0, tzinfo=UTC)
    assert "back at 21:00: in daylight" in daylight(SALFORD, june, june + timedelta(hours=1)).sentence


def test_where_the_sun_stays_up_or_down_all_day_the_answer_says_so() -> None:
    summer, winter = (datetime(2026, month, 21, 11, tzinfo=UTC) for month in (6, 12))
    night = daylight(TROMSO, summer + timedelta(hours=11), summer + timedelta(hours=12))
    assert (night.answer, night.sunset) == ("yes", None)
    assert night.sentence == "The sun does not set in Troms\u00f8 that day: in daylight."
    noon = daylight(TROMSO, winter, winter + timedelta(hours=1))
    assert (noon.answer, noon.sunset) == ("no", None)
    assert "no sunrise or sunset" in noon.sentence


def test_far_from_greenwich_the_day_is_the_local_one() -> None:
    midday = datetime(2026, 6, 21, 0, tzinfo=UTC)
    assert daylight(AUCKLAND, midday, midday + timedelta(hours=5)).answer == "yes"
    assert daylight(AUCKLAND, midday, midday + timedelta(hours=6)).answer == "no"


def test_a_sunset_after_midnight_belongs_to_the_day_before() -> None:
    evening = datetime(2026, 6, 22, 6, tzinfo=UTC)
    assert daylight(FAIRBANKS, evening, evening + timedelta(hours=2)).answer == "yes"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"timezone": "Europe/Nowhere"}, "no time zone 'Europe/Nowhere'"),
        ({"timezone": "../../etc/passwd"}, "no time zone"),
        ({"latitude": 530.0}, "not a place on earth"),
        ({"longitude": float("nan")}, "not a place on earth"),
    ],
)
def test_a_place_that_cannot_be_is_one_sentence(change: dict[str, object], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        daylight(replace(SALFORD, **change), november(14), november(15))
