"""Looking whether a backup is whole: the file, every running hash and signature, and nothing missing within.

What was recorded after the backup was made cannot be known from it; a checkpoint kept elsewhere tells.
"""

from collections.abc import Iterator

from visitsafe.errors import VerificationError
from visitsafe.record.chain import GENESIS
from visitsafe.record.stored import Store, Stored
from visitsafe.store.moving import MOST_NAMED, Copied, Tell, weighed


def examine(store: Store, tell: Tell) -> Copied:
    """Check all of a store that nobody writes to; its faults say what does not hold.

    Raises:
        StoreError: It cannot be read to its end.
    """
    end = store.head()[0]
    last: Stored | None = None

    def rows() -> Iterator[Stored]:
        nonlocal last
        for row in store.scan():
            last = row
            yield row
            tell("checking", row.position, end)

    faults, junk = store.check_file(), list[str]()
    for serious, text in weighed(rows()):
        told = faults if serious else junk
        if len(told) < MOST_NAMED:
            told.append(text)
    everything = (*faults, *junk)
    if last is None:
        return Copied(0, GENESIS, "", everything)
    return Copied(last.position, last.chain, last.received, everything, tuple(junk))


def refuse_unsound(found: Copied, name: str) -> None:
    """Refuse to use a backup that does not hold.

    What nobody signed and what was only put in is no reason: it counts for nothing in the store either, and
    whoever could put it there must not make every backup useless.

    Raises:
        VerificationError: Something about it does not hold; nothing was made from it.
    """
    faults = found.faults[: len(found.faults) - len(found.junk)]
    if faults:
        more = f" (and {len(found.faults) - 1} more)" if len(found.faults) > 1 else ""
        raise VerificationError(
            f"{name} does not hold: {faults[0]}{more}",
            hint="nothing was restored; use an older backup, and keep this one as it is",
        )
