"""The vectors say what must happen; our program does it, and OpenSSH agrees about the signatures."""

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from record.openssh import OpenSSH
from vectors.make import FOLDER, files
from visitsafe.errors import VerificationError
from visitsafe.record.bodies import Gone
from visitsafe.record.entry import Entry, Verified, verify_entry
from visitsafe.state.fold import fold
from visitsafe.state.removed import RemovedError
from visitsafe.state.rules import Judged
from visitsafe.team.roster import Roster

VECTORS = sorted(FOLDER.glob("*.json"))


@dataclass
class Found:
    """What our program makes of a vector."""

    holds: bool = True
    status: str | None = None
    over: bool | None = None
    talked_over: bool | None = None
    removed: bool = False
    counted: set[str] = field(default_factory=set)
    said: list[str] = field(default_factory=list)


def loaded(path: Path) -> dict[str, Any]:
    vector: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return vector


def stored(vector: dict[str, Any]) -> list[Entry]:
    return [Entry(one["payload"].encode(), one["signature"]) for one in vector["entries"]]


def verified(entries: list[Entry], found: Found) -> list[Verified]:
    held = []
    for entry in entries:
        try:
            held.append(verify_entry(entry))
        except VerificationError as error:
            found.holds = False
            found.said.append(error.message)
    return held


def judged(vector: dict[str, Any]) -> Found:
    found = Found()
    held = verified(stored(vector), found)
    arrived = {entry.id: place for place, entry in enumerate(held)}
    team = [entry for entry in held if entry.content.plan == "team"]
    plan = [entry for entry in held if entry.content.plan == vector["plan"]]
    try:
        roster = Roster(team, vector["team"], arrived)
        found.said += roster.problems
        ill = [*roster.problems, *roster.notes]
        found.counted |= {one.id for one in team if not any(one.id[:12] in text for text in ill)}
        state = fold(vector["plan"], plan, roster, (), arrived, emptied(vector))
    except RemovedError as error:
        found.removed = True
        count(found, error.removed.problems, error.removed.judged)
        return found
    except VerificationError as error:
        found.said.append(error.message)
        return found
    found.status, found.over = str(state.status), bool(state.visit.closed)
    found.talked_over = not state.after.not_talked_over
    count(found, state.problems, state.judged)
    return found


def emptied(vector: dict[str, Any]) -> list[Gone]:
    """What a store has of entries whose content is gone: its columns."""
    return [Gone(**one) for one in vector.get("emptied", [])]


def count(found: Found, problems: tuple[str, ...], judged: tuple[Judged, ...]) -> None:
    found.said += [*problems, *(text for one in judged for text in (one.why_not, one.doubt))]
    found.counted |= {one.entry.id for one in judged if not one.why_not}


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_every_vector_gives_what_it_says(path: Path) -> None:
    vector = loaded(path)
    found, expect = judged(vector), vector["expect"]
    counts = [entry.id in found.counted for entry in stored(vector)]
    assert (found.holds, found.status, counts) == (expect["holds"], expect["status"], expect["counts"])
    assert expect.get("over", found.over) == found.over
    assert expect.get("talked_over", found.talked_over) == found.talked_over
    assert expect.get("removed", found.removed) == found.removed
    said = " / ".join(text for text in found.said if text)
    assert expect["problem"] in said if expect["problem"] else said == ""


def test_the_vectors_are_those_that_make_writes_byte_for_byte() -> None:
    assert {path.name: path.read_bytes().decode() for path in VECTORS} == files()


def keys(vector: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Fingerprint to public key line, as the team's entries name them; read without visitsafe."""
    for one in vector["entries"]:
        person = json.loads(one["payload"])["body"].get("person")
        if person:
            digest = hashlib.sha256(base64.b64decode(person["key"].split()[1])).digest()
            yield "SHA256:" + base64.b64encode(digest).decode().rstrip("="), person["key"]


SOUND = [path for path in VECTORS if loaded(path)["expect"]["holds"]]


@pytest.mark.parametrize("path", SOUND, ids=lambda path: path.stem)
def test_openssh_accepts_every_signature_of_a_vector_that_holds(path: Path, tmp_path: Path) -> None:
    vector, openssh = loaded(path), OpenSSH(OpenSSH.find(), tmp_path)
    lines = dict(keys(vector))
    for one in vector["entries"]:
        by = json.loads(one["payload"])["by"]
        assert openssh.accepts(one["payload"].encode(), one["signature"], lines[by])
