"""A server that goes away, a connection cut at the worst moment, many writers: nothing lost or doubled."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from patience import LIMIT, until
from postgres import Cluster
from postgres_cutter import Cutter
from sqlite_files import NOW, PLAN, counted, entry
from visitsafe.errors import StoreError
from visitsafe.record.chain import check_chain
from visitsafe.record.stored import PlanRow, Stored
from visitsafe.store.postgres_door import open_store
from visitsafe.store.postgres_link import APPENDING
from visitsafe.store.postgres_store import PostgresStore

HOW = ("drop the request", "drop the answer", "bring the request late")


@pytest.fixture
def name(cluster: Cluster) -> str:
    return cluster.store()


@pytest.fixture
def store(cluster: Cluster, name: str) -> Iterator[PostgresStore]:
    with closing(open_store(cluster.url(name))) as opened:
        yield opened


def sound(store: PostgresStore, count: int) -> bool:
    kept = [row.id for row in store.scan()]
    assert len(kept) == len(set(kept)) == count
    assert (list(check_chain(store.scan())), store.check_file()) == ([], [])
    return [row.entries for row in store.plans()] == [count]


@pytest.mark.parametrize("how", HOW)
def test_a_connection_cut_while_committing_writes_exactly_once(
    cluster: Cluster, name: str, store: PostgresStore, tmp_path: Path, how: str
) -> None:
    store.append([entry(0)], NOW, counted)
    cutter = Cutter(cluster.folder / f".s.PGSQL.{cluster.port}", tmp_path, how)
    asked: list[int] = []
    url = cluster.url(name).replace(str(cluster.folder), str(tmp_path))
    with closing(cutter), closing(open_store(url)) as shaky:
        added = shaky.append([entry(1), entry(2)], NOW, counted, first=lambda: asked.append(1))
        assert (added, cutter.left) == (2, 0)
        assert len(asked) == (2 if how == "drop the request" else 1)
        assert sum(b"INSERT INTO visitsafe.entries" in said for said in cutter.heard) in {2, 4}
    assert sound(store, 3)


def test_when_nobody_can_say_whether_it_was_committed_that_is_what_is_said(
    cluster: Cluster, name: str, store: PostgresStore, tmp_path: Path
) -> None:
    cutter = Cutter(cluster.folder / f".s.PGSQL.{cluster.port}", tmp_path, "drop the answer")
    url = cluster.url(name).replace(str(cluster.folder), str(tmp_path))
    with closing(cutter), closing(open_store(url, wait=0.3)) as shaky:

        def gone_then(plan: str, history: Sequence[Stored]) -> PlanRow:
            cutter.stop_listening()
            return counted(plan, history)

        with pytest.raises(StoreError, match="cannot be asked yet whether it recorded this") as caught:
            shaky.append([entry(1)], NOW, gone_then)
        assert "nothing was written" not in caught.value.message
        assert "visitsafe show" in str(caught.value.hint)
    assert sound(store, 1)


def waits_for_lock(cluster: Cluster) -> bool:
    """Whether anybody does, in any database."""
    with cluster.connect() as connection:
        query = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        return bool(connection.execute(query).fetchone() != (0,))


def test_a_server_too_busy_to_be_asked_is_no_proof_that_nothing_was_written(
    cluster: Cluster, name: str, store: PostgresStore, tmp_path: Path
) -> None:
    cutter = Cutter(cluster.folder / f".s.PGSQL.{cluster.port}", tmp_path, "drop the answer")
    url = cluster.url(name).replace(str(cluster.folder), str(tmp_path))
    waiting = cluster.connect(name)
    queue = threading.Thread(target=waiting.execute, args=(f"SELECT pg_advisory_lock({0x56534146}, 1)",))

    def queued(plan: str, history: Sequence[Stored]) -> PlanRow:
        queue.start()
        until(lambda: waits_for_lock(cluster), "somebody first in the queue for the lock")
        return counted(plan, history)

    with closing(waiting), closing(cutter), closing(open_store(url, wait=0.5)) as shaky:
        with pytest.raises(StoreError, match="cannot be asked yet whether it recorded this"):
            shaky.append([entry(1)], NOW, queued)
        queue.join()
    assert sound(store, 1)


def test_a_writer_whose_connection_is_ended_by_the_server_starts_again(
    cluster: Cluster, name: str, store: PostgresStore
) -> None:
    calls: list[int] = []

    def ended(plan: str, history: Sequence[Stored]) -> PlanRow:
        calls.append(1)
        if len(calls) == 1:
            cluster.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                f" WHERE datname = '{name}' AND usename = 'desk'"
            )
        return counted(plan, history)

    assert store.append([entry(1)], NOW, ended) == 1
    assert len(calls) == 2
    assert sound(store, 1)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["stopped", "crashed"])
def test_a_server_that_was_stopped_between_two_entries_is_found_again(
    cluster: Cluster, store: PostgresStore, how: signal.Signals
) -> None:
    store.append([entry(1)], NOW, counted)
    cluster.stop(how)
    try:
        with pytest.raises(StoreError, match=r"does not answer|was cut off"):
            _impatient(store).append([entry(2)], NOW, counted)
    finally:
        cluster.start()
    assert store.append([entry(1), entry(2)], NOW, counted) == 1
    assert store.head()[0] == 2
    assert sound(store, 2)


def test_a_reader_finds_the_server_again_too(cluster: Cluster, store: PostgresStore) -> None:
    store.append([entry(number) for number in range(100)], NOW, counted)
    rows = store.scan()
    first = next(rows)
    cluster.stop()
    cluster.start()
    assert [first.position, *(row.position for row in rows)] == list(range(1, 101))


def test_another_store_in_the_same_place_is_not_written_to(cluster: Cluster, name: str) -> None:
    other = cluster.store()
    with closing(open_store(cluster.url(name))) as store:
        store.append([entry(1)], NOW, counted)
        cluster.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        cluster.execute(
            f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'"
        )
        cluster.execute(f"ALTER DATABASE {name} RENAME TO old_{name}")
        cluster.execute(f"ALTER DATABASE {other} RENAME TO {name}")
        with pytest.raises(StoreError, match="another store than before answers"):
            store.append([entry(2)], NOW, counted)
    with closing(open_store(cluster.url(name))) as replaced:
        assert replaced.head()[0] == 0


@pytest.mark.parametrize("code", ["40001", "40P01"])
def test_two_in_each_others_way_are_tried_again(
    cluster: Cluster, name: str, store: PostgresStore, code: str
) -> None:
    cluster.execute(
        "CREATE SEQUENCE tries; GRANT USAGE ON tries TO desk; CREATE FUNCTION told() RETURNS trigger"
        " LANGUAGE plpgsql AS $$ BEGIN IF nextval('visitsafe.tries') < 3 THEN"
        f" RAISE EXCEPTION 'told' USING ERRCODE = '{code}'; END IF; RETURN NEW; END $$;"
        " CREATE TRIGGER a BEFORE INSERT ON plans FOR EACH ROW EXECUTE FUNCTION told()",
        name,
    )
    assert store.append([entry(1)], NOW, counted) == 1
    assert [row.entries for row in store.plans()] == [1]
    assert store.head()[0] == 1


def test_a_summary_that_hides_an_error_of_the_server_leaves_nothing(store: PostgresStore) -> None:
    def hides(plan: str, history: Sequence[Stored]) -> PlanRow:
        with suppress(Exception):
            store._link.rows(b"SELECT 1 / 0")
        return counted(plan, history)

    with pytest.raises(StoreError, match="nothing was written"):
        store.append([entry(1)], NOW, hides)
    with (
        pytest.raises(StoreError, match="did not take what was written"),
        store._link.transaction(APPENDING),
        suppress(Exception),
    ):
        store._link.rows(b"SELECT 1 / 0")  # the server answers the COMMIT with ROLLBACK, and no error
    assert store.append([entry(2)], NOW, counted) == 1
    assert sound(store, 1)


def test_a_commit_is_on_disk_whatever_the_servers_habit(cluster: Cluster, name: str) -> None:
    cluster.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    cluster.execute(f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'")
    seen: list[Any] = []
    with closing(open_store(cluster.url(name))) as store:

        def look(plan: str, history: Sequence[Stored]) -> PlanRow:
            for setting in ("synchronous_commit", "transaction_isolation"):
                seen.extend(store._link.rows(b"SELECT current_setting(%s)", setting))
            return counted(plan, history)

        store.append([entry(1)], NOW, look)
        assert seen == [("on",), ("read committed",)]


WRITER = """
import sys
from visitsafe.store.postgres_door import open_store
from sqlite_files import NOW, counted, entry
url, first = sys.argv[1], int(sys.argv[2])
for number in range(first, first + 6):
    store = open_store(url, wait=60)
    assert store.append([entry(number), entry(900 + number - first)], NOW, counted) >= 1
    store.close()
"""


def test_eight_processes_of_two_users_leave_no_gap_and_double_nothing(
    cluster: Cluster, name: str, store: PostgresStore
) -> None:
    tests = str(Path(__file__).parents[1])
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, cluster.url(name, user), str(100 * number)],
            env={"PYTHONPATH": tests},
        )
        for number, user in enumerate(["desk", "duty"] * 4)
    ]
    assert [one.wait(timeout=LIMIT) for one in writers] == [0] * 8
    assert sound(store, 8 * 6 + 6)
    assert [row.position for row in store.scan()] == list(range(1, 55))


def test_only_one_of_many_gets_a_claim(cluster: Cluster, name: str) -> None:
    won: list[str] = []
    ready = threading.Barrier(6)

    def wants(holder: str) -> None:
        with closing(open_store(cluster.url(name))) as mine:
            ready.wait()
            until = datetime.fromtimestamp(NOW.timestamp() + 60, tz=NOW.tzinfo)
            if mine.claim(PLAN, holder, NOW, until):
                won.append(holder)

    threads = [threading.Thread(target=wants, args=(f"holder {number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1


def test_a_server_that_is_just_restarted_is_waited_for_when_a_store_is_opened(
    cluster: Cluster, name: str
) -> None:
    cluster.stop()
    starts = threading.Timer(0.5, cluster.start)
    starts.start()
    try:
        open_store(cluster.url(name), wait=LIMIT).close()
    finally:
        starts.join()


def test_a_server_that_stays_away_is_waited_for_as_long_as_a_busy_one_and_no_longer(
    cluster: Cluster, name: str
) -> None:
    cluster.stop()
    try:
        with pytest.raises(StoreError, match="its server is not running, or is just starting") as caught:
            open_store(cluster.url(name), wait=0.6)
    finally:
        cluster.start()
    assert "wait a moment and try again" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("locked:wrong@/{name}?host={folder}&port={port}", "the name or the password is not right"),
        ("desk@127.0.0.1:{port}/{name}", "is not trusted|cannot be trusted"),
        ("desk@nowhere.invalid/{name}", "does not answer$"),
        ("desk@/{name}?host={folder}/log", "does not answer$"),
    ],
    ids=["wrong password", "no TLS", "unknown host", "no folder"],
)
def test_what_no_waiting_mends_is_said_at_once(cluster: Cluster, name: str, where: str, said: str) -> None:
    url = "postgresql://" + where.format(name=name, folder=cluster.folder, port=cluster.port)
    with pytest.raises(StoreError, match=said):
        open_store(url, wait=24 * 60 * 60)


def _impatient(store: PostgresStore) -> PostgresStore:
    store._link._wait = 0.2
    return store


def test_reading_costs_one_message_to_the_server(cluster: Cluster, name: str, tmp_path: Path) -> None:
    listener = Cutter(cluster.folder / f".s.PGSQL.{cluster.port}", tmp_path, "", times=0)
    url = cluster.url(name).replace(str(cluster.folder), str(tmp_path))
    with closing(listener), closing(open_store(url)) as store:
        before = len(listener.heard)
        store.history(PLAN)
        store.plans()
        assert len(listener.heard) - before == 2
