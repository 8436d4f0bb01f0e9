"""Sealing: encryption in the age format to several people, and opening (D4). The only code that uses pyrage.

Rules: what is sealed is named in no error and in nothing behind one; a key that was locked with a passphrase
is handed to age in memory and never written. Sealing says nothing about who sealed: that is what the
signature of the entry is for. Who may open is the domain's affair.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyrage  # type: ignore[import-untyped]  # it is compiled and brings no types

from visitsafe.errors import KeyFileError, VerificationError
from visitsafe.record import ssh as keyfile
from visitsafe.record.ssh import FileSigner

AGE = "age1"
_SECRET = "AGE-SECRET-KEY-1"  # noqa: S105 - how such a line begins, not a secret


class Identity(NamedTuple):
    """A private key that opens what was sealed to it. Its repr shows nothing of it.

    Attributes:
        key: As pyrage holds it.
        recipient: What is sealed to it, `age1...` or an OpenSSH line.
    """

    key: Any
    recipient: str


class NewIdentity(NamedTuple):
    """A key for sealing only, not yet written: the file's bytes, for 0600, and the `age1...` recipient."""

    private: bytes
    recipient: str


def new_identity() -> NewIdentity:
    """Make an age key for somebody whose signing key cannot decrypt: one in hardware or only in an agent."""
    key = pyrage.x25519.Identity.generate()
    recipient = str(key.to_public())
    return NewIdentity(f"# public key: {recipient}\n{key}\n".encode(), recipient)


def identity_of(signer: FileSigner) -> Identity:
    """The identity of an OpenSSH key that is open already, so that nobody types a passphrase twice."""
    from cryptography.hazmat.primitives import serialization as forms

    written = signer.key.private_bytes(forms.Encoding.PEM, forms.PrivateFormat.OpenSSH, forms.NoEncryption())
    return Identity(pyrage.ssh.Identity.from_buffer(written), signer.public_line)


def read_identity(path: Path) -> Identity | None:
    """The identity in an age key file; None if there is no such file.

    Raises:
        KeyFileError: Others can read it, or it is no age key.
    """
    if not path.exists():
        return None
    lines = keyfile.read_private(path).decode("ascii", "replace").split()
    words = next((word for word in lines if word.startswith(_SECRET)), "")
    try:
        key = pyrage.x25519.Identity.from_str(words)
    except pyrage.IdentityError:
        raise KeyFileError(
            f"{path} holds no age key", hint="put it back from a copy, or make a new one: visitsafe key use"
        ) from None
    return Identity(key, str(key.to_public()))


def can_seal_to(recipient: str) -> bool:
    """Whether something can be sealed to this: an `age1...` recipient or an ssh-ed25519 line."""
    try:
        _public(recipient)
    except pyrage.RecipientError:
        return False
    return True


def seal(secret: bytes, recipients: Sequence[str]) -> bytes:
    """Encrypt to everybody named, so that each can open it alone.

    Args:
        secret: What to seal.
        recipients: OpenSSH ssh-ed25519 lines and `age1...` recipients.

    Returns:
        An age file.

    Raises:
        KeyFileError: Nobody is named, or somebody to whom nothing can be sealed.
    """
    try:
        sealed: bytes = pyrage.encrypt(secret, [_public(recipient) for recipient in recipients])
    except (pyrage.RecipientError, pyrage.EncryptError):
        raise KeyFileError(
            "this cannot be sealed to everybody named", hint="see: visitsafe team list"
        ) from None
    return sealed


def unseal(sealed: bytes, identities: Sequence[Identity]) -> bytes:
    """Open what was sealed.

    Raises:
        VerificationError: It is damaged, or was sealed to other keys; which of the two, age does not tell.
    """
    try:
        opened: bytes = pyrage.decrypt(sealed, [identity.key for identity in identities])
    except pyrage.DecryptError:
        raise VerificationError(
            "what is sealed does not open with your key: it is damaged, or was sealed to another key"
        ) from None
    return opened


def _public(recipient: str) -> Any:
    kind = pyrage.x25519 if recipient.startswith(AGE) else pyrage.ssh
    return kind.Recipient.from_str(recipient)
