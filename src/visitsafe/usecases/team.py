"""Founding a team, asking to join it, and adding people to it (D5)."""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime

import msgspec

from visitsafe.domain.entries import Entry, compose
from visitsafe.domain.plan import AddedBody, FoundedBody, Person, Place
from visitsafe.domain.roster import fingerprint_in
from visitsafe.domain.stored import Store
from visitsafe.domain.terms import TEAM_STREAM, Kind, Role
from visitsafe.errors import NotPermittedError, UsageError, VisitsafeError
from visitsafe.signing.keys import Signer
from visitsafe.signing.sshsig import verify
from visitsafe.signing.verifying import seal_entry
from visitsafe.usecases.desk import Desk, founding_entry

PREFIX = "visitsafe-join-1."


def found(store: Store, signer: Signer, founding: FoundedBody, now: datetime) -> Entry:
    """Found the team of an empty store. The founder is an admin besides the roles given.

    Raises:
        NotPermittedError: The store has a team already.
    """
    if founding_entry(store) is not None:
        raise NotPermittedError("this store has a team already", hint="to join it, run: visitsafe team join")
    payload = compose(TEAM_STREAM, Kind.FOUNDED, now, signer.fingerprint, [], founding)
    entry = seal_entry(payload, signer)
    store.append([entry], now, lambda _stream, _rows: None)
    return entry


def founding_body(team: str, person: Person, roles: Sequence[Role], place: Place | None) -> FoundedBody:
    """What founding a team says; the founder becomes an admin by it."""
    every = dict.fromkeys([*roles, Role.ADMIN])
    return FoundedBody(team=team, person=person, roles=tuple(every), place=place)


def join_line(person: Person, signer: Signer) -> str:
    """The line that somebody who wants to join sends to an admin: who they are, signed with their key."""
    words = msgspec.json.encode(person)
    parts = (words, signer.sign(words).encode())
    return PREFIX + ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def read_join_line(line: str) -> Person:
    """Who sent a join line.

    Raises:
        UsageError: It is not such a line, or not whole.
    """
    broken = UsageError(
        "that is not a whole join line", hint=f"paste the one line that begins with {PREFIX}, all of it"
    )
    text = "".join(line.split())
    try:
        if not text.startswith(PREFIX):
            raise broken
        words, signature = (_decode(part) for part in text.removeprefix(PREFIX).split("."))
        person = msgspec.json.decode(words, type=Person)
        if verify(words, signature.decode("ascii")) != person.key:
            raise broken
    except (ValueError, binascii.Error, msgspec.MsgspecError, VisitsafeError) as error:
        raise broken from error
    return person


def _decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def add(desk: Desk, person: Person, roles: Sequence[Role]) -> Entry:
    """Add a member.

    Raises:
        NotPermittedError: The person asking is no admin, or the member is there already.
    """
    if Role.ADMIN not in desk.member().roles:
        admins = ", ".join(member.person.name for member in desk.roster.with_role(Role.ADMIN))
        raise NotPermittedError("only an admin can add people to the team", hint=f"ask one of: {admins}")
    if fingerprint_in(person) in desk.roster.members:
        raise NotPermittedError(f"{person.name} is in the team already", hint="see: visitsafe team list")
    return desk.append(
        TEAM_STREAM, Kind.ADDED, desk.roster.order.heads, AddedBody(person=person, roles=tuple(roles))
    )
