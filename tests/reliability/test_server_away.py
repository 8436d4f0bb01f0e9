"""A PostgreSQL server that stops among writers, and connections that are cut: done once, or said."""

import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from patience import LIMIT
from postgres import Cluster
from postgres_cutter import AFTERWARDS, Cutter
from reliability.conftest import SEED, TIMES
from reliability.ledger import Ledger
from reliability.lives import COMMANDS, once
from reliability.outages import CUTS, Scissors, cut_at_each_message, stopped
from reliability.town import KNOWN, Town
from reliability.truth import Outcome
from sqlite_files import NOW, counted, entry
from visitsafe.errors import StoreError
from visitsafe.store.open import open_store


@pytest.fixture
def shared(cluster: Cluster, made: Town) -> Town:
    return made.moved(cluster.url(cluster.store()))


def test_a_server_stopped_and_started_among_writers_loses_and_doubles_nothing(
    cluster: Cluster, shared: Town, tmp_path: Path
) -> None:
    outcome = stopped(cluster, shared, tmp_path, stops=int(2 * TIMES), seed=SEED)
    assert outcome.faults == []
    assert outcome.acknowledged > 3


def test_a_connection_cut_at_any_message_writes_once_or_says_that_it_did_not(
    cluster: Cluster, shared: Town, tmp_path: Path
) -> None:
    outcome = cut_at_each_message(cluster, shared, tmp_path)
    assert outcome.faults == []
    assert outcome.counted["of them while committing"] == 2
    assert outcome.tried > 20


@pytest.fixture
def cut_off(cluster: Cluster, shared: Town, tmp_path: Path) -> Iterator[Town]:
    """The same store by way of somebody who lets nobody through any more once an entry is committed."""
    with closing(Cutter(cluster.folder / f".s.PGSQL.{cluster.port}", tmp_path, AFTERWARDS)) as cutter:
        yield replace(shared, url=shared.url.replace(str(cluster.folder), str(tmp_path)))
        assert cutter.left == 0


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_recorded_is_never_said_to_have_failed(
    shared: Town, cut_off: Town, tmp_path: Path, command: str
) -> None:
    once(cut_off, Ledger(tmp_path, 1), command)
    outcome = Outcome("cut right after COMMIT", shared.on)
    outcome.judge(shared, tmp_path)
    assert outcome.faults == []
    assert outcome.acknowledged == 1


def test_a_worker_is_told_that_the_report_counts_although_the_store_went_away(cut_off: Town) -> None:
    visit = cut_off.shared[0]
    ran = cut_off.person(visit.worker).run("ok", visit.ref)
    assert (ran.code, ran.out) == (0, f"{visit.ref}: Sam reported being all right at 09:30; due back 11:30\n")
    assert "this is recorded, but whether anybody at the desk is watching now could not be seen" in ran.err
    assert "the store" not in ran.err


@pytest.mark.parametrize(
    ("who", "words", "said"),
    [
        ("dee", ("acknowledge",), "took on"),
        ("mo", ("stand-down", "--because", "safe"), "stood the alarm about Sam down"),
        ("mo", ("back", "--for", "Sam", *KNOWN), "the watch over this visit is over"),
        ("sam", ("withdraw", "--reason", "It is off."), "is withdrawn"),
    ],
)
def test_whoever_acts_for_a_worker_is_told_what_stands_although_the_store_went_away(
    cut_off: Town, who: str, words: tuple[str, ...], said: str
) -> None:
    ran = cut_off.person(who).run(words[0], cut_off.overdue[0].ref, *words[1:])
    assert ran.code == 0, ran.err
    assert said in ran.out


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
            crowded.open(wait=LIMIT).close()
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
