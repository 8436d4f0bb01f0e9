"""What every store does, whatever the database: written against the protocol, run on each backend."""

import hashlib
import json
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from visitsafe.errors import StoreError, VerificationError
from visitsafe.record.chain import check_chain
from visitsafe.record.entry import Entry, compose
from visitsafe.record.stored import PlanRow, Store, Stored
from visitsafe.record.terms import TEAM_STREAM
from visitsafe.store.open import open_store

NOW = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
PLAN, OTHER = "K7Q2M9K7Q2M9K7Q2", "K7Q3M9K7Q2M9K7Q2"


class Backend(Protocol):
    @property
    def url(self) -> str: ...
    @property
    def error(self) -> type[Exception]: ...
    def connect(self) -> Any: ...


class Body(msgspec.Struct):
    number: int


def entry(number: int, plan: str = PLAN) -> Entry:
    payload = compose(plan, "noted", NOW + timedelta(minutes=number), "SHA256:somebody", (), Body(number))
    return Entry(payload=payload, signature=f"-----BEGIN SSH SIGNATURE-----\n{number}\n")


def counted(plan: str, history: Sequence[Stored]) -> PlanRow:
    newest, start = history[-1].id, "2026-11-24T15:30:00Z"
    return PlanRow(
        plan, "awaiting", "planned", "", "me", "CASE-1", "", start, start, "", False, len(history), newest
    )


def nothing(plan: str, history: Sequence[Stored]) -> None:
    return None


def test_an_entry_comes_back_as_the_bytes_that_went_in(store: Store) -> None:
    given_in = Entry(payload=entry(1).payload, signature="-----BEGIN SSH SIGNATURE-----\nU1NI\n")
    assert store.append([given_in], NOW, nothing) == 1
    (kept,) = store.history(PLAN)
    assert kept.entry == given_in
    assert type(kept.payload) is bytes
    assert (kept.position, kept.stream, kept.kind, kept.at, kept.by, kept.received, kept.id) == (
        1,
        PLAN,
        "noted",
        "2026-11-23T15:31:00Z",
        "SHA256:somebody",
        "2026-11-23T15:30:00Z",
        hashlib.sha256(given_in.payload).hexdigest(),
    )


def test_another_connection_sees_what_was_appended(store: Store, backend: Backend) -> None:
    store.append([entry(1)], NOW, counted)
    with closing(open_store(backend.url)) as second:
        assert second.history(PLAN) == store.history(PLAN)
        assert second.plans() == store.plans()
        assert second.store_id == store.store_id


def test_an_empty_store_has_nothing_and_the_hash_of_nothing(store: Store) -> None:
    assert store.head() == (0, "0" * 64)
    assert (store.history(PLAN), store.plans(), store.find("K"), list(store.scan())) == ([], [], [], [])


def test_history_is_of_one_stream_in_order_of_arrival(store: Store) -> None:
    arriving = [entry(2), entry(1, OTHER), entry(1), entry(1, TEAM_STREAM), entry(3)]
    store.append(arriving, NOW, counted)
    assert [kept.entry for kept in store.history(PLAN)] == [entry(2), entry(1), entry(3)]
    assert [kept.entry for kept in store.history(TEAM_STREAM)] == [entry(1, TEAM_STREAM)]
    assert [kept.entry for kept in store.scan()] == arriving


def test_scan_goes_on_behind_a_position_over_any_number_of_entries(store: Store) -> None:
    store.append([entry(number) for number in range(250)], NOW, nothing)
    assert [kept.position for kept in store.scan()] == list(range(1, 251))
    assert [kept.position for kept in store.scan(after=247)] == [248, 249, 250]


def test_how_plans_begin_is_told_from_the_entries_behind_a_position(store: Store) -> None:
    made = [
        Entry(payload=compose(PLAN, kind, NOW, "x", (), Body(number)), signature="")
        for number, kind in enumerate(["planned", "noted", "revised"])
    ]
    store.append(made, NOW, nothing)
    first, _, last = ((PLAN, one.payload[:600]) for one in made)
    assert (store.beginnings(-1), store.beginnings(1)) == ([first, last], [last])


def test_scan_sees_what_is_appended_while_it_runs(store: Store) -> None:
    store.append([entry(number) for number in range(101)], NOW, nothing)
    rows = store.scan()
    first = next(rows)
    store.append([entry(200)], NOW, nothing)
    assert [first.position, *(kept.position for kept in rows)] == list(range(1, 103))


def test_appending_twice_changes_nothing(store: Store) -> None:
    assert store.append([entry(1), entry(2)], NOW, counted) == 2
    before = list(store.scan()), store.plans(), store.head()
    assert store.append([entry(2), entry(1)], NOW + timedelta(days=1), counted) == 0
    assert (list(store.scan()), store.plans(), store.head()) == before


def test_only_what_is_new_in_a_batch_is_added(store: Store) -> None:
    store.append([entry(1)], NOW, counted)
    assert store.append([entry(1), entry(2), entry(2)], NOW, counted) == 1
    assert [kept.entry for kept in store.history(PLAN)] == [entry(1), entry(2)]


def test_an_entry_which_is_there_is_not_replaced_by_one_with_another_signature(store: Store) -> None:
    store.append([entry(1)], NOW, nothing)
    assert store.append([Entry(payload=entry(1).payload, signature="forged")], NOW, nothing) == 0
    assert store.history(PLAN)[0].signature == entry(1).signature


@pytest.mark.parametrize(
    "bad",
    [
        Entry(payload=b"{}", signature=""),
        Entry(payload=compose(PLAN, "two\nlines", NOW, "x", (), Body(1)), signature=""),
        Entry(payload=compose(PLAN, "noted", NOW, "two\nlines", (), Body(1)), signature=""),
        Entry(payload=entry(1).payload, signature="\udcff"),
        Entry(payload=entry(1).payload, signature="x" * 100_000),
    ],
    ids=[
        "not an entry",
        "line feed in the kind",
        "line feed in the signer",
        "signature not ASCII",
        "signature too long",
    ],
)
def test_a_batch_whose_second_entry_cannot_be_kept_leaves_nothing(store: Store, bad: Entry) -> None:
    with pytest.raises(VerificationError):
        store.append([entry(5), bad], NOW, counted)
    assert (list(store.scan()), store.plans(), store.head()[0]) == ([], [], 0)
    assert store.append([entry(5)], NOW, counted) == 1


@pytest.mark.parametrize("raised", [ValueError, KeyboardInterrupt])
def test_a_summary_that_fails_leaves_nothing(store: Store, raised: type[BaseException]) -> None:
    store.append([entry(1)], NOW, counted)
    before = list(store.scan()), store.plans(), store.head()

    def fails(plan: str, history: Sequence[Stored]) -> PlanRow:
        if plan == OTHER:
            raise raised
        return counted(plan, history)

    with pytest.raises(raised):
        store.append([entry(2), entry(1, OTHER)], NOW, fails)
    assert (list(store.scan()), store.plans(), store.head()) == before
    assert store.append([entry(2)], NOW, counted) == 1


def test_the_summary_sees_the_whole_history_once_for_each_plan_that_changed(store: Store) -> None:
    store.append([entry(1), entry(1, OTHER)], NOW, nothing)
    seen: list[tuple[str, list[Entry]]] = []

    def look(plan: str, history: Sequence[Stored]) -> None:
        seen.append((plan, [kept.entry for kept in history]))

    store.append([entry(2), entry(1, TEAM_STREAM), entry(3), entry(1, OTHER)], NOW, look)
    assert seen == [(PLAN, [entry(1), entry(2), entry(3)])]


def test_the_summary_may_read_what_the_same_batch_brought(store: Store) -> None:
    teams: list[int] = []
    store.append(
        [entry(1, TEAM_STREAM), entry(1)], NOW, lambda *_: teams.append(len(store.history(TEAM_STREAM)))
    )
    assert teams == [1]


def test_a_plans_row_takes_the_place_of_the_one_before_and_none_takes_it_away(store: Store) -> None:
    store.append([entry(1), entry(1, OTHER)], NOW, counted)
    store.append([entry(2)], NOW, counted)
    assert {one.plan: one.entries for one in store.plans()} == {PLAN: 2, OTHER: 1}
    store.append([entry(3)], NOW, nothing)
    assert [one.plan for one in store.plans()] == [OTHER]


def by_hand(previous: str, kept: Stored) -> str:
    """The running hash as docs/record-format.md says it, from the signed bytes and nothing of ours."""
    signed = json.loads(kept.payload)
    lines = [
        previous,
        f"{kept.position:d}",
        hashlib.sha256(kept.payload).hexdigest(),
        hashlib.sha256(kept.signature.encode("utf-8")).hexdigest(),
        *(signed["plan"], signed["kind"], signed["at"], signed["by"]),
        kept.received,
    ]
    return hashlib.sha256("\n".join(lines).encode("utf-8")).hexdigest()


def test_the_running_hash_can_be_computed_from_the_signed_bytes(store: Store) -> None:
    store.append([entry(1), entry(1, OTHER)], NOW, nothing)
    store.append([entry(2)], NOW + timedelta(hours=1), nothing)
    previous = "0" * 64
    for kept in store.scan():
        previous = by_hand(previous, kept)
        assert kept.chain == previous
    assert store.head() == (3, previous)


def test_the_running_hash_has_not_changed_since_the_first_version(store: Store) -> None:
    payload = (
        b'{"v":1,"plan":"K7Q2M9K7Q2M9K7Q2","kind":"noted","at":"2026-11-23T15:30:00Z",'
        b'"by":"SHA256:somebody","after":[],"body":{}}'
    )
    store.append([Entry(payload=payload, signature="signature")], NOW, nothing)
    assert store.head() == (1, "a9201160dd7d47dccbaf93b17cd7858dcdbb565f2f8ec655f8586795207ea482")


@given(
    batches=st.lists(
        st.lists(st.tuples(st.integers(0, 9), st.sampled_from([PLAN, OTHER, TEAM_STREAM]))), max_size=6
    )
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_entries_arrive_each_is_kept_once_and_the_chain_holds(
    backend: Backend, batches: list[list[tuple[int, str]]]
) -> None:
    with closing(open_store(backend.url)) as store:
        for batch in batches:
            before = {kept.id for kept in store.scan()}
            arriving = [entry(number, plan) for number, plan in batch]
            assert store.append(arriving, NOW, counted) == len({one.id for one in arriving} - before)
            assert {kept.id for kept in store.scan()} == before | {one.id for one in arriving}
        assert list(check_chain(store.scan())) == []
        assert {one.plan: one.entries for one in store.plans()} == {
            plan: len(store.history(plan)) for plan in (PLAN, OTHER) if store.history(plan)
        }


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET signature = 'forged' WHERE position = 1",
        "UPDATE entries SET position = 7 WHERE position = 2",
        "DELETE FROM entries WHERE position = 2",
        "DELETE FROM entries",
        "INSERT INTO entries SELECT 7, stream, kind, at, by, received, 'x', payload, signature, chain"  # noqa: ISC004 - one
        " FROM entries",
    ],
)
def test_the_database_itself_refuses_anything_but_adding_at_the_end(
    store: Store, backend: Backend, statement: str
) -> None:
    store.append([entry(1), entry(2)], NOW, counted)
    before = list(store.scan())
    with closing(backend.connect()) as raw, pytest.raises(backend.error, match="an entry is"):
        raw.execute(statement)
    assert list(store.scan()) == before


def test_a_sound_store_has_nothing_to_report(store: Store) -> None:
    assert store.check_file() == []
    store.append([entry(1), entry(1, OTHER)], NOW, counted)
    assert store.check_file() == []


def test_a_store_that_stays_busy_says_so_and_takes_the_entry_later(store: Store, backend: Backend) -> None:
    with closing(open_store(backend.url, wait=0.05)) as impatient:

        def meanwhile(plan: str, history: Sequence[Stored]) -> None:
            with pytest.raises(StoreError, match="busy by another program; nothing was written"):
                impatient.append([entry(2)], NOW, nothing)

        store.append([entry(1)], NOW, meanwhile)
        assert impatient.append([entry(2)], NOW, nothing) == 1
    assert [kept.entry for kept in store.history(PLAN)] == [entry(1), entry(2)]


def test_reading_goes_on_while_somebody_writes(store: Store, backend: Backend) -> None:
    store.append([entry(1)], NOW, counted)
    seen: list[int] = []
    with closing(open_store(backend.url, wait=0.05)) as reader:
        store.append([entry(2)], NOW, lambda *_: seen.append(len(reader.history(PLAN))))
    assert seen == [1]
