"""What replication gives: a standby is read from and takes nothing in; what a failover loses is told."""

import signal
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from office import NOW, Office, Someone
from patience import until
from postgres import Cluster
from standby import Standby, followed
from visitsafe.store.postgres_door import open_store


@pytest.fixture(params=["synchronous", "asynchronous"])
def servers(request: pytest.FixtureRequest, cluster: Cluster) -> Iterator[tuple[Cluster, Standby, str]]:
    """Servers of their own; `cluster` only says whether PostgreSQL is installed."""
    assert cluster.port
    with followed(synchronous=request.param == "synchronous") as made:
        yield made


def at(someone: Someone, store: str) -> Someone:
    return Someone(someone.name, someone.home, store, someone.now)


def arrived(standby: Standby, name: str, position: int) -> None:
    """Wait until what was written is to be read there; that is later than it is safe there."""
    with closing(open_store(standby.url(name))) as store:
        until(lambda: store.head()[0] >= position, "the standby to show what was written")


def test_a_standby_is_read_from_and_after_a_failover_a_checkpoint_tells_what_is_gone(
    servers: tuple[Cluster, Standby, str], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    first, second, name = servers
    synchronous = "asynchronous" not in request.node.name
    office = Office(tmp_path)
    office.sam.store = office.mo.store = first.url(name)
    office.open().countersigned()
    arrived(second, name, 4)
    sam, mo = at(office.sam, second.url(name)), at(office.mo, second.url(name))
    for words in (["list"], ["show", office.ref], ["board"], ["verify"], ["store", "info"]):
        mo.done(*words)
    for who, words in (
        (sam, ["depart"]),
        (sam, ["plan", "--answers", office.answers(), "--yes", "--another"]),
        (mo, ["review", office.ref, "--decision", "return", "--reason", "Wait."]),
        (mo, ["watch", "--once"]),
    ):
        refused = who.run(*words)
        assert refused.code == 1
        assert "only lets itself be read" in refused.err

    if not synchronous:
        second.lose_the_first()
    office.at(NOW + timedelta(hours=2)).sam.done("depart")
    lodged = tmp_path / "checkpoint.txt"
    lodged.write_text(office.mo.done("store", "checkpoint").out)
    first.stop(signal.SIGQUIT)
    second.promote()

    assert mo.done("verify").code == 0
    compared = mo.run("verify", "--against", str(lodged))
    if synchronous:
        assert compared.code == 0
    else:
        assert (compared.code, "at least 1 entry is gone" in compared.err) == (3, True)
    sam.now = NOW + timedelta(hours=2)
    sam.done("ok")
