"""OpenSSH key files: made, written once, read again; and the signer that the rest of the program sees.

Rules: only ssh-ed25519; a private file is 0600 from its first byte, is never written over, and is refused
when others can read it; a passphrase is asked for only when the file is locked. A file without a passphrase
is taken apart here: loading the library's key reader would cost every doorstep command about 15 ms.
Does not sign through an agent or a hardware key, and decides nothing about whom to trust.
"""

import binascii
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, NoReturn, Protocol

import msgspec
from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from visitsafe.errors import KeyFileError
from visitsafe.signing import sshsig

_FRAME = re.compile(
    rb"-----BEGIN OPENSSH PRIVATE KEY-----\s(.*)-----END OPENSSH PRIVATE KEY-----\s*", re.DOTALL
)
_MAGIC = b"openssh-key-v1\0"
_ONE_KEY = (1).to_bytes(4)
_MOST_BYTES = 1 << 16
_KDF_ROUNDS = 24
_MAKE_ONE = "make a key for visitsafe: visitsafe key new"


class Signer(Protocol):
    """Whatever can sign for one person: a key file now, an agent or a hardware key later."""

    @property
    def public_line(self) -> str:
        """The public key as OpenSSH's line, without a comment."""

    @property
    def fingerprint(self) -> str:
        """`SHA256:…` of the public key, as entries name their signer."""

    def sign(self, payload: bytes) -> str:
        """The armoured SSHSIG signature over these bytes."""


class FileSigner(msgspec.Struct, frozen=True, eq=False):
    """Signs with a private key that was read from a file."""

    public_line: str
    key: Ed25519PrivateKey

    @property
    def fingerprint(self) -> str:
        """`SHA256:…` of the public key, as entries name their signer."""
        return sshsig.fingerprint(self.public_line)

    def sign(self, payload: bytes) -> str:
        """The armoured SSHSIG signature over these bytes."""
        return sshsig.sign(payload, self.key)


class NewKey(NamedTuple):
    """A key that is not yet written: the private file's bytes, and the public line with its comment."""

    private: bytes
    public_line: str


class _Frame(NamedTuple):
    """An OpenSSH private file taken apart; `private` is ciphertext when `locked`."""

    locked: bool
    public: bytes
    private: bytes


def generate(comment: str, passphrase: bytes | None, seed: bytes | None = None) -> NewKey:
    """Make an Ed25519 key.

    Args:
        comment: Goes behind the public key, usually an e-mail address.
        passphrase: Locks the private file, or None to leave it open.
        seed: 32 bytes that give the same key every time, for tests only.

    Raises:
        KeyFileError: The comment or the passphrase cannot stand in OpenSSH's files.
    """
    from cryptography.hazmat.primitives import serialization as forms

    if not comment.isprintable():
        raise KeyFileError("a key's comment may not hold line breaks or control characters")
    key = Ed25519PrivateKey.from_private_bytes(seed) if seed is not None else Ed25519PrivateKey.generate()
    lock: forms.KeySerializationEncryption = forms.NoEncryption()
    if passphrase is not None:
        _check_new_passphrase(passphrase)
        lock = forms.PrivateFormat.OpenSSH.encryption_builder().kdf_rounds(_KDF_ROUNDS).build(passphrase)
    private = key.private_bytes(forms.Encoding.PEM, forms.PrivateFormat.OpenSSH, lock)
    return NewKey(private, f"{_line(key)} {comment}".rstrip())


def write_key(path: Path, key: NewKey) -> None:
    """Write the private file (0600) and the public file beside it (`.pub`); a new folder is 0700.

    Raises:
        KeyFileError: A file is there already, or there is no room or no permission; nothing is left behind.
    """
    public = path.with_name(path.name + ".pub")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_new(path, key.private, 0o600)
        try:
            _write_new(public, key.public_line.encode() + b"\n", 0o644)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
    except FileExistsError as error:
        raise KeyFileError(
            f"there is something at {error.filename} already, and a key is never written over",
            hint="use that key, or name another file for the new one",
        ) from error
    except OSError as error:
        raise KeyFileError(
            f"the key cannot be written to {path}: {error.strerror}",
            hint="free some space or choose another folder, then try again; nothing was kept",
        ) from error


def load(path: Path, passphrase: Callable[[], bytes] | None) -> FileSigner:
    """Read a private key.

    Args:
        path: An OpenSSH private key file.
        passphrase: Asked once, and only if the file is locked; None if nobody can be asked.

    Raises:
        KeyFileError: The file is missing, readable by others, no ssh-ed25519 key, or stays locked.
    """
    data = _read_file(path)
    frame = _take_apart(path, data)
    _check_type(path, frame.public)
    key = _unlock(path, data, passphrase) if frame.locked else _open(path, frame)
    line = _line(key)
    if line != sshsig.line_of(frame.public):
        _damaged(path)
    return FileSigner(line, key)


def public_line(text: str) -> str:
    """A public key line in the one form that we keep: no comment, no spare spaces.

    Raises:
        KeyFileError: It is not the line of an ssh-ed25519 key.
    """
    blob = sshsig.key_blob(text)
    (kind, *_), end = sshsig.unpack(blob, 0, 1)
    if kind != sshsig.KEY_TYPE:
        raise _wrong_type("this key", kind)
    if end + 4 + 32 != len(blob) or blob[end : end + 4] != (32).to_bytes(4):
        raise KeyFileError("the public key is damaged", hint="copy the whole line again")
    return sshsig.line_of(blob)


def _line(key: Ed25519PrivateKey) -> str:
    return sshsig.line_of(sshsig.pack(sshsig.KEY_TYPE, key.public_key().public_bytes_raw()))


def _check_new_passphrase(passphrase: bytes) -> None:
    if not passphrase:
        raise KeyFileError(
            "an empty passphrase protects nothing", hint="leave it out, or choose a longer one"
        )
    if any(byte < 32 or byte == 127 for byte in passphrase):  # noqa: PLR2004 (ASCII's control characters)
        raise KeyFileError("a passphrase is one line without control characters")


def _write_new(path: Path, content: bytes, mode: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, mode), "wb") as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def _read_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            if os.name != "nt" and stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise KeyFileError(f"others can read the key {path}", hint=f"run: chmod 600 {path}")
            return file.read(_MOST_BYTES + 1)
    except FileNotFoundError as error:
        raise KeyFileError(f"there is no key at {path}", hint=_MAKE_ONE) from error
    except OSError as error:
        raise KeyFileError(f"the key {path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise KeyFileError(f"the key cannot be read: {str(path)!r} is not the name of a file") from error


def _take_apart(path: Path, data: bytes) -> _Frame:
    match = _FRAME.fullmatch(data)
    if match is None or len(data) > _MOST_BYTES:
        raise _no_key(path, data)
    try:
        blob = binascii.a2b_base64(match[1])
        (cipher, _, _), at = sshsig.unpack(blob, len(_MAGIC), 3)
        (public, private), _ = sshsig.unpack(blob, at + 4, 2)
    except ValueError:
        _damaged(path)
    if blob[: len(_MAGIC)] != _MAGIC or blob[at : at + 4] != _ONE_KEY:
        _damaged(path)
    return _Frame(cipher != b"none", public, private)


def _no_key(path: Path, data: bytes) -> KeyFileError:
    if data.startswith((b"ssh-", b"sk-", b"ecdsa-")):
        return KeyFileError(f"{path} is the public half of a key", hint="name the file without .pub")
    if b"PRIVATE KEY-----" in data or data.startswith(b"PuTTY-User-Key-File"):
        return KeyFileError(f"{path} is a key, but not in OpenSSH's own format", hint=_MAKE_ONE)
    return KeyFileError(f"{path} is not a private key", hint=_MAKE_ONE)


def _damaged(path: Path) -> NoReturn:
    raise KeyFileError(f"the key {path} is damaged", hint="put it back from a copy, or make a new key")


def _check_type(path: Path, public: bytes) -> None:
    try:
        (kind,), _ = sshsig.unpack(public, 0, 1)
    except ValueError:
        _damaged(path)
    if kind != sshsig.KEY_TYPE:
        raise _wrong_type(str(path), kind)


def _wrong_type(what: str, kind: bytes) -> KeyFileError:
    if kind == sshsig.HARDWARE_KEY_TYPE:
        return KeyFileError(f"{what} is a hardware key, which this visitsafe cannot use yet", hint=_MAKE_ONE)
    shown = repr(kind[:40].decode("ascii", "backslashreplace"))
    return KeyFileError(
        f"{what} is of type {shown}, and only ssh-ed25519 works: "
        "it is strong whatever its settings, and every OpenSSH since 2014 can check it",
        hint=_MAKE_ONE,
    )


def _open(path: Path, frame: _Frame) -> Ed25519PrivateKey:
    """The key of a file without a passphrase: two equal check numbers, four strings, padding 1, 2, 3 on."""
    section = frame.private
    try:
        (_, public, secret, _), end = sshsig.unpack(section, 8, 4)
        key = Ed25519PrivateKey.from_private_bytes(secret[:32])
    except ValueError:
        _damaged(path)
    padding = bytes(range(1, len(section) - end + 1)[:255])
    if section[:4] != section[4:8] or section[end:] != padding or secret[32:] != public:
        _damaged(path)
    return key


def _unlock(path: Path, data: bytes, passphrase: Callable[[], bytes] | None) -> Ed25519PrivateKey:
    if passphrase is None:
        raise KeyFileError(
            f"the key {path} is locked with a passphrase",
            hint="put the passphrase into a file and name it in VISITSAFE_PASSPHRASE_FILE",
        )
    words = passphrase()
    from cryptography.hazmat.primitives.serialization import load_ssh_private_key

    try:
        key = load_ssh_private_key(data, words)
    except (ValueError, TypeError, InvalidTag) as error:
        raise KeyFileError(
            f"this passphrase does not open the key {path}",
            hint="try again; nobody can open it without, so if it is lost, make a new key",
        ) from error
    except UnsupportedAlgorithm as error:
        raise KeyFileError(
            f"the key {path} is locked in a way that visitsafe cannot open: {error}"
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        _damaged(path)
    return key
