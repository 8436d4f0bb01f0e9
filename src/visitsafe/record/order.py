"""The causal order of a stream: who had seen what, by the ids that entries name in `after`.

Independent of the order in which entries arrived. Where the record itself leaves the order open, the
claimed time and then the id decide, so that every copy of a record sees the same sequence.
"""

import heapq
from collections.abc import Collection, Container, Iterable, KeysView, Sequence
from itertools import pairwise

from visitsafe.record.entry import Verified

MOST_HEADS = 400
"""The most entries of one stream that a new entry names; with the team's it stays below `MOST_AFTER`."""


class Order:
    """The entries of one stream in causal order.

    Attributes:
        entries: All of them, each after everything that its author had seen.
    """

    def __init__(self, entries: Iterable[Verified], elsewhere: Container[str] = ()) -> None:
        """Sort the entries; `elsewhere` are ids of other streams, which are not missing."""
        by_id = _by_id(entries)
        self._elsewhere = elsewhere
        links = {name: [a for a in entry.content.after if a in by_id] for name, entry in by_id.items()}
        self.entries: Sequence[Verified] = tuple(_sorted(by_id, links))
        self._bit = {entry.id: 1 << place for place, entry in enumerate(self.entries)}
        self._past: dict[str, int] = {}
        for entry in self.entries:
            self._past[entry.id] = self.mask(links[entry.id])

    @property
    def ids(self) -> KeysView[str]:
        """The ids of the entries."""
        return self._bit.keys()

    def mask(self, ids: Iterable[str]) -> int:
        """The given entries and everything before them, as bits; ids not of this stream are passed over."""
        bits = 0
        for name in ids:
            if name in self._bit:
                bits |= self._bit[name] | self._past[name]
        return bits

    def within(self, mask: int) -> list[Verified]:
        """The entries that a mask holds, in order."""
        return [entry for entry in self.entries if self._bit[entry.id] & mask]

    def seen(self, earlier: str, later: str) -> bool:
        """Whether the author of `later` had seen `earlier`."""
        return bool(self._bit[earlier] & self._past[later])

    def newest(self, ids: Sequence[str]) -> list[str]:
        """Those of the ids that no other of them had seen, in order: more than one is a disagreement."""
        past = 0
        for name in ids:
            past |= self._past[name]
        return [name for name in ids if not self._bit[name] & past]

    def seen_by(self, ids: Iterable[str]) -> set[str]:
        """The entries that the author of any of these had seen."""
        past = 0
        for name in ids:
            past |= self._past[name]
        return {entry.id for entry in self.within(past)}

    @property
    def heads(self) -> list[str]:
        """The entries that nobody has built on yet, whatever they are worth."""
        return self.newest([entry.id for entry in self.entries])

    def heads_of(self, ids: Collection[str]) -> list[str]:
        """What the next entry names in `after`: the newest of these, the last `MOST_HEADS` if there are more.

        Whoever writes many entries at once must not make it impossible to add another one.
        """
        return self.newest([entry.id for entry in self.entries if entry.id in ids])[-MOST_HEADS:]

    def missing(self, ids: Collection[str]) -> list[str]:
        """The ids that these entries name in `after` and that are nowhere, sorted."""
        named = {a for entry in self.entries if entry.id in ids for a in entry.content.after}
        return sorted(name for name in named - self.ids if name not in self._elsewhere)


def _by_id(entries: Iterable[Verified]) -> dict[str, Verified]:
    """One of each id; of several signatures over the same bytes, every copy of a record takes the same."""
    by_id: dict[str, Verified] = {}
    for entry in entries:
        kept = by_id.get(entry.id)
        if kept is None or entry.entry.signature < kept.entry.signature:
            by_id[entry.id] = entry
    return by_id


def _sorted(by_id: dict[str, Verified], links: dict[str, list[str]]) -> Iterable[Verified]:
    if all(earlier in links[later] for earlier, later in pairwise(links)):
        return by_id.values()  # each follows the one before, as nearly always: there is no other order
    return _by_cause(by_id, links)


def _by_cause(by_id: dict[str, Verified], links: dict[str, list[str]]) -> Iterable[Verified]:
    followers: dict[str, list[str]] = {name: [] for name in by_id}
    waiting = {name: len(set(before)) for name, before in links.items()}
    for name, before in links.items():
        for earlier in set(before):
            followers[earlier].append(name)
    ready = [(by_id[name].content.at, name) for name, count in waiting.items() if count == 0]
    heapq.heapify(ready)
    while ready:
        _, name = heapq.heappop(ready)
        yield by_id[name]
        for follower in followers[name]:
            waiting[follower] -= 1
            if waiting[follower] == 0:
                heapq.heappush(ready, (by_id[follower].content.at, follower))
