"""A clock that is thousands of years off: it is said, and nothing is reckoned with it."""

from datetime import UTC, datetime

import pytest

from office import Office


@pytest.mark.parametrize("year", [1, 1969, 9001, 9999])
@pytest.mark.parametrize(
    "words",
    [
        ("board", "--plain"),
        ("list",),
        ("watch", "--once"),
        ("plan", "--answers", "FILE", "--yes"),
        ("extend", "--by", "30m"),
        ("ok",),
        ("verify",),
        (),
    ],
)
def test_a_clock_of_another_age_is_said_in_one_sentence(
    office: Office, year: int, words: tuple[str, ...]
) -> None:
    office.plan()
    office.at(datetime(year, 1, 1, tzinfo=UTC))
    ran = office.mo.run(*(office.answers() if word == "FILE" else word for word in words))
    assert (ran.code, "Traceback" in ran.err) == (1, False)
    assert f"says that it is the year {year}" in ran.err
