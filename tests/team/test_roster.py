"""Who is in the team, and who may say so."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from story import ADA, EVE, MO, NIA, SAM, SAM_AT_HOME, Actor, Story, begun, founded
from visitsafe.errors import NotFoundError, ProblemsError, VerificationError
from visitsafe.record.bodies import AddedBody, Person, WithdrawnBody
from visitsafe.record.terms import Role
from visitsafe.team.people import fingerprint_in
from visitsafe.team.roster import Roster


def roles(story: Story, who: Actor) -> set[str]:
    member = story.roster.members.get(who.fingerprint)
    return {str(role) for role in member.roles} if member else set()


def test_the_founder_is_an_admin_whatever_else_they_are() -> None:
    assert roles(founded(roles=("manager",)), ADA) == {"admin", "manager"}


def test_an_admin_adds_members_who_may_hold_several_roles() -> None:
    assert roles(founded().added(MO, "manager", "duty"), MO) == {"manager", "duty"}


def test_an_unknown_role_gives_nothing() -> None:
    assert roles(founded().added(MO, "manager", "king"), MO) == {"manager"}


@pytest.mark.parametrize("by", [SAM, MO, EVE], ids=["practitioner", "manager", "stranger"])
def test_only_an_admin_adds_members(by: Actor) -> None:
    story = begun().added(Actor("New", "new@example.org"), "manager", by=by)
    assert len(story.roster.members) == 4
    assert "was not made by an admin" in story.roster.problems[0]


def test_an_admin_added_by_an_admin_may_add_members() -> None:
    assert roles(founded().added(MO, "admin").added(SAM, "practitioner", by=MO), SAM) == {"practitioner"}


def test_an_admin_may_not_act_before_having_been_made_one() -> None:
    early = founded().added(SAM, "practitioner", by=MO)
    story = founded().added(MO, "admin") | early
    assert roles(story, SAM) == set()


def test_where_two_admins_disagree_the_fewer_roles_stand() -> None:
    story = founded().added(NIA, "admin")
    both = story.added(MO, "manager", "duty") | story.added(MO, "duty", by=NIA)
    assert roles(both, MO) == {"duty"}


def test_a_team_is_pinned_to_its_first_entry() -> None:
    with pytest.raises(VerificationError, match="does not hold the team 000000000000"):
        Roster(begun().team, "0" * 64)


def test_another_founding_in_the_same_store_adds_nobody() -> None:
    story = begun()
    both = replace(story, team=(*story.team, *founded(by=EVE).team))
    assert roles(both, EVE) == set()


def test_nobody_founds_a_team_in_somebody_elses_name() -> None:
    with pytest.raises(VerificationError, match="does not found a team"):
        _ = founded(by=EVE, person=ADA.person).roster


@pytest.mark.parametrize("key", ["", "ssh-ed25519", "ssh-ed25519 not*base64", "ssh-ed25519 ÄÖÜ="])
def test_a_member_with_an_unreadable_key_is_a_problem_and_locks_nobody_out(key: str) -> None:
    broken = AddedBody(person=Person(name="Bo", email="bo@example.org", key=key), roles=("manager",))
    story = begun()._team_entry(ADA, "added", broken)
    assert len(story.roster.members) == 4
    assert "is not an OpenSSH key" in story.roster.problems[0]


def test_an_entry_of_the_wrong_form_is_a_problem_and_locks_nobody_out() -> None:
    story = begun()._team_entry(ADA, "added", WithdrawnBody(reason="?"))
    assert len(story.roster.members) == 4
    assert "form of its kind" in story.roster.problems[0]


@pytest.mark.parametrize("who", ["Mo Khan", " mo  khan", "MO@EXAMPLE.ORG", MO.fingerprint])
def test_a_member_is_found_by_name_e_mail_or_fingerprint(who: str) -> None:
    assert begun().roster.find(who).person == MO.person


def test_a_name_is_the_same_however_its_accents_are_written() -> None:
    story = founded().added(Actor("Zoë Ångström", "zoe@example.org"), "manager")
    assert story.roster.find("Zoe\u0308 A\u030angstro\u0308m").person.email == "zoe@example.org"


@pytest.mark.parametrize(
    "who",
    [
        "zoe",
        "Zoe OBrien",
        "zoe o\u2019brien cox",
        "ZO\u00cb O'BRIEN\u2013COX",
        "o brien-cox, zoe",
        "Z. OBrien",
        "cox",
    ],
)
def test_a_name_is_found_as_the_desk_types_it(who: str) -> None:
    story = begun().added(Actor("Zo\u00eb O\u2019Brien-Cox", "zoe@example.org"), "practitioner")
    assert story.roster.find(who).person.email == "zoe@example.org"


@pytest.mark.parametrize(
    ("name", "who"),
    [("Linh Nguy\u1ec5n", "nguyen"), ("S\u00f8ren \u0141ukasz", "soren lukasz"),
     ("Stra\u00dfe Bj\u00f6rk", "strasse"),
     ("\u0130pek \u00c7elik", "ipek"), ("Ma\u0142gorzata D\u0105browska", "dabrowska malgorzata")],
)  # fmt: skip
def test_letters_that_are_on_no_english_keyboard_are_no_obstacle(name: str, who: str) -> None:
    assert founded().added(Actor(name, "x@example.org"), "duty").roster.find(who).person.name == name


@pytest.mark.parametrize("who", ["", "'", "M", "M K", "Mo Khan Sam Okafor"])
def test_what_is_nobodys_name_finds_nobody(who: str) -> None:
    with pytest.raises(NotFoundError, match="nobody"):
        begun().roster.find(who)


def test_the_nearest_are_named_where_nobody_is_called_so() -> None:
    with pytest.raises(NotFoundError) as error:
        begun().roster.find("Okafar")
    assert error.value.hint == "the nearest is Sam Okafor; see: visitsafe team list"


def test_two_people_of_one_name_are_listed_and_not_guessed_between() -> None:
    story = begun().added(Actor("Mo Khan", "mo.khan@example.org"), "duty")
    for who in ("Mo Khan", "mo"):
        with pytest.raises(ProblemsError, match="more than one") as error:
            story.roster.find(who)
        assert error.value.problems == ("Mo Khan, mo.khan@example.org", "Mo Khan, mo@example.org")


def test_a_whole_name_is_not_taken_for_a_part_of_another() -> None:
    story = begun().added(Actor("Mo", "mo.only@example.org"), "duty")
    assert story.roster.find("mo").person.email == "mo.only@example.org"


def test_two_keys_of_one_person_are_one_person() -> None:
    assert begun().added(SAM_AT_HOME, "manager").roster.find("Sam Okafor").person.name == "Sam Okafor"


def test_members_are_listed_by_role() -> None:
    assert [member.person.name for member in begun().roster.with_role(Role.MANAGER)] == [
        "Mo Khan",
        "Nia Price",
    ]


def test_a_key_has_the_fingerprint_that_openssh_prints() -> None:
    assert fingerprint_in(SAM.person) == SAM.fingerprint


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([ADA, MO, NIA, EVE]),
            st.sampled_from([SAM, MO, NIA, EVE]),
            st.sets(st.sampled_from(["admin", "manager", "duty"])),
            st.booleans(),
        ),
        max_size=10,
    ),
    st.randoms(use_true_random=False),
)
def test_the_roster_is_the_same_in_any_order_of_arrival(
    steps: list[tuple[Actor, Actor, set[str], bool]], random: Random
) -> None:
    one, other = founded(), founded()
    for by, who, held, meet in steps:
        one = (one | other if meet else one).added(who, *sorted(held), by=by)
        one, other = other, one
    story = one | other
    shuffled = list(story.team)
    random.shuffle(shuffled)
    roster, again = story.roster, Roster(shuffled, story.roster.team_id)
    assert (roster.members, roster.problems) == (again.members, again.problems)
