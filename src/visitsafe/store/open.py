"""The door to the store: a URL in, a store out. Opening never makes or alters anything.

Making a store and bringing an older one up to date are explicit. A file which is not a store, or not one of
this version, is refused with a sentence before anything is read from it. What a store does stands in
`record.stored.Store`; how, in `sqlite`. PostgreSQL has a door of its own, `postgres_door`.
"""

import os
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from visitsafe.errors import StoreError, VerificationError
from visitsafe.record.stored import Store, Summarise
from visitsafe.store import schema
from visitsafe.store.marks import FILLING, MIGRATE, MOVED, refuse_marked
from visitsafe.store.sqlite import SqliteCare, SqliteStore, make_single
from visitsafe.store.sqlite_file import FAULTS, connect, identify, in_words, located
from visitsafe.text.clean import things
from visitsafe.text.clock import from_text, to_text

if TYPE_CHECKING:
    from types import ModuleType

    from visitsafe.record.stored import Fillable
    from visitsafe.store.migrations import Migrated
    from visitsafe.store.postgres_care import PostgresCare

    Care = SqliteCare | PostgresCare


WAIT = 5.0
"""Seconds to wait while another program writes, before saying so."""
MIGRATING_WAIT = 60.0
"""The same for bringing a store up to date: somebody else may be at just that."""


def open_store(url: str, wait: float = WAIT, *, owner: bool = False, keeper: bool = False) -> Store:
    """Open the store that a URL names. Never makes one.

    Args:
        url: `sqlite:///relative`, `sqlite:////absolute`, a bare path, or `postgresql://user@host/database`.
        wait: Seconds to wait while another program writes.
        owner: In a database: whether a user who could take entries away will do, for what only reads.
        keeper: In a database: whether a member of the retention role will do.

    Raises:
        StoreError: It is missing, not a store, made by a newer or an older visitsafe, damaged or not
            permitted.
    """
    if is_postgres(url):
        opened: Store = postgres().open_store(url, wait, owner=owner, keeper=keeper)
        return opened
    return open_unmarked(url, wait)


def open_unmarked(url: str, wait: float = WAIT) -> SqliteStore:
    """The store in a file, if it is one to work in: not one that was moved, or is only part of a copy.

    Raises:
        StoreError: As for `open_store`.
    """
    store = open_file(url, wait)
    try:
        refuse_marked(store.meta(), f"the store {store.path}")
    except BaseException:
        store.close()
        raise
    return store


def open_file(url: str, wait: float = WAIT, *, older: bool = False) -> SqliteStore:
    """Open a store that is a file, even one that is only part of a copy or was moved (`marks`).

    Args:
        url: As for `open_store`.
        wait: As for `open_store`.
        older: One of an older version will do: its entries can be read, and nothing else.

    Raises:
        StoreError: As for `open_store`.
    """
    path = located(url)
    _look_for(path)
    database = connect(path, wait)
    try:
        store_id, version = identify(database, path)
        if version < schema.SCHEMA_VERSION and not older:
            raise StoreError(f"the store {path} was made by an older visitsafe", hint=MIGRATE)
        return SqliteStore(database, path, store_id)
    except BaseException:
        database.close()
        raise


def migrate_store(
    url: str, summariser: Callable[[Store], Summarise], wait: float = MIGRATING_WAIT
) -> "Migrated":
    """Bring a store of an older visitsafe to the version of this one.

    Args:
        url: As for `open_store`.
        summariser: Makes what makes the rows (`Store.append`) from the store: its entries can be read
            whatever its version is.
        wait: Seconds to wait while another program writes.

    Raises:
        StoreError: As for `open_store`, or it cannot be written to; nothing was changed then.
    """
    from visitsafe.store.migrations import migrate

    if is_postgres(url):
        postgres()  # says so where what PostgreSQL needs is missing
        from visitsafe.store.postgres_migrations import migrate_postgres

        return migrate_postgres(url, summariser, wait)
    path = located(url)
    _look_for(path)
    with closing(connect(path, wait)) as database:
        store = SqliteStore(database, path, identify(database, path)[0])
        return migrate(store, lambda: identify(database, path)[1], summariser(store))


def store_exists(url: str) -> bool:
    """Whether a store, or anything else that a new one must not be made over, is where a URL says.

    An empty file, and one whose making was interrupted, count as nothing: `create_store` takes them.

    Raises:
        StoreError: The URL names no file.
    """
    if is_postgres(url):
        return bool(postgres().store_exists(url))
    path = located(url)
    try:
        if not path.exists():
            return False
        with closing(connect(path, WAIT)) as database:
            return not _is_empty(database)
    except (OSError, StoreError, *FAULTS):
        return True


def create_store(url: str, created: datetime, meta: Mapping[str, str] | None = None) -> Store:
    """Make a new store, readable by its owner only, and open it.

    Args:
        url: As for `open_store`. The folder must exist; the file must not, or be empty.
        created: Aware.
        meta: What it says of itself in place of something new: a copy keeps the id of its store.

    Raises:
        StoreError: There is something already, or the place cannot be written to.
    """
    if is_postgres(url):
        made: Store = postgres().create_store(url, created, meta=meta)
        return made
    from visitsafe.text.files import check_new

    path = located(url)
    check_new(path)
    _make_file(path)
    database = connect(path, WAIT)
    try:
        _furnish(database, path, created, meta or {})
        return SqliteStore(database, path, identify(database, path)[0])
    except BaseException:
        database.close()
        raise


def open_or_make(url: str, created: datetime) -> Store:
    """Open a store, or make the file that is to be one. In a database nothing is made by the way.

    Raises:
        StoreError: As for `open_store` and `create_store`; or there is no store in a database yet.
    """
    if store_exists(url):
        return open_store(url)
    if is_postgres(url):
        raise StoreError(
            f"there is no store in {postgres().place(url)} yet; nothing was made",
            hint="whoever looks after the database makes it once, logged in as its administrator:"
            " visitsafe store init",
        )
    return create_store(url, created)


def is_postgres(url: str) -> bool:
    """Whether a URL names a PostgreSQL store."""
    return url.partition(":")[0].lower() in {"postgresql", "postgres"}


def postgres() -> "ModuleType":
    """The door to PostgreSQL (`postgres_door`).

    Raises:
        StoreError: This visitsafe has none.
    """
    try:
        from visitsafe.store import postgres_door
    except ImportError as error:
        raise StoreError(
            "this visitsafe was installed without what it needs for PostgreSQL",
            hint="run: pip install 'visitsafe[postgres]'",
        ) from error
    return postgres_door


def _make_file(path: Path) -> None:
    """An empty file for its owner only; SQLite gives its companions the same permissions."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        if path.stat().st_size == 0:
            path.chmod(0o600)
    except OSError as error:
        raise StoreError(
            f"no store can be made at {path}: {(error.strerror or 'not possible').lower()}",
            hint="name a file in a folder that exists and that you may write to",
        ) from error


def _furnish(database: sqlite3.Connection, path: Path, created: datetime, given: Mapping[str, str]) -> None:
    """Lay out an empty file in one transaction: if that is interrupted, the file can be furnished again."""
    meta = {
        "schema_version": str(schema.SCHEMA_VERSION),
        "store_id": os.urandom(16).hex(),
        "created": to_text(created),
        **given,
    }
    try:
        if _is_empty(database):
            _use_wal(database, path)
            database.execute("BEGIN IMMEDIATE")
            if _is_empty(database):  # nobody else was quicker
                schema.create(database, meta)
                database.execute("COMMIT")
                return
    except FAULTS as error:
        raise in_words(error, path, writing=True) from error
    raise StoreError(
        f"there is a file at {path} already", hint="name another file, or use the store that is there"
    )


def _use_wal(database: sqlite3.Connection, path: Path) -> None:
    if database.execute("PRAGMA journal_mode = WAL").fetchall() != [("wal",)]:
        raise StoreError(
            f"the disk that {path} is on cannot hold a store safely", hint="name a file on a local disk"
        )


def _is_empty(database: sqlite3.Connection) -> bool:
    return not database.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchall()


def _beside(path: Path) -> list[Path]:
    """Files of SQLite in the folder in which a store was looked for, by name."""
    with suppress(OSError):
        files = sorted(one for one in path.parent.iterdir() if one.suffix in {".db", ".sqlite", ".sqlite3"})
        return [one for one in files if one.is_file()]
    return []


def _look_for(path: Path) -> None:
    """Say plainly what SQLite would only call unable to open."""
    try:
        there, folder = path.exists(), path.is_dir()
    except OSError as error:
        raise StoreError(
            f"the store {path} cannot be reached: {(error.strerror or 'not possible').lower()}",
            hint="check that you may open its folder",
        ) from error
    if folder:
        raise StoreError(f"{path} is a folder, not a store", hint="name the file in it: VISITSAFE_STORE")
    if not there:
        beside = [
            f"if you mean {one.name}: VISITSAFE_STORE=sqlite:///{one}; else " for one in _beside(path)[:1]
        ]
        raise StoreError(
            f"there is no store at {path}",
            hint="".join(beside) + "check VISITSAFE_STORE, and that its disk is there; if the store is lost,"
            " put back a backup: visitsafe store restore FILE",
        )


MOVE, RESTORE, BACKUP = "store move", "store restore", "store backup"
"""The commands that fill a store."""
_UNKNOWN = "1970-01-01T00:00:00Z"
"""When a store was made that does not say so: nobody can have made one then."""
_PART = re.compile(r"\.[a-z0-9_]{8}\.part(-wal|-shm|-journal)?\Z")
_KEEP_IT = "name another place; nothing is ever written over a store"


def open_care(url: str, wait: float = WAIT, *, older: bool = False, owner: bool = False) -> "Care":
    """Open a store to look after it, even one that was moved or is only part of a copy.

    One of an `older` version, if that is asked for, only to copy it. `owner`: whoever asks is known to look
    after the database.

    Raises:
        StoreError: It is missing, damaged, of another version, or does not answer.
    """
    if not is_postgres(url):
        return SqliteCare(open_file(url, wait, older=older))
    opened: PostgresCare = postgres().open_care(url, wait, older=older, owner=owner)
    return opened


def place(url: str) -> str:
    """What the store of a URL is called, for people: `where` of its care. Does not look whether it is there.

    Raises:
        StoreError: The URL means nothing.
    """
    if not is_postgres(url):
        return str(located(url))
    return str(postgres().place(url))


@contextmanager
def care_of(url: str, *, older: bool = False, owner: bool = False) -> Iterator["Care"]:
    """The same for a while."""
    care = open_care(url, older=older, owner=owner)
    try:
        yield care
    finally:
        care.store.close()


@contextmanager
def to_fill(
    url: str, meta: Mapping[str, str], command: str, fits: "Callable[[Fillable], None]"
) -> Iterator["Care"]:
    """A marked store to put a copy into: a new one, an empty one, or a part of the same copy.

    Args:
        url: Where.
        meta: What the store that is copied says of itself.
        command: MOVE or RESTORE. Moving goes back to a store that was moved, too.
        fits: Raises if what is there already is no part of this copy.

    Raises:
        StoreError: Something else is there, or it may not be filled by this user.
    """
    identity = identity_in(meta)
    if not store_exists(url):
        new = create_file if not is_postgres(url) else _create_postgres
        new(url, from_text(identity["created"]), {**identity, FILLING: command})
    with care_of(url) as care:
        if not care.may_mark():
            raise StoreError(
                f"{care.shown} cannot be filled by this user",
                hint="for this once, log in as a member of its owner's role (visitsafe_owner)",
            )
        _adopt(care, identity, command, fits)
        yield care


def identity_in(meta: Mapping[str, str]) -> dict[str, str]:
    """What a copy takes over of what a store says of itself; its id was looked at when it was opened."""
    created = meta.get("created", "")
    try:
        from_text(created)
    except VerificationError:
        created = _UNKNOWN
    return {"store_id": meta["store_id"], "created": created}


def create_file(url: str, created: datetime, meta: Mapping[str, str]) -> None:
    """Make a store in a file, and leave it."""
    create_store(url, created, meta).close()


def _create_postgres(url: str, created: datetime, meta: Mapping[str, str]) -> None:
    postgres().create_postgres(url, created, meta=meta)


def _adopt(
    care: "Care", identity: Mapping[str, str], command: str, fits: "Callable[[Fillable], None]"
) -> None:
    """Mark a store as being filled, if it may be."""
    there = care.store.meta()
    same = there["store_id"] == identity["store_id"]
    begun = same and (there.get(FILLING) == command or (command == MOVE and MOVED in there))

    def still_empty() -> None:
        entries = care.store.head()[0]
        if entries and not begun:
            many = things(entries, "entry", "entries")
            raise StoreError(f"there is a store already at {care.where}, with {many}", hint=_KEEP_IT)
        fits(care.store)

    care.mark({**({} if begun else identity), FILLING: command, MOVED: None}, first=still_empty)


def left_behind(path: Path) -> list[str]:
    """Files beside a new one that `new_backup` was writing when it was killed, or is writing now."""
    with suppress(OSError):
        return sorted(name.name for name in path.absolute().parent.iterdir() if _PART.search(name.name))
    return []


@contextmanager
def new_backup(path: Path) -> Iterator[Path]:
    """A store's file, to be written beside a name and given that name at the end (`new_file`).

    Raises:
        StoreError: There is a file already, or it cannot be written.
        UsageError: Its name begins with a hyphen.
    """
    from visitsafe.text.files import check_new, new_file

    check_new(path)
    try:
        if path.is_dir():
            raise StoreError(f"{path} is a folder", hint=f"name a new file in it: {path}/visits.sqlite3")
        with new_file(path) as part:
            try:
                yield part
            finally:
                for end in ("-wal", "-shm", "-journal"):
                    with suppress(OSError):
                        Path(f"{part}{end}").unlink(missing_ok=True)
    except FileExistsError as error:
        raise StoreError(
            f"there is a file {path} already", hint="name a new one; nothing is ever overwritten"
        ) from error
    except OSError as error:
        raise StoreError(
            f"{path} cannot be written: {(error.strerror or 'not possible').lower()}",
            hint="name a file in a folder that exists, with room, that you may write to",
        ) from error


def make_one_file(path: Path) -> None:
    """Make a store that nobody has open into one file with nothing beside it.

    Raises:
        StoreError: It cannot be written.
    """
    try:
        database = connect(path, WAIT)
        try:
            make_single(database)
        finally:
            database.close()
    except FAULTS as error:
        raise in_words(error, path) from error
