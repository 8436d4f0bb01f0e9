"""A bundle's allowed_signers says exactly who may sign, whatever stands in the roster's record."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from visitsafe.exchange import bundle as bundling
from visitsafe.exchange.bundle import read_bundle
from visitsafe.membership.change import allowed_signers, principal
from visitsafe.record.bodies import Person
from visitsafe.record.entry import Entry
from visitsafe.record.ssh import generate, public_line
from visitsafe.team.people import Member
from visitsafe.team.roster import Roster
from visitsafe.text.files import zipped

GOOD = public_line(generate("mo", None, bytes(32)).public_line)
EVIL = public_line(generate("eve", None, bytes(range(32))).public_line)
SINCE = "2026-11-23T08:00:00Z"
OPTIONS = 'namespaces="visitsafe",valid-after="20261123080000Z"'


def roster(*people: Person) -> Roster:
    members = {str(n): Member(person, str(n), frozenset(), SINCE) for n, person in enumerate(people)}
    return cast("Roster", SimpleNamespace(known=members, team_id="0" * 64))


def test_each_member_gets_one_line() -> None:
    text = allowed_signers(roster(Person(name="Mo", email="mo@x.example", key=GOOD)))
    assert text == f"mo@x.example {OPTIONS} {GOOD}\n"


@pytest.mark.parametrize(
    "key", [f"{GOOD}\n* {EVIL}", f"{GOOD}\r* {EVIL}", "", "ssh-ed25519", "ssh-rsa AAAA", f"* {EVIL}"]
)
def test_a_key_that_is_more_than_a_key_adds_no_line(key: str) -> None:
    text = allowed_signers(
        roster(
            Person(name="Eve", email="eve@x.example", key=key),
            Person(name="Mo", email="mo@x.example", key=GOOD),
        )
    )
    assert text.count("\n") == len(text.splitlines()) <= 2
    assert "*" not in text
    assert EVIL not in text
    assert f"mo@x.example {OPTIONS} {GOOD}\n" in text


def test_an_e_mail_cannot_name_somebody_else_or_a_pattern() -> None:
    text = allowed_signers(roster(Person(name="Eve", email='mo@x.example,*\n" cert-authority', key=GOOD)))
    assert text.splitlines() == [f"mo@x.example+2c+2a+0a+22+20cert-authority {OPTIONS} {GOOD}"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("o'brien@x", "o_brien@x"),
        ("o'brien@x", "o+27brien@x"),
        ("zoë@x", "zoè@x"),
        ("a%2@x", "a=2@x"),
        ("", "+"),
    ],
)
def test_two_people_never_get_one_principal(one: str, other: str) -> None:
    assert principal(one) != principal(other)
    assert principal(one).split() == [principal(one)]


def test_the_readme_of_a_large_bundle_is_one_that_people_can_take_in(tmp_path: Path) -> None:
    team = roster(Person(name="Mo", email="mo@x.example", key=GOOD))
    entries = [
        SimpleNamespace(
            id=f"{number:064x}",
            content=SimpleNamespace(kind="notified", by="0", at=SINCE),
            entry=Entry(payload=b"{}", signature="s"),
        )
        for number in range(5000)
    ]
    files = bundling._files(team, cast("list[Any]", entries), "the record of a team")
    path = tmp_path / "b.zip"
    path.write_bytes(zipped(files))
    assert len(read_bundle(path).entries) == 5000
    text = files["README.txt"].decode()
    assert "There are 5000 entries" in text
    assert text.count("\nssh-keygen -Y") == text.count('\ncmd /c "ssh-keygen') > 1000
