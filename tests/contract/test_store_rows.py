"""The plans' rows follow from the entries: made anew they are the same; what cannot be right is doubted."""

from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Any, Protocol

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from visitsafe.errors import VerificationError
from visitsafe.record.entry import Entry, compose
from visitsafe.record.kinds import CLOSING
from visitsafe.record.stored import PlanRow, Store, Stored
from visitsafe.record.terms import TEAM_STREAM
from visitsafe.store.open import open_store

NOW = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
PLAN, OTHER = "K7Q2M9K7Q2M9K7Q2", "K7Q3M9K7Q2M9K7Q2"


class Backend(Protocol):
    @property
    def url(self) -> str: ...
    def connect(self) -> Any: ...


class Body(msgspec.Struct):
    number: int


def entry(number: int, plan: str = PLAN, kind: str = "noted") -> Entry:
    return Entry(compose(plan, kind, NOW, "SHA256:somebody", (), Body(number)), f"signature {number}")


def row(plan: str, history: Sequence[Stored]) -> PlanRow | None:
    """A row that depends on everything in the history; none for a plan with an odd first entry."""
    if history[0].kind == "odd":
        return None
    closed = next((one.id for one in history if one.kind in CLOSING), "")
    kinds = " ".join(one.kind for one in history)
    start = "2026-11-24T15:30:00Z"
    newest = history[-1].id
    return PlanRow(plan, kinds, "planned", closed, "", "", "", start, start, "", False, len(history), newest)


Arriving = st.tuples(
    st.integers(0, 5), st.sampled_from([PLAN, OTHER, TEAM_STREAM]), st.sampled_from(["noted", "back", "odd"])
)


@given(batches=st.lists(st.lists(Arriving, max_size=4), max_size=5))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rows_made_anew_are_the_rows_that_were_kept_up(
    backend: Backend, batches: list[list[tuple[int, str, str]]]
) -> None:
    with closing(open_store(backend.url)) as store:
        for batch in batches:
            store.append([entry(*one) for one in batch], NOW, row)
        kept_up, head = store.plans(), store.head()
        assert store.rebuild(row) == len(kept_up)
        assert (store.plans(), store.head()) == (kept_up, head)


def test_rows_that_are_missing_wrong_or_of_no_plan_are_mended(store: Store, backend: Backend) -> None:
    store.append([entry(1), entry(2), entry(1, OTHER)], NOW, row)
    before = store.plans()
    with closing(backend.connect()) as raw:
        raw.execute(f"DELETE FROM plans WHERE plan = '{OTHER}'")
        raw.execute("UPDATE plans SET status = 'x', closed = newest, entries = 1")
        raw.execute("INSERT INTO plans SELECT 'junk', '', '', '', '', '', '', '', '', '', 0, 0, '', ''")
    assert store.rebuild(row) == 2
    assert (store.plans(), store.doubtful(), store.check_file()) == (before, [], [])


@pytest.mark.parametrize("change", ["entries = 2", "newest = 'gone'", "entries = 9223372036854775807"])
def test_the_last_trace_of_entries_that_are_gone_stops_nothing_and_stays_until_it_is_dropped(
    store: Store, backend: Backend, change: str
) -> None:
    store.append([entry(1)], NOW, row)
    with closing(backend.connect()) as raw:
        raw.execute(f"UPDATE plans SET {change}, status = 'refused'")
    told: list[str] = []
    for number in (3, 4):
        assert store.append([entry(number)], NOW, row, gone=told.append) == 1
    assert told == [PLAN, PLAN]
    store.rebuild(row)
    assert store.traces() == [PLAN]
    listed = store.row(PLAN)
    assert listed is not None
    assert (listed.status, listed.entries > 3 or listed.newest == "gone") == ("refused", True)
    assert store.doubtful() == [PLAN]
    store.rebuild(row, forget=True)
    assert (store.traces(), store.doubtful()) == ([], [])


def test_a_trace_is_told_of_before_anything_is_written(store: Store, backend: Backend) -> None:
    store.append([entry(1)], NOW, row)
    with closing(backend.connect()) as raw:
        raw.execute("UPDATE plans SET entries = 2")

    def refuse(_plan: str) -> None:
        raise VerificationError("no")

    with pytest.raises(VerificationError, match="no"):
        store.append([entry(3)], NOW, row, gone=refuse)
    assert len(store.history(PLAN)) == 1


@pytest.mark.parametrize("raised", [ValueError, KeyboardInterrupt])
def test_a_rebuild_that_fails_changes_nothing(store: Store, raised: type[BaseException]) -> None:
    store.append([entry(1), entry(1, OTHER)], NOW, row)
    before = store.plans()

    def fails(plan: str, history: Sequence[Stored]) -> PlanRow | None:
        if plan == OTHER:
            raise raised
        return None

    with pytest.raises(raised):
        store.rebuild(fails)
    assert store.plans() == before


@pytest.mark.parametrize("kind", CLOSING)
def test_a_row_closed_by_an_entry_that_closes_is_believed(store: Store, kind: str) -> None:
    store.append([entry(1), entry(2, kind=kind), entry(3)], NOW, row)
    assert store.plans()[0].closed == entry(2, kind=kind).id
    assert store.doubtful() == []


@pytest.mark.parametrize(
    "closed",
    [entry(1).id, entry(9, kind="back").id, entry(1, OTHER, "back").id, "x"],
    ids=["by an entry that closes nothing", "by none that is there", "by another plan's", "by no entry"],
)
def test_a_row_closed_by_nothing_that_closes_it_is_doubted(
    store: Store, backend: Backend, closed: str
) -> None:
    store.append([entry(1), entry(1, OTHER, "back")], NOW, row)
    assert store.doubtful() == []
    with closing(backend.connect()) as raw:
        raw.execute(f"UPDATE plans SET closed = '{closed}' WHERE plan = '{PLAN}'")
    assert store.doubtful() == [PLAN]


def test_of_late_only_plans_with_something_new_are_doubted(store: Store, backend: Backend) -> None:
    store.append([entry(1), entry(1, OTHER), entry(2)], NOW, row)
    with closing(backend.connect()) as raw:
        raw.execute("DELETE FROM plans")
    assert store.doubtful() == [PLAN, OTHER]
    assert store.doubtful(1) == [PLAN, OTHER]
    assert store.doubtful(2) == [PLAN]
    assert store.doubtful(3) == []


def test_everything_is_read_by_stream_and_by_plan_from_anywhere(store: Store) -> None:
    numbers = range(1, 40)
    store.append([entry(1, TEAM_STREAM)], NOW, row)
    store.append([entry(n, plan) for n in numbers for plan in (OTHER, PLAN)], NOW, row)
    streams = [(one.stream, one.position) for one in store.by_stream("")]
    assert streams == sorted((one.stream, one.position) for one in store.scan())
    assert [one.stream for one in store.by_stream(OTHER)] == [OTHER] * len(numbers) + [TEAM_STREAM]
    assert list(store.by_stream("zzz")) == []
    assert [one.plan for one in store.rows_from("")] == [PLAN, OTHER]
    assert [one.plan for one in store.rows_from(PLAN + "0")] == [OTHER]
    assert list(store.rows_from(OTHER)) == [store.row(OTHER)]
