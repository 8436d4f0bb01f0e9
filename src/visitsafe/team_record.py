"""The team's record as a store has it: verified, folded, and what in it does not hold (docs/adr/0021).

An entry that does not verify counts for nothing and stops nobody from reading, reporting or answering an
alarm. What somebody put there unsigned is junk. What was altered once it was there, or is named by an entry
that holds, was good before: it may have taken a right away, so that nothing is signed by that team's word.
"""

from collections.abc import Iterable, Sequence

from visitsafe.errors import NotFoundError, VerificationError
from visitsafe.record.chain import GENESIS, order_problems
from visitsafe.record.entry import Verified, verify_entry
from visitsafe.record.order import Order
from visitsafe.record.stored import Store, Stored
from visitsafe.record.terms import TEAM_STREAM
from visitsafe.team.roster import Roster, Unsound, founding

FEWEST_OF_ID = 12


def check_entries(rows: Iterable[Stored]) -> tuple[list[Verified], list[str]]:
    """Verify stored entries one by one: those that hold, and a sentence for each that does not."""
    good, broken = sorted_out(rows)
    return good, [text for _, text in broken]


def sorted_out(rows: Iterable[Stored]) -> tuple[list[Verified], list[tuple[Stored, str]]]:
    """The same, with the row of each that does not hold."""
    good: list[Verified] = []
    broken: list[tuple[Stored, str]] = []
    for row in rows:
        try:
            good.append(verify_entry(row.entry, row.id))
        except VerificationError as error:
            broken.append((row, error.message))
    return good, broken


def arrivals(rows: Iterable[Stored]) -> dict[str, int]:
    """At which position each entry arrived in this store: what nobody can backdate."""
    return {row.id: row.position for row in rows}


def open_roster(store: Store, team_id: str, known: Roster | None = None) -> Roster:
    """Fold the team's roster; what in it does not hold is in `damaged` and `junk`.

    Args:
        store: Where the team's entries are.
        team_id: The founding entry that is pinned.
        known: The roster as it was a moment ago; it is returned if nothing has been added since.

    Raises:
        VerificationError: The store does not hold the pinned team.
    """
    rows = store.history(TEAM_STREAM)
    good, broken = sorted_out(rows)
    unsound = _unsound(store, good, broken)
    arrived = arrivals(rows)
    if known is not None and (known.team_id, known.arrived, known.unsound) == (team_id, arrived, unsound):
        return known  # an id stands for the whole of its entry, and every entry was checked
    return Roster(good, team_id, arrived, unsound)


def _unsound(store: Store, good: Sequence[Verified], broken: Sequence[tuple[Stored, str]]) -> Unsound:
    if not broken:
        return Unsound()
    order = Order(good)
    named = set(order.missing(order.ids))
    damaged: list[str] = []
    junk: list[str] = []
    for row, text in broken:
        was_good = row.id in named or _was_altered(store, row)
        (damaged if was_good else junk).append(text)
    return Unsound(tuple(damaged), tuple(junk))


def _was_altered(store: Store, row: Stored) -> bool:
    """Whether a row is not as it was taken in: its bytes are others than its id says, or its running hash."""
    if row.entry.id != row.id:
        return True
    before = next(store.scan(row.position - 2), None) if row.position > 1 else None
    after = (before.position, before.chain) if before is not None else (0, GENESIS)
    return any(order_problems(*after, row))


def founding_entries(store: Store) -> list[Verified]:
    """The entries that found a team in this store, in order; a sound store has one."""
    good, _ = check_entries(store.history(TEAM_STREAM))
    return [entry for entry in Order(good).entries if _founds(entry)]


def _founds(entry: Verified) -> bool:
    try:
        founding(entry)
    except VerificationError:
        return False
    return True


def founding_entry(store: Store) -> Verified | None:
    """The entry that founded the team in this store; None in a store without a team."""
    return next(iter(founding_entries(store)), None)


def team_named(store: Store, team_id: str) -> str:
    """The whole id of the team in this store that an admin named by its id or the beginning of it.

    Raises:
        NotFoundError: No team of this store, or more than one, has an id that begins like that.
    """
    wanted = team_id.strip().lower()
    found = [entry.id for entry in founding_entries(store) if entry.id.startswith(wanted)]
    if len(wanted) < FEWEST_OF_ID or len(found) != 1:
        raise NotFoundError(
            f"this store does not hold a team {team_id[:64]!r}",
            hint="ask an admin for the first twelve characters that visitsafe team list shows",
        )
    return found[0]
