"""Telephone numbers: what can be rung, what is kept for examples, and what a slip makes of either."""

import pytest

from visitsafe.text.phones import PhoneError, telephone


@pytest.mark.parametrize(
    "number",
    # Ofcom's numbers for drama: nobody has them, so tests, documents and training use them.
    ["0161 496 0000", "020 7946 0999", "0113 496 0123", "0191 498 0123", "01632 960123", "07700 900123",
     "0808 157 0123", "029 2018 0123", "028 9649 0123", "03069 990123"],
)  # fmt: skip
def test_numbers_for_drama_and_examples_pass(number: str) -> None:
    digits = number.replace(" ", "")
    for typed in (number, digits, f"+44{digits[1:]}", f"0044 {digits[1:]}", f"+44 (0){digits[1:]}"):
        assert telephone(typed).replace(" ", "") == digits


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("0161 555 0100", "0161 555 0100"),
        ("0161.496.0000", "0161 496 0000"),
        ("0800 1111", "0800 1111"),
        ("0300 123 4567", "0300 123 4567"),
        ("0161 496 0000 ext. 12", "0161 496 0000 ext. 12"),
        ("0161 496 0000 Extension 12", "0161 496 0000 ext. 12"),
        ("0161 496 0000#12", "0161 496 0000 ext. 12"),
        ("01614960000,12", "0161 496 0000 ext. 12"),
        ("tel:+441614960000", "0161 496 0000"),
        ("\u0660\u0661\u0666\u0661 \u0664\u0669\u0666 \u0660\u0660\u0660\u0660", "0161 496 0000"),
        ("\u202a0161 496 0000\u202c", "0161 496 0000"),
        ("+1 202-555-0143", "+1 202-555-0143"),
    ],
)
def test_a_number_is_read_in_its_usual_form_and_that_form_again(typed: str, read: str) -> None:
    assert telephone(typed) == read
    assert telephone(read) == read


@pytest.mark.parametrize(
    "typed",
    ["", "1", "49", "999", "112", "101", "9 9 9", "999 ext. 4", "0161 49", "0161 496 000", "0161 496 00000",
     "0161 496 O000", "l0161 496 0000", "07700 90012", "0161 496 0000 (Mo)", "0161 496 0000 / 0161 496 0001",
     "+999 1234567", "0" * 200, "+", "ext. 12", "call me"],
)  # fmt: skip
def test_what_nobody_can_ring_is_refused_with_a_reason(typed: str) -> None:
    with pytest.raises(PhoneError) as error:
        telephone(typed)
    assert error.value.sentence


def test_numbers_without_a_country_are_those_of_the_teams() -> None:
    assert telephone("01 234 5678", "IE") == "(01) 234 5678"
    assert telephone("0161 496 0000", "no country") == "0161 496 0000"
