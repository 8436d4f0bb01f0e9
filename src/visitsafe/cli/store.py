"""`visitsafe store`: making a store, what it holds, copies of it, and moving it."""

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from visitsafe.cli import purge
from visitsafe.cli.output import agreed, has_terminal, result, result_json, say, stands
from visitsafe.errors import (
    InterruptedByUserError,
    NotFoundError,
    StoreError,
    UsageError,
    VerificationError,
    VisitsafeError,
)
from visitsafe.opening import desk_of, invocation, roster_of, settings_of
from visitsafe.record.refs import is_plan_id, reference
from visitsafe.text.clean import one_line, things

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from visitsafe.record.stored import Store, Summarise
    from visitsafe.settings import Settings
    from visitsafe.store.copies import Copied, Tell
    from visitsafe.store.open import Care


_WIDTH = 20
_EVERY = 100
_SOON = 1.0


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """What is told how far it is: what is being done, how much of it is done, of how much (0 if unknown)."""
    shows = sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"
    shown = ""
    began = time.monotonic()

    def tell(what: str, done: int, total: int) -> None:
        nonlocal shown
        if not shows or time.monotonic() - began < _SOON:
            return
        line = _line(what, done, total)[: shutil.get_terminal_size().columns - 1]
        if line != shown:
            _write("\r\x1b[K" + line)
            shown = line

    try:
        yield tell
    finally:
        if shown:
            _write("\r\x1b[K")


def _line(what: str, done: int, total: int) -> str:
    """The same line for a while, so that a terminal is not written to for every entry."""
    if total <= 0:
        return f"{what}: {done - done % _EVERY}"
    part = min(done, total) * 100 // total
    bar = "#" * (part * _WIDTH // 100)
    return f"{what} [{bar:.<{_WIDTH}}] {part} %"


def _write(text: str) -> None:
    with suppress(OSError):
        sys.stderr.write(text)
        sys.stderr.flush()


PG_DUMP = "nothing was kept; to keep the database as it is: pg_dump. Then run: visitsafe verify"
_OTHER_DISK = "make room on the disk that it was to be on, or name a file on another one"


def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file; only you can read it.")],
    moved: Annotated[
        bool, typer.Option("--moved", help="Also a store that was moved: it lacks what was signed since.")
    ] = False,
) -> None:
    """Copy the store into one file while others go on using it, and check the copy."""
    from visitsafe.store.open import left_behind, new_backup

    settings = settings_of(context)
    for name in left_behind(file):
        say(
            f"something that was interrupted left {name} here: plans may be read in it; remove it"
            " unless somebody is making one just now"
        )
    with (
        whole(settings.store, older=True) as source,
        if_stopped(lambda: _no_backup(file)),
        new_backup(file) as part,
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
    from visitsafe.store.marks import MOVED, was_moved

    where = source.store.meta().get(MOVED)
    if where is not None:
        error = was_moved(source.shown, where, ": no backup was made, it would lack what was signed since")
        raise StoreError(error.message, hint=f"{error.hint}; to copy the old one all the same, add --moved")


def _backed_up(settings: "Settings", source: "Care", part: Path, now: "datetime", tell: "Tell") -> "Copied":
    """A file is copied page by page, whatever is wrong with it; a database entry by entry.

    It is marked as a backup, so that nothing is signed in it that would be missing in the store.
    """
    from visitsafe.store.copies import examine, fill
    from visitsafe.store.marks import BACKED_UP, FILLING
    from visitsafe.store.open import BACKUP, care_of, create_file, identity_in, make_one_file
    from visitsafe.store.sqlite import SqliteCare
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
    from visitsafe.store.copies import check_part, examine, fill, refuse_unsound
    from visitsafe.store.marks import FILLING, LONGEST_PLACE, MOVED
    from visitsafe.store.open import RESTORE, to_fill
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
    from visitsafe.store.marks import FILLING, refuse_marked
    from visitsafe.store.open import care_of

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
    many = things(found.position, "entry", "entries")
    newest = f", the newest received at {found.received}" if found.received else ""
    return f"{many}{newest}, running hash {found.chain[:16]}"


_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")
_STEP = 1024
_NAMED = 5
_ELSEWHERE = (
    "not in here: the newest is where your team lodges them; visitsafe verify --against FILE says when it was"
    " made, and whether the store still agrees"
)
"""A store that kept its own checkpoints could be cut back together with them (docs/proof.md)."""


def info(
    context: typer.Context, json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False
) -> None:
    """Say where the store is, what it holds, and what is unwise about it."""
    from visitsafe.store.open import care_of

    settings = settings_of(context)
    with care_of(settings.store) as care:
        shape = _shape(settings, care)
    if json:
        result_json(shape)
        return
    result("\n".join(_lines(shape)))
    for warning in shape["warnings"]:
        say(warning)


def rebuild(
    context: typer.Context,
    forget_missing: Annotated[
        bool,
        typer.Option("--forget-missing", help="Also let go of what the list knows of entries that are gone."),
    ] = False,
) -> None:
    """Make the list of plans anew from the signed entries; no entry is touched."""
    from visitsafe.store.copies import rebuild as made_anew
    from visitsafe.store.marks import refuse_marked
    from visitsafe.store.open import care_of

    settings = settings_of(context)
    with care_of(settings.store) as care, progress() as tell:
        refuse_marked(care.store.meta(), care.shown)
        summarise = rows_of(settings, care.store)(care.store)
        done = made_anew(care.store, summarise, care.plans()[0], tell, forget=forget_missing)
    plans = things(done.plans, "plan was", "plans were")
    rows = {0: "none was different", 1: "1 row was different"}.get(
        done.different, f"{done.different} rows were different"
    )
    result(f"{plans} listed anew from the signed entries; {rows}.")
    if done.different:
        say("something else than visitsafe had changed the list, or it was damaged; run: visitsafe verify")
    _say_traces(done.traces)


def _say_traces(plans: "Sequence[str]") -> None:
    """Name the plans whose row goes on telling of entries that are gone."""
    if plans:
        refs = ", ".join(reference(plan) if is_plan_id(plan) else ascii(plan[:40]) for plan in plans[:_NAMED])
        more = f" and {len(plans) - _NAMED} more" if len(plans) > _NAMED else ""
        say(
            f"the list knows of entries that are not there, of {refs}{more}: somebody took them away, or"
            " altered the list; a checkpoint kept elsewhere tells which: visitsafe verify --against FILE"
        )
        say("once that is settled, the list forgets them with: visitsafe store rebuild --forget-missing")


def _shape(settings: "Settings", care: "Care") -> dict[str, Any]:
    """What `--json` prints: no password, and nothing of what was signed."""
    from visitsafe.store.marks import FILLING, MOVED
    from visitsafe.store.sqlite import SqliteCare

    meta, (position, chain), (plans, is_open) = care.store.meta(), care.store.head(), care.plans()
    return {
        "kind": "sqlite" if isinstance(care, SqliteCare) else "postgresql",
        "where": care.where,
        "id": care.store.store_id,
        "version": int(meta["schema_version"]),
        "created": str(meta.get("created", "")),
        "entries": position,
        "plans": plans,
        "open": is_open,
        "position": position,
        "chain": chain,
        "received": _received(care.store, position),
        "bytes": care.size(),
        "heartbeat": _heartbeat(settings, care.store),
        "moved_to": meta.get(MOVED),
        "being_filled_by": meta.get(FILLING),
        "warnings": list(care.store.warnings),
    }


def _received(store: "Store", position: int) -> str | None:
    return next((row.received for row in store.scan(position - 1)), None) if position else None


def _heartbeat(settings: "Settings", store: "Store") -> str | None:
    """When a manager or duty officer of the team was last watching, UTC text; None if nobody was."""
    from visitsafe.desk import founding_entries, open_roster
    from visitsafe.errors import VisitsafeError
    from visitsafe.watch.heartbeat import read_beats

    try:
        teams = [settings.team] if settings.team else [entry.id for entry in founding_entries(store)]
        beats = read_beats(store, open_roster(store, teams[0])) if teams else []
    except VisitsafeError:
        return None
    return beats[0].at if beats else None


def _lines(shape: dict[str, Any]) -> list[str]:
    kind = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[shape["kind"]]
    rows = [
        ("Store", f"{shape['where']} ({kind}, version {shape['version']})"),
        ("Id", f"{shape['id']}, made {shape['created']}"),
        ("Moved to", shape["moved_to"]),
        (
            "Only part of a copy",
            shape["being_filled_by"] and f"visitsafe {shape['being_filled_by']} has not ended",
        ),
        ("Entries", f"{shape['entries']}" + (f", newest {shape['received']}" if shape["received"] else "")),
        ("Running hash", shape["chain"]),
        ("Plans", f"{shape['plans']}, of which {shape['open']} open"),
        ("Size", _size(shape["bytes"])),
        ("Heartbeat", shape["heartbeat"] or "none: nobody is watching"),
        ("Checkpoints", _ELSEWHERE),
    ]
    return [f"{name + ': ':<14}{one_line(str(text))}" for name, text in rows if text]


def _size(count: float) -> str:
    unit = 0
    while count >= _STEP and unit < len(_UNITS) - 1:
        count, unit = count / _STEP, unit + 1
    return f"{count:.0f} {_UNITS[unit]}" if unit == 0 else f"{count:.1f} {_UNITS[unit]}"


def move(
    context: typer.Context,
    url: Annotated[
        str,
        typer.Argument(metavar="URL", help="sqlite:////folder/new.db, or postgresql://user@host/database."),
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
) -> None:
    """Move the store somewhere else: every entry as it is. Run it again if it was interrupted."""
    from visitsafe.store.marks import BACKED_UP, refuse_writing
    from visitsafe.store.open import place

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
    from visitsafe.store.copies import check_part
    from visitsafe.store.copies import move as move_to
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
    from visitsafe.store.marks import MOVED
    from visitsafe.store.open import care_of

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
    from visitsafe.store.marks import FILLING, MOVED, was_moved
    from visitsafe.store.open import care_of

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


app = typer.Typer(help="Look after the store.", rich_markup_mode=None, no_args_is_help=True)
for command in (info, rebuild, backup, restore, move, purge.purge, purge.erase, purge.hold, purge.release):
    app.command()(command)


@app.callback()
def callback() -> None:
    """Look after the store."""


OWNER, APP, RETENTION = "visitsafe_owner", "visitsafe_app", "visitsafe_retention"


@app.command()
def init(
    context: typer.Context,
    print_sql: Annotated[
        bool, typer.Option("--print-sql", help="Only print what the database's administrator would run.")
    ] = False,
    owner: Annotated[str, typer.Option(help="PostgreSQL: the role that owns the tables.")] = OWNER,
    app: Annotated[str, typer.Option(help="PostgreSQL: the role that adds entries.")] = APP,
    retention: Annotated[str, typer.Option(help="PostgreSQL: the role for retention.")] = RETENTION,
) -> None:
    """Make an empty store where VISITSAFE_STORE says: a file, or the tables in a PostgreSQL database."""
    from visitsafe.store.open import create_store, is_postgres, place

    url, now = settings_of(context).store, invocation(context).now
    names = (owner, app, retention)
    if not all(names) or len(set(names)) != len(names):
        raise UsageError(
            "the three roles need three names", hint="leave the options out to take the usual ones"
        )
    if print_sql:
        result(_sql(now, names), exact=True)
        return
    _refuse_marked(url)
    if is_postgres(url):
        _in_postgres(url, now, names)
    elif names != (OWNER, APP, RETENTION):
        raise UsageError("roles are for PostgreSQL", hint="name a database: VISITSAFE_STORE=postgresql://...")
    else:
        create_store(url, now).close()
    with stands("the store is made"):
        result(f"made an empty store: {place(url)}")
    if is_postgres(url):
        say(f"give each person or desk a login: CREATE ROLE desk LOGIN PASSWORD '...' IN ROLE {app}")
        say("then, with such a login in VISITSAFE_STORE: visitsafe team found --role manager")
    else:
        say("next: visitsafe team found --role manager; or, from a backup: visitsafe store restore FILE")


def _refuse_marked(url: str) -> None:
    """Say of a store that is there if it is only part of a copy, or was moved; it is not to be used."""
    from visitsafe.store.marks import refuse_marked
    from visitsafe.store.open import care_of, store_exists

    with ExitStack() as stack:
        try:
            care = stack.enter_context(care_of(url)) if store_exists(url) else None
        except StoreError:  # making one says what is there
            return
        if care is not None:
            refuse_marked(care.store.meta(), care.shown)


def _in_postgres(url: str, now: "datetime", names: tuple[str, str, str]) -> None:
    from visitsafe.store.open import postgres

    postgres()
    from visitsafe.store.postgres_door import create_postgres
    from visitsafe.store.postgres_schema import Roles

    create_postgres(url, now, Roles(*names))


def _sql(now: "datetime", names: tuple[str, str, str]) -> str:
    from visitsafe.store.open import postgres

    postgres()
    from visitsafe.store.postgres_schema import Roles
    from visitsafe.store.postgres_script import script

    return script(now, Roles(*names))


@app.command()
def checkpoint(context: typer.Context) -> None:
    """Print a short signed text that later proves that nothing was taken out of the store."""
    from visitsafe.exchange.checkpoint import make_checkpoint

    with desk_of(context, owner=True) as desk:
        made = make_checkpoint(desk)
    say("paste all of this into an e-mail to somebody else, or into the supervision notes;")
    say("later, save that text and run: visitsafe verify --against FILE")
    result(made.text, exact=True)


@app.command()
def migrate(context: typer.Context) -> None:
    """Bring a store that an older visitsafe made up to date. Nothing that was signed is changed."""
    from visitsafe.store.open import migrate_store

    settings = settings_of(context)
    done = migrate_store(settings.store, lambda store: rows_of(settings, store)(store))
    if done.before == done.after:
        result(f"The store is up to date (version {done.after}): there was nothing to do.")
        return
    plans = things(done.plans, "plan was", "plans were")
    result(
        f"The store was brought from version {done.before} to version {done.after}: {plans} listed anew from"
        " the signed entries, and no entry was touched."
    )
    say("everybody who uses this store needs this visitsafe, or a newer one, from now on")
