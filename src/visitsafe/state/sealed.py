"""Who can open the tracing details that are sealed in a plan, as the record and the team stand now (D4).

Rules: managers and duty officers may open them, each with a reason. `to` in an entry is its author's word:
that the copy really opens is known once somebody has opened it. Nothing here knows what the details say.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from visitsafe.record.bodies import Person, PlanBody, ResealedBody, Sealed
from visitsafe.record.terms import ANSWERERS
from visitsafe.state.rules import Judged
from visitsafe.team.people import Member
from visitsafe.team.roster import Roster, is_companion


class Copy(msgspec.Struct, frozen=True):
    """One sealed copy of the details: in the plan itself, or sealed again by `by` (empty for the worker)."""

    sealed: Sealed
    by: str = ""


class SealedDetails(msgspec.Struct, frozen=True):
    """The tracing details sealed in a plan. Not what they say: that nobody knows until they are opened.

    Attributes:
        of: The entry of the version that they came with.
        earlier: The version in force has none, and these are of an earlier one.
        author: Whose they are.
        body: The version in force, for who goes on the visit.
        copies: The worker's own first, then those that were sealed again, the newest first.
        team: Who is in the team now.
        everyone: Every key, name and e-mail that the team ever knew: for who is who.
    """

    of: str
    earlier: bool
    author: Member
    body: PlanBody
    copies: tuple[Copy, ...]
    team: Mapping[str, Member]
    everyone: Sequence[Member] = ()

    @property
    def given(self) -> str:
        """When the worker last looked them over, UTC text."""
        return self.copies[0].sealed.given

    @property
    def valid_until(self) -> str:
        """After when they are old, UTC text; empty if that is not known."""
        return self.copies[0].sealed.valid_until

    @property
    def openers(self) -> list[Member]:
        """The managers and duty officers of now who have a copy for their key, by name."""
        return [member for member in entitled(self.team.values(), self.author) if self.copies_for(member)]

    @property
    def others(self) -> list[Member]:
        """The managers and duty officers of now who have none, though one could be sealed to them."""
        return [
            member
            for member in entitled(self.team.values(), self.author)
            if recipient(member.person) and not self.copies_for(member)
        ]

    @property
    def at_hand(self) -> list[Member]:
        """Those who can open them and do not go on the visit themselves."""
        return [member for member in self.openers if not is_companion(member, self.body, self.everyone)]

    def copies_for(self, member: Member) -> list[Sealed]:
        """The copies sealed to a member's key, the one nearest to the worker first."""
        return [copy.sealed for copy in self.copies if member.fingerprint in copy.sealed.to]


def entitled(team: Iterable[Member], author: Member) -> list[Member]:
    """The managers and duty officers but for the worker, who has the details already, by name."""
    found = [member for member in team if member.roles & ANSWERERS and not member.same_person(author)]
    return sorted(found, key=lambda member: (member.person.name, member.fingerprint))


def recipient(person: Person) -> str:
    """What age seals to for a person: their own age recipient, or their key; empty if the key cannot."""
    return person.seal or (person.key if person.key.startswith("ssh-ed25519 ") else "")


def sealed_details(
    judged: Iterable[Judged], version: str, body: PlanBody, roster: Roster
) -> SealedDetails | None:
    """The details sealed in a plan; None if no version of it has any.

    Args:
        judged: The plan's entries in causal order.
        version: The id of the version in force.
        body: What that version says.
        roster: The team.
    """
    counted = [one for one in judged if not one.why_not]
    having = [one for one in counted if isinstance(one.body, PlanBody) and one.body.sealed]
    source = next((one for one in having if one.entry.id == version), having[-1] if having else None)
    if source is None or source.author is None or not isinstance(source.body, PlanBody):
        return None
    own = [Copy(source.body.sealed)] if source.body.sealed else []
    again = [
        Copy(one.body.sealed, one.name)
        for one in reversed(counted)
        if isinstance(one.body, ResealedBody) and one.body.of == source.entry.id
    ]
    earlier = source.entry.id != version
    copies = (*own, *again)
    return SealedDetails(
        source.entry.id, earlier, source.author, body, copies, roster.members, roster.everyone
    )


def names(members: Sequence[Member]) -> str:
    """`Mo Adeyemi, Nia Price`; a person with two keys once."""
    return ", ".join(dict.fromkeys(member.person.name for member in members))
