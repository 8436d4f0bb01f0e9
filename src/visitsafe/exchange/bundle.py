"""Records as files that OpenSSH alone can check: entries, signatures, allowed signers, a README.

A bundle always holds the team's whole record, so that it can be checked by itself; and one plan, every plan,
or none. What somebody reads from such a file is `importing`'s and `verifying`'s affair.
"""

import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from visitsafe.desk import Desk, check_entries, folded
from visitsafe.errors import NotPermittedError, VerificationError, VisitsafeError
from visitsafe.membership.change import allowed_signers, openssh_time, principal
from visitsafe.record.entry import MOST_BYTES, Entry, Verified
from visitsafe.record.order import Order
from visitsafe.record.refs import reference
from visitsafe.record.terms import NAMESPACE
from visitsafe.state.removed import RemovedError
from visitsafe.team.roster import Roster
from visitsafe.text.clean import quoted
from visitsafe.text.files import read_regular

MOST_FILE_BYTES = 64 << 20
MOST_MEMBERS = 20_000
MOST_MEMBER_BYTES = MOST_BYTES
MOST_TOTAL_BYTES = 256 << 20
MOST_RATIO = 200
"""A member may not unpack to more than this many times its size in the file."""

FOLDER = "entries/"
SIGNATURE = ".sig"
SIGNERS = "allowed_signers"
README = "README.txt"
ENTRY_NAME = re.compile(r"entries/[A-Za-z0-9][A-Za-z0-9_-]{0,119}\.json")
_NAMED_ID = re.compile(r"-([0-9a-f]{12,64})\.json$")
_SHOWN_ID = 12
_SHOWN_KIND = 20


class Packed(NamedTuple):
    """An entry as it came in a bundle: the name of its member, and the bytes. Nothing is checked yet."""

    name: str
    entry: Entry


class Bundle(NamedTuple):
    """What was read from a bundle's file. `signers` is its `allowed_signers`, which is not to be believed."""

    entries: tuple[Packed, ...]
    signers: bytes


def member_name(number: int, entry: Verified) -> str:
    """The name of an entry's member: its number in the bundle, its kind and the beginning of its id."""
    kind = "".join(one for one in entry.content.kind if one.isascii() and one.isalnum())
    return f"{FOLDER}{number:04d}-{kind[:_SHOWN_KIND] or 'unknown'}-{entry.id[:_SHOWN_ID]}.json"


def is_member_name(name: str) -> bool:
    """Whether a bundle may hold a member of this name."""
    return name in {FOLDER, SIGNERS, README} or bool(ENTRY_NAME.fullmatch(name.removesuffix(SIGNATURE)))


def fits_its_name(packed: Packed) -> bool:
    """Whether an entry has the id that the name of its member ends in, if it ends in one."""
    named = _NAMED_ID.search(packed.name)
    return named is None or packed.entry.id.startswith(named[1])


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


EVERY = f"grep '^ssh-keygen' {README} | sh -e"
ON_WINDOWS = 'cmd /c "{}"'
EVERY_ON_WINDOWS = ON_WINDOWS.format(f"findstr /b /r cmd./c..ssh {README} > every.cmd && every.cmd")
"""The pattern is the beginning of a line for one entry, spelt without spaces and quotes, and not its own."""
READ_ME = """\
This is {what}, exported by visitsafe.

entries/        one file for each signed entry, byte for byte as it was signed, the team's first
entries/*.sig   the OpenSSH signature of the entry beside it
allowed_signers who may sign: the keys of the team's members, each with the time in which it was good

With visitsafe:

visitsafe verify THIS-FILE.zip --team-id {team}
visitsafe import THIS-FILE.zip

Without it you need nothing but OpenSSH 9.1 or newer, which comes with today's Linux, macOS and Windows.
ssh -V says which you have; a newer one for Windows: https://github.com/PowerShell/Win32-OpenSSH/releases
Unpack the file and open a terminal in the folder. The lines below print "Good" for an entry that holds.
Nobody signed this README: see that they do what they say before you run them. Each is one ssh-keygen
-Y verify of one file in entries/ and the signature beside it, and nothing else.
{short}
All entries, on Linux and macOS:

{every}

All entries, on Windows (cmd or PowerShell):

{every_windows}

Each entry, on Linux and macOS:

{commands}

Each entry, on Windows:

{windows}

The lines for Windows could not be tried by those who wrote them. Do not pipe a file into ssh-keygen with
PowerShell: it adds a line ending, and a good signature is called incorrect.

After -I stands the address of who signed. In it, whatever is no letter, digit or one of @ . _ - is written
as + and the hex digits of its UTF-8 bytes, as in allowed_signers: o'brien@x.example is o+27brien@x.example.

"Good" means: this person's key signed exactly these bytes. It does not mean that what they say is true, and
the time in an entry is what the signer's own clock said. Before you rely on allowed_signers, which nobody
signed either, compare the fingerprints (ssh-keygen -lf allowed_signers) with ones that you got from the
people themselves.
The id of an entry is the SHA-256 of its file (sha256sum); the entries that its author had seen are named by
their ids in "after". The team's id is {team}.

This record holds everything that was signed, personal details too. Keep it as you keep the case file.
"""


SHORT = """
There are {all} entries, too many for this file: the lines below, and those for all, are of the first {shown}.
Check the others with visitsafe, or in exports of single plans; their lines differ only in the names of files.
"""
_LINES = MOST_MEMBER_BYTES - (64 << 10)
"""How many bytes of a README are for lines: nobody takes in a file of a bundle that is larger."""


class Bundled(msgspec.Struct, frozen=True):
    """The files of a bundle by name, and a sentence for each thing that had to be left out."""

    files: Mapping[str, bytes]
    left_out: tuple[str, ...]


def bundle(desk: Desk, plans: Sequence[str]) -> Bundled:
    """The files of a bundle with the team's record and that of these plans.

    Args:
        desk: Where the record is.
        plans: The ids of the plans; none for the team alone.

    Raises:
        NotPermittedError: It would be larger than what anybody takes in.
        VerificationError: The only plan asked for has no version that holds.
    """
    left_out: list[str] = []
    entries = _of_members(desk.roster, desk.roster.order.entries, left_out)
    for plan in plans:
        try:
            entries += _entries_of(desk, plan, left_out)
        except VerificationError as error:
            if len(plans) == 1:
                raise
            left_out.append(error.message)
        _check_size(entries)
    return Bundled(_files(desk.roster, entries, _what(plans)), tuple(left_out))


def _entries_of(desk: Desk, plan: str, left_out: list[str]) -> Sequence[Verified]:
    rows = desk.store.history(plan)
    good, damaged = check_entries(row for row in rows if not row.blank)
    try:
        folded(plan, rows, desk.roster)  # whoever reads it must find a version that holds
    except RemovedError as error:
        left_out.append(f"the content of {error.removed.ref}, {error.removed.words}")
    left_out += damaged
    return _of_members(desk.roster, Order(good).entries, left_out)


def _of_members(roster: Roster, entries: Sequence[Verified], left_out: list[str]) -> list[Verified]:
    """Without what strangers put into the store: nobody takes in a bundle with an entry of theirs."""
    strange = [entry for entry in entries if entry.content.by not in roster.known]
    left_out += [
        f"the entry {entry.id[:12]} is signed by somebody who was never in the team" for entry in strange
    ]
    return [entry for entry in entries if entry.content.by in roster.known]


def _check_size(entries: Sequence[Verified]) -> None:
    size = sum(len(entry.entry.payload) for entry in entries)
    if 2 * len(entries) + 2 > MOST_MEMBERS or size > MOST_TOTAL_BYTES // 2:
        raise NotPermittedError(
            f"a bundle with more than {len(entries) - 1} entries is more than anybody takes in",
            hint="export the plans one by one: visitsafe export REF --format bundle",
        )


def _what(plans: Sequence[str]) -> str:
    if len(plans) == 1:
        return f"the record of the visit plan {reference(plans[0])}, and of the team that made it"
    return f"the record of a team, and of {len(plans)} visit plans" if plans else "the record of a team"


def _files(roster: Roster, entries: Sequence[Verified], what: str) -> dict[str, bytes]:
    files: dict[str, bytes] = {SIGNERS: allowed_signers(roster).encode()}
    commands, windows, room = list[str](), list[str](), _LINES
    for number, entry in enumerate(entries, 1):
        name = member_name(number, entry)
        files[name] = entry.entry.payload
        files[name + SIGNATURE] = entry.entry.signature.encode()
        command = _command(roster, entry, name)
        on_windows = ON_WINDOWS.format(command.replace("/", "\\"))
        room -= len(command) + len(on_windows) + 2
        if room >= 0:
            commands.append(command)
            windows.append(on_windows)
    is_short = len(commands) < len(entries)
    read_me = READ_ME.format(
        what=what,
        short=SHORT.format(all=len(entries), shown=len(commands)) if is_short else "",
        every=EVERY,
        every_windows=EVERY_ON_WINDOWS,
        commands="\n".join(commands),
        windows="\n".join(windows),
        team=roster.team_id,
    )
    files[README] = read_me.encode()
    return files


def _command(roster: Roster, entry: Verified, name: str) -> str:
    """Checks one entry, in sh and in cmd alike but for the slashes: no character that either would obey."""
    who, at = principal(roster.known[entry.content.by].person.email), openssh_time(entry.content.at)
    return (
        f"ssh-keygen -Y verify -f {SIGNERS} -I {who} -n {NAMESPACE} -Overify-time={at}"
        f" -s {name}{SIGNATURE} < {name}"
    )
