"""Telephone numbers as people type them, in the spelling in which they are usually read. Pure.

A number counts if it can be in use, by what the library `phonenumbers` knows of each country's numbers, or
if the regulator keeps it for drama and examples: a digit that is missing or an O for a 0 is found when it is
typed, and not when somebody rings at night (docs/adr/0027). What stands in an entry is never looked at.
"""

import re

from visitsafe.text.clean import clean

HOME = "GB"
"""The country whose numbers are meant if the team has agreed on no other."""
LONGEST = 60
_EXTENSION = re.compile(
    r"(?:[,;]?\s*(?:extension|extn?\.?|x)|[,;#])\s*(?P<digits>[0-9]{1,7})$", re.IGNORECASE
)
# Ofcom, "Telephone numbers for use in TV and radio drama programmes". The library knows those in area codes.
_DRAMA = re.compile(r"\+44(?:7700900[0-9]{3}|1632960[0-9]{3}|3069990[0-9]{3}|9098790[0-9]{3})")


class PhoneError(ValueError):
    """A text is no telephone number; `sentence` says why, without the text."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def telephone(raw: str, country: str = "") -> str:
    """The number that a person means, as it is usually written: `0161 496 0000 ext. 12`, `+353 1 234 5678`.

    Args:
        raw: As typed.
        country: Whose numbers are meant where none is named: two letters; `HOME` if empty or unknown.

    Raises:
        PhoneError: It is no number that could be rung.
    """
    import phonenumbers
    from phonenumbers.shortnumberinfo import is_emergency_number

    country = country if is_country(country) else HOME
    text = clean(raw)
    found = _EXTENSION.search(text)
    main = (text[: found.start()] if found else text).removeprefix("tel:").strip()
    if any(one.isalpha() for one in main):
        raise PhoneError("it has letters in it; type digits, and 0 for a letter O")
    if is_emergency_number(main, country):
        raise PhoneError("that number is for emergencies")
    try:
        if len(text) > LONGEST:
            raise PhoneError("it is too long for one number")
        number = phonenumbers.parse(main, country)
    except phonenumbers.NumberParseException as error:
        raise PhoneError(f"type it like {example(country)}") from error
    how = phonenumbers.is_possible_number_with_reason(number)
    if how in {phonenumbers.ValidationResult.TOO_LONG, phonenumbers.ValidationResult.INVALID_LENGTH}:
        raise PhoneError("it has a digit too many, or is more than one number")
    if how != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise PhoneError(f"it is too short; type all of it with the area code, like {example(country)}")
    exact = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if not phonenumbers.is_valid_number(number) and not _DRAMA.fullmatch(exact):
        raise PhoneError("no such number can be in use; read it again digit by digit")
    own = number.country_code == phonenumbers.country_code_for_region(country)
    form = phonenumbers.PhoneNumberFormat
    written = phonenumbers.format_number(number, form.NATIONAL if own else form.INTERNATIONAL)
    return f"{written} ext. {found['digits']}" if found else written


def is_country(country: str) -> bool:
    """Whether these two letters are a country that has telephone numbers, such as `GB` or `IE`."""
    import phonenumbers

    return country in phonenumbers.SUPPORTED_REGIONS


def example(country: str) -> str:
    """A number of that country, to show how one is typed."""
    import phonenumbers

    if country == HOME:
        return "0161 496 0000"
    shown = phonenumbers.example_number(country)
    form = phonenumbers.PhoneNumberFormat.NATIONAL
    return phonenumbers.format_number(shown, form) if shown else "+44 161 496 0000"
