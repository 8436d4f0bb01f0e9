"""`visitsafe store backup | restore | move`: whole copies of a store, checked before they are said done."""

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from visitsafe.cli.opening import invocation, roster_of, settings_of
from visitsafe.cli.output import result, say, stands
from visitsafe.cli.store_progress import progress
from visitsafe.errors import NotFoundError, StoreError, UsageError, VerificationError, VisitsafeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from visitsafe.adapters.settings import Settings
    from visitsafe.adapters.store_care import Care
    from visitsafe.domain.stored import Store, Summarise
    from visitsafe.usecases.moving import Copied, Tell

PG_DUMP = "nothing was kept; to keep the database as it is: pg_dump. Then run: visitsafe verify"


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(backup)
    app.command()(restore)
    app.command()(move)


def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file; only you can read it.")],
) -> None:
    """Copy the store into one file while others go on using it, and check the copy."""
    from visitsafe.adapters.store_care import new_file

    settings = settings_of(context)
    with _whole(settings.store) as source, new_file(file) as part, progress() as tell:
        found = _backed_up(settings, source, part, tell)
    if found.faults:
        for text in found.faults:
            say(text)
        raise VerificationError(
            f"the backup {file} was made and holds what the store holds, and that does not hold",
            hint="keep the older backups too; run: visitsafe verify",
        )
    with stands(f"the backup {file} is made"):
        result(f"{file}: {_held(found)}. Every signature and the running hash were checked.")
    say(
        "keep it where the store's disk and this computer cannot take it with them;"
        " whoever can read it can read every plan"
    )


def _backed_up(settings: "Settings", source: "Care", part: Path, tell: "Tell") -> "Copied":
    """A file is copied page by page, whatever is wrong with it; a database entry by entry."""
    from visitsafe.adapters.sqlite_care import SqliteCare
    from visitsafe.adapters.store_care import BACKUP, IDENTITY, care_of, create_file, make_one_file
    from visitsafe.adapters.store_marks import FILLING
    from visitsafe.domain.entries import from_text
    from visitsafe.usecases.backing_up import examine
    from visitsafe.usecases.moving import fill

    if isinstance(source, SqliteCare):
        source.copy_to(part, lambda done, total: tell("copying", done, total))
        with care_of(str(part)) as copy:
            return examine(copy.store, tell)
    meta = {key: value for key, value in source.store.meta().items() if key in IDENTITY}
    create_file(str(part), from_text(meta["created"]), {**meta, FILLING: BACKUP})
    rows = _rows_if_possible(settings, source.store)
    with care_of(str(part)) as copy, source.snapshot():
        try:
            found = fill(source, copy, lambda: rows(copy.store), tell)
        except VerificationError as error:
            raise VerificationError(f"no backup was made: {error.message}", hint=PG_DUMP) from error
        copy.mark({FILLING: None})
    make_one_file(part)
    return found


def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `store backup` made.")],
) -> None:
    """Make the store that VISITSAFE_STORE names from a backup; there must be none yet, or an empty one."""
    from visitsafe.adapters.store_care import RESTORE, to_fill
    from visitsafe.adapters.store_marks import FILLING
    from visitsafe.usecases.backing_up import examine, refuse_unsound
    from visitsafe.usecases.moving import check_part, fill

    settings = settings_of(context)
    if not file.is_file():
        raise NotFoundError(
            f"there is no backup {file}", hint="name the file that visitsafe store backup made"
        )
    with _whole(str(file.absolute())) as source, progress() as tell:
        refuse_unsound(examine(source.store, tell), f"the backup {file}")
        rows = rows_of(settings, source.store)
        meta = source.store.meta()
        with to_fill(settings.store, meta, RESTORE, lambda copy: check_part(source.store, copy)) as target:
            found = fill(source, target, lambda: rows(target.store), tell)
            target.mark({FILLING: None})
    with stands("the store is restored"):
        result(f"{target.where}: {_held(found)}. Every entry was compared with the backup.")
    say("whatever was signed after that is not in it, and visits planned since are not watched: ring round")
    say(
        "compare it with the newest checkpoint: visitsafe verify --against FILE; ask for what is missing from"
        " those who have it: visitsafe export REF --format bundle"
    )
    say("make sure that nobody writes to the store whose place this one takes; then run: visitsafe watch")


def move(
    context: typer.Context,
    url: Annotated[
        str,
        typer.Argument(metavar="URL", help="sqlite:////folder/new.db, or postgresql://user@host/database."),
    ],
) -> None:
    """Move the store somewhere else: every entry as it is. Run it again if it was interrupted."""
    from visitsafe.adapters.store_care import MOVE, place, to_fill
    from visitsafe.usecases.moving import check_part
    from visitsafe.usecases.moving import move as move_to

    settings, now = settings_of(context), invocation(context).now
    where = place(url)
    with _whole(settings.store) as source, progress() as tell:
        if _was_moved_there(source, where, url):
            result(f"the store was moved to {where} before: there was nothing to do")
            return
        if not source.may_mark():
            raise StoreError(
                f"{source.shown} cannot be moved by this user, who cannot mark it as moved",
                hint="for this once, log in as a member of its owner's role (visitsafe_owner)",
            )
        rows = rows_of(settings, source.store)
        meta = source.store.meta()
        with to_fill(url, meta, MOVE, lambda copy: check_part(source.store, copy)) as target:
            for warning in target.store.warnings:
                say(warning)
            found = move_to(source, target, lambda: rows(target.store), now, tell)
    with stands("the store is moved"):
        result(f"{where}: {_held(found)}. Every entry was compared with the old store.")
    _after_moving(source.where, url, found)


def _was_moved_there(source: "Care", where: str, url: str) -> bool:
    """Whether a move to this place has ended already.

    Raises:
        StoreError: The store was moved to another place, or this is where it is.
    """
    from visitsafe.adapters.store_care import care_of
    from visitsafe.adapters.store_marks import FILLING, MOVED, was_moved

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
    from visitsafe.adapters.store import is_postgres

    for text in found.faults:
        say(f"as in the old store, this does not hold: {text}; run: visitsafe verify")
    say(
        "on every computer name the new store in VISITSAFE_STORE, or as url under [store] in settings.toml;"
        " then run: visitsafe watch"
    )
    if is_postgres(url):
        say("give everybody a login that is a member of visitsafe_app, not the one that moved the store")
    say(f"the old store ({old}) keeps its entries; it takes in nothing more, and says where it was moved to")


@contextmanager
def _whole(url: str) -> "Iterator[Care]":
    """A store to be copied; one that is only part of a copy itself is refused."""
    from visitsafe.adapters.store_care import care_of
    from visitsafe.adapters.store_marks import FILLING, refuse_marked

    with care_of(url) as care:
        refuse_marked({key: value for key, value in care.store.meta().items() if key == FILLING}, care.shown)
        for warning in care.store.warnings:
            say(warning)
        yield care


def rows_of(settings: "Settings", store: "Store") -> "Callable[[Store], Summarise]":
    """What makes the rows of plans in a store or its copy, by the pinned team or the only one.

    Without a team no plan holds.
    """
    from visitsafe.usecases.desk import founding_entry, summariser_at

    if not settings.team and founding_entry(store) is None:
        return lambda _copy: lambda _plan, _history: None
    team = roster_of(settings, store).team_id
    return lambda copy: summariser_at(copy, team)


def _rows_if_possible(settings: "Settings", store: "Store") -> "Callable[[Store], Summarise]":
    """The same; whatever is wrong with the team must not keep anybody from making a backup."""
    try:
        return rows_of(settings, store)
    except VisitsafeError as error:
        say(f"the backup lists no plans, which its entries are not hurt by: {error.message}")
        return lambda _copy: lambda _plan, _history: None


def _held(found: "Copied") -> str:
    """How far a copy has come, for people: what a checkpoint is compared with."""
    many = "1 entry" if found.position == 1 else f"{found.position} entries"
    newest = f", the newest received at {found.received}" if found.received else ""
    return f"{many}{newest}, running hash {found.chain[:16]}"
