"""The file a SQLite store lies in: its name, its connection, and what went wrong with it in plain words.

Every connection waits for others, writes durably (`synchronous=FULL`) and trusts nothing that the file
brings along. The file and its -wal and -shm companions are for their owner only.
"""

import os
import re
import sqlite3
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from visitsafe.errors import DamagedStoreError, StoreError
from visitsafe.store import schema

OLDEST_SQLITE = (3, 37)
NAME = "store.sqlite3"
"""What a store is called where only its folder is named."""
FAULTS = (sqlite3.Error, UnicodeDecodeError)
"""What the driver raises about a file; the second when its own message quotes damaged text."""
_LONGEST = 4 << 20  # more than any row can need: a damaged length must not ask for a gigabyte of memory
_RESTORE = (
    "keep the file as it is, and put a backup of it in its place; visitsafe verify says what is damaged"
)
_PRAGMAS = (
    "PRAGMA synchronous = FULL",
    "PRAGMA fullfsync = ON",  # macOS: an ordinary fsync does not reach the disk
    "PRAGMA trusted_schema = OFF",
    "PRAGMA secure_delete = ON",  # what is removed by rule, or replaced, is overwritten with zeros
    "PRAGMA cell_size_check = ON",
    # SQLite before 3.51.3 can lose a page if one process commits while another copies the -wal file back
    # twice in a row; `SqliteStore` copies it back itself, holding the write lock.
    "PRAGMA wal_autocheckpoint = 0",
)
_NETWORK = {
    *("9p", "afs", "ceph", "cifs", "davfs", "fuse.davfs", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs"),
    *("fuse.sshfs", "glusterfs", "lustre", "ncpfs", "nfs", "nfs4", "smb", "smb3", "smbfs"),
}
_NO_PERMISSION = ("SQLITE_READONLY", "SQLITE_CANTOPEN")
_SENTENCES = (
    ("SQLITE_BUSY", "is kept busy by another program", "wait a moment and try again"),
    ("SQLITE_LOCKED", "is kept busy by another program", "wait a moment and try again"),
    ("SQLITE_PROTOCOL", "is kept busy by another program", "wait a moment and try again"),
    ("SQLITE_FULL", "has no room: the disk is full", "make room on that disk and try again"),
    (
        "SQLITE_READONLY",
        "cannot be written to",
        "ask for permission to write to the file and to its folder; SQLite needs both, even to read",
    ),
    (
        "SQLITE_CANTOPEN",
        "cannot be opened",
        "check that you may read and write the file and its folder",
    ),
    (
        "SQLITE_IOERR",
        "cannot be read or written: the disk is full or does not answer",
        "look after that disk and try again; no entry is ever recorded twice",
    ),
    ("SQLITE_NOMEM", "cannot be read: this computer has no memory left", "close something and try again"),
    ("SQLITE_CONSTRAINT", "refuses to change or remove an entry", "entries are only ever added"),
)


def located(url: str) -> Path:
    """The file that a store's URL names: `sqlite:///relative`, `sqlite:////absolute` or a bare path.

    A folder names the file in it that would be made there.

    Raises:
        StoreError: It names no SQLite file. The URL itself is never shown: it may hold a password.
    """
    scheme, colon, rest = url.partition(":")
    name = url
    if colon and scheme.lower() == "sqlite":
        name = rest.removeprefix("///") if rest.startswith("///") else ""
    elif rest.startswith("//"):
        name = ""
    if not name or re.search(r"[\x00-\x1f\x7f]", name):
        raise StoreError(
            "the name of the store is not one that visitsafe can use",
            hint="VISITSAFE_STORE is a file, sqlite:////folder/store.db or postgresql://user@host/database",
        )
    try:
        path = Path(name).expanduser().absolute()
    except RuntimeError as error:
        raise StoreError(
            "the name of the store begins with the home folder of somebody whom this computer does not know",
            hint="write VISITSAFE_STORE out, from the first slash",
        ) from error
    with suppress(OSError):
        if name.endswith(("/", os.sep)) or path.is_dir():
            return path / NAME
    return path


def connect(path: Path, wait: float) -> sqlite3.Connection:
    """Open an existing file, without making one.

    Args:
        path: The file.
        wait: Seconds to wait while another program writes.

    Raises:
        StoreError: This Python's SQLite is too old, or the file does not open.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise StoreError(
            f"this Python brings SQLite {sqlite3.sqlite_version}, and visitsafe needs 3.37 or newer",
            hint="install visitsafe with a newer Python",
        )
    _free_companions(path)
    try:
        database = sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=wait, isolation_level=None)
    except FAULTS as error:
        raise in_words(error, path) from error
    try:
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
        for pragma in _PRAGMAS:
            database.execute(pragma)
    except FAULTS as error:
        database.close()
        raise in_words(error, path) from error
    return database


def _companions(path: Path) -> list[Path]:
    """What SQLite keeps beside a file, and may not be written to though the file may."""
    beside = [Path(f"{path}{end}") for end in ("-wal", "-shm")]
    return [one for one in beside if one.exists() and not os.access(one, os.W_OK)]


def _free_companions(path: Path) -> None:
    """Take back what reading left behind while the file was read-only: SQLite made it read-only too."""
    for companion in _companions(path) if os.access(path, os.W_OK) else ():
        with suppress(OSError):  # another's, or on a disk that cannot be written to: `stuck` says so
            companion.chmod(stat.S_IMODE(path.stat().st_mode))


def stuck(path: Path) -> str:
    """What would let a store be written to that permissions keep from it; empty if nothing does."""
    for one in (path, *_companions(path)):
        if not os.access(one, os.W_OK):
            mine = os.name == "nt" or one.stat().st_uid == os.getuid()
            return (
                f"run: chmod u+rw '{one}'" if mine else f"ask the owner of {one} to let you read and write it"
            )
    if not os.access(path.parent, os.W_OK):
        return f"ask for permission to write to the folder {path.parent}; SQLite needs it, even to read"
    return ""


def in_words(error: Exception, path: Path, *, writing: bool = False) -> StoreError:
    """What SQLite's error means to a person; `writing` adds that nothing was written."""
    name = getattr(error, "sqlite_errorname", "")
    ending = "; nothing was written" if writing else ""
    for beginning, sentence, hint in _SENTENCES:
        if name.startswith(beginning):
            known = stuck(path) if name.startswith(_NO_PERMISSION) else ""
            return StoreError(f"the store {path} {sentence}{ending}", hint=known or hint)
    if name == "SQLITE_NOTADB":  # nobody can tell which: the graver is told by the exit code
        sentence = f"the store {path} is not a visitsafe store, or was overwritten{ending}"
        return DamagedStoreError(sentence, hint=f"check VISITSAFE_STORE; or {_RESTORE}")
    what = str(error) if isinstance(error, sqlite3.Error) else "text in it cannot be read"
    return damaged(path, what + ending)


def damaged(path: Path, what: str) -> DamagedStoreError:
    """The error for a file whose content cannot be right."""
    return DamagedStoreError(f"the store {path} is damaged: {harmless(what)}", hint=_RESTORE)


def harmless(text: str) -> str:
    """What SQLite says, short and with nothing that a terminal would obey: it quotes the file."""
    return "".join(character if character.isprintable() else "?" for character in text[:200])


def network_warnings(path: Path) -> tuple[str, ...]:
    """A sentence if the file lies on a network share, as far as that can be told here."""
    mounts = Path("/proc/self/mounts")
    try:
        kind = mounted_as(path.resolve(), mounts.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        kind = "smb" if sys.platform == "win32" and str(path).startswith("\\\\") else ""
    if kind in _NETWORK:
        sentence = f"the store {path} is on a network share ({kind}), where SQLite can lose entries"
        return (f"{sentence}: keep it on a local disk",)
    return ()


def wal_size(path: Path) -> int:
    """How many bytes the -wal file beside a store has; 0 if there is none."""
    try:
        return Path(f"{path}-wal").stat().st_size
    except OSError:
        return 0


def mounted_as(path: Path, mounts: str) -> str:
    """The type of file system that a path lies on, from the text of /proc/self/mounts; "" if unknown."""
    best, kind = -1, ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:  # noqa: PLR2004 - device, folder, type
            continue
        folder = Path(re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), fields[1]))
        if path.is_relative_to(folder) and len(folder.parts) >= best:
            best, kind = len(folder.parts), fields[2]
    return kind


STORE_ID = re.compile("[0-9a-f]{32}")
"""What the id of a store looks like."""
VERSION = re.compile("[1-9][0-9]{0,8}")
_LONGEST_WAIT = 5.0
_OFTEN = 10_000  # steps of SQLite's machine between two looks at the clock
_MOST, _LONGEST_TEXT = 100, 10_000
# The names of tables and views are the same in any case, and only a table has pages of its own.
_NO_TABLE = (
    "SELECT 1 FROM sqlite_schema WHERE lower(name) IN"
    " ('meta', 'entries', 'plans', 'beats', 'claims', 'purges')"
    " AND (type = 'view' OR (type = 'table' AND rootpage < 1)) LIMIT 1"
)


def identify(database: sqlite3.Connection, path: Path) -> tuple[str, int]:
    """The store's id and version, once it is certain that this is a store and not one of a newer version.

    Raises:
        StoreError: It is no store, or a newer one.
        DamagedStoreError: It does not say what it is, or is not as visitsafe makes a store.
    """
    try:
        with _not_for_ever(database):
            (application,) = database.execute("PRAGMA application_id").fetchone()
            if application != schema.APPLICATION_ID:
                raise StoreError(f"{path} is not a visitsafe store", hint="check VISITSAFE_STORE")
            if database.execute(_NO_TABLE).fetchall():
                raise damaged(path, "something else stands where its tables were")
            meta = _meta(database, path)
    except FAULTS as error:
        if getattr(error, "sqlite_errorname", "") == "SQLITE_INTERRUPT":
            raise damaged(path, "it does not come to an end when it is read") from error
        raise in_words(error, path) from error
    version, store_id = str(meta.get("schema_version", "")), str(meta.get("store_id", ""))
    if not VERSION.fullmatch(version) or not STORE_ID.fullmatch(store_id):
        raise damaged(path, "it does not say what it is")
    if int(version) > schema.SCHEMA_VERSION:
        raise StoreError(f"the store {path} was made by a newer visitsafe", hint="install a newer visitsafe")
    return store_id, int(version)


def _meta(database: sqlite3.Connection, path: Path) -> dict[object, object]:
    found: dict[object, object] = {}
    for key, value in database.execute(schema.META):
        found[key] = value
        if len(found) > _MOST or max(len(str(key)), len(str(value))) > _LONGEST_TEXT:
            raise damaged(path, "it says far too much of itself")
    return found


@contextmanager
def _not_for_ever(database: sqlite3.Connection) -> Iterator[None]:
    """Break off whatever takes too long in here; a transaction has looked at all this before it began."""
    if database.in_transaction:
        yield
        return
    end = time.monotonic() + _LONGEST_WAIT
    database.set_progress_handler(lambda: time.monotonic() > end, _OFTEN)
    try:
        yield
    finally:
        database.set_progress_handler(None, 0)
