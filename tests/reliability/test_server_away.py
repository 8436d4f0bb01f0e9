"""A PostgreSQL server that stops among writers, and connections that are cut: done once, or said."""

import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from postgres import Cluster
from reliability.conftest import SEED, TIMES
from reliability.outages import CUTS, Scissors, cut_at_each_message, stopped
from reliability.town import Town
from sqlite_files import NOW, counted, entry
from visitsafe.adapters.store import open_store
from visitsafe.errors import StoreError


@pytest.fixture
def shared(cluster: Cluster, made: Town) -> Town:
    return made.moved(cluster.url(cluster.store()))


def test_a_server_stopped_and_started_among_writers_loses_and_doubles_nothing(
    cluster: Cluster, shared: Town, tmp_path: Path
) -> None:
    outcome = stopped(cluster, shared, tmp_path, stops=int(2 * TIMES), seed=SEED)
    assert outcome.faults == []
    assert outcome.acknowledged > 10


def test_a_connection_cut_at_any_message_writes_once_or_says_that_it_did_not(
    cluster: Cluster, shared: Town, tmp_path: Path
) -> None:
    outcome = cut_at_each_message(cluster, shared, tmp_path)
    assert outcome.faults == []
    assert outcome.counted["of them while committing"] == 2
    assert outcome.tried > 20


def test_a_server_with_too_many_guests_is_waited_for_and_then_that_is_said(
    cluster: Cluster, shared: Town
) -> None:
    name = shared.url.partition("@/")[2].partition("?")[0]
    cluster.execute("ALTER ROLE duty CONNECTION LIMIT 1")
    crowded = replace(shared, url=shared.url.replace("desk@", "duty@"))
    try:
        with closing(cluster.connect(name, "duty")) as guest:
            with pytest.raises(StoreError, match="has too many guests"):
                crowded.open(wait=0.1)
            leaves = threading.Timer(0.3, guest.close)
            leaves.start()
            crowded.open(wait=20).close()
            leaves.join()
    finally:
        cluster.execute("ALTER ROLE duty CONNECTION LIMIT -1")


def test_a_second_cut_before_anybody_could_ask_does_not_make_a_commit_undone(
    cluster: Cluster, tmp_path: Path
) -> None:
    """The answer to COMMIT is lost; then the connection on which it was to be asked for is cut as well."""
    heard = _cut(cluster, tmp_path, NEVER)[0].heard
    commit = 1 + next(number for number, said in enumerate(heard) if b"COMMIT\0" in said)
    ends = []
    for again in range(1, 8):
        scissors, end = _cut(cluster, tmp_path, commit, again)
        assert scissors.commits >= 1
        ends.append(end)
    assert sum("cannot be asked yet whether it recorded this" in end for end in ends) > 4
    assert not [end for end in ends if "nothing was written" in end or "does not answer" in end]


NEVER = 10_000


def _cut(cluster: Cluster, folder: Path, at: int, again: int = 0) -> tuple[Scissors, str]:
    """Append an entry over somebody who cuts; what was said."""
    server = cluster.folder / f".s.PGSQL.{cluster.port}"
    url = cluster.url(cluster.store()).replace(str(cluster.folder), str(folder))
    with (
        closing(Scissors(server, folder, at, CUTS[1], again)) as scissors,
        closing(open_store(url, wait=0.5)) as store,
    ):
        try:
            said = str(store.append([entry(1)], NOW, counted))
        except StoreError as error:
            said = error.message
    (folder / server.name).unlink()
    return scissors, said
