"""What is copied from store to store besides its entries, and a store that a copy can be put into. Pure."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from visitsafe.record.stored import Store, Stored


class Purge(NamedTuple):
    """That the content of an entry was removed by rule (docs/adr/0019).

    Attributes:
        id: The entry whose content is gone.
        entry: The signed entry that removed it.
        at: When, UTC text.
        stream: The plan of both.
    """

    id: str
    entry: str
    at: str
    stream: str


class Fillable(Store, Protocol):
    """A store that a copy can be put into, and that says of itself what it is."""

    def put_rows(self, rows: Sequence[Stored]) -> int:
        """Add rows of a copy as they are, all of them or none; how many were new.

        Rows of plans are left alone. What does not hold about the original does not hold about the copy.

        Raises:
            VerificationError: They are out of order.
        """
        ...

    def meta(self) -> dict[str, str]:
        """What the store says of itself, by name."""
        ...
