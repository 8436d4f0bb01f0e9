"""Founding a team and joining one: who somebody says they are, where the team works, whose e-mail it is.

Rules: what somebody calls themselves is held to the same rules in `key new` and in a join line; an e-mail
says who somebody is, so nobody gets a second key without being meant.
"""

from typing import TYPE_CHECKING

from visitsafe.errors import NotPermittedError, SettingsError, UsageError
from visitsafe.opening import Context, invocation, public_line_of, signer_of
from visitsafe.record.terms import Role
from visitsafe.text.clean import clean, has_unseen, is_name, one_line, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from visitsafe.record.bodies import Person, Place
    from visitsafe.settings import Settings
    from visitsafe.team.roster import Roster


def read_line(line: str) -> "Person":
    """Who sent a join line.

    Raises:
        UsageError: It is no such line, or the name or the e-mail in it cannot be right.
    """
    import msgspec

    from visitsafe.membership.change import read_join_line

    person = read_join_line(line)
    try:
        name, email = checked_name(person.name), checked_email(person.email)
    except UsageError as error:
        raise UsageError(f"in this join line {error.message}", hint="ask them for another line") from error
    return msgspec.structs.replace(person, name=name, email=email)


def check_email(roster: "Roster", person: "Person", *, second_key: bool) -> list[str]:
    """Refuse a line with a member's e-mail, unless the admin says that it is a second key of theirs.

    Returns:
        What the admin is told of whose key it is.

    Raises:
        NotPermittedError: Somebody in the team has this e-mail.
        UsageError: It cannot be a second key, because nobody has.
    """
    from visitsafe.team.people import as_heard, fingerprint_in

    if fingerprint_in(person) in roster.members:
        return []  # adding them says so
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
    return [f"this becomes a second key of {one.person.name}, who has {one.fingerprint}" for one in same]


def namesakes(roster: "Roster", person: "Person") -> "Iterator[str]":
    """A sentence for each member with the same name and another e-mail."""
    from visitsafe.team.people import as_heard

    for member in roster.members.values():
        other = as_heard(member.person.email) != as_heard(person.email)
        if other and as_heard(member.person.name) == as_heard(person.name):
            yield f"there is another {person.name} in the team, <{member.person.email}>; are they two people?"


def called(person: "Person") -> str:
    """Somebody by name and e-mail, on one line."""
    return f"{one_line(person.name)} <{one_line(person.email)}>"


LONGEST_NAME = 100


LONGEST_EMAIL = 200


def checked_name(name: str) -> str:
    """A person's name, tidied.

    Raises:
        UsageError: It is empty, too long, no name at all, or has something in it that cannot be seen.
    """
    name = _seen(name, "name")
    if name and not is_name(name):
        raise UsageError(f"{quoted(name)} is not a name", hint="give it as people know it: 'Sam Carter'")
    if not name or len(name) > LONGEST_NAME:
        raise UsageError(
            f"a name is needed, of at most {LONGEST_NAME} characters", hint="add: --name 'Sam Carter'"
        )
    return name


def checked_email(email: str) -> str:
    """A person's e-mail, tidied.

    Raises:
        UsageError: It is no e-mail, or has something in it that cannot be seen.
    """
    email = _seen(email, "e-mail")
    name, at, domain = email.partition("@")
    if not (name and at and domain) or "@" in domain or " " in email or len(email) > LONGEST_EMAIL:
        raise UsageError(
            f"{quoted(email)} is not an e-mail address", hint="add: --email sam.carter@council.example"
        )
    return email


def _seen(text: str, what: str) -> str:
    if has_unseen(text) or len(text.strip().splitlines()) > 1:
        raise UsageError(
            f"the {what} has characters in it that cannot be seen", hint="type it again, by hand"
        )
    return clean(text)


MOST_NORTH, MOST_EAST = 90, 180


def found_team(
    context: Context, settings: "Settings", name: str, roles: list[Role], where: "Place | None"
) -> tuple[str, str]:
    """Make the store if it is a file and missing, found the team in it, and pin it.

    Returns:
        The team's id, and its name if this person had founded it before; then nothing was added.
    """
    from visitsafe.membership.change import found as found_in
    from visitsafe.membership.change import founded_by, founding_body
    from visitsafe.settings import pin_team
    from visitsafe.store.open import open_or_make

    me, signer, now = myself(settings), signer_of(context), invocation(context).now
    store = open_or_make(settings.store, now)
    try:
        mine = founded_by(store, signer.fingerprint)
        entry = mine or found_in(store, signer, founding_body(clean(name), me, roles, where), now)
    finally:
        store.close()
    pin_team(settings, entry.id)
    return entry.id, str(mine.content.body.get("team", "")) if mine else ""


def myself(settings: "Settings") -> "Person":
    """This person as the roster will name them.

    Raises:
        SettingsError: There is no key yet.
    """
    from visitsafe.record.bodies import Person

    if settings.key is None:
        raise SettingsError("you have no key yet", hint="run: visitsafe key new --name ... --email ...")
    line = public_line_of(settings.key)
    return Person(name=settings.name, email=settings.email, key=line, seal=settings.seal)


def fingerprint_of(settings: "Settings") -> str:
    """The fingerprint of this person's key."""
    from visitsafe.team.people import fingerprint_in

    return fingerprint_in(myself(settings))


def read_place(text: str, timezone: str) -> "Place | None":
    """A place: a town that astral knows, or `Name, latitude, longitude` in degrees north and east.

    Raises:
        UsageError: It is neither, or the time zone does not exist.
    """
    from visitsafe.record.bodies import Place

    _check_zone(timezone)
    if not text.strip():
        return None
    if "," not in text:
        return _town(text)
    try:
        name, north, east = (part.strip() for part in text.split(","))
        place = Place(name=name, latitude=float(north), longitude=float(east), timezone=timezone)
    except ValueError as error:
        raise UsageError(
            f"{text!r} is not a place", hint="a name and two numbers with a dot: 'Salford, 53.49, -2.29'"
        ) from error
    if not (abs(place.latitude) <= MOST_NORTH and abs(place.longitude) <= MOST_EAST):
        raise UsageError(f"{text!r} is nowhere on Earth", hint="degrees north, then degrees east")
    return place


def _check_zone(timezone: str) -> None:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(timezone)
    except (KeyError, ValueError, OSError) as error:
        raise UsageError(f"there is no time zone {timezone!r}", hint="for example: Europe/London") from error


def _town(name: str) -> "Place":
    """A town by its name alone, with its own time zone."""
    from astral.geocoder import database, lookup

    from visitsafe.record.bodies import Place

    try:
        found = lookup(name.strip(), database())
    except KeyError as error:
        raise UsageError(
            f"{name!r} is not one of the towns that visitsafe knows",
            hint="name a large town nearby, or give degrees north and east: 'Salford, 53.49, -2.29'",
        ) from error
    if isinstance(found, dict):
        raise UsageError(f"{name!r} is a whole region", hint="name a town in it")
    return Place(name=found.name, latitude=found.latitude, longitude=found.longitude, timezone=found.timezone)
