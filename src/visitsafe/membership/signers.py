"""The team as an OpenSSH `allowed_signers` file: who may sign, with which key, from when until when.

Every key that ever was a member's is in it, so that old entries can be checked for good: OpenSSH is asked
whether a key was good at a time, `-Overify-time=`, which is the entry's own `at`. `Z` after a time needs
OpenSSH 9.1. The file says nothing about roles.
"""

from visitsafe.errors import VisitsafeError
from visitsafe.record.kinds import NAMESPACE
from visitsafe.record.ssh import public_line
from visitsafe.team.people import Member
from visitsafe.team.roster import Roster


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
