"""Whether what came in after a removal shows that its time had not come: in one walk along the store."""

import heapq
from datetime import timedelta

from visitsafe.errors import VerificationError
from visitsafe.record.kinds import Kind
from visitsafe.record.refs import is_plan_id, reference
from visitsafe.record.stored import Stored
from visitsafe.text.clock import from_text, to_text

_A_DAY = timedelta(days=1)
_MOST = 20


class Removals:
    """The removals that were walked past. `untimely` are sentences about those that are in doubt."""

    def __init__(self) -> None:
        self.untimely: list[str] = []
        self._latest: list[tuple[_Backwards, str]] = []

    def see(self, row: Stored) -> None:
        """Look at the next row in order of arrival: was it received long before a removal's time?"""
        while self._latest and row.received < self._latest[0][0].at and self._is_long_before(row.received):
            at, plan = heapq.heappop(self._latest)
            if len(self.untimely) < _MOST:
                self.untimely.append(
                    f"{reference(plan)}: what removed it says {at.at}, and an entry that came in after it was"
                    f" received at {row.received}: a clock was wrong, or set, perhaps that of the removal"
                )
        if row.kind == Kind.PURGED and is_plan_id(row.stream):
            heapq.heappush(self._latest, (_Backwards(row.at), row.stream))

    def _is_long_before(self, received: str) -> bool:
        try:
            return to_text(from_text(received) + _A_DAY) < self._latest[0][0].at
        except (VerificationError, OverflowError):
            return False


class _Backwards:
    """A time that sorts before those that are earlier."""

    def __init__(self, at: str) -> None:
        self.at = at

    def __lt__(self, other: "_Backwards") -> bool:
        return self.at > other.at
