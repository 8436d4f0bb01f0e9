"""Who of a team is one person: by a shared key or e-mail, and by what shares one with those."""

from hypothesis import given
from hypothesis import strategies as st

from visitsafe.record.bodies import Person
from visitsafe.record.terms import Role
from visitsafe.team.people import Member, People
from visitsafe.team.roster import is_self, selves

MEMBERS = st.builds(
    lambda key, mail: Member(Person(name="N", email=mail, key="k"), key, frozenset({Role.MANAGER}), ""),
    st.sampled_from(["SHA256:a", "SHA256:b", "SHA256:c", "SHA256:d", "SHA256:e"]),
    st.sampled_from(["a@x", "A@X ", "b@x", "c@x", "d@x", "SHA256:a", "e@x"]),
)


def by_comparing_all(member: Member, everyone: list[Member]) -> list[Member]:
    found, others = [member], list(everyone)
    for self_ in found:
        found += [other for other in others if other.same_person(self_)]
        others = [other for other in others if not other.same_person(self_)]
    return found


@given(MEMBERS, MEMBERS, st.lists(MEMBERS, max_size=8))
def test_looking_them_up_finds_whom_comparing_all_finds(
    member: Member, other: Member, everyone: list[Member]
) -> None:
    people = People(everyone)
    for one in (member, other, member):  # what was found for one is not taken for another
        assert people.selves(one) == selves(one, everyone) == by_comparing_all(one, everyone)
    found = by_comparing_all(member, everyone)
    assert is_self(member, other, people) == any(one.same_person(other) for one in found)
