"""A member of the team, and how a person's names and keys are compared. Pure, and cheap to import.

Who is a member, with which roles and since when, is `roster`'s affair.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from functools import cached_property

import msgspec

from visitsafe.domain.people import Person
from visitsafe.domain.terms import Role
from visitsafe.errors import VerificationError


class Member(msgspec.Struct, frozen=True, dict=True):
    """A person of the team with one of their keys.

    Attributes:
        person: As the roster names them.
        fingerprint: What entries name in `by`.
        roles: What they may do; none once the key has ended.
        since: UTC text: when the key was taken into the team.
        until: UTC text: when the key ended; empty while it is good.
        why_ended: In words, such as "revoked: has left"; empty while the key is good.
    """

    person: Person
    fingerprint: str
    roles: frozenset[Role]
    since: str
    until: str = ""
    why_ended: str = ""

    @cached_property
    def mail(self) -> str:
        """The work e-mail as it is compared. Kept: in a large team it is compared very often."""
        return as_heard(self.person.email)

    def same_person(self, other: "Member | None") -> bool:
        """One person may have two keys: the work e-mail decides."""
        if other is None:
            return False
        return self.fingerprint == other.fingerprint or self.mail == other.mail

    def answers_to(self, name: str) -> bool:
        """Whether somebody who wrote this name, e-mail or fingerprint can have meant this member."""
        called = {as_heard(own) for own in (self.person.name, self.person.email, self.fingerprint)}
        return as_heard(name) in called


Members = dict[str, Member]
"""By fingerprint."""


class People(tuple[Member, ...]):  # noqa: SLOT001 - it keeps what it has worked out
    """Members in order, and who of them is one person: what that costs does not grow with their number."""

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        """Where a key or an e-mail stands among them. A space tells an e-mail from a key."""
        places: dict[str, list[int]] = {}
        for place, member in enumerate(self):
            places.setdefault(member.fingerprint, []).append(place)
            places.setdefault(" " + member.mail, []).append(place)
        return places

    def selves(self, member: Member) -> list[Member]:
        """A member, and all of these who share a key or an e-mail with them, and so on."""
        called = (member.fingerprint, member.mail)
        if called not in self._others:
            self._others[called] = self._others_of(member)
        return [member, *self._others[called]]

    @cached_property
    def _others(self) -> dict[tuple[str, str], list[Member]]:
        return {}

    def _others_of(self, member: Member) -> list[Member]:
        found, taken = [member], set[int]()
        for self_ in found:  # grows while it is walked
            both = (*self._places.get(self_.fingerprint, ()), *self._places.get(" " + self_.mail, ()))
            new = sorted(set(both) - taken)
            taken.update(new)
            found += [self[place] for place in new]
        return found[1:]


def called(fingerprint: str, known: Mapping[str, Member]) -> str:
    """The name of whoever signs, or signed, with a key, as words of a sentence."""
    return known[fingerprint].person.name if fingerprint in known else f"the key {fingerprint}"


def people(members: Iterable[Member]) -> People:
    """Members as `People`; what is so already stays as it is, with what it has worked out."""
    return members if isinstance(members, People) else People(members)


def as_heard(text: str) -> str:
    """Names and addresses that a person would take for the same: capitals, spaces and accents' spelling."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def known_roles(roles: tuple[str, ...]) -> frozenset[Role]:
    """The roles that this version knows; an unknown one gives nothing."""
    return frozenset(Role(role) for role in roles if role in set(Role))


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
