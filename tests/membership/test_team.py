"""Changing the team at a desk: refused in words where it would not count, signed where it does."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from story import ADA, EVE, MO, NIA, NOW, SAM, SAM_AT_HOME, Actor, Story, begun
from visitsafe.desk import Desk, open_roster
from visitsafe.errors import KeyFileError, NotFoundError, NotPermittedError, UsageError
from visitsafe.membership import change as team
from visitsafe.record.bodies import AgreedBody, Person
from visitsafe.record.stored import Store
from visitsafe.record.terms import TEAM_STREAM, Role
from visitsafe.store.open import create_store

if TYPE_CHECKING:
    from visitsafe.record.ssh import Signer

MO_NEW = Actor("Mo Khan", "mo@example.org", key="new")


class Office:
    """A store with the team of a story, and desks at it."""

    def __init__(self, store: Store, story: Story) -> None:
        self.store, self.team_id = store, story.team[0].id
        store.append([entry.entry for entry in story.team], NOW, lambda _plan, _rows: None)

    def desk(self, who: Actor, minutes: int = 0) -> Desk:
        roster = open_roster(self.store, self.team_id)
        now = NOW + timedelta(minutes=minutes)
        return Desk(self.store, roster, now, roster.members.get(who.fingerprint), lambda: who.signer)

    def roles(self, who: Actor) -> set[str] | None:
        member = self.desk(ADA).roster.members.get(who.fingerprint)
        return None if member is None else {str(role) for role in member.roles}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    store = create_store(f"sqlite:///{tmp_path / 'store.sqlite3'}", NOW)
    yield Office(store, begun().added(SAM_AT_HOME, "practitioner"))
    store.close()


def test_an_admin_changes_the_roles_of_a_person_with_all_their_keys(office: Office) -> None:
    team.change_roles(office.desk(ADA), "Sam Okafor", [Role.DUTY, Role.PRACTITIONER])
    assert office.roles(SAM) == office.roles(SAM_AT_HOME) == {"duty", "practitioner"}


def test_roles_that_somebody_has_already_are_not_signed_again(office: Office) -> None:
    with pytest.raises(NotPermittedError, match="has these roles already"):
        team.change_roles(office.desk(ADA), "Mo Khan", [Role.MANAGER])


def test_an_admin_revokes_a_person_with_all_their_keys(office: Office) -> None:
    team.revoke(office.desk(ADA), "Sam Okafor", "Has left.")
    assert (office.roles(SAM), office.roles(SAM_AT_HOME)) == (None, None)
    assert office.desk(ADA).roster.problems == []


def test_one_key_is_revoked_by_its_fingerprint(office: Office) -> None:
    team.revoke(office.desk(ADA), SAM_AT_HOME.fingerprint, "Laptop stolen.")
    assert (office.roles(SAM), office.roles(SAM_AT_HOME)) == ({"practitioner"}, None)


def test_a_revocation_needs_a_reason(office: Office) -> None:
    with pytest.raises(NotPermittedError, match="needs a reason"):
        team.revoke(office.desk(ADA), "Mo Khan", " ")


def test_an_admin_with_two_keys_can_revoke_themselves_when_another_admin_is_left(office: Office) -> None:
    ada_again = Actor("Ada Founder", "ada@example.org", key="again")
    team.add(office.desk(ADA), ada_again.person, [Role.ADMIN])
    team.change_roles(office.desk(ADA, 1), "Mo Khan", [Role.ADMIN, Role.MANAGER])
    team.revoke(office.desk(ADA, 2), "Ada Founder", "I am leaving.")
    assert (office.roles(ADA), office.roles(ada_again), office.roles(MO)) == (
        None,
        None,
        {"admin", "manager"},
    )


@pytest.mark.parametrize("who", ["Ada Founder", ADA.fingerprint])
def test_the_last_admin_is_not_revoked_and_keeps_the_role(office: Office, who: str) -> None:
    with pytest.raises(NotPermittedError, match="last admin"):
        team.revoke(office.desk(ADA), who, "Has left.")
    with pytest.raises(NotPermittedError, match="last admin"):
        team.change_roles(office.desk(ADA), who, [Role.MANAGER])
    assert office.roles(ADA) == {"admin"}


@pytest.mark.parametrize("by", [SAM, MO], ids=["practitioner", "manager"])
def test_only_an_admin_changes_the_team_and_is_named(office: Office, by: Actor) -> None:
    desk = office.desk(by)
    for refused in (
        lambda: team.add(desk, EVE.person, [Role.DUTY]),
        lambda: team.change_roles(desk, "Nia Price", [Role.DUTY]),
        lambda: team.revoke(desk, "Nia Price", "Because."),
        lambda: team.replace_lost(desk, "Mo Khan", MO_NEW.person),
        lambda: team.agree(desk, AgreedBody(keep_days=1)),
    ):
        with pytest.raises(NotPermittedError, match="only an admin") as error:
            refused()
        assert error.value.hint == "ask one of: Ada Founder"
    assert len(office.store.history(TEAM_STREAM)) == 5


def test_somebody_revoked_can_do_nothing_more(office: Office) -> None:
    team.revoke(office.desk(ADA), "Mo Khan", "Has left.")
    with pytest.raises(NotPermittedError, match="not in this team"):
        team.agree(office.desk(MO), AgreedBody(keep_days=1))


def test_a_revoked_key_is_not_taken_in_again(office: Office) -> None:
    team.revoke(office.desk(ADA), "Mo Khan", "Has left.")
    with pytest.raises(NotPermittedError, match="never comes back"):
        team.add(office.desk(ADA, 1), MO.person, [Role.MANAGER])
    team.add(office.desk(ADA, 2), MO_NEW.person, [Role.MANAGER])
    assert office.roles(MO_NEW) == {"manager"}


def test_a_member_replaces_their_own_key(office: Office) -> None:
    team.replace_own(office.desk(MO), MO_NEW.signer, seal="age1mo")
    assert (office.roles(MO), office.roles(MO_NEW)) == (None, {"manager"})
    assert office.desk(ADA).roster.members[MO_NEW.fingerprint].person == Person(
        name="Mo Khan", email="mo@example.org", key=MO_NEW.signer.public_line, seal="age1mo"
    )


class Mute:
    """A signer that signs with another key than it says."""

    public_line = MO_NEW.signer.public_line
    fingerprint = MO_NEW.fingerprint

    def sign(self, payload: bytes) -> str:
        return EVE.signer.sign(payload)


def test_a_new_key_that_does_not_sign_is_not_taken(office: Office) -> None:
    broken: Signer = Mute()
    with pytest.raises(KeyFileError, match="does not sign"):
        team.replace_own(office.desk(MO), broken)
    assert office.roles(MO) == {"manager"}


def test_an_admin_replaces_a_lost_key(office: Office) -> None:
    assert team.replace_lost(office.desk(ADA), "Mo Khan", MO_NEW.person).fingerprint == MO.fingerprint
    assert (office.roles(MO), office.roles(MO_NEW)) == (None, {"manager"})


def test_which_of_two_keys_is_lost_has_to_be_said(office: Office) -> None:
    new = Actor("Sam Okafor", "sam@example.org", key="new").person
    with pytest.raises(UsageError, match="several keys"):
        team.replace_lost(office.desk(ADA), "Sam Okafor", new)
    team.replace_lost(office.desk(ADA), SAM.fingerprint, new)
    assert (office.roles(SAM), office.roles(SAM_AT_HOME)) == (None, {"practitioner"})


def test_a_key_is_not_replaced_by_somebody_elses(office: Office) -> None:
    with pytest.raises(NotPermittedError, match=r"eve@example.com, and the old one of mo@example.org"):
        team.replace_lost(office.desk(ADA), "Mo Khan", EVE.person)
    with pytest.raises(NotPermittedError, match="in the team already"):
        team.replace_lost(office.desk(ADA), "Mo Khan", NIA.person)


def test_what_the_team_agrees_on_is_kept(office: Office) -> None:
    team.agree(office.desk(ADA), AgreedBody(desk_phone="0161 555 0100"))
    team.agree(office.desk(ADA, 1), AgreedBody(keep_days=2555))
    settings = office.desk(ADA).roster.settings
    assert (settings.desk_phone, settings.keep_days) == ("0161 555 0100", 2555)


@pytest.mark.parametrize("nothing", [AgreedBody(), AgreedBody(keep_days=0)], ids=["nothing", "no days"])
def test_nothing_is_not_agreed_on(office: Office, nothing: AgreedBody) -> None:
    with pytest.raises(UsageError):
        team.agree(office.desk(ADA), nothing)


def test_nobody_is_guessed(office: Office) -> None:
    with pytest.raises(NotFoundError):
        team.revoke(office.desk(ADA), "Moe", "Because.")


def test_a_join_line_carries_the_seal_recipient() -> None:
    person = Person(name="Mo Khan", email="mo@example.org", key=MO.signer.public_line, seal="age1mo")
    assert team.read_join_line(team.join_line(person, MO.signer)) == person


@pytest.mark.parametrize("name", ["", " ", "Mo\u202e", "Mo\x1b[2J", "M" * 201])
def test_a_join_line_with_a_name_that_cannot_be_seen_is_refused(name: str) -> None:
    person = Person(name=name, email="mo@example.org", key=MO.signer.public_line)
    with pytest.raises(UsageError, match="cannot be seen"):
        team.read_join_line(team.join_line(person, MO.signer))
