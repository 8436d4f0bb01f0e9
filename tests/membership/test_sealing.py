"""Who can open the tracing details in a plan, in which order things happen, and what the record shows."""

import base64
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from story import ADA, EVE, MO, NIA, NOW, SAM, SAM_AT_HOME, Actor, Story, begun, hostile_visit, visit
from visitsafe.desk import Desk, open_roster, summariser
from visitsafe.errors import NotFoundError, NotPermittedError, VerificationError
from visitsafe.membership.change import change_roles, revoke
from visitsafe.membership.details import (
    key_for,
    open_details,
    reseal,
    seal_details,
    seal_to,
    to_reseal,
    unlocked_once,
    unseal_from,
)
from visitsafe.planning.decide import check_openable
from visitsafe.record.bodies import OpenedBody, ResealedBody, Sealed
from visitsafe.record.kinds import Kind
from visitsafe.record.seal import Identity, identity_of, new_identity, seal, unseal
from visitsafe.record.ssh import Signer
from visitsafe.record.terms import Role, Status
from visitsafe.state.entry_words import sealed_words
from visitsafe.state.sealed import SealedDetails, names
from visitsafe.store.open import create_store
from visitsafe.team.details import Details, from_bytes, is_old, to_bytes, valid_until
from visitsafe.text.clock import to_text

ZOE = Actor("Zoe Ward", "zoe@example.org")
GIVEN = NOW - timedelta(days=12)
DETAILS = Details(mobile="07700 900123", next_of_kin="Ada Okafor", given=to_text(GIVEN))


def sealed(*to: Actor, details: Details = DETAILS, valid: str = "") -> Sealed:
    """Details as an entry holds them, sealed to these people's keys."""
    age = seal(to_bytes(details), [actor.signer.public_line for actor in to])
    return Sealed(
        age=base64.b64encode(age).decode(),
        to=tuple(actor.fingerprint for actor in to),
        given=details.given,
        valid_until=valid,
    )


def planned(*to: Actor, **changes: Any) -> Story:
    return begun().planned(body=hostile_visit(sealed=sealed(*to), **changes))


def found(story: Story) -> SealedDetails:
    assert story.state.sealed is not None
    return story.state.sealed


def unlock(signer: Signer) -> Sequence[Identity]:
    return [identity_of(signer)]  # type: ignore[arg-type]  # the actors' signers hold their keys


class Room:
    """A store with a story in it, at which people sit down."""

    def __init__(self, folder: Path, story: Story) -> None:
        self.story = story
        self.store = create_store(f"sqlite:///{folder}/store.sqlite3", NOW)
        self.store.append([one.entry for one in story.team], NOW, lambda _stream, _rows: None)
        self.store.append([one.entry for one in story.entries], NOW, summariser(story.roster))

    def desk(self, who: Actor, now: datetime = NOW + timedelta(hours=9)) -> Desk:
        roster = open_roster(self.store, self.story.team[0].id)
        return Desk(self.store, roster, now, roster.members.get(who.fingerprint), lambda: who.signer)

    def kinds(self) -> list[str]:
        return [row.kind for row in self.store.history(self.story.plan)]


# who


def test_details_are_sealed_to_managers_and_duty_officers_and_not_to_the_worker(tmp_path: Path) -> None:
    room = Room(tmp_path, begun().added(ZOE, "duty"))
    made = seal_details(room.desk(SAM), DETAILS, 182)
    assert made is not None
    assert set(made.to) == {MO.fingerprint, NIA.fingerprint, ZOE.fingerprint}
    for who in (MO, NIA, ZOE):
        opened = from_bytes(unseal_from(made, [identity_of(who.signer)]))
        assert (opened.mobile, opened.name) == (DETAILS.mobile, "Sam Okafor")
    for who in (SAM, ADA, EVE):
        with pytest.raises(VerificationError):
            unseal_from(made, [identity_of(who.signer)])


def test_people_who_left_or_changed_jobs_are_not_sealed_to(tmp_path: Path) -> None:
    room = Room(tmp_path, begun().added(ZOE, "duty"))
    revoke(room.desk(ADA), "Nia Price", "has left")
    change_roles(room.desk(ADA), "Zoe Ward", [Role.PRACTITIONER])
    made = seal_details(room.desk(SAM), DETAILS, 182)
    assert made is not None
    assert made.to == (MO.fingerprint,)


def test_somebody_who_left_cannot_open_what_was_sealed_to_them(tmp_path: Path) -> None:
    room = Room(tmp_path, planned(MO, NIA))
    revoke(room.desk(ADA), "Nia Price", "has left")
    state = room.desk(MO).plan(room.story.plan)
    with pytest.raises(NotPermittedError, match="not in this team"):
        open_details(room.desk(NIA), state, "curious", unlock)
    assert room.kinds() == ["planned"]
    assert state.sealed is not None
    assert names(state.sealed.openers) == "Mo Khan"


def test_a_managers_own_details_are_not_sealed_to_their_other_key(tmp_path: Path) -> None:
    made = seal_details(Room(tmp_path, begun().added(SAM_AT_HOME, "manager")).desk(SAM), DETAILS, None)
    assert made is not None
    assert SAM_AT_HOME.fingerprint not in made.to
    assert made.valid_until == ""


def test_where_there_is_nobody_else_nothing_is_sealed(tmp_path: Path) -> None:
    from story import founded

    room = Room(tmp_path, founded(roles=("manager",)))
    assert seal_details(room.desk(ADA), DETAILS, 182) is None


def test_a_key_that_cannot_decrypt_is_left_out_and_an_age_recipient_is_used(tmp_path: Path) -> None:
    own = new_identity()
    member = begun().roster.members[MO.fingerprint]
    assert key_for(member) == MO.signer.public_line
    aged = msgspec.structs.replace(member, person=msgspec.structs.replace(member.person, seal=own.recipient))
    hardware = msgspec.structs.replace(
        member, person=msgspec.structs.replace(member.person, key="sk-ssh-ed25519@openssh.com AAAA")
    )
    assert key_for(aged) == own.recipient
    assert key_for(hardware) == ""
    assert seal_to([aged], b"x", "", "").to == (MO.fingerprint,)


def test_whoever_joined_later_cannot_open_until_it_is_sealed_again(tmp_path: Path) -> None:
    room = Room(tmp_path, planned(MO, NIA).added(ZOE, "manager"))
    state = room.desk(ZOE).plan(room.story.plan)
    assert names(found(room.story).others) == "Zoe Ward"
    with pytest.raises(NotPermittedError, match="not sealed to your key") as caught:
        open_details(room.desk(ZOE), state, "why", unlock)
    assert "Mo Khan, Nia Price" in str(caught.value.hint)
    assert room.kinds() == ["planned"]

    assert [plan.ref for plan in to_reseal(room.desk(NIA))] == [state.ref]
    done = reseal(room.desk(NIA), state, "Zoe is new", unlock)
    assert done.sealed is not None
    assert names(done.sealed.openers) == "Mo Khan, Nia Price, Zoe Ward"
    assert room.kinds() == ["planned", "opened", "resealed"]
    opened = open_details(room.desk(ZOE), done, "not back", unlock)
    assert (opened.details.mobile, opened.by) == (DETAILS.mobile, "Nia Price")
    assert to_reseal(room.desk(NIA)) == []


def test_the_workers_own_copy_is_preferred_to_one_sealed_again(tmp_path: Path) -> None:
    forged = sealed(MO, details=Details(mobile="somebody else's"))
    story = planned(MO, NIA)
    again = ResealedBody(of=story.state.version.id, sealed=forged, reason="?")
    room = Room(tmp_path, story.entry(NIA, Kind.RESEALED, again))
    opened = open_details(room.desk(MO), room.story.state, "not back", unlock)
    assert (opened.details.mobile, opened.by) == (DETAILS.mobile, "")


@pytest.mark.parametrize("who", [SAM, ADA, EVE])
def test_only_managers_and_duty_officers_open(tmp_path: Path, who: Actor) -> None:
    room = Room(tmp_path, planned(MO, SAM, ADA, EVE))
    with pytest.raises(NotPermittedError):
        open_details(room.desk(who), room.story.state, "curious", unlock)
    assert room.kinds() == ["planned"]


def test_a_companion_who_is_a_manager_may_open(tmp_path: Path) -> None:
    room = Room(tmp_path, planned(MO, visit=visit(companions=(MO.companion,))))
    assert open_details(room.desk(MO), room.story.state, "parted in town", unlock).details == DETAILS


def test_a_plan_without_details_says_so(tmp_path: Path) -> None:
    room = Room(tmp_path, begun().planned())
    with pytest.raises(NotFoundError, match="no tracing details"):
        open_details(room.desk(MO), room.story.state, "not back", unlock)
    assert room.story.state.sealed is None


# in which order


def test_the_opening_is_on_the_disk_before_anything_is_decrypted(tmp_path: Path) -> None:
    damaged = msgspec.structs.replace(sealed(MO), age=base64.b64encode(b"damaged").decode())
    room = Room(tmp_path, begun().planned(body=hostile_visit(sealed=damaged)))
    with pytest.raises(VerificationError, match="damaged, or meant for another key"):
        open_details(room.desk(MO), room.story.state, "not back", unlock)
    assert room.kinds() == ["planned", "opened"]
    entry = room.desk(MO).plan(room.story.plan).judged[-1]
    assert entry.body == OpenedBody(of=room.story.state.version.id, reason="not back")
    assert entry.why_not == ""


@pytest.mark.parametrize("age", ["", "not base64!", "AAAA"])
def test_damaged_details_give_one_sentence_and_name_who_else_to_ring(tmp_path: Path, age: str) -> None:
    broken = msgspec.structs.replace(sealed(MO, NIA), age=age)
    room = Room(tmp_path, begun().planned(body=hostile_visit(sealed=broken)))
    with pytest.raises(VerificationError) as caught:
        open_details(room.desk(MO), room.story.state, "not back", unlock)
    assert caught.value.hint == "ring one of: Nia Price"


def test_what_opens_but_holds_no_details_is_told_without_its_text(tmp_path: Path) -> None:
    strange = msgspec.structs.replace(
        sealed(MO), age=base64.b64encode(seal(b'{"mobile": 7}', [MO.signer.public_line])).decode()
    )
    room = Room(tmp_path, begun().planned(body=hostile_visit(sealed=strange)))
    with pytest.raises(VerificationError, match="holds no tracing details") as caught:
        open_details(room.desk(MO), room.story.state, "not back", unlock)
    assert caught.value.__cause__ is None


def test_a_key_is_unlocked_once_for_all_that_a_command_does(tmp_path: Path) -> None:
    room = Room(tmp_path, planned(MO, NIA))
    asked: list[int] = []

    def signer() -> Signer:
        asked.append(1)
        return MO.signer

    desk = unlocked_once(msgspec.structs.replace(room.desk(MO), signer=signer))
    reseal(desk, room.story.state, "Zoe is new", unlock)
    assert room.kinds() == ["planned", "opened", "resealed"]
    assert asked == [1]


# what the record says


def test_opening_and_resealing_never_change_where_a_plan_stands() -> None:
    story = planned(MO, NIA)
    opened = OpenedBody(of=story.state.version.id, reason="not back")
    again = ResealedBody(of=story.state.version.id, sealed=sealed(MO), reason="new key")
    for before in (story, story.decided(), story.decided("refuse"), story.withdrawn()):
        after = before.entry(NIA, Kind.OPENED, opened).entry(NIA, Kind.RESEALED, again)
        assert after.state.status is before.state.status
        assert after.state.decision == before.state.decision
        assert [one.why_not for one in after.state.judged[-2:]] == ["", ""]
    assert story.entry(NIA, Kind.OPENED, opened).decided().state.status is Status.COUNTERSIGNED


@pytest.mark.parametrize("who", [SAM, ADA])
def test_an_opening_by_somebody_who_may_not_is_kept_and_does_not_count(who: Actor) -> None:
    story = planned(MO)
    of = story.state.version.id
    story = story.entry(who, Kind.OPENED, OpenedBody(of=of, reason="curious"))
    story = story.entry(who, Kind.RESEALED, ResealedBody(of=of, sealed=sealed(who), reason="curious"))
    reasons = [one.why_not for one in story.state.judged[-2:]]
    assert reasons == ["its author was not a manager or duty officer when it was made"] * 2
    assert len(found(story).copies) == 1


def test_an_opening_names_sealed_details_that_are_there() -> None:
    bare = begun().planned()
    story = bare.entry(MO, Kind.OPENED, OpenedBody(of=bare.state.version.id, reason="?"))
    assert "no sealed details" in story.state.judged[-1].why_not


def test_a_new_version_without_details_leaves_the_earlier_ones_to_be_opened(tmp_path: Path) -> None:
    story = planned(MO, NIA).revised()
    assert found(story).earlier
    assert "in an earlier version" in sealed_words(found(story), NOW)
    assert open_details(Room(tmp_path, story).desk(NIA), story.state, "not back", unlock).details == DETAILS
    assert not found(story.revised(body=hostile_visit(nonce="", sealed=sealed(MO)))).earlier


# countersigning


def test_a_plan_whose_details_nobody_now_can_open_is_not_countersigned() -> None:
    check_openable(begun().planned().state)
    check_openable(planned(MO).state)
    with pytest.raises(NotPermittedError) as caught:
        check_openable(planned(EVE, SAM, ADA).state)
    assert "--reseal" in str(caught.value.hint)


def test_who_goes_along_or_planned_is_not_somebody_at_hand() -> None:
    goes = visit(companions=(MO.companion,))
    with pytest.raises(NotPermittedError):
        check_openable(planned(MO, visit=goes).state)
    check_openable(planned(MO, NIA, visit=goes).state)
    own = begun().planned(by=MO, body=hostile_visit(sealed=sealed(MO)))
    with pytest.raises(NotPermittedError):
        check_openable(own.state)


def test_sealing_again_to_somebody_at_hand_makes_it_countersignable() -> None:
    story = planned(EVE)
    again = ResealedBody(of=story.state.version.id, sealed=sealed(NIA), reason="Eve has left")
    check_openable(story.entry(MO, Kind.RESEALED, again).state)


# how old


@pytest.mark.parametrize(("days", "old"), [(0, False), (182, False), (183, True)])
def test_details_are_old_once_the_checklists_time_has_run_out(days: int, old: bool) -> None:
    valid = valid_until(to_text(NOW), 182)
    assert is_old(valid, NOW + timedelta(days=days)) is old
    assert not is_old(valid_until(to_text(NOW), None), NOW + timedelta(days=3000))


def test_what_is_shown_says_how_old_and_to_whom_and_never_what() -> None:
    story = planned(MO, NIA)
    assert sealed_words(found(story), NOW) == "sealed to Mo Khan, Nia Price; looked over 12 days ago"
    past = begun().planned(body=hostile_visit(sealed=sealed(MO, valid="2026-11-20T00:00:00Z")))
    words = sealed_words(found(past), NOW)
    assert words == "sealed to Mo Khan; looked over 12 days ago: past their date; not sealed to Nia Price"


def test_the_details_have_no_repr_and_survive_sealing_as_they_are() -> None:
    every = Details(**{name: f"value of {name}" for name in Details.__struct_fields__})
    assert from_bytes(to_bytes(every)) == every
    assert "value of" not in f"{every!r} {[every]} {every}"
    assert unseal(seal(to_bytes(every), [MO.signer.public_line]), [identity_of(MO.signer)]) == to_bytes(every)
