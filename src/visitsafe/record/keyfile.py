"""An OpenSSH private key file, taken apart; the file itself is hostile until it has been checked.

Rules: never more than 64 KiB are read; a file that others can read is refused; only the types that work get
through; a lock that would take minutes to open is refused, because whoever wrote the file chose how long.
Opens keys without a passphrase only: loading the library's key reader would cost every doorstep command
about 15 ms, so `keys` does that for locked files.
"""

import binascii
import os
import re
import stat
from pathlib import Path
from typing import NamedTuple, NoReturn

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from visitsafe.errors import LOST_KEY, KeyFileError
from visitsafe.record import sshsig

MAKE_ONE = "make a key for visitsafe: visitsafe key new"
_FRAME = re.compile(
    rb"-----BEGIN OPENSSH PRIVATE KEY-----\s(.*)-----END OPENSSH PRIVATE KEY-----\s*", re.DOTALL
)
_MAGIC = b"openssh-key-v1\0"
_ONE_KEY = (1).to_bytes(4)
_MOST_BYTES = 1 << 16
_MOST_ROUNDS = 2000
_CERTIFICATE = b"-cert-v01@openssh.com"


class Frame(NamedTuple):
    """An OpenSSH private file taken apart.

    Attributes:
        kind: The key's type, one of those that work.
        locked: Whether a passphrase is needed; `private` is ciphertext then.
        public: The public key's bytes, which OpenSSH never locks.
        private: The section with the private key.
    """

    kind: bytes
    locked: bool
    public: bytes
    private: bytes


def read_private(path: Path) -> bytes:
    """The bytes of a file that only its owner can read.

    Raises:
        KeyFileError: It is missing, readable by others, or cannot be read.
    """
    return _read(path, private=True)


def read_any(path: Path) -> bytes:
    """The bytes of a key file that may be public.

    Raises:
        KeyFileError: It is missing or cannot be read.
    """
    return _read(path, private=False)


def take_apart(path: Path, data: bytes) -> Frame:
    """Take an OpenSSH private file apart; `path` is for sentences only.

    Raises:
        KeyFileError: It is no private key, damaged, of a type that does not work, or locked beyond reason.
    """
    match = _FRAME.fullmatch(data)
    if match is None or len(data) > _MOST_BYTES:
        raise _no_key(path, data)
    try:
        blob = binascii.a2b_base64(match[1])
        (cipher, _, lock), at = sshsig.unpack(blob, len(_MAGIC), 3)
        (public, private), _ = sshsig.unpack(blob, at + 4, 2)
        (kind,), _ = sshsig.unpack(public, 0, 1)
    except ValueError:
        damaged(path)
    if blob[: len(_MAGIC)] != _MAGIC or blob[at : at + 4] != _ONE_KEY:
        damaged(path)
    if kind not in sshsig.KEY_TYPES:
        raise wrong_type(str(path), kind)
    if lock:
        _check_rounds(path, lock)
    return Frame(kind, cipher != b"none", public, private)


def open_unlocked(path: Path, frame: Frame) -> Ed25519PrivateKey:
    """The key of a file without a passphrase: two equal check numbers, four strings, padding 1, 2, 3 on.

    Raises:
        KeyFileError: The file is damaged.
    """
    section = frame.private
    try:
        (_, public, secret, _), end = sshsig.unpack(section, 8, 4)
        key = Ed25519PrivateKey.from_private_bytes(secret[:32])
    except ValueError:
        damaged(path)
    padding = bytes(range(1, len(section) - end + 1)[:255])
    if section[:4] != section[4:8] or section[end:] != padding or secret[32:] != public:
        damaged(path)
    return key


def damaged(path: Path) -> NoReturn:
    """Say that a private file is damaged."""
    raise KeyFileError(f"the key {path} is damaged", hint=LOST_KEY)


def wrong_type(what: str, kind: bytes) -> KeyFileError:
    """Why a key of this type does not work."""
    if kind.endswith(_CERTIFICATE):
        return KeyFileError(
            f"{what} is a certificate, and visitsafe trusts the keys that a team's record names instead",
            hint="use the key itself, the file without -cert in its name",
        )
    shown = repr(kind[:40].decode("ascii", "backslashreplace"))
    return KeyFileError(
        f"{what} is of type {shown}; only {sshsig.WHICH_WORK} work: "
        "they are strong whatever their settings, and any OpenSSH since 8.2 can check them",
        hint=MAKE_ONE,
    )


def _read(path: Path, *, private: bool) -> bytes:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if private and os.name != "nt" and mode & 0o077:
                raise KeyFileError(f"others can read the key {path}", hint=f"run: chmod 600 {path}")
            return file.read(_MOST_BYTES + 1)
    except FileNotFoundError as error:
        raise KeyFileError(f"there is no key at {path}", hint=LOST_KEY) from error
    except OSError as error:
        raise KeyFileError(f"the key {path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise KeyFileError(f"the key cannot be read: {str(path)!r} is not the name of a file") from error


def _no_key(path: Path, data: bytes) -> KeyFileError:
    if data.startswith((b"ssh-", b"sk-", b"ecdsa-")):
        return KeyFileError(f"{path} is the public half of a key", hint="name the file without .pub")
    if b"PRIVATE KEY-----" in data or data.startswith(b"PuTTY-User-Key-File"):
        return KeyFileError(f"{path} is a key, but not in OpenSSH's own format", hint=MAKE_ONE)
    return KeyFileError(f"{path} is not a private key", hint=MAKE_ONE)


def _check_rounds(path: Path, lock: bytes) -> None:
    """The lock of a passphrase: a salt, and how often bcrypt goes round, each about 10 ms."""
    try:
        _, at = sshsig.unpack(lock, 0, 1)
    except ValueError:
        damaged(path)
    if len(lock) != at + 4:
        damaged(path)
    rounds = int.from_bytes(lock[at:])
    if rounds > _MOST_ROUNDS:
        raise KeyFileError(
            f"the key {path} asks for {rounds} rounds to open it, more than the {_MOST_ROUNDS} allowed",
            hint=f"if it is yours, run: ssh-keygen -p -a 64 -f {path}",
        )
