"""Unfinished plans on this machine: one JSON file each, written whole after every event.

A file is replaced in one step, so that a crash or a full disk leaves the one before it. Folder 0700 and
files 0600, because they are about people. A file that cannot be read is set aside under another name and
never deleted. A draft is locked while a wizard is on it; the lock goes with the process, however it ends.
"""

import contextlib
import errno
import os
import secrets
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Self

import msgspec

from visitsafe.errors import NotFoundError, SettingsError
from visitsafe.wizard.draft_file import Session

DRAFT, LOCK, PARTIAL, DAMAGED = ".json", ".lock", ".partial", ".damaged"
RESUME = "visitsafe plan --resume"
LARGEST = 4 * 1024 * 1024


@dataclass(frozen=True)
class ListedDraft:
    """A draft in the list: its name, what it is about, whether a window has it open, when it changed."""

    name: str
    session: Session
    in_use: bool
    changed: datetime


@dataclass(frozen=True)
class Listing:
    """The drafts, the oldest first, and one sentence for each file that was set aside."""

    drafts: tuple[ListedDraft, ...]
    set_aside: tuple[str, ...]


def list_drafts(folder: Path) -> Listing:
    """The drafts in a folder; a folder that is not there has none. Damaged ones are set aside.

    Raises:
        SettingsError: The folder cannot be read.
    """
    drafts: list[ListedDraft] = []
    set_aside: list[str] = []
    with _plain_words("read", folder):
        names = sorted(path.stem for path in folder.glob(f"*{DRAFT}")) if folder.exists() else []
        for name in names:
            path = folder / f"{name}{DRAFT}"
            try:
                drafts.append(ListedDraft(name, _read(path), _in_use(folder, name), _changed(path)))
            except _DamagedError as error:
                set_aside.append(_set_aside(path, error))
            except FileNotFoundError:
                continue  # signed in another window a moment ago
            except OSError as error:
                why = (error.strerror or str(error)).lower()
                set_aside.append(f"something in the way of drafts was skipped: {path} ({why})")
    drafts.sort(key=lambda draft: draft.session.started)
    return Listing(tuple(drafts), tuple(set_aside))


class Draft:
    """One draft, locked for this process while it is open. Use it as a context manager."""

    def __init__(self, folder: Path, name: str, lock: IO[bytes], command: str) -> None:
        self.name = name
        self._command = command
        self._folder = folder
        self._lock = lock

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.close()

    def load(self) -> Session:
        """The session as it was last saved.

        Raises:
            NotFoundError: There is no such draft (any more).
            SettingsError: It is damaged, and was set aside; or it cannot be read.
        """
        path = self._folder / f"{self.name}{DRAFT}"
        with _plain_words("read", self._folder, self._command):
            try:
                return _read(path)
            except FileNotFoundError:
                raise NotFoundError("there is no such draft", "to begin a plan: visitsafe plan") from None
            except _DamagedError as error:
                raise SettingsError(_set_aside(path, error), "to begin again: visitsafe plan") from error

    @property
    def is_there(self) -> bool:
        """Whether anything was saved, damaged or not."""
        return (self._folder / f"{self.name}{DRAFT}").exists()

    def save(self, session: Session) -> None:
        """Write the draft whole, and be sure that it is on the disk.

        Raises:
            SettingsError: It cannot be written; the draft as it was before is still there.
        """
        with _plain_words("save", self._folder, self._command):
            _write(self._folder, self.name, msgspec.json.encode(session))

    def delete(self) -> None:
        """Remove the draft, once its plan is signed."""
        with _plain_words("remove", self._folder, self._command):
            (self._folder / f"{self.name}{DRAFT}").unlink(missing_ok=True)
            (self._folder / f"{self.name}{LOCK}").unlink(missing_ok=True)


def open_draft(folder: Path, name: str = "", command: str = RESUME) -> Draft:
    """Lock a draft by its name, or a new one, and clear away what a crash left behind.

    Args:
        folder: Where drafts of this sort are kept.
        name: The draft; a new one if empty.
        command: The command that goes on with it, for hints.

    Raises:
        SettingsError: Another window has it open, or the folder cannot be used.
    """
    with _plain_words("open", folder, command):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        _clear(folder)
        name = name or secrets.token_hex(6)
        lock = _lock(folder, name)
    if lock is None:
        raise SettingsError(
            "this draft is open in another window",
            f"finish it there, or close that window and run: {command}",
        )
    return Draft(folder, name, lock, command)


def delete_draft(folder: Path, name: str) -> None:
    """Remove a draft by its name, if there is one.

    Raises:
        SettingsError: Another window has it open, or it cannot be removed.
    """
    if (folder / f"{name}{DRAFT}").exists():
        with open_draft(folder, name) as draft:
            draft.delete()


class _DamagedError(Exception):
    """A draft that cannot be understood; its text says why."""


def _changed(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _read(path: Path) -> Session:
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "not a file")  # a pipe would be waited for
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise _DamagedError("it is far too large")
    try:
        return msgspec.json.decode(data, type=Session)
    except msgspec.ValidationError:
        raise _DamagedError("it was written by another version, or changed by hand") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _DamagedError("it is not complete") from None


def _set_aside(path: Path, error: _DamagedError) -> str:
    aside = path.with_suffix(DAMAGED)
    while aside.exists():
        aside = path.with_name(f"{path.stem}-{secrets.token_hex(2)}{DAMAGED}")
    path.rename(aside)
    return f"a draft could not be read, because {error}; it is kept as {aside}"


def _write(folder: Path, name: str, data: bytes) -> None:
    handle, temporary = tempfile.mkstemp(prefix=f"{name}.", suffix=PARTIAL, dir=folder)  # made with mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(folder / f"{name}{DRAFT}")
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _clear(folder: Path) -> None:
    """Remove what a killed process left half written; it holds what people typed, and is of no use."""
    for partial in folder.glob(f"*{PARTIAL}"):
        name = partial.name.split(".")[0]
        lock = _lock(folder, name)
        if lock is not None:
            with lock, contextlib.suppress(OSError):  # a folder of that name is none of ours
                partial.unlink(missing_ok=True)
    for left in folder.glob(f"*{LOCK}"):
        if not left.with_suffix(DRAFT).exists() and not _in_use(folder, left.stem):
            with contextlib.suppress(OSError):
                left.unlink(missing_ok=True)


def _in_use(folder: Path, name: str) -> bool:
    if not (folder / f"{name}{LOCK}").exists():
        return False
    lock = _lock(folder, name)
    if lock is None:
        return True
    lock.close()
    return False


def _lock(folder: Path, name: str) -> IO[bytes] | None:
    """Lock a draft's name, without waiting; None if another process has it.

    The lock belongs to an open file and ends with it, so that a killed wizard locks nobody out.
    """
    opener = os.open(folder / f"{name}{LOCK}", os.O_RDWR | os.O_CREAT, 0o600)
    file = os.fdopen(opener, "r+b")
    try:
        _lock_file(file)
        if not os.path.samestat(os.fstat(file.fileno()), (folder / f"{name}{LOCK}").stat()):
            raise FileNotFoundError  # it was removed by another process between opening and locking
    except OSError:
        file.close()
        return None
    return file


def _lock_file(file: IO[bytes]) -> None:
    try:
        import fcntl
    except ImportError:
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]  # only on Windows
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextlib.contextmanager
def _plain_words(what: str, folder: Path, command: str = RESUME) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SettingsError(
            f"cannot {what} the draft in {folder}: {reason}",
            f"earlier answers are kept; make room or allow access there, then: {command}",
        ) from error
