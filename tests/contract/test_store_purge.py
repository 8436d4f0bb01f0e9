"""Emptying entries by rule: what every store lets through and what it refuses, and that all else stays."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from visitsafe.errors import StoreError
from visitsafe.record.chain import check_chain
from visitsafe.record.entry import Entry, compose
from visitsafe.record.stored import PlanRow, Store, Stored
from visitsafe.record.terms import TEAM_STREAM
from visitsafe.retention.purging import PurgeableStore
from visitsafe.retention.store_purge import open_purge
from visitsafe.store.open import open_store

NOW = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
PLAN, OTHER = "K7Q2M9K7Q2M9K7Q2", "K7Q3M9K7Q2M9K7Q2"
PHRASE = "the dog is called Rex"


class Backend(Protocol):
    @property
    def url(self) -> str: ...
    @property
    def error(self) -> type[Exception]: ...
    def connect(self) -> Any: ...


class Body(msgspec.Struct):
    text: str


def entry(number: int, plan: str = PLAN, kind: str = "noted") -> Entry:
    at = NOW + timedelta(minutes=number)
    payload = compose(plan, kind, at, "SHA256:somebody", (), Body(PHRASE * 20))
    return Entry(payload=payload, signature=f"-----BEGIN SSH SIGNATURE-----\n{number}\n")


PURGED = entry(99, kind="purged")


def counted(plan: str, history: Sequence[Stored]) -> PlanRow:
    newest, start = history[-1].id, "2026-11-24T15:30:00Z"
    case = "" if any(one.blank for one in history) else f"CASE {PHRASE}"
    return PlanRow(
        plan, "awaiting", "planned", "", "me", case, "", start, start, "", False, len(history), newest
    )


Keeper = Callable[[], PurgeableStore]


@pytest.fixture
def keeper(backend: Backend, request: pytest.FixtureRequest) -> Keeper:
    """Opens the store for whoever may remove content."""
    url = backend.url
    if url.startswith("postgresql"):
        cluster = request.getfixturevalue("cluster")
        statement = "CREATE ROLE keeper LOGIN IN ROLE visitsafe_retention"
        cluster.execute(f"DO $$ BEGIN {statement}; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
        url = url.replace("//desk@", "//keeper@")
    return lambda: open_purge(url)


@pytest.fixture
def purge(keeper: Keeper) -> Iterator[PurgeableStore]:
    opened = keeper()
    yield opened
    opened.store.close()


def everything(store: Store) -> list[Any]:
    """All of a store but for the payloads."""
    return [msgspec.structs.replace(row, payload=b"") for row in store.scan()]


def test_what_a_signed_entry_removes_is_emptied_and_nothing_else_changes(
    store: Store, purge: PurgeableStore
) -> None:
    store.append([entry(1), entry(1, OTHER), entry(2), entry(1, TEAM_STREAM)], NOW, counted)
    purge.store.append([PURGED], NOW, counted)
    before, head = everything(store), store.head()
    named = {entry(1).id: PURGED.id, entry(2).id: PURGED.id}
    assert purge.blank(PLAN, named, NOW, counted) == 2
    assert [row.payload for row in store.history(PLAN)] == [b"", b"", PURGED.payload]
    assert [row.payload for row in store.history(OTHER)] == [entry(1, OTHER).payload]
    assert (everything(store), store.head(), list(check_chain(store.scan()))) == (before, head, [])
    assert {row.plan: row.case_ref for row in store.plans()} == {PLAN: "", OTHER: f"CASE {PHRASE}"}
    assert (store.check_file(), store.doubtful()) == ([], [])


def test_doing_it_twice_changes_nothing(store: Store, purge: PurgeableStore) -> None:
    store.append([entry(1), PURGED], NOW, counted)
    assert purge.blank(PLAN, {entry(1).id: PURGED.id}, NOW, counted) == 1
    before = list(store.scan())
    assert purge.blank(PLAN, {entry(1).id: PURGED.id}, NOW, counted) == 0
    assert list(store.scan()) == before


def test_what_was_removed_does_not_come_back_when_it_is_appended_again(
    store: Store, purge: PurgeableStore
) -> None:
    store.append([entry(1), PURGED], NOW, counted)
    purge.blank(PLAN, {entry(1).id: PURGED.id}, NOW, counted)
    assert store.append([entry(1)], NOW, counted) == 0
    assert store.history(PLAN)[0].payload == b""
    assert store.append([entry(5)], NOW, counted) == 1
    assert list(check_chain(store.scan())) == []


@pytest.mark.parametrize(
    ("plan", "emptied", "by"),
    [
        (PLAN, entry(1).id, "0" * 64),
        (PLAN, entry(1).id, entry(2).id),
        (PLAN, entry(1).id, entry(9, OTHER, "purged").id),
        (PLAN, PURGED.id, PURGED.id),
        (TEAM_STREAM, entry(1, TEAM_STREAM).id, PURGED.id),
        (TEAM_STREAM, entry(1, TEAM_STREAM).id, entry(9, TEAM_STREAM, "purged").id),
    ],
    ids=[
        "no such entry",
        "an entry of another kind",
        "another plan's",
        "itself",
        "the team's",
        "the team's, by one of its own",
    ],
)
def test_the_database_refuses_what_no_entry_of_the_plan_removes(
    store: Store, purge: PurgeableStore, plan: str, emptied: str, by: str
) -> None:
    several = [entry(1), entry(2), entry(1, TEAM_STREAM), entry(9, OTHER, "purged")]
    store.append([*several, entry(9, TEAM_STREAM, "purged"), PURGED], NOW, counted)
    before = list(store.scan())
    with pytest.raises(StoreError, match="refuses to change or remove an entry"):
        purge.blank(plan, {emptied: by}, NOW, counted)
    assert list(store.scan()) == before


@pytest.mark.parametrize(
    "change",
    [
        "payload = {x}'', kind = 'x'",
        "payload = {x}'', received = ''",
        "payload = {x}'', chain = 'x'",
        "payload = {x}'', signature = ''",
        "payload = {x}'ff'",
        "signature = ''",
        "position = 7",
    ],
)
def test_beside_such_an_entry_the_database_lets_through_nothing_but_an_empty_payload(
    store: Store, backend: Backend, change: str
) -> None:
    store.append([entry(1), PURGED], NOW, counted)
    before = list(store.scan())
    with closing(backend.connect()) as raw:
        raw.execute(f"INSERT INTO purges (id, entry, at) VALUES ('{entry(1).id}', '{PURGED.id}', '')")
        typed = change.replace("{x}", "" if backend.url.startswith("postgresql") else "x")
        with pytest.raises(backend.error, match="an entry is never changed"):
            raw.execute(f"UPDATE entries SET {typed} WHERE id = '{entry(1).id}'")
        for statement in ("DELETE FROM purges", "UPDATE purges SET entry = 'x'"):
            with pytest.raises(backend.error, match="stays noted"):
                raw.execute(statement)
    assert list(store.scan()) == before


@pytest.mark.parametrize("raised", [ValueError, KeyboardInterrupt])
def test_what_is_interrupted_has_not_happened(
    store: Store, purge: PurgeableStore, raised: type[BaseException]
) -> None:
    store.append([entry(1), entry(2), PURGED], NOW, counted)
    before, rows = list(store.scan()), store.plans()
    named = {entry(1).id: PURGED.id, entry(2).id: PURGED.id}

    def fails(plan: str, history: Sequence[Stored]) -> PlanRow:
        raise raised

    def refuses() -> None:
        raise raised

    with pytest.raises(raised):
        purge.blank(PLAN, named, NOW, fails)
    with pytest.raises(raised):
        purge.blank(PLAN, named, NOW, counted, first=refuses)
    assert (list(store.scan()), store.plans()) == (before, rows)
    assert purge.blank(PLAN, named, NOW, counted) == 2


@given(
    gone=st.lists(st.sets(st.integers(0, 5)), max_size=4),
    meanwhile=st.lists(st.integers(10, 20), max_size=3, unique=True),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_emptied_the_running_hash_and_every_other_entry_stay(
    backend: Backend, keeper: Keeper, gone: list[set[int]], meanwhile: list[int]
) -> None:
    heads: dict[int, str] = {}
    with closing(open_store(backend.url)) as store:
        store.append([entry(number, plan) for number in range(6) for plan in (PLAN, OTHER)], NOW, counted)
        store.append([PURGED], NOW, counted)
        opened = keeper()
        for numbers in gone:
            heads |= {row.position: row.chain for row in store.scan()}
            others = store.history(OTHER)
            emptied = {row.id for row in store.scan() if row.blank}
            named = {entry(number).id: PURGED.id for number in numbers}
            assert opened.blank(PLAN, named, NOW, counted) == len(named.keys() - emptied)
            assert {row.id for row in store.scan() if row.blank} == emptied | named.keys()
            assert store.history(OTHER) == others
            store.append([entry(number) for number in meanwhile], NOW, counted)
        opened.store.close()
        assert list(check_chain(store.scan())) == []
        now = {row.position: row.chain for row in store.scan()}
        assert now | heads == now
