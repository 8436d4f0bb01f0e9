"""Whether the clock can be trusted by which records are removed for good (docs/adr/0019).

A clock that is years ahead would remove everything. A database's server has a clock of its own, and the two
have to agree. A file has none: then somebody else's signature of the last week shows it, or a running watcher
of theirs; where there is neither, a person says which day it is.
"""

from datetime import date, datetime, timedelta

from visitsafe.desk import Desk, check_entries
from visitsafe.errors import NotPermittedError
from visitsafe.state.rules import CLOCKS_APART, WAITING
from visitsafe.team.roster import is_self
from visitsafe.text.clock import to_text
from visitsafe.watch.heartbeat import read_beats

LAST = 1000
"""How many of the last entries are looked at for somebody else's."""
_A_DAY = timedelta(days=1)
_SET_CLOCK = "nothing was removed; set this computer's clock by the network: timedatectl set-ntp true"


def check_clock(desk: Desk, server: datetime | None, today: date | None) -> None:
    """Refuse to remove anything by a clock that may be wrong.

    Args:
        desk: Whose `now` is this computer's clock.
        server: The time by the clock of the store's server; None if it has none.
        today: The day that it is, as a person says, in any time zone; None if nobody said.

    Raises:
        NotPermittedError: It is wrong, or nothing shows that it is right.
    """
    here = desk.now.date()
    if today is not None and abs(today - here) > _A_DAY:
        raise NotPermittedError(
            f"this computer's clock says {_day(here)}, and you say {_day(today)}", hint=_SET_CLOCK
        )
    if server is not None:
        if abs(server - desk.now) > CLOCKS_APART:
            raise NotPermittedError(
                f"this computer's clock says {_day(here)}, {desk.now:%H:%M} UTC, and the database's server"
                f" {_day(server.date())}, {server:%H:%M} UTC",
                hint=_SET_CLOCK,
            )
    elif today is None and not _somebody_agrees(desk):
        raise NotPermittedError(
            f"this computer's clock says {_day(here)}, and nothing shows that it is right: nobody else signed"
            " anything here in the week before it",
            hint="nothing was removed; look at a calendar, not at this computer, and add: --today YYYY-MM-DD",
        )


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _somebody_agrees(desk: Desk) -> bool:
    """Whether somebody else signed something lately, by their own clock: an entry, a heartbeat."""
    try:
        first, last = to_text(desk.now - WAITING), to_text(desk.now + _A_DAY)
    except OverflowError:
        return False
    people = desk.roster.everyone
    mine = {one.fingerprint for one in people if desk.me is not None and is_self(desk.me, one, people)}
    others = desk.roster.known.keys() - mine
    beats = read_beats(desk.store, desk.roster)
    if any(first <= beat.at <= last and beat.author.fingerprint in others for beat in beats):
        return True
    newest = desk.store.scan(max(0, desk.store.head()[0] - LAST))
    rows = [row for row in newest if not row.blank and first <= row.at <= last and row.by in others]
    good, _ = check_entries(rows)  # who can write to the store can put anything into its columns
    return any(first <= one.content.at <= last and one.content.by in others for one in good)
