"""A server that is frozen: its socket is open and nothing comes. Nobody waits for ever, or is misled."""

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress

import psycopg
import pytest

from patience import LIMIT
from postgres import Cluster
from sqlite_files import NOW, counted, entry
from visitsafe.errors import StoreError
from visitsafe.record.stored import PlanRow, Stored
from visitsafe.store.postgres_door import open_store
from visitsafe.store.postgres_link import _LONGEST_STATEMENT
from visitsafe.store.postgres_patience import LONGEST_ANSWER, Patient
from visitsafe.store.postgres_store import PostgresStore

SOON = 1.0
"""Seconds of silence: only while the server is frozen, for one that is merely slow is to be waited for."""


@pytest.fixture
def name(cluster: Cluster) -> str:
    return cluster.store()


@pytest.fixture
def store(cluster: Cluster, name: str) -> Iterator[PostgresStore]:
    with closing(open_store(cluster.url(name), wait=0.3)) as opened:
        yield opened


def be_impatient(store: PostgresStore) -> None:
    """Of its present connection: nobody has a setting for it."""
    database = store._link.database
    assert isinstance(database, Patient)
    database.longest = SOON


def backend(cluster: Cluster, name: str) -> int:
    """The process of the server that serves the only client of a database."""
    with cluster.connect() as connection:
        query = "SELECT pid FROM pg_stat_activity WHERE datname = %s AND usename = 'desk'"
        [(pid,)] = connection.execute(query, (name,)).fetchall()
    return int(pid)


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def test_reading_from_a_frozen_server_ends_in_a_sentence(
    cluster: Cluster, name: str, store: PostgresStore
) -> None:
    store.append([entry(1)], NOW, counted)
    be_impatient(store)
    with frozen(backend(cluster, name)), pytest.raises(StoreError, match="was cut off"):
        list(store.scan())
    assert [row.id for row in store.scan()] == [entry(1).id]


def test_writing_to_a_server_that_freezes_says_that_nothing_was_written(
    cluster: Cluster, name: str, store: PostgresStore
) -> None:
    pid = backend(cluster, name)

    def freezing(plan: str, history: Sequence[Stored]) -> PlanRow:
        be_impatient(store)
        os.kill(pid, signal.SIGSTOP)
        return counted(plan, history)

    try:
        with pytest.raises(StoreError, match="nothing was written"):
            store.append([entry(1)], NOW, freezing)
        with closing(open_store(cluster.url(name), wait=0.3)) as other:  # the frozen one still has the lock
            assert other.head()[0] == 0
            with pytest.raises(StoreError, match="kept busy"):
                other.append([entry(2)], NOW, counted)
    finally:
        os.kill(pid, signal.SIGCONT)
    with closing(open_store(cluster.url(name), wait=LIMIT)) as other:
        assert other.append([entry(1)], NOW, counted) == 1
        assert other.head()[0] == 1


def test_a_server_that_can_still_speak_says_so_itself() -> None:
    """The wait of a client is longer than the one that the server keeps, with its own 5 seconds for locks."""
    assert LONGEST_ANSWER > _LONGEST_STATEMENT + 5


def test_silence_is_what_is_counted_and_not_the_length_of_an_answer(cluster: Cluster, name: str) -> None:
    with closing(Patient.connect(cluster.url(name), autocommit=True)) as database:
        database.longest = 4 * SOON  # half of the whole answer, and two hundred times each part of it
        slowly = "SELECT repeat('x', 10000), pg_sleep(0.02) FROM generate_series(1, 400)"
        assert len(database.execute(slowly).fetchall()) == 400
        database.longest = SOON
        with pytest.raises(psycopg.OperationalError, match="does not answer any more"):
            database.execute("SELECT pg_sleep(3600)")
