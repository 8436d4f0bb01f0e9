"""What a watcher did about a visit and the record does not show: remembered, so that the watch goes on.

An entry can be refused by the store (the visit's row says that entries are gone), or be there and not count
(a clock that lies, a role that was taken away). Neither may silence a visit or send the same message every
round: `over` gives the visit as if these entries counted. One that was not written is written later, the same
bytes; one that does not count is made anew after a while, each time later.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec

from visitsafe.record.bodies import EscalatedBody
from visitsafe.record.entry import Entry
from visitsafe.state.fold import PlanState
from visitsafe.state.visit import Alarm, Event

WRITE_AGAIN = timedelta(minutes=1)
MAKE_ANEW, LONGEST = timedelta(minutes=15), timedelta(hours=4)


class UnkeptItem(msgspec.Struct, frozen=True):
    """An entry that the record does not show, or that does not count there.

    Attributes:
        said: What it says.
        entry: The entry itself.
        alarm: How many alarms of the visit had ended when it was made.
        stored: Whether the store has it, so that it is only a matter of counting.
        reason: What is wrong, as a sentence.
        again: When to try again.
    """

    said: Event[Any]
    entry: Entry
    alarm: int
    stored: bool
    reason: str
    again: datetime


class Unkept:
    """What a run of the watch remembers of this kind, by plan."""

    def __init__(self) -> None:
        self._items: dict[str, dict[str, UnkeptItem]] = {}
        self._times: Counter[str] = Counter()

    def add(
        self, state: PlanState, said: Event[Any], entry: Entry, reason: str, now: datetime, *, stored: bool
    ) -> None:
        """Remember an entry about a visit; `stored` if the store has it and it does not count."""
        mine = self._items.setdefault(state.plan, {})
        if stored and not any(item.stored for item in mine.values()):
            self._times[state.plan] += 1
        later = min(MAKE_ANEW * (1 << min(max(self._times[state.plan] - 1, 0), 4)), LONGEST)
        again = now + (later if stored else WRITE_AGAIN)
        mine[said.id] = UnkeptItem(said, entry, len(state.visit.alarms) - 1, stored, reason, again)

    def over(self, state: PlanState) -> PlanState:
        """A visit as if what this watcher did about it counted."""
        items = self._items.get(state.plan)
        if not items:
            return state
        alarms, taken = list(state.visit.alarms), dict(state.visit.taken)
        for item in items.values():
            number = min(item.alarm, len(alarms) - 1)
            alarms[number] = _with(alarms[number], item.said)
            taken |= _taken(state, alarms[number], item.said)
        visit = msgspec.structs.replace(state.visit, alarms=tuple(alarms), taken=taken)
        return msgspec.structs.replace(state, visit=visit)

    def write_late(self, now: datetime, write: Callable[[str, UnkeptItem], bool]) -> None:
        """Hand out what is to be written again, in order; `write` tells whether it is on the disk now."""
        for plan, items in list(self._items.items()):
            for name, item in list(items.items()):
                if not item.stored and item.again <= now:
                    items[name] = msgspec.structs.replace(item, again=now + WRITE_AGAIN)
                    if write(plan, item) and not items[name].stored:
                        del items[name]
        self._tidy()

    def let_go(self, now: datetime | None = None) -> None:
        """Make anew what does not count: what has waited long enough; everything without a time."""
        for items in self._items.values():
            stored = [item.again for item in items.values() if item.stored]
            if stored and (now is None or min(stored) <= now):
                for name in [name for name, item in items.items() if item.stored]:
                    del items[name]
        self._tidy()

    def reasons(self) -> Iterator[str]:
        """What is wrong, one sentence for each visit."""
        for items in self._items.values():
            yield next(iter(items.values())).reason

    def _tidy(self) -> None:
        self._items = {plan: items for plan, items in self._items.items() if items}


def _with(alarm: Alarm, said: Event[Any]) -> Alarm:
    if isinstance(said.body, EscalatedBody):
        return msgspec.structs.replace(alarm, raised=(*alarm.raised, said))
    return msgspec.structs.replace(alarm, sent=(*alarm.sent, said))


def _taken(state: PlanState, alarm: Alarm, said: Event[Any]) -> dict[str, str]:
    """Who took such a step on: they cannot have seen it on the record, only on a screen or in a message."""
    if not isinstance(said.body, EscalatedBody):
        return {}
    level = state.visit.level
    for one in alarm.owned:
        if one.at >= said.at and level(one.body.step) >= level(said.body.step):
            return {said.id: one.id}
    return {}
