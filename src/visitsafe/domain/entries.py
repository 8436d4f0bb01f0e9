"""An entry is bytes and a signature over them (D2): composed once, never re-serialised.

`payload` is UTF-8 JSON with the members v, plan, kind, at, by, after and body; the entry's id is the
SHA-256 of those bytes in hex. docs/record-format.md is normative. Signatures are checked in
`visitsafe.signing`; what entries mean together is `fold`'s and `roster`'s affair.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, TypeVar

import msgspec

from visitsafe.errors import VerificationError

VERSION = 1
MOST_BYTES = 1 << 20
MOST_AFTER = 1000
_HEX_ID = re.compile(r"[0-9a-f]{64}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_STREAM = re.compile(r"team|[0-9A-HJKMNP-TV-Z]{16}")

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
    return msgspec.json.encode(content)


def read(payload: bytes) -> Content:
    """Read a payload strictly: version 1, known members only, no member twice, ids and times well formed.

    Raises:
        VerificationError: Saying what is wrong with the bytes.
    """
    if len(payload) > MOST_BYTES:
        raise VerificationError(f"an entry of {len(payload)} bytes is larger than the {MOST_BYTES} allowed")
    try:
        content = msgspec.json.decode(payload, type=Content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise VerificationError(f"an entry is not readable: {error}") from error
    if msgspec.json.encode(content) != payload:
        _refuse_doubled_members(payload)
    _check(content)
    return content


def _refuse_doubled_members(payload: bytes) -> None:
    """A member given twice could be read one way by us and another way by the next verifier."""

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in members]
        if len(set(names)) != len(names):
            raise VerificationError("an entry names the same member twice")
        return dict(members)

    json.loads(payload, object_pairs_hook=pairs)


def _check(content: Content) -> None:
    if content.v != VERSION:
        raise VerificationError(
            f"an entry is of record format {content.v}, and this visitsafe reads {VERSION}",
            hint="install a newer visitsafe",
        )
    if not _STREAM.fullmatch(content.plan):
        raise VerificationError(f"an entry names no plan: {content.plan[:40]!r}")
    if len(content.after) > MOST_AFTER or not all(_HEX_ID.fullmatch(name) for name in content.after):
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
            f"a {content.kind} entry does not have the form of its kind: {error}"
        ) from error


def to_text(at: datetime) -> str:
    """An aware time as it stands in entries: UTC, whole seconds, `2026-11-23T15:30:00Z`."""
    if at.tzinfo is None:
        raise ValueError("times are aware")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_text(text: str) -> datetime:
    """The aware UTC time that an entry's text names.

    Raises:
        VerificationError: It is not such a time.
    """
    try:
        if not _TIME.fullmatch(text):
            raise ValueError(text)
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise VerificationError(f"an entry's time is not a UTC time: {text[:40]!r}") from error
