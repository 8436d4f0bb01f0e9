"""People get other roles, leave, and get new keys: what then stands about whom."""

from datetime import timedelta

import msgspec
import pytest

from story import ADA, EVE, MO, NIA, NOW, SAM, SAM_AT_HOME, Actor, Story, begun, founded
from team_story import agreed, changed, replaced, revoked, roles, said
from visitsafe.errors import NotFoundError
from visitsafe.record.bodies import AgreedBody, KeyReplacedBody, Person, Place, WithdrawnBody
from visitsafe.record.kinds import Kind

SAM_NEW = Actor("Sam Okafor", "sam@example.org", key="new")
HALIFAX = Place(name="Halifax", latitude=44.6, longitude=-63.6, timezone="America/Halifax")


def problem(story: Story) -> str:
    assert len(story.roster.problems) == 1
    return story.roster.problems[0]


def test_changed_roles_take_the_place_of_the_old_ones() -> None:
    assert roles(changed(begun(), MO, "duty", "practitioner").roster, MO) == {"duty", "practitioner"}


def test_the_newest_change_of_roles_stands() -> None:
    story = changed(changed(begun(), MO, "duty"), MO, "manager", "duty")
    assert roles(story.roster, MO) == {"manager", "duty"}


def test_where_two_admins_change_roles_at_once_only_what_both_give_stands() -> None:
    story = changed(begun(), NIA, "admin")
    both = changed(story, MO, "manager", "duty") | changed(story, MO, "duty", "practitioner", by=NIA)
    assert roles(both.roster, MO) == {"duty"}
    assert roles(changed(both, MO, "manager").roster, MO) == {"manager"}


def test_a_change_for_somebody_who_is_not_in_the_team_does_not_count() -> None:
    story = changed(begun(), EVE, "admin")
    assert roles(story.roster, EVE) is None
    assert "about a key that is not in the team" in problem(story)


def test_a_revoked_key_is_not_in_the_team_and_is_remembered() -> None:
    roster = revoked(begun(), MO, why="Has left the agency.").roster
    assert roles(roster, MO) is None
    gone = roster.known[MO.fingerprint]
    assert (gone.person, gone.roles, gone.why_ended) == (
        MO.person,
        frozenset(),
        "revoked: Has left the agency.",
    )
    assert (gone.since, gone.until) == ("2026-11-23T07:02:00Z", "2026-11-23T08:00:00Z")


def test_a_good_key_has_no_end() -> None:
    assert begun().roster.known[MO.fingerprint].until == ""


def test_a_revoked_key_never_comes_back() -> None:
    story = revoked(begun(), MO).added(MO, "manager")
    assert roles(story.roster, MO) is None
    assert "never comes back" in problem(story)
    assert roles(changed(story, MO, "admin").roster, MO) is None


def test_a_revoked_key_stays_revoked_if_somebody_adds_it_who_did_not_know() -> None:
    assert roles((revoked(begun(), MO) | begun().added(MO, "manager", "admin")).roster, MO) is None


def test_a_key_can_be_revoked_before_it_is_known() -> None:
    story = revoked(founded(), MO)
    assert roles((story | founded().added(MO, "manager")).roster, MO) is None


def test_what_a_revoked_admin_signs_afterwards_does_not_count() -> None:
    story = revoked(begun().added(EVE, "admin"), EVE)
    assert roles(story.added(Actor("New", "new@example.org"), "admin", by=EVE).roster, EVE) is None
    assert len(story.added(Actor("New", "new@example.org"), "admin", by=EVE).roster.members) == 4


def test_what_an_admin_did_before_they_left_stays() -> None:
    story = founded().added(MO, "admin").added(SAM, "practitioner", by=MO)
    assert roles(revoked(story, MO).roster, SAM) == {"practitioner"}


@pytest.mark.parametrize("kind", ["role", "revoke", "replace", "set"])
@pytest.mark.parametrize("by", [SAM, MO, EVE], ids=["practitioner", "manager", "stranger"])
def test_only_an_admin_changes_the_team(kind: str, by: Actor) -> None:
    before = begun()
    story = {
        "role": changed(before, NIA, "admin", by=by),
        "revoke": revoked(before, NIA, by=by),
        "replace": replaced(before, NIA, Actor("Nia Price", "nia@example.org", key="new"), by=by),
        "set": agreed(before, by=by, keep_days=1),
    }[kind]
    assert story.roster.members == before.roster.members
    assert story.roster.settings == before.roster.settings
    assert "was not made by an admin" in problem(story)


def test_a_member_replaces_their_own_key_and_keeps_their_roles() -> None:
    roster = replaced(begun(), SAM, SAM_NEW).roster
    assert (roles(roster, SAM), roles(roster, SAM_NEW)) == (None, {"practitioner"})
    assert roster.known[SAM.fingerprint].why_ended == f"replaced by {SAM_NEW.fingerprint}"


def test_an_admin_replaces_a_lost_key() -> None:
    roster = replaced(begun(), SAM, SAM_NEW, by=ADA).roster
    assert (roles(roster, SAM), roles(roster, SAM_NEW)) == (None, {"practitioner"})


def test_a_replaced_key_never_comes_back() -> None:
    story = replaced(replaced(begun(), SAM, SAM_NEW), SAM_NEW, SAM)
    assert (roles(story.roster, SAM), roles(story.roster, SAM_NEW)) == (None, {"practitioner"})
    assert "has been in the team before" in problem(story)


def test_nobody_becomes_somebody_else_by_a_new_key() -> None:
    story = replaced(begun(), SAM, Actor("Sam Okafor", "other@example.org"))
    assert roles(story.roster, SAM) == {"practitioner"}
    assert "another person" in problem(story)


def test_a_key_cannot_take_over_the_roles_of_another_member() -> None:
    story = (
        begun().added(SAM_AT_HOME, "practitioner").added(Actor("Sam Okafor", "sam@example.org", "x"), "admin")
    )
    assert "has been in the team before" in problem(replaced(story, SAM, SAM_AT_HOME))


def test_who_revokes_a_key_means_the_one_too_by_which_it_was_being_replaced() -> None:
    both = revoked(begun(), SAM) | replaced(begun(), SAM, SAM_NEW, by=ADA)
    assert (roles(both.roster, SAM), roles(both.roster, SAM_NEW)) == (None, None)


def test_who_changes_roles_means_the_new_key_too() -> None:
    both = changed(begun(), SAM, "duty") | replaced(begun(), SAM, SAM_NEW, by=ADA)
    assert roles(both.roster, SAM_NEW) == set()


def test_hundreds_of_new_keys_one_after_another_lock_nobody_out() -> None:
    story = begun()
    old = SAM
    for number in range(300):
        new = Actor("Sam Okafor", "sam@example.org", key=str(number))
        old, story = new, replaced(story, old, new)
    assert roles(story.roster, old) == {"practitioner"}


def test_the_last_admin_can_not_be_revoked() -> None:
    story = revoked(begun(), ADA)
    assert roles(story.roster, ADA) == {"admin"}
    assert "without an admin" in problem(story)


def test_the_last_admin_can_not_lose_the_role() -> None:
    story = changed(begun(), ADA, "manager")
    assert roles(story.roster, ADA) == {"admin"}
    assert "without an admin" in problem(story)


def test_of_two_admins_who_step_down_at_once_the_second_stays() -> None:
    story = begun().added(EVE, "admin")
    both = changed(story, EVE, "duty", by=EVE, at=NOW) | changed(
        story, ADA, "duty", at=NOW + timedelta(minutes=1)
    )
    assert (roles(both.roster, EVE), roles(both.roster, ADA)) == ({"duty"}, {"admin"})


def test_a_replaced_last_admin_is_still_an_admin() -> None:
    new = Actor("Ada Founder", "ada@example.org", key="new")
    assert roles(replaced(begun(), ADA, new).roster, new) == {"admin"}


def test_of_what_is_agreed_on_the_newest_stands_and_the_rest_stays() -> None:
    story = agreed(agreed(begun(), keep_days=100, desk_phone="1"), desk_phone="2")
    settings = story.roster.settings
    assert (settings.keep_days, settings.desk_phone, settings.duress) == (100, "2", None)


def test_the_place_is_the_foundings_until_another_is_agreed_on() -> None:
    story = agreed(begun(), keep_days=100)
    assert story.roster.place == story.roster.settings.place == begun().roster.place
    assert agreed(story, place=HALIFAX).roster.place == HALIFAX


@pytest.mark.parametrize(
    "body",
    [
        AgreedBody(keep_days=0),
        AgreedBody(place=Place(name="Nowhere", latitude=91.0, longitude=0.0, timezone="UTC")),
    ],
    ids=["no days", "nowhere"],
)
def test_what_can_not_be_is_not_agreed_on(body: AgreedBody) -> None:
    story = said(begun(), ADA, Kind.AGREED, body)
    assert story.roster.settings == begun().roster.settings
    assert "does not count" in problem(story)


def test_an_unknown_kind_is_kept_shown_and_locks_nobody_out() -> None:
    story = said(begun(), ADA, "blessed", WithdrawnBody(reason="?")).added(EVE, "duty")
    assert roles(story.roster, EVE) == {"duty"}
    assert story.roster.problems == []
    assert "unknown kind: 'blessed'" in story.roster.notes[0]
    assert len(story.roster.order.entries) == 6


@pytest.mark.parametrize("kind", [Kind.ROLE_CHANGED, Kind.REVOKED, Kind.KEY_REPLACED, Kind.FOUNDED])
def test_an_entry_of_the_wrong_form_is_a_problem_and_locks_nobody_out(kind: Kind) -> None:
    story = said(begun(), ADA, kind, WithdrawnBody(reason="?"))
    assert story.roster.members == begun().roster.members
    assert "form of its kind" in problem(story)


def test_a_new_key_that_cannot_be_read_does_not_end_the_old_one() -> None:
    person = Person(name="Sam Okafor", email="sam@example.org", key="ssh-ed25519 ???")
    story = said(begun(), SAM, Kind.KEY_REPLACED, KeyReplacedBody(old=SAM.fingerprint, person=person))
    assert roles(story.roster, SAM) == {"practitioner"}
    assert "is not an OpenSSH key" in problem(story)


def test_all_keys_of_a_person_are_found_by_name_and_one_by_its_fingerprint() -> None:
    roster = begun().added(SAM_AT_HOME, "practitioner").roster
    assert {one.fingerprint for one in roster.keys_of("sam okafor")} == {
        SAM.fingerprint,
        SAM_AT_HOME.fingerprint,
    }
    assert [one.fingerprint for one in roster.keys_of(SAM_AT_HOME.fingerprint)] == [SAM_AT_HOME.fingerprint]


def test_somebody_who_has_gone_is_not_found() -> None:
    with pytest.raises(NotFoundError, match="nobody"):
        revoked(begun(), MO).roster.find("Mo Khan")


def test_a_seal_recipient_comes_with_the_new_key() -> None:
    person = msgspec.structs.replace(SAM_NEW.person, seal="age1sam")
    story = said(begun(), SAM, Kind.KEY_REPLACED, KeyReplacedBody(old=SAM.fingerprint, person=person))
    assert story.roster.members[SAM_NEW.fingerprint].person.seal == "age1sam"
