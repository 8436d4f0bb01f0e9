"""Who looks who is out: whether anybody at the desk is watching now, and a desk for whoever looks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from visitsafe.errors import VerificationError
from visitsafe.opening import Context, desk_of, zone_of

if TYPE_CHECKING:
    from visitsafe.desk import Desk

ALARMING = 4
"""The exit code while somebody has to act (design section 5)."""


@contextmanager
def desk_on_watch(context: Context, warn: Callable[[str], None] | None = None) -> "Iterator[Desk]":
    """As `desk_of`, for `board` and `watch`: if the team's record does not hold, no visit can be judged.

    Raises:
        VerificationError: It does not; with the exit code of a visit that needs somebody (D18).
    """
    try:
        with desk_of(context, warn) as desk:
            yield desk
    except VerificationError as error:
        found = VerificationError(
            f"{error.message}, so nobody can say who is out",
            hint=f"ring whoever may be; then {error.hint or 'run: visitsafe verify'}, or restore a backup",
        )
        found.exit_code = ALARMING
        raise found from error


def anybody_watches(desk: "Desk") -> bool:
    """Whether a watcher was heard of within the last minutes (`heartbeat.SILENCE`)."""
    from visitsafe.watch.heartbeat import read_beats, watch_at

    return watch_at(read_beats(desk.store, desk.roster), desk.now, zone_of(desk.roster)).anybody


def the_desk(desk: "Desk") -> str:
    """`the desk on 0161 496 0000`, unescaped; without a number if the team has agreed on none."""
    phone = desk.roster.settings.desk_phone
    return f"the desk on {phone}" if phone else "the desk"
