"""Random histories of a team by several people with clocks of their own: what must hold of every one."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from story import ADA, EVE, MO, NIA, NOW, SAM, Actor, Story, begun
from team_story import agreed, arrivals, changed, replaced, revoked, union
from visitsafe.record.entry import Content, Verified
from visitsafe.record.terms import Role
from visitsafe.team.roster import Roster
from visitsafe.text.clock import to_text

BOB = Actor("Bob Admin", "bob@example.org")
STRANGER = Actor("Somebody Else", "else@example.com")
PEOPLE = (ADA, BOB, NIA, MO, SAM, EVE)
FRESH = tuple(Actor(who.name, who.email, key="fresh") for who in PEOPLE)
BASE = changed(begun().added(BOB, "admin"), NIA, "admin", "manager")
ACTIONS = ("fetch", "fetch", "add", "role", "revoke", "revoke", "replace", "agree")
ROLES = (("admin",), ("manager",), ("practitioner", "duty"), ("admin", "manager"), ())
Step = tuple[int, str, int, int, int]
STEPS = st.lists(
    st.tuples(
        st.one_of(st.integers(0, 2), st.integers(0, len(PEOPLE) - 1)),
        st.sampled_from(ACTIONS),
        st.integers(0, len(PEOPLE) - 1),
        st.integers(0, len(ROLES) - 1),
        st.integers(-5, 60),
    ),
    max_size=12,
)


def acted(copy: Story, by: Actor, action: str, whom: int, held: int, at: datetime) -> Story:
    """One entry by somebody who may or may not be entitled to it."""
    who, copy = PEOPLE[whom], replace(copy, at=at)
    if action == "add":
        return copy.added(FRESH[whom] if held % 2 else who, *ROLES[held], by=by)
    if action == "role":
        return changed(copy, who, *ROLES[held], by=by)
    if action == "revoke":
        return revoked(copy, FRESH[whom] if held == 0 else who, by=by)
    if action == "replace":
        return replaced(copy, who, FRESH[whom], by=by)
    return agreed(copy, by=by, keep_days=whom + 1)


def played(steps: Sequence[Step]) -> list[Story]:
    """Everybody works on a copy of their own, with a clock of their own; the copies that they end with."""
    copies = [BASE] * len(PEOPLE)
    for who, action, whom, held, minutes in steps:
        if action == "fetch":
            copies[who] = copies[who] | copies[whom]
        else:
            at = NOW + timedelta(minutes=minutes)
            copies[who] = acted(copies[who], PEOPLE[who], action, whom, held, at)
    return copies


def what(roster: Roster) -> tuple[object, ...]:
    """All that a roster says."""
    return roster.members, roster.known, roster.settings, roster.problems, roster.name


def folded(story: Story, entries: Sequence[Verified] | None = None) -> tuple[object, ...]:
    return what(Roster(story.team if entries is None else entries, story.team[0].id))


@settings(max_examples=200)
@given(STEPS, st.data())
def test_any_order_of_arrival_gives_the_same_team(steps: list[Step], data: st.DataObject) -> None:
    story = union(*played(steps))
    assert folded(story, data.draw(st.permutations(story.team))) == folded(story)


@settings(max_examples=100)
@given(STEPS)
def test_union_is_commutative_associative_and_idempotent(steps: list[Step]) -> None:
    one, two, three, *_ = played(steps)
    assert folded(one | two) == folded(two | one)
    assert folded((one | two) | three) == folded(one | (two | three))
    assert folded(one | one) == folded(one)
    assert folded((one | two) | two) == folded(one | two)


@settings(max_examples=150)
@given(STEPS, st.permutations(range(len(PEOPLE))))
def test_there_is_always_an_admin_and_no_ended_key_is_a_member(steps: list[Step], turn: list[int]) -> None:
    copies = played(steps)
    arrived = arrivals(BASE, *(copies[place] for place in turn))
    roster = Roster(union(*copies).team, BASE.team[0].id, arrived)
    assert any(Role.ADMIN in member.roles for member in roster.members.values())
    for key, member in roster.known.items():
        assert (key in roster.members) == (member.until == "")
    assert roster.members.keys() <= roster.known.keys()


@settings(max_examples=200)
@given(STEPS, st.data())
def test_not_having_seen_an_entry_never_gives_a_role(steps: list[Step], data: st.DataObject) -> None:
    story = union(*played(steps))
    roster = story.roster
    seen = data.draw(st.lists(st.sampled_from(story.team), unique_by=lambda entry: entry.id))
    at = to_text(NOW + timedelta(days=1))

    def view(after: tuple[str, ...]) -> dict[str, frozenset[Role]]:
        content = Content(1, "A" * 16, "planned", at, SAM.fingerprint, after, {})
        return {key: member.roles for key, member in roster.as_seen_by(content).items()}

    everything, part = view(tuple(roster.order.heads)), view(tuple(entry.id for entry in seen))
    assert all(key in everything and held <= everything[key] for key, held in part.items())


@settings(max_examples=300)
@given(STEPS, st.permutations(range(len(PEOPLE))), st.data())
def test_a_key_that_has_ended_changes_nothing_whatever_it_signs_and_whatever_time_it_writes(
    steps: list[Step], turn: list[int], data: st.DataObject
) -> None:
    copies = played(steps)
    in_turn = [BASE, *(copies[place] for place in turn)]
    before = union(*in_turn)
    roster = Roster(before.team, BASE.team[0].id, arrivals(*in_turn))
    ended = [who for who in (*PEOPLE, *FRESH) if who.fingerprint not in roster.members]
    ended = [who for who in ended if who.fingerprint in roster.known] or [STRANGER]
    thief = data.draw(st.sampled_from(ended))
    forged = data.draw(st.sampled_from([BASE, *copies, before]))
    for _, action, whom, held, minutes in data.draw(STEPS):
        at = NOW + timedelta(minutes=minutes)
        forged = acted(forged, thief, "agree" if action == "fetch" else action, whom, held, at)
    after = Roster((before | forged).team, BASE.team[0].id, arrivals(*in_turn, forged))
    assert (after.members, after.known, after.settings) == (roster.members, roster.known, roster.settings)
    assert set(roster.problems) <= set(after.problems)
