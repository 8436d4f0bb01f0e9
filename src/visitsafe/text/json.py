"""JSON from what code has: members of an object by their own names. Pure."""

from typing import Any

import msgspec


def members(value: Any, names: str) -> dict[str, Any]:
    """Some members of an object under their own names; one with a question mark is None where it is empty."""
    found: dict[str, Any] = {}
    for name in names.split():
        bare = name.removesuffix("?")
        found[bare] = getattr(value, name) if bare == name else getattr(value, bare, None) or None
    return found


def plain(value: Any) -> Any:
    """Structs, tuples and enumerations as JSON has them."""
    return msgspec.json.decode(msgspec.json.encode(value))
