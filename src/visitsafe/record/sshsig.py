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
import re
from functools import lru_cache
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from visitsafe.errors import KeyFileError, VerificationError
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
