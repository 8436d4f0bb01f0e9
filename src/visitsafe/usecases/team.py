"""Founding a team, asking to join it, and adding people to it (D5)."""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime

import msgspec

from visitsafe.domain.entries import Entry, compose
from visitsafe.domain.plan import AddedBody, FoundedBody, Person, Place
from visitsafe.domain.roster import as_heard, fingerprint_in
from visitsafe.domain.stored import Store
from visitsafe.domain.terms import TEAM_STREAM, Kind, Role
from visitsafe.errors import NotPermittedError, UsageError, VisitsafeError
from visitsafe.signing.keys import Signer
from visitsafe.signing.sshsig import verify
from visitsafe.signing.verifying import seal_entry
from visitsafe.usecases.desk import Desk, founding_entries
from visitsafe.usecases.listing import listed

PREFIX = "visitsafe-join-1."


def found(store: Store, signer: Signer, team: FoundedBody, now: datetime) -> Entry:
    """Found the team of an empty store. The founder is an admin besides the roles given.

    If this key founded the store's team already (the computer stopped before it was pinned), that founding is
    returned and nothing is added: its `content.body` says what the team is called.

    Raises:
        NotPermittedError: The store has a team already.
    """
    mine = founded_by(store, signer.fingerprint)
    if mine is not None:
        return mine
    payload = compose(TEAM_STREAM, Kind.FOUNDED, now, signer.fingerprint, [], team)
    entry = seal_entry(payload, signer)
    store.append([entry], now, lambda _stream, _rows: None, first=lambda: _refuse_second_team(store))
    return entry


def founded_by(store: Store, fingerprint: str) -> Entry | None:
    """The founding of a store's only team, if the key with this fingerprint signed it."""
    entries = founding_entries(store)
    if len(entries) == 1 and entries[0].content.by == fingerprint:
        return entries[0].entry
    return None


def _refuse_second_team(store: Store) -> None:
    """Looked at again inside the transaction: two people may found a team at the same moment."""
    if founding_entries(store):
        raise NotPermittedError("this store has a team already", hint="to join it, run: visitsafe team join")


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
    same = [
        member for member in desk.roster.everyone if as_heard(member.person.email) == as_heard(person.email)
    ]
    # A second key can show that somebody decided on a visit that they go along on.
    bears_on = [one.row.plan for one in listed(desk)] if same else []
    return desk.append(
        TEAM_STREAM,
        Kind.ADDED,
        desk.roster.heads,
        AddedBody(person=person, roles=tuple(roles)),
        also=bears_on,
    )
