"""Founding a team, asking to join it, adding people, and changing what the roster says (D5, D15).

Every change is refused here, in words, where it would not count in the fold. Who may be meant by a name is
the roster's affair.
"""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime

import msgspec

from visitsafe.desk import Desk, bears_on, founding_entries, summariser_at
from visitsafe.errors import KeyFileError, NotPermittedError, UsageError, VisitsafeError
from visitsafe.record.bodies import (
    AddedBody,
    AgreedBody,
    FoundedBody,
    KeyReplacedBody,
    Person,
    Place,
    RevokedBody,
    RoleChangedBody,
)
from visitsafe.record.entry import Entry, compose, seal_entry
from visitsafe.record.kinds import Kind
from visitsafe.record.ssh import Signer, public_line, verify
from visitsafe.record.stored import Store
from visitsafe.record.terms import NAMESPACE, TEAM_STREAM, Role
from visitsafe.state.rules import is_earlier
from visitsafe.team.people import Member, as_heard, fingerprint_in
from visitsafe.team.roster import Roster
from visitsafe.text.clean import has_unseen
from visitsafe.text.clock import to_text


def allowed_signers(roster: Roster) -> str:
    """A line for each key: e-mail, namespace, the time in which it was good (UTC), key."""
    everyone = sorted(roster.known.values(), key=lambda one: (one.person.email, one.since, one.fingerprint))
    return "".join(_line(member) for member in everyone)


def _line(member: Member) -> str:
    """One key's line; a key that is not exactly its type and its base64 gets none."""
    who = principal(member.person.email)
    try:
        key = public_line(member.person.key)
    except VisitsafeError:
        return ""
    if member.until and member.until <= member.since:
        # OpenSSH refuses a whole file in which a period ends before it begins.
        return f"# {who}: {member.fingerprint} was never good\n"
    options = f'namespaces="{NAMESPACE}",valid-after="{openssh_time(member.since)}"'
    if member.until:
        options += f',valid-before="{openssh_time(member.until)}"'
    return f"{who} {options} {key}\n"


def openssh_time(at: str) -> str:
    """A time of an entry as OpenSSH reads it: `2026-11-23T15:30:00Z` is `20261123153000Z`."""
    return "".join(character for character in at if character.isdigit()) + "Z"


def principal(email: str) -> str:
    """An e-mail as an OpenSSH principal, which can hold no quotes, spaces, commas or patterns.

    Letters, digits and `@ . _ -` of ASCII stay; anything else is `+` and the hex digits of its UTF-8 bytes,
    `+` itself too, so that two people never get one principal: `o'brien@x` is `o+27brien@x`.
    """
    written = "".join(
        c if c.isascii() and (c.isalnum() or c in "@._-") else "".join(f"+{byte:02x}" for byte in c.encode())
        for c in email
    )
    return written or "+"  # which nothing else is written as


PREFIX = "visitsafe-join-1."
LONGEST = 200
LATELY = 500
"""How many of the newest entries are looked at for a time that is later than this clock's."""
Change = tuple[Kind, msgspec.Struct]


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
    _check_roles([*every])
    return FoundedBody(team=team, person=person, roles=tuple(every), place=place)


def _check_roles(roles: Sequence[Role]) -> None:
    if Role.WATCH in roles and len(set(roles)) > 1:
        raise UsageError(
            "watch is for a computer that nobody sits at, and goes with no other role",
            hint="managers and duty officers watch without it; give the computer a key of its own",
        )


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
    if any(
        not text.strip() or has_unseen(text) or len(text) > LONGEST for text in (person.name, person.email)
    ):
        raise UsageError(
            "the name or the e-mail in that line is empty, too long, or has characters that cannot be seen",
            hint="ask them for a new line: visitsafe team join",
        )
    return person


def _decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def add(desk: Desk, person: Person, roles: Sequence[Role]) -> Entry:
    """Add a member.

    Raises:
        NotPermittedError: The person asking is no admin, the member is there already, or the key has ended.
        UsageError: The roles do not go together.
    """
    _check_admin(desk, "add people to the team")
    _check_roles(roles)
    _check_new_key(desk, person)
    mine = as_heard(person.email)
    # A second key can show that somebody decided on a visit that they go along on.
    same = any(as_heard(member.person.email) == mine for member in desk.roster.everyone)
    return _append(desk, (Kind.ADDED, AddedBody(person=person, roles=tuple(roles))), bearing=same)[0]


def change_roles(desk: Desk, who: str, roles: Sequence[Role], *, keep: bool = False) -> Sequence[Member]:
    """Give a person, with all their keys, a new set of roles; the members as they were before.

    Args:
        desk: An admin's.
        who: The member, by name, e-mail or fingerprint.
        roles: What they may do from now on.
        keep: Besides what they may do already.

    Raises:
        NotPermittedError: The person asking is no admin, or the team would be left without one.
        NotFoundError: Nobody, or more than one person, is called so.
    """
    _check_admin(desk, "change roles")
    meant = desk.roster.keys_of(who)
    new = {one.fingerprint: tuple(dict.fromkeys([*sorted(one.roles) * keep, *roles])) for one in meant}
    for each in new.values():
        _check_roles(each)
    if not keep and Role.ADMIN not in roles:
        _check_admin_left(desk, meant)
    changing = [member for member in meant if member.roles != frozenset(new[member.fingerprint])]
    if not changing:
        raise NotPermittedError(
            f"{meant[0].person.name} has these roles already", hint="see: visitsafe team list"
        )
    bodies = [
        RoleChangedBody(key=one.fingerprint, roles=new[one.fingerprint]) for one in _own_last(desk, changing)
    ]
    _append(desk, *((Kind.ROLE_CHANGED, body) for body in bodies))
    return meant


def who_is_meant(desk: Desk, who: str) -> Sequence[Member]:
    """All good keys of a person, or the one key with this fingerprint, good or ended.

    Raises:
        NotFoundError: Nobody, or more than one person, is called so.
    """
    return [desk.roster.known[who]] if who in desk.roster.known else desk.roster.keys_of(who)


def revoke(desk: Desk, who: str, reason: str) -> Sequence[Member]:
    """Revoke all keys of a person, or the one key with a fingerprint; the members as they were before.

    A key that has ended already can be revoked again by its fingerprint: where two copies of the record
    disagree about how it ended, that settles it.

    Raises:
        NotPermittedError: The person asking is no admin, no reason is given, or nobody would be left who is.
        NotFoundError: Nobody, or more than one person, is called so.
    """
    _check_admin(desk, "revoke keys")
    if not reason.strip():
        raise NotPermittedError("a revocation needs a reason", hint="add: --reason 'has left the team'")
    meant = who_is_meant(desk, who)
    _check_admin_left(desk, meant)
    ending = _own_last(desk, meant)
    _append(desk, *((Kind.REVOKED, RevokedBody(key=one.fingerprint, reason=reason)) for one in ending))
    return meant


def newest_claim(desk: Desk) -> str:
    """The latest time that what came in lately claims, if it is later than this clock's; UTC text, or empty.

    A statement of the team by a clock that is behind would lie before what its subject has signed.
    """
    head, _ = desk.store.head()
    newest = max((row.at for row in desk.store.scan(max(head - LATELY, 0))), default="")
    return newest if is_earlier(to_text(desk.now), newest) else ""


def replace_lost(desk: Desk, who: str, person: Person) -> Member:
    """Replace a key that a member has lost by a new one, which takes over the roles; the old member.

    Args:
        desk: An admin's.
        who: The member, by name, e-mail or fingerprint.
        person: From the join line made with the new key.

    Raises:
        NotPermittedError: The person asking is no admin, or the new key cannot be this member's.
        UsageError: The member has several keys, and it is not said which is lost.
    """
    _check_admin(desk, "replace somebody's key")
    meant = desk.roster.keys_of(who)
    if len(meant) > 1:
        keys = ", ".join(one.fingerprint for one in meant)
        raise UsageError(f"{meant[0].person.name} has several keys", hint=f"name the lost one: {keys}")
    _replace(desk, meant[0], person)
    return meant[0]


def replace_own(desk: Desk, new: Signer, seal: str = "") -> Entry:
    """Replace the key of the person asking by a new one; the old key signs, and so vouches for the new.

    Args:
        desk: With the old key, which must still open.
        new: Opens the new key: it signs once, so that nobody is left with a key that cannot.
        seal: An age recipient, if the new key cannot decrypt.

    Raises:
        KeyFileError: The new key does not sign.
        NotPermittedError: The new key was in the team before.
    """
    old = desk.member()
    person = Person(name=old.person.name, email=old.person.email, key=new.public_line, seal=seal)
    words = msgspec.json.encode(person)
    if verify(words, new.sign(words)) != person.key:
        raise KeyFileError("the new key does not sign as itself", hint="try it with: ssh-keygen -Y sign")
    return _replace(desk, old, person)


def agree(desk: Desk, agreed: AgreedBody) -> Entry:
    """Set what everyone in the team must agree on; what is None stays as it is.

    Raises:
        NotPermittedError: The person asking is no admin.
        UsageError: There is nothing to set, or it cannot be right.
    """
    _check_admin(desk, "change what the team has agreed on")
    if agreed == AgreedBody():
        raise UsageError("there is nothing to set", hint="see: visitsafe team set --help")
    if any(days is not None and days < 1 for days in (agreed.keep_days, agreed.keep_days_incident)):
        raise UsageError("records are kept for a day at least", hint="for example: --keep-days 2555")
    plain = agreed.keep_days or desk.roster.settings.keep_days or 0
    if agreed.keep_days_incident is not None and agreed.keep_days_incident < plain:
        raise UsageError(
            f"a case with an incident is kept for no less than any other, and that is {plain} days",
            hint="leave --keep-days-incident out, or give more days",
        )
    return _append(desk, (Kind.AGREED, agreed), bearing=False)[0]


def _own_last(desk: Desk, members: Sequence[Member]) -> Sequence[Member]:
    """The key that signs comes last: after it has lost its rights it could change no other."""
    return sorted(members, key=lambda member: member.fingerprint == desk.member().fingerprint)


def _replace(desk: Desk, old: Member, person: Person) -> Entry:
    _check_new_key(desk, person)
    if as_heard(person.email) != as_heard(old.person.email):
        raise NotPermittedError(
            f"the new key is of {person.email[:LONGEST]}, and the old one of {old.person.email[:LONGEST]}",
            hint="if they are two people, use: visitsafe team revoke, and visitsafe team add",
        )
    return _append(desk, (Kind.KEY_REPLACED, KeyReplacedBody(old=old.fingerprint, person=person)))[0]


def _check_admin(desk: Desk, what: str) -> None:
    if Role.ADMIN not in desk.member().roles:
        admins = ", ".join(member.person.name for member in desk.roster.with_role(Role.ADMIN))
        raise NotPermittedError(f"only an admin can {what}", hint=f"ask one of: {admins}")


def _check_admin_left(desk: Desk, going: Sequence[Member]) -> None:
    gone = {member.fingerprint for member in going}
    if all(admin.fingerprint in gone for admin in desk.roster.with_role(Role.ADMIN)):
        raise NotPermittedError(
            f"{going[0].person.name} is the last admin, and a team without one can never be changed again",
            hint="first make somebody else an admin: visitsafe team role WHO --add admin",
        )


def _check_new_key(desk: Desk, person: Person) -> None:
    known = desk.roster.known.get(fingerprint_in(person))
    if known is not None and not known.until:
        raise NotPermittedError(
            f"this key is in the team already, as {known.person.name}", hint="see: visitsafe team list"
        )
    if known is not None:
        raise NotPermittedError(
            f"this key was {known.why_ended}, and such a key never comes back",
            hint="ask them to make a new key, and to send a new line: visitsafe team join",
        )


def _append(desk: Desk, *changes: Change, bearing: bool = True) -> Sequence[Entry]:
    """Sign changes, each after the one before, and append all of them or none.

    Args:
        desk: An admin's.
        changes: What to sign.
        bearing: Whether they may bear on plans, so that the rows of those have to be made anew.
    """
    desk.roster.refuse_damage()
    signer, heads = desk.signer(), list(desk.roster.heads)
    entries: list[Entry] = []
    for kind, body in changes:
        payload = compose(TEAM_STREAM, kind, desk.now, signer.fingerprint, heads, body)
        entries.append(seal_entry(payload, signer))
        heads = [entries[-1].id]
    also = bears_on(desk.store, to_text(desk.now)) if bearing else []
    desk.store.append(entries, desk.now, summariser_at(desk.store, desk.roster.team_id), also=also)
    return entries
