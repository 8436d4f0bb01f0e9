"""Admins who had not seen each other's entries, clocks that differ, and a stolen key that writes any time."""

from dataclasses import replace
from datetime import timedelta

import pytest

from story import ADA, EVE, MO, NIA, NOW, SAM, Actor, Story, begun
from team_story import agreed, at_a_store, changed, replaced, revoked, roles, said, union
from visitsafe.record.bodies import WithdrawnBody
from visitsafe.record.terms import Role
from visitsafe.team.roster import Roster
from visitsafe.text.clock import from_text

BOB = Actor("Bob Admin", "bob@example.org")
BOB_AGAIN = Actor("Bob Admin", "bob@example.org", key="again")
NEW = Actor("New Colleague", "new@example.org")
BASE = begun().added(BOB, "admin")
"""Ada and Bob are admins; Bob's key will be revoked."""
NOON = NOW + timedelta(hours=4)
REVOKED = revoked(BASE, BOB, at=NOON)
EARLY, LATE = NOON - timedelta(hours=1), NOON + timedelta(hours=1)


def seen_by(story: Story, who: Actor, later: Story, **when: int) -> set[str] | None:
    """Somebody's roles as the author of a plan's entry knew them, who had seen `story` of `later`."""
    made = story.planned(at=NOON + timedelta(**when)).newest
    member = later.roster.as_seen_by(made.content).get(who.fingerprint)
    return None if member is None else {str(role) for role in member.roles}


def attacks(key: Actor, base: Story) -> dict[str, Story]:
    """What somebody with this key may try, writing an earlier time and naming nothing newer than `base`."""
    return {
        "add": base.added(NEW, "admin", by=key),
        "promote": changed(base, SAM, "admin", "manager", by=key),
        "demote": changed(base, ADA, "duty", by=key),
        "revoke": revoked(base, ADA, by=key),
        "replace own": replaced(base, key, Actor(key.name, key.email, key="fresh")),
        "replace": replaced(base, ADA, Actor(ADA.name, ADA.email, key="fresh"), by=key),
        "agree": agreed(base, by=key, keep_days=1),
    }


ATTACKS = tuple(attacks(BOB, BASE))


def early(attack: str) -> Story:
    """One of them, an hour before the revocation by its own word."""
    return attacks(BOB, replace(BASE, at=EARLY))[attack]


def test_a_role_taken_away_counts_from_its_time_even_for_who_has_not_seen_it() -> None:
    later = changed(BASE, MO, "duty", at=NOON)
    assert seen_by(BASE, MO, later, minutes=-1) == {"manager"}
    assert seen_by(BASE, MO, later, minutes=0) == {"manager"}
    assert seen_by(BASE, MO, later, minutes=1) == set()


def test_a_role_granted_counts_only_for_who_has_seen_it() -> None:
    later = changed(BASE, SAM, "practitioner", "manager", at=NOON)
    assert seen_by(BASE, SAM, later, hours=1) == {"practitioner"}
    assert seen_by(later, SAM, later, hours=1) == {"practitioner", "manager"}


def test_a_role_given_back_in_between_is_not_lost() -> None:
    later = changed(changed(BASE, MO, "duty", at=NOON), MO, "manager")
    assert seen_by(BASE, MO, later, hours=1) == {"manager"}


def test_a_revoked_key_counts_no_more_from_its_time_even_for_who_has_not_seen_it() -> None:
    assert seen_by(BASE, BOB, REVOKED, minutes=0) == {"admin"}
    assert seen_by(BASE, BOB, REVOKED, minutes=1) is None


def test_who_has_seen_a_revocation_does_not_get_around_it_with_an_earlier_time() -> None:
    assert seen_by(REVOKED, BOB, REVOKED, hours=-3) is None


def test_what_an_admin_did_after_being_revoked_elsewhere_does_not_count() -> None:
    story = REVOKED | changed(BASE, SAM, "duty", by=BOB, at=LATE)
    assert roles(story.roster, SAM) == {"practitioner"}
    assert "was not an admin any more when it was made" in story.roster.problems[0]


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_revoked_key_gains_nothing_by_writing_an_earlier_time(attack: str) -> None:
    after = at_a_store(REVOKED, early(attack))
    assert (after.members, after.settings) == (REVOKED.roster.members, REVOKED.roster.settings)
    assert len(after.problems) == 1


@pytest.mark.parametrize("attack", ["add", "promote", "replace own", "agree"])
def test_what_it_grants_counts_in_no_store_whatever_arrived_first(attack: str) -> None:
    for roster in (at_a_store(early(attack), REVOKED), union(REVOKED, early(attack)).roster):
        assert (roster.members, roster.settings) == (REVOKED.roster.members, REVOKED.roster.settings)
        assert "nobody else's entry shows that it is older" in roster.problems[0]


@pytest.mark.parametrize("attack", [one for one in ATTACKS if one != "replace own"])
def test_a_role_taken_away_is_not_got_around_by_writing_an_earlier_time(attack: str) -> None:
    demoted = changed(BASE, BOB, "duty", at=NOON)
    assert at_a_store(demoted, early(attack)).members == demoted.roster.members


def test_what_the_revocation_follows_needs_no_witness() -> None:
    story = revoked(early("add"), BOB, at=NOON)
    assert roles(story.roster, NEW) == {"admin"}


def test_what_the_revocation_follows_counts_even_if_its_clock_was_fast() -> None:
    story = revoked(early("add"), BOB, at=EARLY - timedelta(minutes=5))
    assert roles(story.roster, NEW) == {"admin"}


def test_a_witness_shows_that_an_entry_is_older_than_the_revocation() -> None:
    """Nia, whom the revoking admin knew, had built on what Bob did an hour before."""
    seen = said(early("add"), NIA, "remark", WithdrawnBody(reason="?"))
    assert roles((REVOKED | seen).roster, NEW) == {"admin"}


def test_a_witness_who_came_after_the_revocation_shows_nothing() -> None:
    seen = said(early("add"), NIA, "remark", WithdrawnBody(reason="?"), at=LATE)
    assert roles((REVOKED | seen).roster, NEW) is None


def test_the_member_whom_a_backdated_entry_brought_in_is_no_witness_for_it() -> None:
    seen = said(early("add"), NEW, "remark", WithdrawnBody(reason="?"))
    assert roles((REVOKED | seen).roster, NEW) is None


def test_a_second_key_of_the_same_person_is_no_witness() -> None:
    base = BASE.added(BOB_AGAIN, "admin")
    seen = said(base.added(NEW, "admin", by=BOB), BOB_AGAIN, "remark", WithdrawnBody(reason="?"))
    assert roles((revoked(base, BOB, at=NOON) | seen).roster, NEW) is None


def test_somebody_whose_key_was_revoked_too_is_no_witness() -> None:
    seen = said(early("add"), NIA, "remark", WithdrawnBody(reason="?"))
    both = revoked(REVOKED, NIA)
    assert roles((both | seen).roster, NEW) is None


def test_a_witness_who_leaves_later_was_a_witness_all_the_same() -> None:
    seen = REVOKED | said(early("add"), NIA, "remark", WithdrawnBody(reason="?"))
    assert roles(revoked(seen, NIA, at=LATE).roster, NEW) == {"admin"}


def test_of_two_admins_who_revoke_each_other_the_one_that_reached_the_store_first_stands() -> None:
    ada, bob = revoked(BASE, BOB, at=NOON), revoked(BASE, ADA, by=BOB, at=EARLY)
    assert (roles(at_a_store(ada, bob), ADA), roles(at_a_store(ada, bob), BOB)) == ({"admin"}, None)
    assert (roles(at_a_store(bob, ada), ADA), roles(at_a_store(bob, ada), BOB)) == (None, {"admin"})
    assert "take away each other's author" in at_a_store(ada, bob).problems[0]


def test_without_an_order_of_arrival_the_earlier_of_the_two_stands() -> None:
    both = revoked(BASE, BOB, at=NOON) | revoked(BASE, ADA, by=BOB, at=EARLY)
    assert (roles(both.roster, ADA), roles(both.roster, BOB)) == (None, {"admin"})


def test_a_third_admin_can_settle_it_in_every_store() -> None:
    base = BASE.added(NIA, "admin")
    ada, bob = revoked(base, BOB, at=NOON), revoked(base, ADA, by=BOB, at=EARLY)
    end = revoked(revoked(ada | bob, ADA, by=NIA, at=LATE), BOB, by=NIA)
    for roster in (at_a_store(ada, bob, end), at_a_store(bob, ada, end), end.roster):
        assert (roles(roster, ADA), roles(roster, BOB), roles(roster, NIA)) == (None, None, {"admin"})


def test_three_who_revoke_each_other_in_a_circle_leave_somebody_and_the_same_in_every_order() -> None:
    base = BASE.added(NIA, "admin")
    circle = [
        revoked(base, BOB, by=ADA, at=NOON),
        revoked(base, NIA, by=BOB, at=EARLY),
        revoked(base, ADA, by=NIA, at=LATE),
    ]
    joined = union(*circle)
    again = Roster(tuple(reversed(joined.team)), joined.team[0].id)
    assert joined.roster.members == again.members
    assert any(Role.ADMIN in member.roles for member in again.members.values())


def test_a_witness_who_came_last_does_not_bring_back_what_ended_their_own_key() -> None:
    """Nia ends her own key; a thief who has it vouches for an entry that would have kept her from it."""
    base = BASE.added(NIA, "admin", "manager")
    demoted = changed(base, BOB, "duty", at=NOON)
    by_bob = changed(base, NIA, "duty", by=BOB, at=EARLY)
    by_nia = revoked(base, NIA, by=NIA, at=EARLY)
    vouched = agreed(by_bob, by=NIA, at=EARLY, keep_days=1)
    before, after = at_a_store(demoted, by_bob, by_nia), at_a_store(demoted, by_bob, by_nia, vouched)
    assert (after.members, after.settings) == (before.members, before.settings)
    assert roles(after, NIA) is None


def test_a_stranger_cannot_take_a_witness_away() -> None:
    seen = said(early("add"), NIA, "remark", WithdrawnBody(reason="?"))
    assert roles((REVOKED | seen | revoked(BASE, NIA, by=EVE, at=EARLY)).roster, NEW) == {"admin"}


def test_times_of_a_key_are_those_of_the_entries_that_began_and_ended_it() -> None:
    gone = REVOKED.roster.known[BOB.fingerprint]
    assert from_text(gone.until) == NOON
    assert from_text(gone.since) == NOW
