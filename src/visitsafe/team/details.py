"""The worker's own tracing details: what somebody needs who has to find them at night (7.2; D4).

Rules: the values are for those who are entitled to open them. They are in no repr, no error and no JSON of
ours; every sentence here that names a fault leaves out the value. What is not known stays empty.
Encryption is in `visitsafe.record.seal`; who may open is told by `sealed`.
"""

import difflib
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import msgspec

from visitsafe.errors import UsageError, VerificationError
from visitsafe.text.clean import clean
from visitsafe.text.clock import from_text, to_text
from visitsafe.text.phones import PhoneError, telephone

LABELS: Mapping[str, str] = MappingProxyType(
    {
        "home-address": "Home address",
        "home-phone": "Home telephone",
        "mobile": "Mobile number",
        "mobile-network": "Mobile network",
        "car-make": "Car make and model",
        "car-colour": "Car colour",
        "car-registration": "Car registration",
        "next-of-kin": "Next of kin, or whom to ring about you",
        "next-of-kin-phone": "Their telephone number",
        "recognise": "How to recognise you",
        "emergency": "Worth knowing in an emergency (only what you want known)",
    }
)
"""The questions in the order asked, by the names that `--set` and files use."""
LONGEST = 400
_MOST_BYTES = 1 << 16
_TELEPHONES = frozenset({"home-phone", "mobile", "next-of-kin-phone"})
_OF_SEVERAL_LINES = frozenset({"home-address", "recognise", "emergency"})


class Details(msgspec.Struct, frozen=True, kw_only=True, rename="kebab", omit_defaults=True):
    """A worker's tracing details. Its repr shows none of them.

    Attributes:
        name: Whose they are, as the team knows them; empty in the worker's own file.
        given: UTC, when the worker last looked all of them over.
    """

    name: str = ""
    given: str = ""
    home_address: str = ""
    home_phone: str = ""
    mobile: str = ""
    mobile_network: str = ""
    car_make: str = ""
    car_colour: str = ""
    car_registration: str = ""
    next_of_kin: str = ""
    next_of_kin_phone: str = ""
    recognise: str = ""
    emergency: str = ""

    def __repr__(self) -> str:
        return "Details(not shown)"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return []

    @property
    def values(self) -> dict[str, str]:
        """What is known, by name, in the order asked."""
        every = {name: str(getattr(self, _field(name))) for name in LABELS}
        return {name: value for name, value in every.items() if value}

    @property
    def empty(self) -> tuple[str, ...]:
        """The names of what is not known."""
        return tuple(name for name in LABELS if name not in self.values)


def changed(details: Details, values: Mapping[str, str]) -> Details:
    """The details with these values, which are clean already; "" takes one out."""
    return msgspec.structs.replace(details, **{_field(name): value for name, value in values.items()})


def cleaned(name: str, raw: str, country: str = "", called: str = "this") -> str:
    """A value without anything that cannot be seen; a telephone number as it is usually written.

    Args:
        name: Which detail.
        raw: As typed.
        country: Whose telephone numbers are meant where none is named.
        called: What an error calls the value: quoted where the person has just typed it.

    Raises:
        UsageError: There is no such detail, it is too long, or it is no telephone number.
    """
    if name not in LABELS:
        near = difflib.get_close_matches(name, LABELS, n=1)
        hint = f"do you mean {near[0]}?" if near else "there are: " + ", ".join(LABELS)
        raise UsageError("there is no tracing detail of that name", hint=hint)
    value = clean(raw, lines=name in _OF_SEVERAL_LINES)
    if len(value) > LONGEST:
        raise UsageError(
            f"{LABELS[name]}: {called} is {len(value)} characters long, and at most {LONGEST} fit",
            hint="make it shorter",
        )
    if value and name in _TELEPHONES:
        try:
            return telephone(value, country)
        except PhoneError as error:
            raise UsageError(
                f"{LABELS[name]}: {called} is not a telephone number", hint=error.sentence
            ) from None
    return value


def to_bytes(details: Details) -> bytes:
    """The details as they are sealed: JSON on several lines, for whoever opens it with `age` alone."""
    return msgspec.json.format(msgspec.json.encode(details), indent=2)


def from_bytes(opened: bytes) -> Details:
    """The details that were sealed.

    Raises:
        VerificationError: The bytes are none. No part of them is in the sentence or behind it.
    """
    try:
        details = msgspec.json.decode(opened, type=Details) if len(opened) <= _MOST_BYTES else None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        details = None
    if details is None:
        raise VerificationError("what was sealed opens, but holds no tracing details")
    return details


def valid_until(given: str, days: int | None) -> str:
    """The UTC time after which details given then are old; empty if that is not known."""
    try:
        return to_text(from_text(given) + timedelta(days=days)) if days else ""
    except VerificationError:
        return ""


def is_old(valid: str, now: datetime) -> bool:
    """Whether details that were good until then are past their date."""
    return bool(valid) and valid < to_text(now)


def _field(name: str) -> str:
    return name.replace("-", "_")
