"""Founding a team when two people do it at once, or the computer stops in between."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from by_hand import signer
from office import NOW, Office, Someone
from visitsafe.desk import team_named
from visitsafe.errors import NotFoundError, NotPermittedError
from visitsafe.membership.change import found, founded_by, founding_body
from visitsafe.record.bodies import FoundedBody, Person
from visitsafe.record.ssh import Signer
from visitsafe.store.open import create_store, open_store


class Meanwhile:
    """A key that takes its time: something else happens while it signs."""

    def __init__(self, key: Signer, happens: "Someone") -> None:
        self.key, self.happens = key, happens
        self.fingerprint, self.public_line = key.fingerprint, key.public_line

    def sign(self, payload: bytes) -> str:
        with closing(open_store(self.happens.store)) as store:
            found(store, signer(self.happens), team_of(self.happens), NOW)
        return self.key.sign(payload)


def team_of(who: Someone) -> FoundedBody:
    person = Person(name=who.name, email=f"{who.name}@x.example", key=signer(who).public_line)
    return founding_body(f"{who.name}'s team", person, [], None)


@pytest.fixture
def two(tmp_path: Path) -> tuple[Someone, Someone]:
    """Two people with keys and one empty store."""
    office = Office(tmp_path)
    office.key(office.sam)
    office.key(office.mo)
    create_store(office.mo.store, NOW).close()
    return office.mo, office.sam


def test_of_two_who_found_at_once_one_is_refused(two: tuple[Someone, Someone], tmp_path: Path) -> None:
    mo, sam = two
    with closing(open_store(mo.store)) as store, pytest.raises(NotPermittedError, match="has a team already"):
        found(store, Meanwhile(signer(mo), sam), team_of(mo), NOW)
    with closing(sqlite3.connect(tmp_path / "store.sqlite3")) as raw:
        assert raw.execute("SELECT count(*) FROM entries").fetchone() == (1,)


def test_founding_again_with_the_same_key_gives_the_same_team(two: tuple[Someone, Someone]) -> None:
    """The computer stopped between the commit and the pin."""
    mo, sam = two
    with closing(open_store(mo.store)) as store:
        first = found(store, signer(mo), team_of(mo), NOW)
        assert found(store, signer(mo), team_of(mo), NOW).id == first.id
        assert founded_by(store, signer(sam).fingerprint) is None
        with pytest.raises(NotPermittedError):
            found(store, signer(sam), team_of(sam), NOW)
        assert store.head()[0] == 1


def test_a_team_is_named_by_twelve_characters_of_its_id(two: tuple[Someone, Someone]) -> None:
    mo, _ = two
    with closing(open_store(mo.store)) as store:
        team = found(store, signer(mo), team_of(mo), NOW).id
        assert team_named(store, f" {team[:12].upper()}\n") == team
        for wrong in (team[:11], "", "0" * 12, team + "0"):
            with pytest.raises(NotFoundError):
                team_named(store, wrong)
