"""References are read over the telephone: what is misheard is refused, what is said differently is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visitsafe.errors import NotFoundError
from visitsafe.record.refs import ALPHABET, FULL, SHORT, beginning, plan_id, reference

ids = st.binary(min_size=10, max_size=10).map(plan_id)
lengths = st.integers(SHORT, FULL)


def refused(heard: str) -> bool:
    try:
        beginning(heard)
    except NotFoundError:
        return True
    return False


def test_a_reference_is_short_and_in_fours() -> None:
    assert reference("K7Q2MABCDEFGHJKM") == "K7Q2-M9"
    assert plan_id(bytes(10)) == "0" * 16
    assert plan_id(b"\xff" * 10) == "Z" * 16


@given(ids, lengths)
def test_a_reference_leads_back_to_its_plan(plan: str, length: int) -> None:
    assert beginning(reference(plan, length)) == plan[:length]


@given(st.binary(min_size=10, max_size=10))
def test_a_plan_id_keeps_all_eighty_bits(random: bytes) -> None:
    number = 0
    for character in plan_id(random):
        number = number * 32 + ALPHABET.index(character)
    assert number.to_bytes(10) == random


def test_a_plan_id_is_never_made_from_too_little_chance() -> None:
    with pytest.raises(ValueError, match="10 bytes"):
        plan_id(b"123456789")


@given(ids, lengths)
def test_every_single_wrong_character_is_refused(plan: str, length: int) -> None:
    right = reference(plan, length).replace("-", "")
    for place, character in enumerate(right):
        for wrong in ALPHABET.replace(character, ""):
            assert refused(right[:place] + wrong + right[place + 1 :])


@given(ids, lengths)
def test_every_swap_of_two_neighbours_is_refused(plan: str, length: int) -> None:
    right = reference(plan, length).replace("-", "")
    for place in range(len(right) - 1):
        one, two = right[place], right[place + 1]
        if one != two:
            assert refused(right[:place] + two + one + right[place + 2 :])


@given(ids, st.data())
def test_how_it_is_said_does_not_matter(plan: str, data: st.DataObject) -> None:
    said = ""
    for character in reference(plan):
        alike = {"0": "0Oo", "1": "1IiLl"}.get(character, character + character.lower())
        said += data.draw(st.sampled_from(["", " ", "-", "\t"])) + data.draw(st.sampled_from(alike))
    assert beginning(f" {said}\n") == plan[:SHORT]


@pytest.mark.parametrize(
    "said", ["k7q2m9", "K7Q2 M9", "K-7-Q-2-M-9", "k7q2\u2013m9", "k7q2\u2011m9", "k7q2\u00a0m9"]
)
def test_a_reference_pasted_from_a_letter_is_understood(said: str) -> None:
    assert beginning(said) == "K7Q2M"


@pytest.mark.parametrize(
    "said", ["", "-", "K7Q2", "K7Q2-M", "K7Q2-MU", "K7Q2-M!", "K" * 18, "K7Q2-M\x1b[2J", "٤٤٤٤٤٤"]
)
def test_what_is_no_reference_is_refused_with_an_example(said: str) -> None:
    with pytest.raises(NotFoundError, match="is not a plan reference") as refusal:
        beginning(said)
    assert "K7Q2-M9" in str(refusal.value.hint)
    assert refusal.value.message.isprintable()


def test_a_misheard_reference_asks_to_hear_it_again() -> None:
    with pytest.raises(NotFoundError, match="has a wrong character in it") as refusal:
        beginning("K7Q3-M9")
    assert "again" in str(refusal.value.hint)


@given(st.text())
def test_no_text_brings_the_reader_down(said: str) -> None:
    try:
        assert len(beginning(said)) >= SHORT
    except NotFoundError as error:
        assert error.message.isprintable()  # noqa: PT017 (either outcome is right)
