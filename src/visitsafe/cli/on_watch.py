"""Whether anybody at the desk is watching now, by the watchers' heartbeats, and whom to ring if not."""

from typing import TYPE_CHECKING

from visitsafe.opening import zone_of

if TYPE_CHECKING:
    from visitsafe.desk import Desk


def anybody_watches(desk: "Desk") -> bool:
    """Whether a watcher was heard of within the last minutes (`heartbeat.SILENCE`)."""
    from visitsafe.watch.heartbeat import read_beats, watch_at

    return watch_at(read_beats(desk.store, desk.roster), desk.now, zone_of(desk.roster)).anybody


def the_desk(desk: "Desk") -> str:
    """`the desk on 0161 496 0000`, unescaped; without a number if the team has agreed on none."""
    phone = desk.roster.settings.desk_phone
    return f"the desk on {phone}" if phone else "the desk"
