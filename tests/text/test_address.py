"""Finding an address where somebody repeats it in other spelling, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visitsafe.text.redact import FEWEST, naming

ADDRESS = "14 Elm Court, Ordsall, Salford, M5 3XX"


def left(text: str, address: str = ADDRESS) -> str:
    return naming(address).sub("~", text)


@pytest.mark.parametrize(
    "said",
    [
        "14 Elm Court, Ordsall, Salford, M5 3XX",
        "14 Elm Court",
        "14  elm   COURT",
        "14, Elm Court",
        "14 Elm Ct",
        "14 Elm\nCrt",
        "Elm Court",
        "M5 3XX",
        "m53xx",
        "M5-3XX",
        "M5\u20113XX",
        "m5 3 xx",
        "M5_3XX",
        "M.5.3.X.X",
        "M5\u200b3X\u200bX",
        "14 Elm",
        "14Elm Court",
        "14-elm",
        "E\u200blm Cou\u00adrt",
        "14\u200b Elm\u2060 Court",
    ],
)
def test_each_usual_way_to_write_it_is_found(said: str) -> None:
    assert left(f"Park at ({said}) and ring.") == "Park at (~) and ring."


@pytest.mark.parametrize(
    "said",
    [
        "the family court",
        "Elm Courtyard",
        "M5 3XXL",
        "in Ordsall, M5",
        "salford-2011 7.2",
        "14 days",
        "114 Elm Avenue",
        "14 elms",
        "the elm by the door",
        "M5 is near, 3 xxx",
        "M5 (see below) 3XX",
        "procedures-2023",
    ],
)
def test_what_only_looks_like_it_stays(said: str) -> None:
    assert left(said) == said


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("Flat 2, 14 Elm Court", "Apt 2, 14 Elm Ct"),
        ("14\nElm Court", "14 Elm Court"),
        ("The Old Mill House, Mill Ln", "the old mill house"),
        ("3 O’Connell Street", "3 O’Connell St"),  # noqa: RUF001 - as telephones type it
        ("9 St. John's Rd", "9 St John's Road"),
        ("Flat 3, 14 Acacia Road", "flat 3"),
        ("Flat 3B, 14 Acacia Road", "Apt. 3b"),
        ("Flat 3, 14 Acacia Road", "14Acacia Road"),
        ("Flat 3, 14 Acacia Road", "14 acacia"),
        ("Flat 3 14 Acacia Road", "14 Acacia"),
        ("14 Acacia Road M5\u20113EQ", "M5 3EQ"),
        ("14 Aca\u200bcia Road", "14 Acacia Rd"),
    ],
)
def test_other_addresses(address: str, said: str) -> None:
    assert left(f"at {said}.", address) == "at ~."


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("14 High Street, Eccles", "14 high chairs"),
        ("3 The Grove", "3 the same"),
        ("Flat 3, 14 Acacia Road", "the flat, 30 flats, flat 4, flat 30"),
        ("Flat A, 14 Acacia Road", "a flat a mile away"),
        ("14 Acacia Road", "flat 14"),
        ("Unit E1, 2nd Floor, 5 Mill Lane", "E1 and 2nd"),
    ],
)
def test_ordinary_words_that_an_address_has_too_stay(address: str, said: str) -> None:
    assert left(said, address) == said


LONG = {
    "lines": "14 Acacia Road, " * 4_000,
    "words": "14 Acacia Road, " + "acacia " * 12_000,
    "numbers": "14 Acacia Road\n" + "".join(f"{number} Elm Court\n" for number in range(4_000)),
    "postcodes": "14 Acacia Road, " + "".join(f"M{at % 90 + 10} {at % 9}EQ " for at in range(6_000)),
    "one word": "14 Acacia Road, " + "a" * 60_000,
}


@pytest.mark.parametrize("name", LONG)
def test_of_an_address_of_thousands_of_words_no_more_is_looked_for_than_of_a_long_one(name: str) -> None:
    pattern = naming(LONG[name]).pattern
    assert len(pattern) < 20_000
    assert pattern.count("|") < 200
    assert left("at 14 Acacia Rd.", LONG[name]) == "at ~."


def test_the_postcode_after_long_directions_is_found() -> None:
    assert left("at M5 3EQ.", "14 Acacia Road, " + "past the school, " * 50 + "M5 3EQ") == "at ~."


@given(st.text(max_size=80))
def test_whatever_an_address_is_it_is_not_left_as_it_was_written(address: str) -> None:
    words = " ".join(address.split())
    assert len(words) < FEWEST or words not in left(f"at {words} today", address)
