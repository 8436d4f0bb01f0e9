"""The first run: who are you, and where do you work? Asked once, by `visitsafe plan` without a key.

Plain line by line, because it happens once and works everywhere. Whoever has no terminal uses `key new`,
`team found` and `team join`.
"""

import sys
from typing import TYPE_CHECKING

import typer

from visitsafe.cli.output import ask, result, say, stands
from visitsafe.errors import (
    InterruptedByUserError,
    NotPermittedError,
    UsageError,
    VisitsafeError,
)
from visitsafe.membership.joining import checked_email, checked_name, found_team, read_place
from visitsafe.membership.key_change import make_key
from visitsafe.opening import settings_of
from visitsafe.record.terms import Role
from visitsafe.text.clean import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from visitsafe.record.bodies import Place
    from visitsafe.settings import Settings

ROLES = {"1": Role.PRACTITIONER, "2": Role.MANAGER, "3": Role.DUTY}


def set_up(context: typer.Context) -> None:
    """Make a key and found the team of an empty store; where there is a team, print the line to join it.

    Raises:
        NotPermittedError: Everything is ready on this side, and an admin has to add this person.
        InterruptedByUserError: The person stopped.
    """
    try:
        _ask_all(context)
    except InterruptedByUserError as error:
        raise InterruptedByUserError(
            "stopped before everything was set up", hint="to go on: visitsafe plan"
        ) from error


def _ask_all(context: typer.Context) -> None:
    from visitsafe.store.open import store_exists

    settings = settings_of(context)
    if settings.key is None:
        say("Before the first plan, a few things about you. This is asked once. Ctrl+C stops.")
        _ask_who(settings)
        settings = settings_of(context)
    if settings.team:
        return
    if not store_exists(settings.store) or not _has_team(settings):
        _found(context, settings)
    elif not _is_member(context):
        raise NotPermittedError(
            "there is a team here, and it does not know you yet",
            hint="run: visitsafe team join, and send an admin the line",
        )


def _has_team(settings: "Settings") -> bool:
    from visitsafe.desk import founding_entry
    from visitsafe.store.open import open_store

    store = open_store(settings.store)
    try:
        return founding_entry(store) is not None
    finally:
        store.close()


def _is_member(context: typer.Context) -> bool:
    from visitsafe.opening import desk_of

    with desk_of(context) as desk:
        return desk.me is not None


def _ask_who(settings: "Settings") -> None:
    """Each answer is looked at before the next is asked for; a slip costs only itself."""
    name = _ask_right("Your name", checked_name)
    email = _ask_right("Your work e-mail", checked_email)
    make_key(settings, name, email, _passphrase())


def _ask_right(what: str, checked: "Callable[[str], str]") -> str:
    while True:
        try:
            return checked(ask(what))
        except UsageError as error:
            say(error.message)


def _passphrase() -> bytes | None:
    from getpass import getpass

    say("A passphrase protects your key if the computer is stolen. Leave it empty for none.")
    while True:
        first = _stoppable(lambda: getpass("Passphrase: "))
        if not first:
            return None
        if _stoppable(lambda: getpass("The same again: ")) == first:
            return first.encode()
        say("the two were not the same; once more")


def _found(context: typer.Context, settings: "Settings") -> None:
    say("There is no store yet, so you begin a new team, and can add others to it.")
    team = ask("What is your team called")
    roles = _roles()
    where = _place()
    _, already = found_team(context, settings, team, roles, where)
    team = one_line(already or team)
    with stands("the team is founded"):
        result(f"The team {team} is founded. Others join with: visitsafe team join")


def _roles() -> list[Role]:
    say("What do you do?  1 I visit people   2 I am a manager   3 I am on the duty desk")
    while True:
        given = ask("Number, or several (1 2)").replace(",", " ").split()
        if given and all(number in ROLES for number in given):
            return [ROLES[number] for number in dict.fromkeys(given)]
        say("type 1, 2 or 3, or several with a space between them")


def _place() -> "Place | None":
    say("Where do you work? With a place, visitsafe works out whether it will be light.")
    while True:
        text = ask("A large town near you, or Salford, 53.49, -2.29 (may be empty)", needed=False)
        try:
            return read_place(text, "Europe/London")
        except VisitsafeError as error:
            say(f"{error.message}; {error.hint}")


def _stoppable(read: "Callable[[], str]") -> str:
    try:
        return read()
    except (KeyboardInterrupt, EOFError):
        sys.stderr.write("\n")
        raise InterruptedByUserError(
            "stopped; nothing was changed", hint="to begin again, run the command again"
        ) from None
