"""What stands in a bundle: the names of its members, and how much of it anybody has to read. Pure.

A bundle is a zip with the signed entries of a team and of its plans (docs/record-format.md, section 7). What
comes from elsewhere is hostile until proven otherwise, so everything has a limit, and whoever writes a bundle
keeps to the limits of those who read it.
"""

import re
from typing import NamedTuple

from visitsafe.record.entries import MOST_BYTES, Entry
from visitsafe.record.verified import Verified

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
