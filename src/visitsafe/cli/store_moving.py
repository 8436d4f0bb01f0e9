"""`visitsafe store move`: the store in another place, every entry as it is, and the old one marked.

From where and to where is said before anything is done, and asked about: a slip would move a team's store.
"""

from typing import TYPE_CHECKING, Annotated

import typer

from visitsafe.cli.output import agreed, has_terminal, result, say, stands
from visitsafe.cli.store_copies import held, if_stopped, rows_of, whole
from visitsafe.cli.store_progress import progress
from visitsafe.errors import InterruptedByUserError, StoreError, UsageError, VisitsafeError
from visitsafe.opening import invocation, settings_of

if TYPE_CHECKING:
    from datetime import datetime

    from visitsafe.settings import Settings
    from visitsafe.store.moving import Copied
    from visitsafe.store.open import Care


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(move)


def move(
    context: typer.Context,
    url: Annotated[
        str,
        typer.Argument(metavar="URL", help="sqlite:////folder/new.db, or postgresql://user@host/database."),
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
) -> None:
    """Move the store somewhere else: every entry as it is. Run it again if it was interrupted."""
    from visitsafe.store.open import place
    from visitsafe.store.store_marks import BACKED_UP, refuse_writing

    settings, now = settings_of(context), invocation(context).now
    where = place(url)
    with whole(settings.store) as source:
        backed_up = ((key, value) for key, value in source.store.meta().items() if key == BACKED_UP)
        refuse_writing(backed_up, source.shown, "; nothing was moved")
        if _was_moved_there(source, where, url):
            result(f"the store was moved to {where} before: there was nothing to do")
            return
        if not source.may_mark():
            raise StoreError(
                f"{source.shown} cannot be moved by this user, who cannot mark it as moved",
                hint="for this once, log in as a member of its owner's role (visitsafe_owner)",
            )
        if not yes:
            _ask(source.where, where, url)
        with if_stopped(lambda: _so_far(settings, where)):
            found = _moved(settings, source, url, now)
        old = source.where
    with stands("the store is moved"):
        result(f"{where}: {held(found)}. Every entry was compared with the old store.")
    _after_moving(old, url, found)


def _moved(settings: "Settings", source: "Care", url: str, now: "datetime") -> "Copied":
    from visitsafe.store.moving import check_part
    from visitsafe.store.moving import move as move_to
    from visitsafe.store.open import MOVE, to_fill

    rows, meta = rows_of(settings, source.store), source.store.meta()
    with (
        progress() as tell,
        to_fill(url, meta, MOVE, lambda copy: check_part(source.store, copy)) as target,
    ):
        for warning in target.store.warnings:
            say(warning)
        return move_to(source, target, lambda: rows(target.store), now, tell)


def _ask(old: str, new: str, url: str) -> None:
    """Ask a person; without one only a name that nobody can have meant for something else is enough.

    Raises:
        UsageError: A file's bare name that is not there could be a slip, and nobody can be asked.
        InterruptedByUserError: The person said no.
    """
    from visitsafe.store.open import store_exists

    say(f"the store moves from {old} to {new}")
    if has_terminal():
        if not agreed("Everybody has to be told the new place. Move it?", nothing="moved"):
            raise InterruptedByUserError("stopped; nothing was moved")
    elif ":" not in url and not store_exists(url):
        raise UsageError(
            f"nobody can be asked whether {new} is meant, where no store is yet",
            hint="write it as sqlite:////folder/new.db, or say --yes",
        )


def _so_far(settings: "Settings", where: str) -> str:
    """What stands of a move that was stopped."""
    from visitsafe.store.open import care_of
    from visitsafe.store.store_marks import MOVED

    try:
        with care_of(settings.store) as source:
            marked = source.store.meta().get(MOVED) == where
    except VisitsafeError:
        return "how far the move came is not known: visitsafe store info says it; run the same command again"
    if marked:
        return (
            f"the old store says that it was moved to {where}, and takes in nothing more;"
            " run the same command again, now: the new one may not be open yet"
        )
    return "the old store is as it was, and in use; run the same command again: it goes on where it stopped"


def _was_moved_there(source: "Care", where: str, url: str) -> bool:
    """Whether a move to this place has ended already.

    Raises:
        StoreError: The store was moved to another place, or this is where it is.
    """
    from visitsafe.store.open import care_of
    from visitsafe.store.store_marks import FILLING, MOVED, was_moved

    moved = source.store.meta().get(MOVED)
    if source.where == where:
        raise UsageError("the store is there already", hint="name another place")
    if moved is None:
        return False
    if moved != where:
        raise was_moved(source.shown, moved)
    with care_of(url) as target:
        return FILLING not in target.store.meta()


def _after_moving(old: str, url: str, found: "Copied") -> None:
    from visitsafe.store.open import is_postgres

    for text in found.faults:
        say(f"as in the old store, this does not hold: {text}; run: visitsafe verify")
    say(
        "on every computer name the new store in VISITSAFE_STORE, or as url under [store] in settings.toml;"
        " then run: visitsafe watch"
    )
    if is_postgres(url):
        say("give everybody a login that is a member of visitsafe_app, not the one that moved the store")
    say(f"the old store ({old}) keeps its entries; it takes in nothing more, and says where it was moved to")
