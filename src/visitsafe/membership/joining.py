"""A join line before an admin acts on it: what it says, whose e-mail it claims, and whose key it is.

Rules: what somebody calls themselves is held to the same rules as in `key new`; an e-mail says who somebody
is, so nobody gets a second key without being meant; the fingerprint is compared by telephone before anything
is signed, where there is somebody to ask.
"""

from typing import TYPE_CHECKING

from visitsafe.cli.output import agreed, has_terminal, say
from visitsafe.errors import NotPermittedError, UsageError
from visitsafe.text.clean import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from visitsafe.record.bodies import Person
    from visitsafe.team.roster import Roster


def read_line(line: str) -> "Person":
    """Who sent a join line.

    Raises:
        UsageError: It is no such line, or the name or the e-mail in it cannot be right.
    """
    import msgspec

    from visitsafe.cli.key import checked_email, checked_name
    from visitsafe.membership.change import read_join_line

    person = read_join_line(line)
    try:
        name, email = checked_name(person.name), checked_email(person.email)
    except UsageError as error:
        raise UsageError(f"in this join line {error.message}", hint="ask them for another line") from error
    return msgspec.structs.replace(person, name=name, email=email)


def check_email(roster: "Roster", person: "Person", *, second_key: bool) -> None:
    """Refuse a line with a member's e-mail, unless the admin says that it is a second key of theirs.

    Raises:
        NotPermittedError: Somebody in the team has this e-mail.
        UsageError: It cannot be a second key, because nobody has.
    """
    from visitsafe.team.people import as_heard, fingerprint_in

    if fingerprint_in(person) in roster.members:
        return  # the use case says so
    email = as_heard(person.email)
    same = [member for member in roster.members.values() if as_heard(member.person.email) == email]
    if same and not second_key:
        raise NotPermittedError(
            f"{same[0].person.name} has the e-mail {person.email} in this team already",
            hint="if it is a second key of theirs, ask them by telephone, and add --second-key; "
            f"if their key is lost, run: visitsafe team replace {person.email} LINE",
        )
    if second_key and not same:
        raise UsageError(f"nobody in the team has the e-mail {person.email}", hint="leave out --second-key")
    for member in same:
        say(f"this becomes a second key of {member.person.name}, who has {member.fingerprint}")


def namesakes(roster: "Roster", person: "Person") -> "Iterator[str]":
    """A sentence for each member with the same name and another e-mail."""
    from visitsafe.team.people import as_heard

    for member in roster.members.values():
        other = as_heard(member.person.email) != as_heard(person.email)
        if other and as_heard(member.person.name) == as_heard(person.name):
            yield f"there is another {person.name} in the team, <{member.person.email}>; are they two people?"


def check_fingerprint(person: "Person") -> None:
    """Show whose key it claims to be; where there is somebody to ask, have them compare it first.

    Raises:
        NotPermittedError: It is not what they read over the telephone.
    """
    from visitsafe.team.people import fingerprint_in

    say(f"this line is from {called(person)}")
    say(f"their key: {fingerprint_in(person)}")
    if not has_terminal():
        say("compare this with them over the telephone")
        return
    if not agreed("Is this the fingerprint that they read to you over the telephone?"):
        raise NotPermittedError(
            "nothing was signed, and nobody was added",
            hint="ring them on a number that you know, and ask for a new line",
        )


def called(person: "Person") -> str:
    """Somebody by name and e-mail, on one line."""
    return f"{one_line(person.name)} <{one_line(person.email)}>"
