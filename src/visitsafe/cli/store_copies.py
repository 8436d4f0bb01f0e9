"""`visitsafe store backup | restore`: whole copies of a store, checked before they are said done."""

from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from visitsafe.cli.output import result, say, stands
from visitsafe.cli.store_progress import progress
from visitsafe.errors import NotFoundError, StoreError, VerificationError, VisitsafeError
from visitsafe.opening import invocation, roster_of, settings_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from visitsafe.record.stored import Store, Summarise
    from visitsafe.settings import Settings
    from visitsafe.store.moving import Copied, Tell
    from visitsafe.store.open import Care

PG_DUMP = "nothing was kept; to keep the database as it is: pg_dump. Then run: visitsafe verify"
_OTHER_DISK = "make room on the disk that it was to be on, or name a file on another one"


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(backup)
    app.command()(restore)


def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file; only you can read it.")],
    moved: Annotated[
        bool, typer.Option("--moved", help="Also a store that was moved: it lacks what was signed since.")
    ] = False,
) -> None:
    """Copy the store into one file while others go on using it, and check the copy."""
    from visitsafe.store.open import left_behind, new_file

    settings = settings_of(context)
    for name in left_behind(file):
        say(
            f"an interrupted backup left {name} beside the new one: plans can be read in it; remove it"
            " unless somebody is making one just now"
        )
    with (
        whole(settings.store, older=True) as source,
        if_stopped(lambda: _no_backup(file)),
        new_file(file) as part,
        progress() as tell,
    ):
        if not moved:
            _refuse_moved(source)
        with _named(part, file, "no backup was made, and the store is unharmed", _OTHER_DISK):
            found = _backed_up(settings, source, part, invocation(context).now, tell)
    if found.faults:
        for text in found.faults:
            say(text)
        raise VerificationError(
            f"the backup {file} was made and holds what the store holds, and that does not hold",
            hint="keep the older backups too; run: visitsafe verify",
        )
    with stands(f"the backup {file} is made"):
        result(f"{file}: {held(found)}. Every signature and the running hash were checked.")
    say(
        "keep it where the store's disk and this computer cannot take it with them;"
        " whoever can read it can read every plan"
    )


def _no_backup(file: Path) -> str:
    """What stands of a backup that was stopped."""
    if file.exists():  # it was just being given its name
        return f"look at {file} before you rely on it; the store is as it was"
    return "no backup was made; the store is as it was"


def _refuse_moved(source: "Care") -> None:
    """Refuse to make the daily backup of a store that nobody uses any more.

    Raises:
        StoreError: It was moved.
    """
    from visitsafe.store.store_marks import MOVED, was_moved

    where = source.store.meta().get(MOVED)
    if where is not None:
        error = was_moved(source.shown, where, ": no backup was made, it would lack what was signed since")
        raise StoreError(error.message, hint=f"{error.hint}; to copy the old one all the same, add --moved")


def _backed_up(settings: "Settings", source: "Care", part: Path, now: "datetime", tell: "Tell") -> "Copied":
    """A file is copied page by page, whatever is wrong with it; a database entry by entry.

    It is marked as a backup, so that nothing is signed in it that would be missing in the store.
    """
    from visitsafe.store.backing_up import examine
    from visitsafe.store.moving import fill
    from visitsafe.store.open import BACKUP, care_of, create_file, identity_in, make_one_file
    from visitsafe.store.sqlite import SqliteCare
    from visitsafe.store.store_marks import BACKED_UP, FILLING
    from visitsafe.text.clock import from_text, to_text

    mark = {BACKED_UP: to_text(now)}
    if isinstance(source, SqliteCare):
        source.copy_to(part, lambda done, total: tell("copying", done, total))
        with care_of(str(part), older=True) as copy:
            found = examine(copy.store, tell)
            with suppress(StoreError):  # a damaged store is copied as it is
                copy.mark(mark)
        return found
    meta = identity_in(source.store.meta())
    create_file(str(part), from_text(meta["created"]), {**meta, FILLING: BACKUP})
    rows = _rows_if_possible(settings, source.store)
    with care_of(str(part)) as copy, source.snapshot():
        try:
            found = fill(source, copy, lambda: rows(copy.store), tell)
        except VerificationError as error:
            raise VerificationError(f"no backup was made: {error.message}", hint=PG_DUMP) from error
        copy.mark({FILLING: None, **mark})
    make_one_file(part)
    return found


def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `store backup` made.")],
) -> None:
    """Make the store that VISITSAFE_STORE names from a backup; there must be none yet, or an empty one."""
    from visitsafe.store.backing_up import examine, refuse_unsound
    from visitsafe.store.moving import check_part, fill
    from visitsafe.store.open import RESTORE, to_fill
    from visitsafe.store.store_marks import FILLING, LONGEST_PLACE, MOVED
    from visitsafe.text.clean import one_line

    settings = settings_of(context)
    if not file.is_file():
        raise NotFoundError(
            f"there is no backup {file}", hint="name the file that visitsafe store backup made"
        )
    with (
        _backup_in(file) as source,
        if_stopped(lambda: "nothing is restored yet; run the same command again: it goes on"),
        progress() as tell,
    ):
        examined = examine(source.store, tell)
        refuse_unsound(examined, f"the backup {file}")
        for text in examined.junk:
            say(f"nobody signed this, and it counts for nothing: {text}")
        rows = rows_of(settings, source.store)
        meta = source.store.meta()
        with to_fill(settings.store, meta, RESTORE, lambda copy: check_part(source.store, copy)) as target:
            found = fill(source, target, lambda: rows(target.store), tell)
            target.mark({FILLING: None})
    with stands("the store is restored"):
        result(f"{target.where}: {held(found)}. Every entry was compared with the backup.")
    if MOVED in meta:
        say(
            f"this is of a store that was moved to {one_line(meta[MOVED])[:LONGEST_PLACE]}: what was signed"
            " there since is not in it; only go on if that store is lost"
        )
    say("whatever was signed after that is not in it, and visits planned since are not watched: ring round")
    say(
        "compare it with the newest checkpoint: visitsafe verify --against FILE; ask for what is missing from"
        " those who have it: visitsafe export REF --format bundle"
    )
    say(
        "what was removed since is in it again: first take in what others have (visitsafe import), so that it"
        " knows of that; then run: visitsafe store purge --dry-run"
    )
    say("make sure that nobody writes to the store whose place this one takes; then run: visitsafe watch")


@contextmanager
def _backup_in(file: Path) -> "Iterator[Care]":
    """A backup to be read; what is wrong with it is not VISITSAFE_STORE.

    Raises:
        StoreError: It is no backup.
    """
    with ExitStack() as stack:
        with _named(file.absolute(), file, "nothing was restored", "name another backup"):
            source = stack.enter_context(whole(str(file.absolute()), older=True))
        yield source


@contextmanager
def _named(path: Path, file: Path, stands_now: str, hint: str) -> "Iterator[None]":
    """Call a backup by the name that the person gave it, where it is called a store."""
    try:
        yield
    except StoreError as error:
        if str(path) not in error.message:
            raise
        said = error.message.replace(f"the store {path}", f"the backup {file}").replace(str(path), str(file))
        raise type(error)(f"{said}; {stands_now}", hint=hint) from error


@contextmanager
def if_stopped(what_stands: "Callable[[], str]") -> "Iterator[None]":
    """Say what stands if the person stops in here (Ctrl+C)."""
    try:
        yield
    except KeyboardInterrupt:
        say(what_stands())
        raise


@contextmanager
def whole(url: str, *, older: bool = False) -> "Iterator[Care]":
    """A store to be copied; one that is only part of a copy itself is refused."""
    from visitsafe.store.open import care_of
    from visitsafe.store.store_marks import FILLING, refuse_marked

    with care_of(url, older=older) as care:
        refuse_marked({key: value for key, value in care.store.meta().items() if key == FILLING}, care.shown)
        for warning in care.store.warnings:
            say(warning)
        yield care


def rows_of(settings: "Settings", store: "Store") -> "Callable[[Store], Summarise]":
    """What makes the rows of plans in a store or its copy, by the pinned team or the only one.

    Without a team no plan holds.
    """
    from visitsafe.desk import founding_entry, summariser_at

    if not settings.team and founding_entry(store) is None:
        return lambda _copy: lambda _plan, _history: None
    team = roster_of(settings, store, say).team_id
    return lambda copy: summariser_at(copy, team)


def _rows_if_possible(settings: "Settings", store: "Store") -> "Callable[[Store], Summarise]":
    """The same; whatever is wrong with the team must not keep anybody from making a backup."""
    try:
        return rows_of(settings, store)
    except VisitsafeError as error:
        say(
            f"the list of plans stays empty in the backup ({error.message}); every entry is in it, and once"
            " it is restored visitsafe store rebuild makes the list"
        )
        return lambda _copy: lambda _plan, _history: None


def held(found: "Copied") -> str:
    """How far a copy has come, for people: what a checkpoint is compared with."""
    many = "1 entry" if found.position == 1 else f"{found.position} entries"
    newest = f", the newest received at {found.received}" if found.received else ""
    return f"{many}{newest}, running hash {found.chain[:16]}"
