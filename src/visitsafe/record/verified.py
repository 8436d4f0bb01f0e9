"""An entry whose bytes and signature hold, and what a fold makes of it. Made by `verifying`."""

import msgspec

from visitsafe.record.entries import Content, Entry


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
