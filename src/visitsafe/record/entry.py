"""An entry is bytes and a signature over them (D2): composed once, never re-serialised.

`payload` is UTF-8 JSON with the members v, plan, kind, at, by, after and body; the entry's id is the
SHA-256 of those bytes in hex. docs/record-format.md is normative. Signatures are checked in
`visitsafe.record.entry`; what entries mean together is `fold`'s and `roster`'s affair.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from visitsafe.errors import VerificationError
from visitsafe.record.kinds import kind_words
from visitsafe.text.clock import from_text, to_text

if TYPE_CHECKING:
    from visitsafe.record.ssh import Signer


VERSION = 1
MOST_BYTES = 1 << 20
MOST_AFTER = 1000
MOST_DEPTH = 32
MOST_NUMBER = (1 << 53) - 1
"""The largest whole number that every reader of JSON reads as the same number."""
_HEX_ID = re.compile(r"[0-9a-f]{64}")
_KIND = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_STREAM = re.compile(r"team|[0-9A-HJKMNP-TV-Z]{16}")
_SHALLOW = 8
"""As deep as what this visitsafe writes."""
_NO_MARKS = bytes(byte for byte in range(256) if byte not in b'{}[]"')
_BOXES = frozenset((dict, list))
_ESCAPED_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
# What every payload goes through: 9 stands for a digit, : for what comes before a number where nothing is
# spaced out. An id of many digits in a string is no number, and would send every tenth entry the long way.
_DIGITS = bytes(ord("9" if byte in b"0123456789" else ":" if byte in b":,[-" else ".") for byte in range(256))
_LONG_NUMBER = b":" + b"9" * len(str(MOST_NUMBER))

B = TypeVar("B")


class Content(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a payload says.

    Attributes:
        v: The version of the record format, 1.
        plan: The stream: a plan's id, or `team`.
        kind: What happened; may be a kind that this version does not know.
        at: When, UTC to the second, by the signer's own clock: a claim.
        by: The SHA-256 fingerprint of the signing key, as OpenSSH prints it.
        after: Ids of the newest entries that the author had seen, of this stream and of the team's.
        body: What the kind needs.
    """

    v: int
    plan: str
    kind: str
    at: str
    by: str
    after: tuple[str, ...]
    body: dict[str, Any]


_decode = msgspec.json.Decoder(Content).decode
_encode = msgspec.json.Encoder().encode


class Entry(msgspec.Struct, frozen=True, dict=True):
    """An entry as it is stored and sent: the exact signed bytes and the armoured SSHSIG signature."""

    payload: bytes
    signature: str

    @cached_property
    def id(self) -> str:
        """The SHA-256 of the payload, in hex."""
        return hashlib.sha256(self.payload).hexdigest()

    @cached_property
    def content(self) -> Content:
        """The payload, read strictly.

        Raises:
            VerificationError: The bytes are not an entry.
        """
        return read(self.payload)


def compose(plan: str, kind: str, at: datetime, by: str, after: Sequence[str], body: msgspec.Struct) -> bytes:
    """The bytes to sign. `at` must be aware; it is cut to whole seconds UTC."""
    content = Content(
        v=VERSION,
        plan=plan,
        kind=kind,
        at=to_text(at),
        by=by,
        after=tuple(sorted(after)),
        body=msgspec.to_builtins(body),
    )
    return _encode(content)


def read(payload: bytes) -> Content:
    """Read a payload strictly: version 1, known members only, no member twice, ids and times well formed.

    Raises:
        VerificationError: Saying what is wrong with the bytes.
    """
    if len(payload) > MOST_BYTES:
        raise VerificationError(f"an entry of {len(payload)} bytes is larger than the {MOST_BYTES} allowed")
    try:
        content = _decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise VerificationError(f"an entry is not readable: {_harmless(error)}") from error
    if payload.count(b"{") + payload.count(b"[") > MOST_DEPTH and not _is_shallow(payload):
        _refuse_depth(content.body)
    if b"\\" in payload and _ESCAPED_NUL.search(payload):
        raise VerificationError("an entry holds a NUL character")
    if _LONG_NUMBER in payload.translate(_DIGITS) or _encode(content) != payload:
        _refuse_ambiguity(payload)
    _check(content)
    return content


def _is_shallow(payload: bytes) -> bool:
    """Whether a payload that was read is nested less deep than is allowed, by its brackets.

    Those in strings are left out: an escaped backslash, then an escaped quotation mark, ends no string. Two
    quotation marks with nothing between them can go: what stands inside of a string stays inside.
    """
    plain = payload.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in payload else payload
    marks = plain.translate(None, _NO_MARKS).replace(b'""', b"")
    brackets = b"".join(marks.split(b'"')[::2])
    for _ in range(_SHALLOW):
        brackets = brackets.replace(b"{}", b"").replace(b"[]", b"")
    return not brackets


def _refuse_depth(body: dict[str, Any]) -> None:
    """How deep a reader can go depends on the machine; what one can read, all must be able to read."""
    level: list[Any] = [body]
    for _ in range(MOST_DEPTH):
        level = [
            value
            for box in level
            for value in (box.values() if type(box) is dict else box)
            if type(value) in _BOXES
        ]
        if not level:
            return
    raise VerificationError(f"an entry is nested more than {MOST_DEPTH} deep")


def _refuse_ambiguity(payload: bytes) -> None:
    """Doubled members and huge numbers could be read in one way by us and in another by the next verifier."""
    import json

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        names = dict(members)
        if len(names) != len(members):
            raise VerificationError("an entry names the same member twice")
        return names

    def number(digits: str) -> None:
        if abs(int(digits)) > MOST_NUMBER:
            raise VerificationError("an entry holds a number that is too large")

    try:
        json.loads(payload, object_pairs_hook=pairs, parse_int=number)
    except ValueError as error:
        raise VerificationError(f"an entry is not readable: {_harmless(error)}") from error


def _check(content: Content) -> None:
    if content.v != VERSION:
        raise VerificationError(
            f"an entry is of record format {content.v}, and this visitsafe reads {VERSION}",
            hint="install a newer visitsafe",
        )
    if not _STREAM.fullmatch(content.plan):
        raise VerificationError(f"an entry names no plan: {content.plan[:40]!r}")
    if not _KIND.fullmatch(content.kind):
        raise VerificationError(f"an entry does not say what happened: {content.kind[:40]!r}")
    if len(content.after) > MOST_AFTER or not all(map(_HEX_ID.fullmatch, content.after)):
        raise VerificationError("an entry names entries before it that are no entry ids")
    from_text(content.at)


def body_of(content: Content, kind: type[B]) -> B:
    """The body as the struct of its kind.

    Raises:
        VerificationError: The body does not fit its kind.
    """
    try:
        return msgspec.convert(content.body, kind)
    except msgspec.ValidationError as error:
        raise VerificationError(
            f"a {content.kind} entry does not have the form of its kind: {_harmless(error)}"
        ) from error


def _harmless(error: Exception) -> str:
    """What a library says about bytes from outside, short and with nothing that a terminal would obey."""
    return "".join(character if character.isprintable() else "?" for character in str(error)[:200])


class Verified(msgspec.Struct, frozen=True):
    """An entry whose id, form and signature hold. Whether its author may say so is the roster's affair.

    Attributes:
        id: The entry's id.
        content: The payload, read.
        entry: The signed bytes and the signature.
        key: The OpenSSH public key line that signed.
    """

    id: str
    content: Content
    entry: Entry
    key: str


_SHOWN = 12
MOST_REMEMBERED = 8 << 20
"""Bytes of payloads that are remembered: a thousand open plans, and the team."""
_remembered: dict[Entry, Verified] = {}
_held = 0


def verify_entry(entry: Entry, expected_id: str | None = None) -> Verified:
    """Check everything about an entry that can be known from the entry alone.

    Args:
        entry: The stored bytes and signature.
        expected_id: The id under which it was stored or sent, if it had one.

    Raises:
        VerificationError: Naming the entry: it is unreadable, not the one of that id, wrongly signed, or
            signed by another key than it says.
    """
    try:
        return _verified(entry, expected_id)
    except VerificationError as error:
        raise VerificationError(
            f"{_name(entry, expected_id)} does not hold: {error.message}",
            hint=error.hint or "do not rely on it; ask whoever signed it for their copy",
        ) from error


def verify_together(entries: Iterable[Entry]) -> None:
    """Check some hundred entries, so that `verify_entry` need only remember those that hold.

    Signatures that are verified right after one another take three quarters of the time that they take
    between other work. Everything that was remembered before is forgotten.
    """
    from visitsafe.record import ssh

    global _held  # noqa: PLW0603 - one memory for the process
    _remembered.clear()
    _held = 0
    ready: list[tuple[Entry, ssh.Apart]] = []
    for entry in entries:
        try:
            _ = entry.content  # all reading before, so that nothing else runs between two signatures
            ready.append((entry, ssh.taken_apart(entry.payload, entry.signature)))
        except VerificationError:
            continue  # as `verify_entry` will say
    signed: list[tuple[Entry, str]] = []
    for entry, apart in ready:
        try:
            signed.append((entry, ssh.signer_of(apart)))
        except VerificationError:
            continue
    for entry, key in signed:
        try:
            _remember(_signed(entry, key))
        except VerificationError:
            continue


def seal_entry(payload: bytes, signer: "Signer") -> Entry:
    """Sign composed bytes.

    Raises:
        VerificationError: The bytes are not an entry, name another signer, or were not signed properly.
    """
    entry = Entry(payload=payload, signature=signer.sign(payload))
    verify_entry(entry)
    return entry


def _verified(entry: Entry, expected_id: str | None) -> Verified:
    if expected_id is not None and expected_id != entry.id:
        raise VerificationError("what is written is not what its id stands for")
    known = _remembered.get(entry)
    if known is not None:
        return known
    from visitsafe.record import ssh  # what only reads entries waits for no cryptography

    _ = entry.content  # what cannot be read is told before how it is signed
    return _remember(_signed(entry, ssh.verify(entry.payload, entry.signature)))


def _signed(entry: Entry, key: str) -> Verified:
    from visitsafe.record.ssh import fingerprint

    content = entry.content
    if fingerprint(key) != content.by:
        raise VerificationError("it is signed by another key than the one it names")
    return Verified(id=entry.id, content=content, entry=entry, key=key)


def _remember(verified: Verified) -> Verified:
    global _held  # noqa: PLW0603 - one memory for the process
    _held += len(verified.entry.payload)
    if _held > MOST_REMEMBERED:
        _remembered.clear()
        _held = len(verified.entry.payload)
    _remembered[verified.entry] = verified
    return verified


def _name(entry: Entry, expected_id: str | None) -> str:
    named = (expected_id or entry.id)[:_SHOWN]
    if not (named.isascii() and named.isalnum()):
        named = ascii(named)
    try:
        return f"entry {named} ({kind_words(entry.content.kind)})"
    except VerificationError:
        return f"entry {named}"
