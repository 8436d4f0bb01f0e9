"""Reading a text that somebody saved from an e-mail or a word processor, in whatever encoding that chose."""

import codecs
import stat
from pathlib import Path

from visitsafe.errors import NotFoundError, SettingsError

MOST_BYTES = 16 << 20
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def read_text(path: Path) -> str:
    """The text of a file; bytes that mean nothing become U+FFFD.

    Raises:
        NotFoundError: There is no such file.
        SettingsError: It cannot be read, or is too large to be a text.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise SettingsError(f"{path} is not a file", "name the text that you saved")
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except FileNotFoundError as error:
        raise NotFoundError(f"there is no file {path}", "check its name and its folder") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "that is not the name of a file"
        raise SettingsError(f"{path} cannot be read: {reason}", "check its name and permissions") from error
    if len(data) > MOST_BYTES:
        raise SettingsError(f"{path} is too large to be a text", "save only the part with the checkpoint")
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    return data.decode(encoding, "replace")
