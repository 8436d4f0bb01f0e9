"""Reading a text that somebody saved from an e-mail or a word processor, in whatever encoding that chose."""

import codecs
import io
import os
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path

from visitsafe.errors import NotFoundError, SettingsError, UsageError, VisitsafeError

EPOCH = (1980, 1, 1, 0, 0, 0)


def zipped(files: Mapping[str, bytes]) -> bytes:
    """The files as one zip; the same files give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, EPOCH), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


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
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise SettingsError(f"{path} is there already", hint="name another file, or move it away") from error
    except OSError as error:
        raise SettingsError(f"cannot write {path}: {error.strerror}", hint="name another file") from error
    except ValueError as error:
        raise SettingsError(f"{str(path)!r} is not the name of a file", hint="name another file") from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise SettingsError(f"cannot write {path}: {error.strerror}", hint="free some space") from error


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
