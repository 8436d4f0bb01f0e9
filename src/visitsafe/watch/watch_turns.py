"""When a claim of another watcher is no longer respected: it must never silence a visit.

Claims are rows in a table that nobody signs. A watcher that is alive puts something on the record while it
holds one; where nothing comes, or no other watcher is alive at all, this one acts in spite of the claim. A
message may come twice then, which is the lesser harm.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import msgspec

from visitsafe.state import ladder as alarm
from visitsafe.text.clock import to_text
from visitsafe.watch.watch_claims import Means
from visitsafe.watch.watch_view import Seen

PATIENCE = timedelta(seconds=150)
"""How long a claim is respected without anything coming of it; it holds for 90 seconds at a time."""


class _Waiting(msgspec.Struct, frozen=True):
    since: datetime
    position: int
    ref: str
    too_long: bool = False


class KeptOff:
    """The visits that another watcher's claim keeps this one off."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._waiting: dict[str, _Waiting] = {}

    def free(self, plan: str) -> None:
        """Nothing keeps this watcher off a visit."""
        self._waiting.pop(plan, None)

    def is_kept_off(self, plan: str) -> bool:
        """Whether another's claim on a visit is respected now."""
        return plan in self._waiting and not self._waiting[plan].too_long

    def must_act(self, seen: Seen, is_alone: Callable[[], bool]) -> bool:
        """Whether to act on a visit in spite of another's claim.

        Args:
            seen: The visit, about which something is to be done.
            is_alone: Whether no other watcher is alive.
        """
        plan, now = seen.state.plan, self._means.now()
        waiting = self._waiting.get(plan)
        if waiting is None or (waiting.position != seen.position and not waiting.too_long):
            waiting = _Waiting(now, seen.position, seen.state.ref)
        late = now - waiting.since >= PATIENCE or (self._is_long_due(seen) and is_alone())
        self._waiting[plan] = msgspec.structs.replace(waiting, too_long=waiting.too_long or late)
        return self._waiting[plan].too_long

    def reasons(self) -> Iterator[str]:
        """What is wrong, as sentences."""
        for waiting in self._waiting.values():
            if waiting.too_long:
                yield f"a claim of another watcher on {waiting.ref} keeps it silent: acting in spite of it"

    def _is_long_due(self, seen: Seen) -> bool:
        limit = to_text(self._means.now() - PATIENCE)
        raised = (one.at for one in seen.state.visit.alarm.raised)
        due = (step.at for now in self._means.times() for step in alarm.to_raise(seen.state, now))
        return min([*raised, *due], default=limit) < limit
