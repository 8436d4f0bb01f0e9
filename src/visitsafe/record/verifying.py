"""Entries made and checked: the bytes, the id, the signature, and that the signer is the one it names.

Rules: an entry is checked as the bytes it was stored as; nothing is serialised again. What `seal_entry`
returns has been through `verify_entry`, so that nothing is ever stored that a reader would refuse.
A process checks the same bytes with the same signature once: they are remembered whole, so that nothing else
is taken for them; what did not hold is checked again. Whether the key belonged to anybody in the team at the
time is told by the roster, not here.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from visitsafe.errors import VerificationError
from visitsafe.record import sshsig
from visitsafe.record.entries import Entry
from visitsafe.record.terms import kind_words
from visitsafe.record.verified import Verified

if TYPE_CHECKING:
    from visitsafe.record.keys import Signer

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
    global _held  # noqa: PLW0603 - one memory for the process
    _remembered.clear()
    _held = 0
    ready: list[tuple[Entry, sshsig.Apart]] = []
    for entry in entries:
        try:
            _ = entry.content  # all reading before, so that nothing else runs between two signatures
            ready.append((entry, sshsig.taken_apart(entry.payload, entry.signature)))
        except VerificationError:
            continue  # as `verify_entry` will say
    signed: list[tuple[Entry, str]] = []
    for entry, apart in ready:
        try:
            signed.append((entry, sshsig.signer_of(apart)))
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
    _ = entry.content  # what cannot be read is told before how it is signed
    return _remember(_signed(entry, sshsig.verify(entry.payload, entry.signature)))


def _signed(entry: Entry, key: str) -> Verified:
    content = entry.content
    if sshsig.fingerprint(key) != content.by:
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
