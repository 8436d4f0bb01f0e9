"""The door for those who look after stores: it opens what others must not use, and makes copies to be filled.

A copy keeps the id of its store, so that checkpoints made before still fit. While it is being filled it is
marked, and nobody else can open it.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from visitsafe.errors import StoreError, VerificationError
from visitsafe.record.entry import from_text
from visitsafe.store.open import WAIT, create_store, is_postgres, open_file, postgres, store_exists
from visitsafe.store.sqlite_care import SqliteCare, make_single
from visitsafe.store.store_file import FAULTS, connect, in_words, located
from visitsafe.store.store_marks import FILLING, MOVED

if TYPE_CHECKING:
    from visitsafe.record.stored import Fillable
    from visitsafe.store.postgres_care import PostgresCare

    Care = SqliteCare | PostgresCare

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
            many = "1 entry" if entries == 1 else f"{entries} entries"
            raise StoreError(f"there is a store already at {care.where}, with {many}", hint=_KEEP_IT)
        fits(care.store)

    care.mark({**({} if begun else identity), FILLING: command, MOVED: None}, first=still_empty)


def left_behind(path: Path) -> list[str]:
    """Files beside a new one that `new_file` was writing when it was killed, or is writing now."""
    with suppress(OSError):
        return sorted(name.name for name in path.absolute().parent.iterdir() if _PART.search(name.name))
    return []


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """A file to be written beside a name and given that name at the end, whole or not at all.

    It is readable by its owner only. What was there under the name stays.

    Raises:
        StoreError: There is a file already, or it cannot be written.
    """
    import os
    import tempfile

    taken = StoreError(f"there is a file {path} already", hint="name a new one; nothing is ever overwritten")
    try:
        if path.is_dir():
            raise StoreError(f"{path} is a folder", hint=f"name a new file in it: {path}/visits.sqlite3")
        if path.exists() or path.is_symlink():
            raise taken
        handle, name = tempfile.mkstemp(dir=path.absolute().parent, prefix=f"{path.name}.", suffix=".part")
        os.close(handle)
    except OSError as error:
        raise cannot_write(path, error) from error
    part = Path(name)
    try:
        yield part
        _give_name(part, path, taken)
    finally:
        for leftover in (part, *(Path(f"{part}{end}") for end in ("-wal", "-shm", "-journal"))):
            with suppress(OSError):
                leftover.unlink(missing_ok=True)


def cannot_write(path: Path, error: OSError) -> StoreError:
    """The error for a file that cannot be made."""
    return StoreError(
        f"{path} cannot be written: {(error.strerror or 'not possible').lower()}",
        hint="name a file in a folder that exists, with room, that you may write to",
    )


def _give_name(part: Path, path: Path, taken: StoreError) -> None:
    import os

    try:
        _to_disk(part)
        try:
            path.hardlink_to(part)  # unlike renaming, this never takes the place of a file
        except FileExistsError:
            raise taken from None
        except OSError:  # some file systems know no links
            if path.exists():
                raise taken from None
            part.rename(path)
        if os.name != "nt":
            _to_disk(path.absolute().parent)
    except OSError as error:
        raise cannot_write(path, error) from error


def _to_disk(path: Path) -> None:
    import os

    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


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
