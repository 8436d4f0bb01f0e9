"""The team's roster: a fold over the verified entries of the stream `team` (D5).

The first entry founds the team; its id is the team's id, and every copy of visitsafe pins it. An entry
counts if its author could make it by what the author had seen. Roles are those that held when an entry was
made: the ones granted by entries which its author had seen.
"""

import unicodedata
from collections.abc import Iterable, Sequence

import msgspec

from visitsafe.domain.entries import Content, body_of
from visitsafe.domain.order import Order
from visitsafe.domain.plan import AddedBody, FoundedBody, Person
from visitsafe.domain.terms import Kind, Role
from visitsafe.domain.verified import Verified
from visitsafe.errors import NotFoundError, VerificationError


class Member(msgspec.Struct, frozen=True):
    """A person of the team. `fingerprint` is what entries name in `by`; `since` is UTC text."""

    person: Person
    fingerprint: str
    roles: frozenset[Role]
    since: str

    def same_person(self, other: "Member | None") -> bool:
        """One person may have two keys: the work e-mail decides."""
        if other is None:
            return False
        return self.fingerprint == other.fingerprint or (
            as_heard(self.person.email) == as_heard(other.person.email)
        )

    def answers_to(self, name: str) -> bool:
        """Whether somebody who wrote this name, e-mail or fingerprint can have meant this member."""
        called = {as_heard(own) for own in (self.person.name, self.person.email, self.fingerprint)}
        return as_heard(name) in called


Members = dict[str, Member]


def as_heard(text: str) -> str:
    """Names and addresses that a person would take for the same: capitals, spaces and accents' spelling."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


class Roster:
    """Who is in the team, now and as any entry's author knew it.

    Attributes:
        team_id: The id of the founding entry.
        name: The team's name.
        place: The agency's place, for daylight and local time, or None.
        members: By fingerprint, as the record stands now.
        everyone: Every key with every name and e-mail that ever counted: for who is who, never for roles.
        problems: Sentences about entries of the team that do not count.
        order: The causal order of the team's entries.
        heads: What the next entry names in `after`: of the entries that count.
        missing: Ids that counted entries follow and that are not here.
    """

    def __init__(self, entries: Iterable[Verified], team_id: str) -> None:
        """Fold the roster.

        Raises:
            VerificationError: The founding entry that is pinned is not among the entries.
        """
        self.order = Order(entries)
        self.team_id = team_id
        self.problems: list[str] = []
        self._counted: dict[str, Member] = {}
        self._views: dict[int, Members] = {}
        first = next((entry for entry in self.order.entries if entry.id == team_id), None)
        if first is None:
            raise VerificationError(
                f"this store does not hold the team {team_id[:12]} that this computer belongs to",
                hint="check VISITSAFE_STORE; if the store was swapped, tell whoever looks after visitsafe",
            )
        founded = self._founded(first)
        self.name, self.place = founded.team, founded.place
        for entry in self.order.entries:
            if entry.id != team_id:
                self._take(entry)
        self.members = self._view(self.order.mask(entry.id for entry in self.order.entries))
        self.everyone = tuple(self._counted.values())
        self.heads = self.order.heads_of(self._counted.keys())
        self.missing = self.order.missing(self._counted.keys())

    def _founded(self, entry: Verified) -> FoundedBody:
        body = founding(entry)
        self._counted[entry.id] = _member(entry, body.person, (*body.roles, Role.ADMIN), entry.content.by)
        return body

    def _take(self, entry: Verified) -> None:
        """Count one entry after the founding, or say why it does not count."""
        content = entry.content
        author = self.as_seen_by(content).get(content.by)
        if content.kind == Kind.FOUNDED:
            self.problems.append(f"the team entry {entry.id[:12]} founds another team in this store")
        elif content.kind != Kind.ADDED:
            self.problems.append(
                f"the team entry {entry.id[:12]} is of an unknown kind: {content.kind[:40]!r}"
            )
        elif author is None or Role.ADMIN not in author.roles:
            self.problems.append(f"the team entry {entry.id[:12]} was not made by an admin of this team")
        else:
            self._add(entry)

    def _add(self, entry: Verified) -> None:
        """Count a new member; an entry that is not well formed must not lock everybody out."""
        try:
            body = body_of(entry.content, AddedBody)
            self._counted[entry.id] = _member(entry, body.person, body.roles, fingerprint_in(body.person))
        except VerificationError as error:
            self.problems.append(f"the team entry {entry.id[:12]} does not count: {error.message}")

    def _view(self, mask: int) -> Members:
        """The members by the entries of a mask; where two entries disagree, the fewer roles stand (D1)."""
        if mask not in self._views:
            members: Members = {}
            for entry in self.order.within(mask):
                member = self._counted.get(entry.id)
                if member is None:
                    continue
                known = members.get(member.fingerprint)
                roles = member.roles if known is None else member.roles & known.roles
                members[member.fingerprint] = msgspec.structs.replace(known or member, roles=roles)
            self._views[mask] = members
        return self._views[mask]

    def as_seen_by(self, content: Content) -> Members:
        """The members as the author of an entry knew them: by the team's entries that it follows."""
        return self._view(self.order.mask(content.after))

    def find(self, who: str) -> Member:
        """The member with this name, e-mail or fingerprint.

        Raises:
            NotFoundError: Nobody, or more than one.
        """
        found = [member for member in self.members.values() if member.answers_to(who)]
        if len({member.person.email.casefold() for member in found}) != 1:
            what = "nobody in the team is" if not found else "more than one person in the team is"
            raise NotFoundError(f"{what} called {who[:60]!r}", hint="see: visitsafe team list")
        return found[0]

    def with_role(self, role: Role) -> Sequence[Member]:
        """The members who hold a role now, by name."""
        held = [member for member in self.members.values() if role in member.roles]
        return sorted(held, key=lambda member: member.person.name)


def selves(member: Member, everyone: Iterable[Member]) -> list[Member]:
    """Every key, name and e-mail of one person: what shares a key or an e-mail with them, and so on."""
    found, others = [member], list(everyone)
    for self_ in found:  # grows while it is walked
        found += [other for other in others if other.same_person(self_)]
        others = [other for other in others if not other.same_person(self_)]
    return found


def founding(entry: Verified) -> FoundedBody:
    """What an entry says that founds a team.

    Raises:
        VerificationError: It founds none.
    """
    content = entry.content
    if content.kind == Kind.FOUNDED and not content.after:
        body = body_of(content, FoundedBody)
        if body.person.key == entry.key:
            return body
    raise VerificationError(f"the entry {entry.id[:12]} does not found a team")


def fingerprint_in(person: Person) -> str:
    """The OpenSSH SHA-256 fingerprint of a person's key.

    Raises:
        VerificationError: The key is not an OpenSSH public key line.
    """
    import base64
    import binascii
    import hashlib

    try:
        blob = base64.b64decode(person.key.split()[1], validate=True)
    except (IndexError, binascii.Error, ValueError) as error:
        raise VerificationError(f"the roster's key of {person.name[:60]!r} is not an OpenSSH key") from error
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def _member(entry: Verified, person: Person, roles: Iterable[str], fingerprint: str) -> Member:
    known = frozenset(Role(role) for role in roles if role in set(Role))
    return Member(person=person, fingerprint=fingerprint, roles=known, since=entry.content.at)
