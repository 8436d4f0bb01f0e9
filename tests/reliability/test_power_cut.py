"""Power cuts: the files as they were at a moment, opened elsewhere, hold all that was acknowledged."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from reliability.conftest import SEED, TIMES
from reliability.power import copied, cut
from reliability.synced import unsynced_lost, why_not
from reliability.town import Town
from sqlite_files import NOW, counted, entry, filled
from visitsafe.store.open import open_store
from visitsafe.store.sqlite import SqliteStore


@pytest.mark.parametrize("held", [False, True], ids=["as it was", "torn as well"])
def test_what_was_acknowledged_is_in_the_files_at_any_moment(
    on_sqlite: Town, tmp_path: Path, held: bool
) -> None:
    outcome = cut(on_sqlite, tmp_path, times=int(8 * TIMES), seed=SEED, held=held)
    assert outcome.faults == []
    assert outcome.acknowledged > 5
    assert set(outcome.counted) >= ({"-wal torn", "copying back half done"} if held else {"as it was"})


@pytest.mark.skipif(bool(why_not()), reason=why_not())
@pytest.mark.parametrize("held", [False, True], ids=["alone", "read by somebody"])
def test_what_was_not_synced_is_nothing_that_was_acknowledged(
    on_sqlite: Town, tmp_path: Path, held: bool
) -> None:
    outcome = unsynced_lost(on_sqlite, tmp_path, times=int(50 * TIMES), seed=SEED, held=held)
    assert outcome.faults == []
    assert outcome.tried > 20
    assert outcome.acknowledged > 3


def test_files_copied_one_by_one_hold_while_somebody_reads(on_sqlite: Town, tmp_path: Path) -> None:
    outcome = copied(on_sqlite, tmp_path, times=int(10 * TIMES), seed=SEED, held=True)
    assert outcome.faults == []


def test_a_long_reader_does_not_make_everybody_wait_at_every_entry(tmp_path: Path) -> None:
    path = filled(tmp_path, 5)
    said: list[str] = []
    with (
        closing(sqlite3.connect(path, isolation_level=None)) as reader,
        closing(open_store(str(path), wait=0.05)) as store,
    ):
        assert isinstance(store, SqliteStore)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM entries").fetchall()
        store._database.set_trace_callback(said.append)
        for number in range(100, 108):
            store.append([entry(number, 900_000)], NOW, counted)
    assert sum("wal_checkpoint" in statement for statement in said) == 1
