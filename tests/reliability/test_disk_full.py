"""A full disk: what was acknowledged stays, what does not fit is refused in a sentence; then it goes on."""

from pathlib import Path

import pytest

from postgres import _binaries
from reliability.conftest import SEED, TIMES
from reliability.full import postgres_full, sqlite_full, why_not
from reliability.town import Town

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not())


def test_a_full_disk_under_a_sqlite_store(made: Town, tmp_path: Path) -> None:
    outcome = sqlite_full(made, tmp_path, times=int(3 * TIMES), seed=SEED)
    assert outcome.faults == []
    assert any("full" in said for said in outcome.said)
    assert outcome.acknowledged > 0


def test_a_full_disk_under_a_postgresql_server(made: Town, tmp_path: Path) -> None:
    binaries = _binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed")
    outcome = postgres_full(binaries, made, tmp_path, times=int(2 * TIMES), seed=SEED)
    assert outcome.faults == []
    assert outcome.said
    assert outcome.acknowledged > 0
