"""`visitsafe team duress`: the phrase that tells the office that a colleague is not safe (D15).

It is typed without being shown, and is in no argument, message or file of ours but for the sealed entry.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from visitsafe.cli.output import result, say, stands
from visitsafe.errors import InterruptedByUserError, NotFoundError, SettingsError, UsageError
from visitsafe.opening import desk_of, warn_if_open
from visitsafe.text.clean import terminal

LONGEST = 200


def duress(
    context: typer.Context,
    new: Annotated[bool, typer.Option("--set", help="Agree on a new phrase.")] = False,
    show: Annotated[bool, typer.Option("--show", help="Show it, to managers and duty officers.")] = False,
    file: Annotated[
        Path | None, typer.Option("--from-file", help="With --set: read the phrase from this file.")
    ] = None,
) -> None:
    """The phrase by which a colleague says on the telephone that they are not safe."""
    if new == show or (file and not new):
        raise UsageError("set the phrase, or show it", hint="visitsafe team duress --set, or --show")
    if new:
        _set(context, file)
    else:
        _show(context)


def _set(context: typer.Context, file: Path | None) -> None:
    from visitsafe.membership.change import agree
    from visitsafe.opening import opened
    from visitsafe.record.bodies import AgreedBody
    from visitsafe.text.clean import clean
    from visitsafe.visits.phrase import seal_phrase

    with desk_of(context) as desk:
        signing = opened(desk) if file is None else desk
        phrase = clean(_typed() if file is None else _read(file))
        if not phrase or len(phrase) > LONGEST:
            raise UsageError(
                f"the phrase is empty, or longer than {LONGEST} characters", hint="choose another"
            )
        agree(signing, AgreedBody(duress=seal_phrase(signing, phrase)))
    say("tell everybody who visits, by word of mouth; nobody should have to look it up")
    with stands("the duress phrase is agreed"):
        result("the duress phrase is agreed, sealed to managers and duty officers")


def _show(context: typer.Context) -> None:
    from visitsafe.cli.details import unlock
    from visitsafe.visits.phrase import open_phrase

    with desk_of(context) as desk:
        result(terminal(open_phrase(desk, desk.roster.settings.duress, unlock(context))))


def _typed() -> str:
    """The phrase, typed twice without showing it."""
    from getpass import getpass

    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError("there is no terminal to type the phrase at", hint="add: --from-file FILE")
    try:
        first = getpass("Duress phrase (not shown): ")
        if getpass("The same again: ") != first:
            raise UsageError("the two were not the same; nothing was changed", hint="try again")
    except EOFError:
        raise InterruptedByUserError("stopped; nothing was changed") from None
    return first


def _read(file: Path) -> str:
    try:
        with file.open(encoding="utf-8") as opened:
            warn_if_open(say, opened.fileno(), "the phrase", file)
            return opened.read()
    except FileNotFoundError:
        raise NotFoundError("the file with the phrase is not there", hint=f"looked at: {file}") from None
    except (OSError, UnicodeDecodeError):
        raise SettingsError("the file with the phrase cannot be read", hint=f"looked at: {file}") from None
