"""Writing a zip and other results to a file: whole or not at all, and never over something that is there."""

import io
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

from visitsafe.errors import SettingsError

EPOCH = (1980, 1, 1, 0, 0, 0)


def zipped(files: Mapping[str, bytes]) -> bytes:
    """The files as one zip; the same files give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, EPOCH), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def write_new(path: Path, content: bytes) -> None:
    """Write a new file that only its owner can read.

    Raises:
        SettingsError: It is there already, or cannot be written; nothing half-written is left.
    """
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
