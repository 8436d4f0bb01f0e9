"""Finding an address where somebody repeats it in other spelling, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visitsafe.domain.address import FEWEST, naming

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
    ],
)
def test_other_addresses(address: str, said: str) -> None:
    assert left(f"at {said}.", address) == "at ~."


@given(st.text(max_size=80))
def test_whatever_an_address_is_it_is_not_left_as_it_was_written(address: str) -> None:
    words = " ".join(address.split())
    assert len(words) < FEWEST or words not in left(f"at {words} today", address)
