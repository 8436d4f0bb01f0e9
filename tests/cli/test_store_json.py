"""`store info --json` and `doctor --json` print what docs/json.md says, no more and no less."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from office import NOW, Office, Someone
from postgres import Cluster
from sqlite_files import change

DOCUMENTED = (Path(__file__).parents[2] / "docs" / "json.md").read_text(encoding="utf-8")
TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
TEXT_OR_NULL = {"type": ["string", "null"]}
COUNT = {"type": "integer", "minimum": 0}
INFO = {
    "kind": {"enum": ["sqlite", "postgresql"]},
    "where": {"type": "string", "minLength": 1},
    "id": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
    "version": COUNT,
    "created": TIME,
    "entries": COUNT,
    "plans": COUNT,
    "open": COUNT,
    "position": COUNT,
    "chain": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    "received": {"anyOf": [TIME, {"type": "null"}]},
    "bytes": COUNT,
    "heartbeat": {"anyOf": [TIME, {"type": "null"}]},
    "moved_to": TEXT_OR_NULL,
    "being_filled_by": TEXT_OR_NULL,
    "warnings": {"type": "array", "items": {"type": "string"}},
}
FINDING = {
    "name": {"type": "string", "minLength": 1},
    "state": {"enum": ["ok", "look", "bad"]},
    "text": {"type": "string", "minLength": 1},
    "mend": {"type": "string"},
}


def exactly(members: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": members,
        "required": list(members),
        "additionalProperties": False,
    }


def documented(title: str) -> set[str]:
    """The fields in the first column of a section's table."""
    section = DOCUMENTED.split(f"\n## {title}\n")[1].split("\n## ")[0]
    firsts = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    return {name for first in firsts for name in re.findall("`([a-z_]+)`", first)}


def check(shape: object, schema: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator(schema).validate(shape)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_store_info_prints_the_documented_members(
    office: Office, cluster: Cluster, tmp_path: Path, kind: str
) -> None:
    assert documented("The store") == set(INFO)
    target = f"sqlite:///{tmp_path}/new.db"
    if kind == "postgresql":
        target = cluster.url(cluster.database(), "superuser")
    empty = Someone("mo", tmp_path / "empty", target)
    empty.done("store", "init")
    shown = empty.done("store", "info", "--json").json
    check(shown, exactly(INFO))
    assert (shown["kind"], shown["received"], shown["chain"]) == (kind, None, "0" * 64)
    office.countersigned()
    office.mo.run("watch", "--once")
    office.mo.done("store", "move", target)
    for someone in (office.mo, Someone("mo", office.mo.home, target)):
        shown = someone.done("store", "info", "--json").json
        check(shown, exactly(INFO))
        assert shown["entries"] == shown["position"] == 4
        assert (shown["moved_to"] is None) == (someone.store == target)
    assert (shown["heartbeat"], bool(shown["received"])) == (None, True)


def test_store_info_tells_a_copy_that_is_not_finished(office: Office) -> None:
    change(office.store, "INSERT INTO meta VALUES ('filling', 'store restore')")
    shown = office.mo.done("store", "info", "--json").json
    check(shown, exactly(INFO))
    assert shown["being_filled_by"] == "store restore"


def test_store_info_says_where_to_look_for_checkpoints(office: Office) -> None:
    assert "verify --against FILE" in office.mo.done("store", "info").out


def test_doctor_prints_the_documented_members(office: Office, tmp_path: Path) -> None:
    assert documented("Is everything in order?") == set(FINDING)
    schema = {"type": "array", "minItems": 1, "items": exactly(FINDING)}
    office.countersigned()
    away = Someone("sam", tmp_path / "away", "postgresql://desk@/none?host=/nonexistent")
    late = Someone("mo", office.mo.home, office.mo.store, NOW + timedelta(days=1))
    seen = set()
    for someone in (office.mo, office.sam, away, late):
        ran = someone.run("doctor", "--json")
        check(ran.json, schema)
        assert ran.code == any(one["state"] == "bad" for one in ran.json)
        assert all((one["state"] == "ok") == (one["mend"] == "") for one in ran.json)
        seen |= {one["state"] for one in ran.json}
    assert seen == {"ok", "look", "bad"}
