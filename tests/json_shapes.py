"""What docs/json.md says about an object, and schemas that allow no more and no less than that."""

import re
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]

DOCUMENTED = (Path(__file__).parents[1] / "docs" / "json.md").read_text(encoding="utf-8")
TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
DAY = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"}
ENTRY = {"type": "string", "pattern": "^[0-9a-f]{64}$"}


def exactly(members: dict[str, Any]) -> dict[str, Any]:
    """An object with these members, all of them, and no other."""
    return {
        "type": "object",
        "properties": members,
        "required": list(members),
        "additionalProperties": False,
    }


def documented(title: str) -> set[str]:
    """The fields in the first columns of a section's tables."""
    section = DOCUMENTED.split(f"\n## {title}\n")[1].split("\n## ")[0]
    firsts = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    return {name for first in firsts for name in re.findall("`([a-z_]+)`", first)}


def check(shape: object, schema: dict[str, Any]) -> None:
    """Fail unless a shape is as the schema says."""
    jsonschema.Draft202012Validator(schema).validate(shape)


def names(shape: object) -> set[str]:
    """Every name of a member, however deep; ids that people choose are values here."""
    if isinstance(shape, dict):
        inner = (names(value) for name, value in shape.items() if name not in {"answers", "standing"})
        return {str(name) for name in shape}.union(*inner)
    return set().union(*(names(one) for one in shape)) if isinstance(shape, list) else set()
