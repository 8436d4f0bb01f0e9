"""Reading a bundle from a file that may be hostile: a zip, taken apart in memory and never unpacked to disk.

Rules: the end of the file and the size of its table of contents are looked at before the table is read, so
that a million members cost nothing; what a header says about sizes is never believed, bytes are counted as
they are read; only the members that a bundle has are taken, and no name twice. Every refusal is a sentence.
Checks no signature and no id.
"""

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from visitsafe.errors import VerificationError, VisitsafeError
from visitsafe.exchange.bundles import (
    ENTRY_NAME,
    FOLDER,
    MOST_FILE_BYTES,
    MOST_MEMBER_BYTES,
    MOST_MEMBERS,
    MOST_RATIO,
    MOST_TOTAL_BYTES,
    SIGNATURE,
    SIGNERS,
    Bundle,
    Packed,
    is_member_name,
)
from visitsafe.record.entries import Entry
from visitsafe.text.cleaning import quoted
from visitsafe.text.text_file import read_regular

AGAIN = (
    "ask whoever sent it to export it again; if they sent it like this, tell whoever looks after visitsafe"
)
_END = struct.Struct("<4s4H2LH")
_LOCATOR = 20
_MOST_CONTENTS = 4 << 20
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_PLAIN = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_MOST_SMALL = 4096
_FAULTS = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, ValueError),
    *(OverflowError, LookupError),
)
"""What the library raises about a zip that is not what it says."""


class BundleError(VisitsafeError):
    """A file is no bundle, or not one that anybody should open."""


def read_bundle(path: Path) -> Bundle:
    """Take a bundle apart.

    Args:
        path: The file, from anybody.

    Returns:
        Its entries in the order of their names; nothing about them is checked yet.

    Raises:
        NotFoundError: There is no such file.
        BundleError: It is not a bundle, or it is too large, or made to do harm.
        VerificationError: An entry has no signature, or a signature no entry.
    """
    return parse_bundle(_read(path))


def parse_bundle(data: bytes) -> Bundle:
    """The same for the bytes of a file."""
    count = _check_end(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            _check_members(members)
            if len(members) != count or sum(member.compress_size for member in members) > len(data):
                raise BundleError("the zip contradicts itself about what is in it", AGAIN)
            files = dict(_unpacked(archive, members))
    except _FAULTS as error:
        raise BundleError("the file is a damaged zip, or no zip at all", AGAIN) from error
    return Bundle(tuple(_paired(files)), files.get(SIGNERS, b""))


def _read(path: Path) -> bytes:
    data = read_regular(path, MOST_FILE_BYTES, BundleError, "name the file that somebody sent you")
    if len(data) > MOST_FILE_BYTES:
        raise BundleError(f"the file is larger than the {MOST_FILE_BYTES >> 20} MiB of any bundle", AGAIN)
    return data


def _check_end(data: bytes) -> int:
    """How many members the end of the file says there are: one plain zip from its first byte to its last."""
    at = len(data) - _END.size
    if not data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        raise BundleError("the file is not a zip, so it is no bundle", "a bundle's name ends in .zip")
    if at < 0 or data[at : at + 4] != b"PK\x05\x06":
        raise BundleError("the zip is cut short, or something follows its end", AGAIN)
    _, disk, first, here, every, size, start, comment = _END.unpack_from(data, at)
    if data[max(at - _LOCATOR, 0) : at].startswith(b"PK\x06\x07") or start == 0xFFFFFFFF:  # noqa: PLR2004
        raise BundleError("the zip is of a kind for huge files (zip64), which no bundle is", AGAIN)
    if every > MOST_MEMBERS or size > _MOST_CONTENTS:
        raise BundleError(f"the zip has more than the {MOST_MEMBERS} members of any bundle", AGAIN)
    if disk or first or here != every or comment or start + size != at:
        raise BundleError("the zip contradicts itself about what is in it", AGAIN)
    return int(every)


def _check_members(members: list[zipfile.ZipInfo]) -> None:
    """What can be told from the table of contents alone."""
    if len(members) > MOST_MEMBERS:
        raise BundleError(f"the zip has more than the {MOST_MEMBERS} members of any bundle", AGAIN)
    seen: set[str] = set()
    for member in members:
        name = member.orig_filename
        if not is_member_name(name):
            raise BundleError(f"the zip holds {_shown(name)}, which no bundle does", AGAIN)
        if name.casefold() in seen:
            raise BundleError(f"the zip holds {_shown(name)} twice", AGAIN)
        seen.add(name.casefold())
        form = stat.S_IFMT(member.external_attr >> 16)
        if form not in ({0, stat.S_IFDIR} if name == FOLDER else {0, stat.S_IFREG}):
            raise BundleError(f"{_shown(name)} in the zip is a link or the like, not a file", AGAIN)
        if member.flag_bits & _ENCRYPTED:
            raise BundleError(f"{_shown(name)} in the zip is locked with a password", AGAIN)
        if member.compress_type not in _PLAIN:
            raise BundleError(f"{_shown(name)} in the zip is packed in a way that no bundle is", AGAIN)


def _unpacked(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> Iterator[tuple[str, bytes]]:
    total = 0
    for member in members:
        name, claimed = member.orig_filename, member.file_size
        member.file_size = MOST_MEMBER_BYTES + 2  # or the library would stop where the header says
        with archive.open(member) as file:
            content = file.read(MOST_MEMBER_BYTES + 1)
        total += len(content)
        if len(content) > MOST_MEMBER_BYTES or total > MOST_TOTAL_BYTES:
            raise BundleError("the zip unpacks to more than any bundle holds", AGAIN)
        if len(content) != claimed or (name == FOLDER and content):
            raise BundleError(f"the zip contradicts itself about {_shown(name)}", AGAIN)
        if len(content) > max(_MOST_SMALL, member.compress_size * MOST_RATIO):
            raise BundleError(f"{_shown(name)} in the zip unpacks to far more than it should", AGAIN)
        yield name, content


def _paired(files: Mapping[str, bytes]) -> Iterator[Packed]:
    """Each entry with the signature beside it."""
    for name in sorted(files):
        if name.endswith(SIGNATURE) and name.removesuffix(SIGNATURE) not in files:
            raise VerificationError(f"the signature {_shown(name)} has no entry beside it", AGAIN)
        if ENTRY_NAME.fullmatch(name):
            signature = files.get(name + SIGNATURE)
            if signature is None:
                raise VerificationError(f"the entry {_shown(name)} has no signature beside it", AGAIN)
            yield Packed(name, Entry(payload=files[name], signature=_text(name, signature)))


def _text(name: str, signature: bytes) -> str:
    try:
        return signature.decode("ascii")
    except UnicodeDecodeError as error:
        raise VerificationError(f"the signature of {_shown(name)} is not one of OpenSSH's", AGAIN) from error


def _shown(name: str) -> str:
    """A member's name, short and with nothing in it that a terminal would obey."""
    return quoted(name, longest=60)
