"""Puts what a watcher did on the record, and remembers what the record does not take (`watch_unkept`)."""

from collections.abc import Callable, Sequence

from visitsafe.errors import StoreError, VerificationError, VisitsafeError
from visitsafe.record.bodies import EscalatedBody, NotifiedBody
from visitsafe.record.kinds import Kind
from visitsafe.record.stored import Store, Stored, nothing_first
from visitsafe.state.visit import Event
from visitsafe.watch.watch_claims import Means, Pen
from visitsafe.watch.watch_unkept import Unkept, UnkeptItem
from visitsafe.watch.watch_view import Fresh, View


class GrownError(VisitsafeError):
    """Something came in about the visit after it was read."""

    def __init__(self) -> None:
        super().__init__("something came in about this visit meanwhile")


class Notebook:
    """What a run of the watch signs about visits.

    Attributes:
        unkept: What was done and the record does not show.
    """

    def __init__(self, means: Means, view: View, pen: Pen) -> None:
        self.unkept = Unkept()
        self._means, self._view, self._pen = means, view, pen

    def write_late(self, store: Store) -> None:
        """Write what could not be written before."""
        self.unkept.write_late(self._means.now(), lambda plan, item: self._write_late(store, plan, item))

    def note(
        self,
        store: Store,
        fresh: Fresh,
        kind: Kind,
        body: EscalatedBody | NotifiedBody,
        first: Callable[[], None] = nothing_first,
    ) -> Fresh | None:
        """Put what was done on the record; what the record does not take is remembered as done."""
        state, roster = fresh.state, self._view.roster
        entry = self._pen.sign(roster, state, kind, body)
        said = Event(entry.id, kind, entry.content.at, roster.members[self._means.signer.fingerprint], body)
        try:
            self._pen.append(store, roster, entry, first)
        except VerificationError as error:
            self.unkept.add(state, said, entry, error.message, self._means.now(), stored=False)
            return fresh
        except StoreError as error:
            if kind is Kind.NOTIFIED:  # it went out; a step is raised the next time
                self.unkept.add(state, said, entry, error.message, self._means.now(), stored=False)
            raise
        after = self._view.fold_now(store, state.plan)
        self._look_whether_it_counts(after, UnkeptItem(said, entry, 0, True, "", self._means.now()))
        return after

    def _look_whether_it_counts(self, after: Fresh | None, item: UnkeptItem) -> None:
        judged = after.state.judged if after else ()
        why = next((one.why_not for one in judged if one.entry.id == item.said.id), "")
        if after is not None and why:
            reason = f"what this desk signs about {after.state.ref} does not count: {why}"
            self.unkept.add(after.state, item.said, item.entry, reason, self._means.now(), stored=True)

    def _write_late(self, store: Store, plan: str, item: UnkeptItem) -> bool:
        """Write what could not be written, the same bytes as then; whether that went well."""
        try:
            self._pen.append(store, self._view.roster, item.entry)
        except VerificationError:
            return False
        self._look_whether_it_counts(self._view.fold_now(store, plan), item)
        return True


def unless_grown(store: Store, plan: str, rows: Sequence[Stored]) -> Callable[[], None]:
    """Looks, inside the store's transaction, whether a visit's entries are still those that were read."""

    def first() -> None:
        now = store.history(plan)
        if len(now) != len(rows) or now[-1].id != rows[-1].id:
            raise GrownError

    return first
