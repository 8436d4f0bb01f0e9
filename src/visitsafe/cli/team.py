"""`visitsafe team`: founding a team, joining it, adding people, seeing who is in it."""

from typing import TYPE_CHECKING, Annotated

import typer

from visitsafe.cli.opening import desk_of, invocation, later, public_line_of, settings_of, signer_of
from visitsafe.cli.output import result, result_json, say, stands
from visitsafe.domain.escape import one_line
from visitsafe.domain.terms import Role
from visitsafe.errors import NotPermittedError, SettingsError, UsageError

if TYPE_CHECKING:
    from visitsafe.adapters.settings import Settings
    from visitsafe.domain.plan import Person, Place
    from visitsafe.domain.roster import Roster

app = typer.Typer(help="The people who plan, decide and watch.", rich_markup_mode=None, no_args_is_help=True)

MOST_NORTH, MOST_EAST = 90, 180
Roles = Annotated[
    list[Role], typer.Option("--role", help="practitioner, manager, duty or admin; may be repeated.")
]


@app.command()
def found(
    context: typer.Context,
    role: Roles,
    name: Annotated[str, typer.Option(help="What the team is called.")] = "Our team",
    place: Annotated[
        str, typer.Option(help="Where the team works, for daylight: a town, or 'Salford, 53.49, -2.29'.")
    ] = "",
    timezone: Annotated[str, typer.Option(help="The team's time zone.")] = "Europe/London",
) -> None:
    """Found the team of a new store; you become its first admin."""
    settings = settings_of(context)
    where = read_place(place, timezone)
    team_id = found_team(context, settings, name, role, where)
    say(f"founded the team {name!r}; you are an admin")
    with stands("the team is founded"):
        result(team_id)


def found_team(
    context: typer.Context, settings: "Settings", name: str, roles: list[Role], where: "Place | None"
) -> str:
    """Make the store if it is missing, found the team in it, and pin it; the team's id."""
    from visitsafe.adapters.settings import remember
    from visitsafe.adapters.store import create_store, open_store, store_exists
    from visitsafe.domain.cleaning import clean
    from visitsafe.usecases.team import found as found_in
    from visitsafe.usecases.team import founding_body

    me, signer, now = myself(settings), signer_of(context), invocation(context).now
    make = open_store if store_exists(settings.store) else lambda url: create_store(url, now)
    store = make(settings.store)
    try:
        entry = found_in(store, signer, founding_body(clean(name), me, roles, where), now)
    finally:
        store.close()
    remember(settings, "team", id=entry.id)
    return entry.id


@app.command()
def join(context: typer.Context) -> None:
    """Print the line that an admin passes to `team add`."""
    from visitsafe.usecases.team import join_line

    settings = settings_of(context)
    line = join_line(myself(settings), signer_of(context))
    say(
        "send this line to an admin of your team, and read your key's fingerprint to them over the telephone:"
    )
    say(fingerprint_of(settings))
    result(line, exact=True)


@app.command()
def add(
    context: typer.Context,
    line: Annotated[str, typer.Argument(help="The line that `visitsafe team join` printed.")],
    role: Roles,
    second_key: Annotated[
        bool, typer.Option("--second-key", help="It is another key of a member with the same e-mail.")
    ] = False,
) -> None:
    """Add the person who sent a join line."""
    from visitsafe.domain.roster import fingerprint_in
    from visitsafe.usecases.team import add as add_to

    person = _read_line(line)
    with desk_of(context) as desk:
        _check_email(desk.roster, person, second_key=second_key)
        _check_fingerprint(f"{person.name} <{person.email}>", fingerprint_in(person))
        add_to(later(context, desk), person, role)
    with stands(f"{person.name} is added"):
        result(f"added {person.name} <{person.email}> as {', '.join(role)}: {fingerprint_in(person)}")


def _read_line(line: str) -> "Person":
    """Who sent a join line; what they call themselves is held to the same rules as in `key new`."""
    import msgspec

    from visitsafe.cli.key import checked_email, checked_name
    from visitsafe.usecases.team import read_join_line

    person = read_join_line(line)
    try:
        name, email = checked_name(person.name), checked_email(person.email)
    except UsageError as error:
        raise UsageError(f"in this join line {error.message}", hint="ask them for another line") from error
    return msgspec.structs.replace(person, name=name, email=email)


def _check_email(roster: "Roster", person: "Person", *, second_key: bool) -> None:
    """An e-mail says who somebody is: nobody gets a second key by sending a line with a colleague's."""
    from visitsafe.domain.roster import as_heard, fingerprint_in

    if fingerprint_in(person) in roster.members:
        return  # the use case says so
    email = as_heard(person.email)
    same = [member for member in roster.members.values() if as_heard(member.person.email) == email]
    if same and not second_key:
        raise NotPermittedError(
            f"{same[0].person.name} has the e-mail {person.email} in this team already",
            hint="if it is a second key of theirs, ask them by telephone, and add --second-key",
        )
    if second_key and not same:
        raise UsageError(f"nobody in the team has the e-mail {person.email}", hint="leave out --second-key")
    for member in same:
        say(f"this becomes a second key of {member.person.name}, who has {member.fingerprint}")


def _check_fingerprint(who: str, fingerprint: str) -> None:
    """Show whose key it claims to be; where there is somebody to ask, have them compare it first."""
    from visitsafe.cli.first_run import ask, has_terminal

    say(f"this line is from {who}")
    say(f"their key: {fingerprint}")
    if not has_terminal():
        say("compare this with them over the telephone")
        return
    while True:
        given = ask("Is this the fingerprint that they read to you over the telephone? y or n").casefold()
        if given in {"y", "yes"}:
            return
        if given in {"n", "no"}:
            raise NotPermittedError(
                "nobody was added", hint="ring them on a number that you know, and ask for a new line"
            )


@app.command("list")
def list_(
    context: typer.Context, json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False
) -> None:
    """Show who is in the team."""
    with desk_of(context) as desk:
        roster = desk.roster
    if json:
        result_json(team_shape(roster))
        return
    result(f"{one_line(roster.name)}  (team {roster.team_id[:12]})")
    for member in sorted(roster.members.values(), key=lambda m: m.person.name):
        who = one_line(f"{member.person.name} <{member.person.email}>")
        result(f"  {who}: {', '.join(sorted(member.roles))}")


def team_shape(roster: "Roster") -> dict[str, object]:
    """The team as JSON shows it."""
    return {
        "id": roster.team_id,
        "name": roster.name,
        "timezone": roster.place.timezone if roster.place else None,
        "members": [
            {
                "name": member.person.name,
                "email": member.person.email,
                "fingerprint": member.fingerprint,
                "roles": sorted(member.roles),
                "since": member.since,
            }
            for member in sorted(roster.members.values(), key=lambda m: m.person.name)
        ],
        "problems": roster.problems,
    }


def myself(settings: "Settings") -> "Person":
    """This person as the roster will name them.

    Raises:
        SettingsError: There is no key yet.
    """
    from visitsafe.domain.plan import Person

    if settings.key is None:
        raise SettingsError("you have no key yet", hint="run: visitsafe key new --name ... --email ...")
    return Person(name=settings.name, email=settings.email, key=public_line_of(settings.key))


def fingerprint_of(settings: "Settings") -> str:
    """The fingerprint of this person's key."""
    from visitsafe.domain.roster import fingerprint_in

    return fingerprint_in(myself(settings))


def read_place(text: str, timezone: str) -> "Place | None":
    """A place: a town that astral knows, or `Name, latitude, longitude` in degrees north and east.

    Raises:
        UsageError: It is neither, or the time zone does not exist.
    """
    from visitsafe.domain.plan import Place

    _check_zone(timezone)
    if not text.strip():
        return None
    if "," not in text:
        return _town(text)
    try:
        name, north, east = (part.strip() for part in text.rsplit(",", 2))
        place = Place(name=name, latitude=float(north), longitude=float(east), timezone=timezone)
    except ValueError as error:
        raise UsageError(f"{text!r} is not a place", hint="for example: 'Salford, 53.49, -2.29'") from error
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

    from visitsafe.domain.plan import Place

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
