"""Signatures as `ssh-keygen -Y sign` makes them: SSHSIG (OpenSSH's PROTOCOL.sshsig) by Ed25519 keys.

Rules: the namespace is `visitsafe`; we sign over SHA-512 and accept SHA-256 too; a signature is accepted only
if it is byte for byte what OpenSSH would have written, so that no changed byte goes unnoticed.
A hardware key (`sk-ssh-ed25519@openssh.com`, PROTOCOL.u2f) must have been touched for each signature.
Only the framing is ours, the cryptography is `cryptography`'s, and nothing here starts a program. Whether a
key may be trusted is the roster's affair; key files are read in `keys`, other keys sign in `agent`.
"""

import binascii
import contextlib
import hashlib
import os
import re
import stat
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, NoReturn, Protocol

import msgspec
from cryptography.exceptions import InvalidSignature, InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from visitsafe.errors import LOST_KEY, KeyFileError, VerificationError, WrongPassphraseError
from visitsafe.record.terms import NAMESPACE

KEY_TYPE = b"ssh-ed25519"
HARDWARE_KEY_TYPE = b"sk-ssh-ed25519@openssh.com"
KEY_TYPES = (KEY_TYPE, HARDWARE_KEY_TYPE)
WHICH_WORK = "ssh-ed25519 and sk-ssh-ed25519@openssh.com"
_KEY_BYTES = 32
_SIGNATURE_BYTES = 64
_MAGIC = b"SSHSIG"
_VERSION = (1).to_bytes(4)
_HEAD = len(_MAGIC) + len(_VERSION)
_NAMESPACE = NAMESPACE.encode()
_BEGIN = "-----BEGIN SSH SIGNATURE-----\n"
_END = "\n-----END SSH SIGNATURE-----\n"
_COLUMNS = 70
_MOST_KEYS = 4096
_TOUCHED = 0x01
_AFTER_HARDWARE_SIGNATURE = 5  # a byte of flags, and how often the device has signed, in four bytes
_APPLICATION = re.compile(rb"ssh:[!-~]{0,200}")


class _Key(NamedTuple):
    """A public key. `application` is the SHA-256 of what a hardware key was made for; b"" in software."""

    ed25519: Ed25519PublicKey
    line: str
    kind: bytes
    application: bytes


class Apart(NamedTuple):
    """A signature taken apart. `tail` is what a hardware key adds to it; b"" for a key in software."""

    key: _Key
    raw: bytes
    signed: bytes
    tail: bytes = b""


class _Frame(NamedTuple):
    """What an armoured signature by a key in software begins with; `last` is the byte before the raw one."""

    key: _Key
    algorithm: bytes
    last: bytes


# 115 bytes stand before the signature's 64: 152 characters of them fill the armour's first two lines and 12
# columns of the third, and the last byte begins the 88 characters that differ from signature to signature.
_FRAMED = len(_BEGIN) + 2 * (_COLUMNS + 1) + 12
_REST_LINE = _COLUMNS - 12
_REST = 88 + 1 + len(_END)
_frames: dict[str, _Frame] = {}


def pack(*strings: bytes) -> bytes:
    """Strings as they stand in SSH's messages: each after its length in four bytes."""
    return b"".join(len(string).to_bytes(4) + string for string in strings)


def unpack(data: bytes, at: int, count: int) -> tuple[list[bytes], int]:
    """The next `count` strings in `data` from position `at`, and the position after them.

    Raises:
        ValueError: The data ends too early.
    """
    found = []
    for _ in range(count):
        start = at + 4
        at = start + int.from_bytes(data[at:start])
        if at > len(data):
            raise ValueError("the data ends too early")
        found.append(data[start:at])
    return found, at


_SIGNED_PREFIX = {
    name: (function, _MAGIC + pack(_NAMESPACE, b"", name) + function().digest_size.to_bytes(4))
    for name, function in ((b"sha512", hashlib.sha512), (b"sha256", hashlib.sha256))
}
"""What stands before the digest in what is signed, with the digest's own length."""


def sign(payload: bytes, key: Ed25519PrivateKey) -> str:
    """The armoured signature over these bytes, the same as `ssh-keygen -Y sign -n visitsafe` writes."""
    algorithm = b"sha512"
    raw = key.sign(_signed_bytes(payload, algorithm))
    public = pack(KEY_TYPE, key.public_key().public_bytes_raw())
    fields = pack(public, _NAMESPACE, b"", algorithm, pack(KEY_TYPE, raw))
    return _armour(_MAGIC + _VERSION + fields)


def verify(payload: bytes, armoured: str) -> str:
    """Check a signature over these bytes.

    Returns:
        The public key that signed, as OpenSSH's line without a comment: `ssh-ed25519 AAAA…`.

    Raises:
        VerificationError: The signature is malformed, made for something else, made by a hardware key that
            nobody touched, or does not fit the bytes.
    """
    return signer_of(taken_apart(payload, armoured))


def taken_apart(payload: bytes, armoured: str) -> Apart:
    """What is to be verified of a signature. Raises VerificationError if it is malformed."""
    framed = _frames.get(armoured[:_FRAMED])
    raw = _raw_in(framed, armoured) if framed else b""
    if framed and raw:
        return Apart(framed.key, raw, _signed_bytes(payload, framed.algorithm))
    public, algorithm, signature = _read(_unarmour(armoured))
    key = _public_key(public)
    raw, tail = _raw_signature(signature, key.kind)
    _remember_frame(armoured, key, algorithm)
    signed = _signed_bytes(payload, algorithm)
    if tail:
        signed = key.application + tail + hashlib.sha256(signed).digest()
    return Apart(key, raw, signed, tail)


def signer_of(apart: Apart) -> str:
    """The line of the key that signed, verified here. Raises VerificationError if it does not fit."""
    key, raw, signed, tail = apart
    try:
        key.ed25519.verify(raw, signed)
    except InvalidSignature as error:
        raise VerificationError("the signature does not fit what is written") from error
    if tail and not tail[0] & _TOUCHED:
        raise VerificationError("it was signed by a hardware key that nobody touched")
    return key.line


def checked_line(blob: bytes) -> str:
    """The line of a public key's bytes, after checking that they are a key of a type that works.

    Raises:
        VerificationError: They are not.
    """
    return _public_key(blob).line


@lru_cache(maxsize=_MOST_KEYS)
def fingerprint(public_line: str) -> str:
    """The SHA-256 fingerprint of a public key, as `ssh-keygen -l` prints it: `SHA256:…`.

    Raises:
        KeyFileError: The line is not a public key.
    """
    digest = hashlib.sha256(key_blob(public_line)).digest()
    return "SHA256:" + _base64(digest).rstrip("=")


def key_blob(public_line: str) -> bytes:
    """The bytes of the public key in an OpenSSH line; a comment after it is dropped.

    Raises:
        KeyFileError: The line is not `type base64 [comment]`, or its two parts contradict each other.
    """
    words = public_line.split(maxsplit=2)
    if len(words) < 2 or len(public_line.splitlines()) != 1:  # noqa: PLR2004 (a type and the key)
        raise KeyFileError("this is not one line with a public key", hint="it begins with: ssh-ed25519 AAAA")
    try:
        blob = binascii.a2b_base64(words[1])
        (kind,), _ = unpack(blob, 0, 1)
    except ValueError as error:
        raise KeyFileError("the public key is damaged", hint="copy the whole line again") from error
    if _base64(blob) != words[1] or kind != words[0].encode(errors="replace"):
        raise KeyFileError("the public key is damaged", hint="copy the whole line again")
    return blob


def line_of(blob: bytes, kind: bytes = KEY_TYPE) -> str:
    """The OpenSSH line, without a comment, of a public key's bytes."""
    return f"{kind.decode()} {_base64(blob)}"


def _raw_in(frame: _Frame, armoured: str) -> bytes:
    """The Ed25519 signature in a text that begins like others by its key; b"" if it goes on otherwise."""
    rest = armoured[_FRAMED:]
    data = b""
    if len(rest) == _REST and rest[_REST_LINE] == "\n" and rest.endswith(_END):
        text = rest[:_REST_LINE] + rest[_REST_LINE + 1 : -len(_END)]
        with contextlib.suppress(ValueError):
            data = binascii.a2b_base64(text)
    same = len(data) == 1 + _SIGNATURE_BYTES and data[:1] == frame.last and _base64(data) == text
    return data[1:] if same else b""


def _remember_frame(armoured: str, key: _Key, algorithm: bytes) -> None:
    """What a key in software puts before its signatures is the same each time: the next is only compared."""
    if key.kind != KEY_TYPE or len(armoured) != _FRAMED + _REST:
        return
    if len(_frames) >= _MOST_KEYS:
        _frames.clear()
    _frames[armoured[:_FRAMED]] = _Frame(key, algorithm, _SIGNATURE_BYTES.to_bytes(4)[-1:])


def _read(blob: bytes) -> tuple[bytes, bytes, bytes]:
    """Take an SSHSIG apart into public key, hash algorithm and signature, after checking the rest."""
    if blob[:_HEAD] != _MAGIC + _VERSION:
        raise VerificationError("the signature is not an OpenSSH signature of version 1")
    try:
        (public, namespace, reserved, algorithm, signature), end = unpack(blob, _HEAD, 5)
    except ValueError as error:
        raise VerificationError("the signature is cut short") from error
    if end != len(blob):
        raise VerificationError("the signature has something after its end")
    if namespace != _NAMESPACE:
        raise VerificationError(f"the signature was made for {_shown(namespace)}, not for visitsafe")
    if reserved:
        raise VerificationError("the signature has something where nothing may be")
    if algorithm not in _SIGNED_PREFIX:
        raise VerificationError(f"the signature is over an unknown kind of digest, {_shown(algorithm)}")
    return public, algorithm, signature


@lru_cache(maxsize=_MOST_KEYS)
def _public_key(blob: bytes) -> _Key:
    try:
        (kind,), at = unpack(blob, 0, 1)
        if kind not in KEY_TYPES:
            raise VerificationError(f"it was signed by a key of type {_shown(kind)}, not {WHICH_WORK}")
        (raw, *rest), end = unpack(blob, at, 1 if kind == KEY_TYPE else 2)
    except ValueError as error:
        raise VerificationError("the signature holds a key that is cut short") from error
    if end != len(blob) or len(raw) != _KEY_BYTES:
        raise VerificationError("the signature holds a key of the wrong length")
    if rest and not _APPLICATION.fullmatch(rest[0]):
        raise VerificationError(f"its hardware key was made for {_shown(rest[0])}, not for SSH")
    application = hashlib.sha256(rest[0]).digest() if rest else b""
    return _Key(Ed25519PublicKey.from_public_bytes(raw), line_of(blob, kind), kind, application)


def _raw_signature(signature: bytes, key_kind: bytes) -> tuple[bytes, bytes]:
    """The Ed25519 signature, and what a hardware key adds to it: b"" for a key in software."""
    try:
        (kind, raw), end = unpack(signature, 0, 2)
    except ValueError as error:
        raise VerificationError("the signature is cut short") from error
    if kind != key_kind:
        raise VerificationError("the signature is of another type than its key")
    tail = signature[end:]
    wanted = 0 if kind == KEY_TYPE else _AFTER_HARDWARE_SIGNATURE
    if len(tail) != wanted or len(raw) != _SIGNATURE_BYTES:
        raise VerificationError("the signature has the wrong length")
    return raw, tail


def _signed_bytes(payload: bytes, algorithm: bytes) -> bytes:
    function, prefix = _SIGNED_PREFIX[algorithm]
    return prefix + function(payload).digest()


def _armour(blob: bytes) -> str:
    text = _base64(blob)
    lines = (text[at : at + _COLUMNS] for at in range(0, len(text), _COLUMNS))
    return _BEGIN + "\n".join(lines) + _END


def _unarmour(armoured: str) -> bytes:
    """The bytes within; decoding is lenient, so the text must equal what armouring them again gives."""
    try:
        blob = binascii.a2b_base64(armoured[len(_BEGIN) : -len(_END)])
    except ValueError as error:
        raise VerificationError("the signature is damaged") from error
    if _armour(blob) != armoured:
        raise VerificationError("the signature is not written exactly as OpenSSH writes it")
    return blob


def _base64(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).decode()


def _shown(name: bytes) -> str:
    """A name from outside, short and with nothing in it that a terminal would obey."""
    return repr(name[:40].decode("ascii", "backslashreplace"))


MAKE_ONE = "make a key for visitsafe: visitsafe key new"
_FRAME = re.compile(
    rb"-----BEGIN OPENSSH PRIVATE KEY-----\s(.*)-----END OPENSSH PRIVATE KEY-----\s*", re.DOTALL
)
_FILE_MAGIC = b"openssh-key-v1\0"
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
    return _read_private(path, private=True)


def read_any(path: Path) -> bytes:
    """The bytes of a key file that may be public.

    Raises:
        KeyFileError: It is missing or cannot be read.
    """
    return _read_private(path, private=False)


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
        (cipher, _, lock), at = unpack(blob, len(_FILE_MAGIC), 3)
        (public, private), _ = unpack(blob, at + 4, 2)
        (kind,), _ = unpack(public, 0, 1)
    except ValueError:
        damaged(path)
    if blob[: len(_FILE_MAGIC)] != _FILE_MAGIC or blob[at : at + 4] != _ONE_KEY:
        damaged(path)
    if kind not in KEY_TYPES:
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
        (_, public, secret, _), end = unpack(section, 8, 4)
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
        f"{what} is of type {shown}; only {WHICH_WORK} work: "
        "they are strong whatever their settings, and any OpenSSH since 8.2 can check them",
        hint=MAKE_ONE,
    )


def _read_private(path: Path, *, private: bool) -> bytes:
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
        _, at = unpack(lock, 0, 1)
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
        return fingerprint(self.public_line)

    def sign(self, payload: bytes) -> str:
        """The armoured SSHSIG signature over these bytes."""
        return sign(payload, self.key)


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
    from visitsafe.text.files import new_file

    public = path.with_name(path.name + ".pub")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with new_file(path) as part:
            part.write_bytes(key.private)
        try:
            with new_file(public, 0o644) as part:
                part.write_bytes(key.public_line.encode() + b"\n")
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
    data = read_private(path)
    frame = take_apart(path, data)
    if frame.kind != KEY_TYPE:
        raise KeyFileError(
            f"the key {path} is in hardware, and visitsafe cannot read it",
            hint=f"run: visitsafe key use {path}",
        )
    key = _unlock(path, data, passphrase) if frame.locked else open_unlocked(path, frame)
    line = _line(key)
    if line != line_of(frame.public):
        damaged(path)
    return FileSigner(line, key)


def public_line(text: str) -> str:
    """A public key line in the one form that we keep: no comment, no spare spaces.

    Raises:
        KeyFileError: It is not the line of a key of a type that works.
    """
    blob = key_blob(text)
    (kind,), _ = unpack(blob, 0, 1)
    if kind not in KEY_TYPES:
        raise wrong_type("this key", kind)
    try:
        return checked_line(blob)
    except VerificationError as error:
        raise KeyFileError(
            "the public key is damaged, or was made for something other than SSH",
            hint="copy the whole line again",
        ) from error


def _line(key: Ed25519PrivateKey) -> str:
    return line_of(pack(KEY_TYPE, key.public_key().public_bytes_raw()))


def _check_new_passphrase(passphrase: bytes) -> None:
    if not passphrase:
        raise KeyFileError(
            "an empty passphrase protects nothing", hint="leave it out, or choose a longer one"
        )
    if any(byte < 32 or byte == 127 for byte in passphrase):  # noqa: PLR2004 (ASCII's control characters)
        raise KeyFileError("a passphrase is one line without control characters")


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
        damaged(path)
    return key
