"""A store in PostgreSQL behind a real PgBouncer: nobody sees a difference, and nothing is lost."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from office import NOW, Office
from pooler import Pooler, pooled
from postgres import Cluster
from sqlite_files import counted, entry
from visitsafe.errors import StoreError
from visitsafe.record.chain import check_chain
from visitsafe.store.postgres_door import open_store

WRITERS, EACH = 20, 3


@pytest.fixture(params=["transaction", "session"])
def pooler(request: pytest.FixtureRequest, cluster: Cluster) -> Iterator[Pooler]:
    """Of four connections in transaction mode; in session mode everybody who is there needs one."""
    size = 4 if request.param == "transaction" else WRITERS
    with pooled(cluster, request.param, size) as made:
        yield made


def test_a_visit_is_planned_decided_watched_and_proved_through_a_pooler(
    cluster: Cluster, pooler: Pooler, tmp_path: Path
) -> None:
    office = Office(tmp_path)
    office.sam.store = office.mo.store = pooler.url(cluster.store())
    office.open().countersigned()
    office.at(NOW + timedelta(hours=2)).sam.done("depart")
    assert office.mo.run("board").code == 4  # nobody is watching
    office.mo.done("watch", "--once")
    office.at(NOW + timedelta(hours=3)).sam.done("back")
    assert office.show()["stage"] == "back"
    assert office.mo.done("verify", "--json").json["holds"] is True
    office.mo.done("store", "backup", str(tmp_path / "copy.db"))


def test_twenty_writers_at_once_through_a_pooler_lose_and_double_nothing(
    cluster: Cluster, pooler: Pooler
) -> None:
    name = cluster.store()

    def write(number: int) -> int:
        with closing(open_store(pooler.url(name), wait=60)) as store:
            return sum(store.append([entry(100 * number + one)], NOW, counted) for one in range(EACH))

    with ThreadPoolExecutor(WRITERS) as pool:
        assert list(pool.map(write, range(WRITERS))) == [EACH] * WRITERS
    with closing(open_store(cluster.url(name))) as store:
        kept = [row.id for row in store.scan()]
        assert len(kept) == len(set(kept)) == WRITERS * EACH
        assert (list(check_chain(store.scan())), store.check_file()) == ([], [])


def test_a_pooler_that_does_not_keep_transactions_together_takes_nothing_in(cluster: Cluster) -> None:
    name = cluster.store()
    with pooled(cluster, "statement") as pooler, closing(open_store(pooler.url(name), wait=0.1)) as store:
        with pytest.raises(StoreError, match="nothing was written"):
            store.append([entry(1)], NOW, counted)
        assert store.head()[0] == 0


def test_a_pooler_with_no_connection_left_answers_in_a_sentence(cluster: Cluster) -> None:
    name = cluster.store()
    with (
        pooled(cluster, "transaction", 1, "query_wait_timeout = 1") as pooler,
        closing(open_store(pooler.url(name), wait=0.1)) as first,
        closing(open_store(pooler.url(name), wait=0.1)) as second,
    ):

        def meanwhile() -> None:
            with pytest.raises(StoreError, match="was cut off"):
                second.head()

        assert first.append([entry(1)], NOW, counted, first=meanwhile) == 1
        assert second.head()[0] == 1


def test_a_pooler_that_lets_nobody_else_in_says_so(cluster: Cluster) -> None:
    url = cluster.store()
    with (
        pooled(cluster, "session", 1, "max_client_conn = 1") as pooler,
        closing(open_store(pooler.url(url), wait=0.1)),
        pytest.raises(StoreError, match="too many guests"),
    ):
        open_store(pooler.url(url), wait=0.1)
