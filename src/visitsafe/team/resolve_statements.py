"""What each entry of the team's stream says about keys: read once, before anything is decided. Pure.

An entry makes one statement about a key (two, if it replaces one key by another). A statement gives a key a
set of roles, or ends it for good. Whether an entry counts is `counting`'s affair.
"""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet

import msgspec

from visitsafe.errors import VerificationError
from visitsafe.record.bodies import (
    AddedBody,
    AgreedBody,
    AuditedBody,
    FoundedBody,
    HeldBody,
    KeyReplacedBody,
    Person,
    Place,
    ReleasedBody,
    RevokedBody,
    RoleChangedBody,
)
from visitsafe.record.entry import Verified, body_of
from visitsafe.record.kinds import Kind, Role
from visitsafe.team.members import fingerprint_in, known_roles

MOST_NORTH, MOST_EAST = 90, 180


class Statement(msgspec.Struct, frozen=True):
    """What one entry says about one key.

    Attributes:
        entry: The entry.
        key: The fingerprint of the key that it speaks about.
        roles: The roles that the key has from now on.
        person: Whose key it is, if the entry brings it into the team.
        heir_of: For a new key that replaces another: the other; its roles are taken over.
        ends: The key counts no more.
        why: For one that ends: why, in words.
    """

    entry: Verified
    key: str
    roles: frozenset[Role] = frozenset()
    person: Person | None = None
    heir_of: str = ""
    ends: bool = False
    why: str = ""

    @property
    def id(self) -> str:
        """The entry's id."""
        return self.entry.id

    @property
    def at(self) -> str:
        """When, by the author's clock."""
        return self.entry.content.at

    def takes(self, need: AbstractSet[Role]) -> bool:
        """Whether the key has none of these roles after it; no roles asks only whether the key has ended."""
        return self.ends or (bool(need) and not self.heir_of and need.isdisjoint(self.roles))


def statements(entry: Verified) -> tuple[Statement, ...] | None:
    """What an entry says about keys; None if its kind is not known.

    Raises:
        VerificationError: The body does not have the form of its kind.
    """
    read = _READERS.get(entry.content.kind)
    return None if read is None else read(entry)


def _founded(entry: Verified) -> tuple[Statement, ...]:
    body = body_of(entry.content, FoundedBody)
    if entry.content.after or body.person.key != entry.key:
        raise VerificationError(f"the entry {entry.id[:12]} does not found a team")
    roles = known_roles(body.roles) | {Role.ADMIN}
    return (Statement(entry, entry.content.by, roles=roles, person=body.person),)


def _added(entry: Verified) -> tuple[Statement, ...]:
    body = body_of(entry.content, AddedBody)
    key = fingerprint_in(body.person)
    return (Statement(entry, key, roles=known_roles(body.roles), person=body.person),)


def _role_changed(entry: Verified) -> tuple[Statement, ...]:
    body = body_of(entry.content, RoleChangedBody)
    return (Statement(entry, body.key, roles=known_roles(body.roles)),)


def _revoked(entry: Verified) -> tuple[Statement, ...]:
    body = body_of(entry.content, RevokedBody)
    reason = body.reason.strip()
    return (Statement(entry, body.key, ends=True, why=f"revoked: {reason}" if reason else "revoked"),)


def _key_replaced(entry: Verified) -> tuple[Statement, ...]:
    body = body_of(entry.content, KeyReplacedBody)
    new = fingerprint_in(body.person)
    return (
        Statement(entry, body.old, ends=True, why=f"replaced by {new}"),
        Statement(entry, new, person=body.person, heir_of=body.old),
    )


def _agreed(entry: Verified) -> tuple[Statement, ...]:
    body = body_of(entry.content, AgreedBody)
    if body.keep_days is not None and body.keep_days < 1:
        raise VerificationError("records are kept for a day at least")
    if body.place is not None and not is_on_earth(body.place):
        raise VerificationError("its place is nowhere on Earth")
    return ()


def _held(entry: Verified) -> tuple[Statement, ...]:
    body_of(entry.content, HeldBody)
    return ()


def _released(entry: Verified) -> tuple[Statement, ...]:
    body_of(entry.content, ReleasedBody)
    return ()


def _audited(entry: Verified) -> tuple[Statement, ...]:
    body_of(entry.content, AuditedBody)
    return ()


def is_on_earth(place: Place) -> bool:
    """Whether a place's degrees north and east can be."""
    return abs(place.latitude) <= MOST_NORTH and abs(place.longitude) <= MOST_EAST


_READERS: Mapping[str, Callable[[Verified], tuple[Statement, ...]]] = {
    Kind.FOUNDED: _founded,
    Kind.ADDED: _added,
    Kind.ROLE_CHANGED: _role_changed,
    Kind.REVOKED: _revoked,
    Kind.KEY_REPLACED: _key_replaced,
    Kind.AGREED: _agreed,
    Kind.HELD: _held,
    Kind.RELEASED: _released,
    Kind.AUDITED: _audited,
}
