"""What verifying a store is divided into, and what comes of each part: small values sent between processes.

The check of the file and the walk along the running hash are one task each. The others take the streams from
one id to the next; ids are spread evenly, so that parts are about as large as each other.
"""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from visitsafe.exchange.findings import Fault
from visitsafe.record.chain import ChainProblem
from visitsafe.record.refs import ALPHABET

EACH = 2_000
"""About how many entries a part has: ids are spread evenly."""
_LETTERS = 3


class Whole(msgspec.Struct, frozen=True):
    """A task: check the file or the database itself."""


class Along(msgspec.Struct, frozen=True):
    """A task: walk along the running hash, and note it at these positions."""

    wanted: frozenset[int]


class Part(msgspec.Struct, frozen=True):
    """A task: the streams from `first` to before `end`; an empty `end` means all that come after.

    `now` is when it is checked, UTC text; by an empty one nothing is in the future.
    """

    first: str
    end: str
    now: str = ""


class Checked(msgspec.Struct, frozen=True):
    """What is wrong with the file or the database itself, as sentences."""

    wrong: tuple[str, ...]


class Walk(msgspec.Struct, frozen=True):
    """What came of walking along: `bad` as in `Found`; `error` if the walk could not be ended.

    `untimely` are sentences about removals behind which something arrived that was received long before.
    """

    entries: int
    same: int
    end: int
    chains: dict[int, str]
    bad: tuple[ChainProblem, ...]
    error: str = ""
    untimely: tuple[str, ...] = ()


class About(msgspec.Struct, frozen=True):
    """What was found about one stream."""

    stream: str
    faults: tuple[Fault, ...]
    doubts: tuple[str, ...]
    notes: tuple[str, ...]
    uncounted: tuple[Fault, ...] = ()


class Found(msgspec.Struct, frozen=True):
    """What came of a part.

    Attributes:
        same: The sum over the running hashes of its entries up to where the store ended at first.
        plans: How many plans hold.
        removed: How many entries have no content any more because it was removed by rule.
        signers: Who signed entries of plans.
        bad: What does not hold about single entries.
        about: What was found about streams.
        lost: Plans that are listed and have no entries.
        errors: What could not be read.
    """

    same: int
    plans: int
    removed: int
    signers: frozenset[str]
    bad: tuple[ChainProblem, ...]
    about: tuple[About, ...]
    lost: tuple[str, ...]
    errors: tuple[str, ...]


Task = Whole | Along | Part
Result = Checked | Walk | Found
Spread = Callable[[Sequence[Task], int], Iterable[Result]]
"""Has tasks done, each with the position at which the store ended at first; the results in any order."""


def tasks(upto: int, wanted: Iterable[int] = (), now: str = "") -> list[Task]:
    """What there is to do for a store of so many entries, the longest task first."""
    most = len(ALPHABET) ** _LETTERS
    count = max(1, min(upto // EACH, most))
    bounds = ["", *(_beginning(most * number // count) for number in range(1, count))]
    parts = (Part(first, end, now) for first, end in zip(bounds, [*bounds[1:], ""], strict=True))
    return [Whole(), Along(frozenset(wanted)), *parts]


def _beginning(number: int) -> str:
    """The first letters of the ids that so many in `_LETTERS` letters come before."""
    letters = ""
    for _ in range(_LETTERS):
        number, place = divmod(number, len(ALPHABET))
        letters = ALPHABET[place] + letters
    return letters
