"""Files: written whole or not at all; read in whatever encoding a mail program or word processor chose."""

import codecs
import errno
import io
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from visitsafe.errors import NotFoundError, SettingsError, UsageError, VisitsafeError

EPOCH = (1980, 1, 1, 0, 0, 0)


def zipped(files: Mapping[str, bytes]) -> bytes:
    """The files as one zip; the same files give the same bytes."""
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, EPOCH), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


PART = ".part"
"""The end of the name under which a file is written; a killed process leaves such a file behind."""


def replace_file(path: Path, content: bytes) -> None:
    """Make a file that only its owner can read the old one or this one, never half of it, whatever happens.

    Raises:
        OSError: It cannot be written; the old one is untouched.
    """
    with _part(path, 0o600) as part:
        part.write_bytes(content)
        _to_disk(part)
        part.replace(path)
    _folder_to_disk(path)


@contextmanager
def new_file(path: Path, mode: int = 0o600) -> Iterator[Path]:
    """A file to be written beside a name and given that name at the end, whole or not at all.

    What is there under the name, or comes there meanwhile, stays.

    Args:
        path: The name.
        mode: The permissions of the file, less what this process masks.

    Raises:
        FileExistsError: There is something under the name.
        OSError: It cannot be written.
        ValueError: That cannot be the name of a file.
    """
    taken = FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    if os.path.lexists(path):
        raise taken
    with _part(path, mode) as part:
        yield part
        _to_disk(part)
        try:
            path.hardlink_to(part)  # unlike renaming, this never takes the place of a file
        except OSError:
            if os.path.lexists(path):
                raise taken from None
            part.rename(path)  # some file systems know no links
    _folder_to_disk(path)


@contextmanager
def _part(path: Path, mode: int) -> Iterator[Path]:
    part = path.with_name(f"{path.name[:40]}.{os.urandom(4).hex()}{PART}")
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))
    try:
        yield part
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _folder_to_disk(path: Path) -> None:
    """Make a file's new name outlast a power cut, where its folder can do that."""
    with suppress(OSError):
        _to_disk(path.absolute().parent)


def check_new(path: Path) -> None:
    """Refuse a name for a new file that was meant as a flag, or for standard output.

    Raises:
        UsageError: It begins with a hyphen.
    """
    if path.name.startswith("-"):
        raise UsageError(
            f"{path} is not taken for the name of a new file", hint="name a file that does not begin with -"
        )


def write_new(path: Path, content: bytes) -> None:
    """Write a new file that only its owner can read.

    Raises:
        UsageError: Its name begins with a hyphen.
        SettingsError: It is there already, or cannot be written; nothing half-written is left.
    """
    check_new(path)
    try:
        with new_file(path) as part:
            part.write_bytes(content)
    except FileExistsError as error:
        raise SettingsError(f"{path} is there already", hint="name another file, or move it away") from error
    except OSError as error:
        hint = (
            "free some space"
            if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
            else "name another file"
        )
        raise SettingsError(f"cannot write {path}: {error.strerror}", hint=hint) from error
    except ValueError as error:
        raise SettingsError(f"{str(path)!r} is not the name of a file", hint="name another file") from error


MOST_BYTES = 16 << 20
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def read_text(path: Path) -> str:
    """The text of a file; bytes that mean nothing become U+FFFD.

    Raises:
        NotFoundError: There is no such file.
        SettingsError: It cannot be read, or is too large to be a text.
    """
    data = read_regular(path, MOST_BYTES, SettingsError, "name the text that you saved")
    if len(data) > MOST_BYTES:
        raise SettingsError(f"{path} is too large to be a text", "save only the part with the checkpoint")
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    return data.decode(encoding, "replace")


def read_regular(path: Path, most: int, refusal: type[VisitsafeError], which: str) -> bytes:
    """The bytes of a file that somebody was sent, at most one more than may be; never a pipe or a device.

    Args:
        path: The file.
        most: How many bytes it may have; the caller refuses the one more.
        refusal: What is raised if it is no file or cannot be read.
        which: The hint where it is no file.

    Raises:
        NotFoundError: There is no such file.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise refusal(f"{path} is not a file", which)
        with path.open("rb") as file:
            return file.read(most + 1)
    except FileNotFoundError as error:
        raise NotFoundError(f"there is no file {path}", "check its name and its folder") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "that is not the name of a file"
        raise refusal(f"{path} cannot be read: {reason}", "check its name and permissions") from error
