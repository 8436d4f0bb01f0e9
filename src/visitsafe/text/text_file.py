"""Reading a text that somebody saved from an e-mail or a word processor, in whatever encoding that chose."""

import codecs
import stat
from pathlib import Path

from visitsafe.errors import NotFoundError, SettingsError, VisitsafeError

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
