"""A member of the team, and how a person's names and keys are compared. Pure, and cheap to import.

Who is a member, with which roles and since when, is `roster`'s affair.
"""

import unicodedata

import msgspec

from visitsafe.domain.people import Person
from visitsafe.domain.terms import Role
from visitsafe.errors import VerificationError


class Member(msgspec.Struct, frozen=True):
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
"""By fingerprint."""


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
