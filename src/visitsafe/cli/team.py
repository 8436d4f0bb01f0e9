"""`visitsafe team`: founding a team, joining it, adding people, seeing who is in it.

What changes later is in `team_changes`.
"""

from typing import TYPE_CHECKING, Annotated

import typer

from visitsafe.cli import team_changes
from visitsafe.cli.duress import duress
from visitsafe.cli.output import result, result_json, say, stands
from visitsafe.cli.team_changes import check_fingerprint
from visitsafe.membership.joining import (
    called,
    check_email,
    fingerprint_of,
    found_team,
    myself,
    namesakes,
    read_line,
    read_place,
)
from visitsafe.opening import (
    desk_of,
    later,
    settings_of,
    signer_of,
    zone_of,
)
from visitsafe.record.terms import Role

if TYPE_CHECKING:
    from visitsafe.settings import Settings

app = typer.Typer(help="The people who plan, decide and watch.", rich_markup_mode=None, no_args_is_help=True)
team_changes.register(app)

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
    from visitsafe.desk import open_roster, team_named
    from visitsafe.settings import remember
    from visitsafe.store.open import open_store

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
        for note in (
            *check_email(desk.roster, person, second_key=second_key),
            *namesakes(desk.roster, person),
        ):
            say(note)
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


app.command()(duress)
