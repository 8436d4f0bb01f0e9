"""`visitsafe team`: founding a team, joining it, adding people, seeing who is in it.

What changes later is in `team_changes`.
"""

from typing import TYPE_CHECKING, Annotated

import typer

from visitsafe.cli import team_changes
from visitsafe.cli.output import result, result_json, say, stands
from visitsafe.errors import SettingsError, UsageError
from visitsafe.membership.joining import called, check_email, check_fingerprint, namesakes, read_line
from visitsafe.opening import (
    desk_of,
    invocation,
    later,
    public_line_of,
    settings_of,
    signer_of,
    zone_of,
)
from visitsafe.record.kinds import Role

if TYPE_CHECKING:
    from visitsafe.record.bodies import Person, Place
    from visitsafe.settings import Settings

app = typer.Typer(help="The people who plan, decide and watch.", rich_markup_mode=None, no_args_is_help=True)
team_changes.register(app)

MOST_NORTH, MOST_EAST = 90, 180
Roles = Annotated[
    list[Role],
    typer.Option(
        "--role", help="practitioner, manager, duty, admin, or watch for a computer; may be repeated."
    ),
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
    team_id, already = found_team(context, settings, name, role, where)
    if already:
        say(f"you have already founded the team {already!r} in this store; this computer now belongs to it")
    else:
        say(f"founded the team {name!r}; you are an admin")
    with stands("the team is founded"):
        result(team_id, exact=True)


def found_team(
    context: typer.Context, settings: "Settings", name: str, roles: list[Role], where: "Place | None"
) -> tuple[str, str]:
    """Make the store if it is a file and missing, found the team in it, and pin it.

    Returns:
        The team's id, and its name if this person had founded it before; then nothing was added.
    """
    from visitsafe.membership.change import found as found_in
    from visitsafe.membership.change import founded_by, founding_body
    from visitsafe.settings import remember
    from visitsafe.store.open import open_or_make
    from visitsafe.text.clean import clean

    me, signer, now = myself(settings), signer_of(context), invocation(context).now
    store = open_or_make(settings.store, now)
    try:
        mine = founded_by(store, signer.fingerprint)
        entry = mine or found_in(store, signer, founding_body(clean(name), me, roles, where), now)
    finally:
        store.close()
    remember(settings, "team", id=entry.id)
    return entry.id, str(mine.content.body.get("team", "")) if mine else ""


@app.command()
def join(
    context: typer.Context,
    team_id: Annotated[
        str,
        typer.Option("--team-id", help="Belong to the team with this id, as an admin told you."),
    ] = "",
) -> None:
    """Print the line that an admin passes to `team add`."""
    from visitsafe.membership.change import join_line

    settings = settings_of(context)
    me = myself(settings)
    if team_id:
        _pin(settings, team_id)
    line = join_line(me, signer_of(context))
    say(
        "send this line to an admin of your team, and read your key's fingerprint to them over the telephone:"
    )
    say(fingerprint_of(settings))
    result(line, exact=True)


def _pin(settings: "Settings", team_id: str) -> None:
    """Belong to the team of the store that an admin named, whichever it was before."""
    from visitsafe.settings import remember
    from visitsafe.store.open import open_store
    from visitsafe.team_record import open_roster, team_named

    store = open_store(settings.store)
    try:
        pinned = team_named(store, team_id)
        name = open_roster(store, pinned).name
    finally:
        store.close()
    remember(settings, "team", id=pinned)
    if settings.team and settings.team != pinned:
        say(f"this computer belonged to the team {settings.team[:12]} before")
    say(f"from now on this computer belongs to the team {name!r} ({pinned[:12]})")


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
    from visitsafe.membership.change import add as add_to
    from visitsafe.team.people import fingerprint_in

    person = read_line(line)
    with desk_of(context) as desk:
        check_email(desk.roster, person, second_key=second_key)
        for namesake in namesakes(desk.roster, person):
            say(namesake)
        check_fingerprint(person)
        add_to(later(context, desk), person, role)
    with stands(f"{person.name} is added"):
        result(f"added {called(person)} as {', '.join(role)}: {fingerprint_in(person)}")


@app.command("list")
def list_(
    context: typer.Context,
    everyone: Annotated[bool, typer.Option("--all", help="With the keys that count no more.")] = False,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Show who is in the team, and what it has agreed on."""
    from visitsafe.cli.team_text import team_lines, team_shape

    with desk_of(context) as desk:
        roster = desk.roster
    if json:
        result_json(team_shape(roster, everyone=everyone))
        return
    result("\n".join(team_lines(roster, zone_of(roster), everyone=everyone)))


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
