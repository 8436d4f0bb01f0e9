"""OpenSSH key files: made, written once, read again; and the signer that the rest of the program sees.

Rules: a private file is 0600 from its first byte, is never written over, and is refused when others can read
it (`keyfile`); a passphrase is asked for only when the file is locked. Keys in an agent or in hardware sign
in `agent`; only their public lines are known here. Decides nothing about whom to trust.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec
from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from visitsafe.errors import KeyFileError, VerificationError, WrongPassphraseError
from visitsafe.record import keyfile, sshsig

_KDF_ROUNDS = 24


class Signer(Protocol):
    """Whatever can sign for one person: a key file, or ssh-keygen for an agent or a hardware key."""

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
    data = keyfile.read_private(path)
    frame = keyfile.take_apart(path, data)
    if frame.kind != sshsig.KEY_TYPE:
        raise KeyFileError(
            f"the key {path} is in hardware, and visitsafe cannot read it",
            hint=f"run: visitsafe key use {path}",
        )
    key = _unlock(path, data, passphrase) if frame.locked else keyfile.open_unlocked(path, frame)
    line = _line(key)
    if line != sshsig.line_of(frame.public):
        keyfile.damaged(path)
    return FileSigner(line, key)


def public_line(text: str) -> str:
    """A public key line in the one form that we keep: no comment, no spare spaces.

    Raises:
        KeyFileError: It is not the line of a key of a type that works.
    """
    blob = sshsig.key_blob(text)
    (kind,), _ = sshsig.unpack(blob, 0, 1)
    if kind not in sshsig.KEY_TYPES:
        raise keyfile.wrong_type("this key", kind)
    try:
        return sshsig.checked_line(blob)
    except VerificationError as error:
        raise KeyFileError(
            "the public key is damaged, or was made for something other than SSH",
            hint="copy the whole line again",
        ) from error


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
        raise WrongPassphraseError(
            f"this passphrase does not open the key {path}",
            hint="try again; nobody can open it without, so if it is lost, make a new key",
        ) from error
    except UnsupportedAlgorithm as error:
        raise KeyFileError(
            f"the key {path} is locked in a way that visitsafe cannot open: {error}"
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        keyfile.damaged(path)
    return key
