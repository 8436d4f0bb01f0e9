"""What watchers keep in a store beside the record: heartbeats, and claims on what they are about to do."""

import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patience import LIMIT
from visitsafe.errors import StoreError
from visitsafe.record.entry import Entry, compose
from visitsafe.record.stored import Store
from visitsafe.record.terms import BEAT, TEAM_STREAM
from visitsafe.store.open import open_store

NOW = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
PLAN, OTHER = "K7Q2M9K7Q2M9K7Q2", "K7Q3M9K7Q2M9K7Q2"


class Backend(Protocol):
    @property
    def url(self) -> str: ...
    def connect(self) -> Any: ...


class Body(msgspec.Struct):
    number: int


def beat(number: int) -> Entry:
    at = NOW + timedelta(seconds=number)
    return Entry(compose(TEAM_STREAM, BEAT, at, "SHA256:desk", (), Body(number)), f"signature {number}")


def after(**passed: float) -> datetime:
    return NOW + timedelta(**passed)


def until(now: datetime = NOW, seconds: int = 90) -> datetime:
    return now + timedelta(seconds=seconds)


def test_a_heartbeat_takes_the_place_of_the_same_watchers_last_one(store: Store) -> None:
    assert store.beats() == []
    store.beat("w1", beat(1), NOW)
    store.beat("w1", beat(2), after(minutes=1))
    assert store.beats() == [beat(2)]


def test_heartbeats_come_newest_first_whatever_their_order_of_arrival(store: Store) -> None:
    store.beat("w1", beat(1), after(minutes=2))
    store.beat("w2", beat(2), after(minutes=3))
    store.beat("w3", beat(3), after(minutes=1))
    assert store.beats() == [beat(2), beat(1), beat(3)]


def test_another_watchers_heartbeat_is_dropped_after_a_day_and_ones_own_never(store: Store) -> None:
    store.beat("w1", beat(1), NOW)
    store.beat("w2", beat(2), after(hours=24))
    assert store.beats() == [beat(2), beat(1)]
    store.beat("w2", beat(3), after(hours=24, seconds=1))
    assert store.beats() == [beat(3)]
    store.beat("w2", beat(4), after(days=-30))  # its clock was set back
    assert store.beats() == [beat(4)]


def test_a_heartbeat_is_the_same_bytes_for_others_and_no_part_of_the_record(
    store: Store, backend: Backend
) -> None:
    store.beat("w1", beat(1), NOW)
    with closing(open_store(backend.url)) as second:
        assert second.beats() == [beat(1)]
    assert (store.head(), list(store.scan()), store.history(TEAM_STREAM)) == ((0, "0" * 64), [], [])
    assert store.check_file() == []


def test_what_is_claimed_is_nobody_elses_until_the_claim_ends(store: Store) -> None:
    assert store.claim(PLAN, "w1", NOW, until())
    assert not store.claim(PLAN, "w2", after(seconds=89), until(after(seconds=89)))
    assert store.claim(OTHER, "w2", NOW, until())
    assert store.claim(PLAN, "w2", after(seconds=90), until(after(seconds=90)))
    assert not store.claim(PLAN, "w1", after(seconds=91), until(after(seconds=91)))


def test_its_holder_may_prolong_a_claim(store: Store) -> None:
    assert store.claim(PLAN, "w1", NOW, until())
    assert store.claim(PLAN, "w1", after(seconds=60), until(after(seconds=60)))
    assert not store.claim(PLAN, "w2", after(seconds=120), until(after(seconds=120)))
    assert store.claim(PLAN, "w2", after(seconds=150), until(after(seconds=150)))


def test_what_is_released_is_free_and_only_its_holder_can_release_it(store: Store) -> None:
    for what in (PLAN, OTHER, "third"):
        assert store.claim(what, "w1", NOW, until())
    store.release("w2")
    store.release("w2", PLAN)
    assert not store.claim(PLAN, "w2", NOW, until())
    store.release("w1", PLAN)
    assert store.claim(PLAN, "w2", NOW, until())
    assert not store.claim(OTHER, "w2", NOW, until())
    store.release("w1")
    assert store.claim(OTHER, "w2", NOW, until())
    assert store.claim("third", "w2", NOW, until())
    assert not store.claim(PLAN, "w1", NOW, until())


@pytest.mark.parametrize("ahead", [timedelta(hours=2), timedelta(days=3650)])
def test_a_watcher_whose_clock_is_ahead_keeps_nobody_off_for_longer_than_three_minutes(
    store: Store, ahead: timedelta
) -> None:
    assert store.claim(PLAN, "w1", NOW + ahead, until(NOW + ahead))
    assert store.claim(PLAN, "w2", NOW, until())
    assert store.claim(OTHER, "w1", NOW, NOW + ahead)
    assert not store.claim(OTHER, "w2", after(minutes=2), until(after(minutes=2)))
    assert store.claim(OTHER, "w2", after(minutes=3), until(after(minutes=3)))


def test_a_claim_that_somebody_wrote_into_the_database_ends_like_any_other(
    store: Store, backend: Backend
) -> None:
    with closing(backend.connect()) as raw:
        for what, ends in ((PLAN, "9999-12-31T23:59:59Z"), (OTHER, "for ever"), ("third", "")):
            raw.execute(f"INSERT INTO claims (what, holder, until) VALUES ('{what}', 'eve', '{ends}')")
    assert [store.claim(what, "w1", NOW, until()) for what in (PLAN, OTHER, "third")] == [True, True, True]


def test_a_claim_is_seen_by_others_at_once_and_outlives_its_connection(
    store: Store, backend: Backend
) -> None:
    with closing(open_store(backend.url)) as first:
        assert first.claim(PLAN, "w1", NOW, until())
        assert not store.claim(PLAN, "w2", NOW, until())
    assert not store.claim(PLAN, "w2", NOW, until())


Taken = st.tuples(st.sampled_from(["w1", "w2", "w3"]), st.integers(0, 100), st.sampled_from([PLAN, OTHER]))


@given(takings=st.lists(Taken, max_size=20))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_is_ever_held_by_two(backend: Backend, takings: list[tuple[str, int, str]]) -> None:
    """Whoever claims as time goes on: a claim is given exactly when no other's is still running."""
    held: dict[str, tuple[str, datetime]] = {}
    now = NOW
    with closing(open_store(backend.url)) as store:
        for watcher in ("w1", "w2", "w3"):
            store.release(watcher)
        for who, passed, what in takings:
            now += timedelta(seconds=passed)
            holder, ends = held.get(what, (who, NOW))
            free = holder == who or ends <= now
            assert store.claim(what, who, now, until(now)) is free
            if free:
                held[what] = who, until(now)


CLAIMER = """
import sys
from datetime import UTC, datetime, timedelta
from visitsafe.store.open import open_store
now = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
store = open_store(sys.argv[1], wait=60)
sys.stdin.readline()
for number in range(25):
    if store.claim(f"plan {number}", sys.argv[2], now, now + timedelta(seconds=90)):
        print(number)
"""


def test_of_processes_that_claim_at_once_exactly_one_wins(store: Store, backend: Backend) -> None:
    claimers = [
        subprocess.Popen(
            [sys.executable, "-c", CLAIMER, backend.url, who],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for who in ("anne", "ben", "carol", "dan")
    ]
    outputs = [one.communicate("\n", timeout=LIMIT)[0] for one in claimers]
    assert [one.returncode for one in claimers] == [0, 0, 0, 0]
    won = [int(number) for output in outputs for number in output.split()]
    assert sorted(won) == list(range(25))


def test_what_is_no_entry_of_a_watcher_is_damage(store: Store, backend: Backend) -> None:
    with closing(backend.connect()) as raw:
        raw.execute("DROP TABLE beats")
    with pytest.raises(StoreError):
        store.beats()
    with pytest.raises(StoreError):
        store.beat("w1", beat(1), NOW)
