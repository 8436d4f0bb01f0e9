"""The office that the tests of reliability work in, on either store; each test gets a store of its own."""

import os
from pathlib import Path

import pytest

from reliability.town import Town, founded

SEED = int(os.environ.get("VISITSAFE_FAULTS_SEED", "1"))
TIMES = float(os.environ.get("VISITSAFE_FAULTS_TIMES", "1"))


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return founded(tmp_path_factory.mktemp("town"))


@pytest.fixture
def on_sqlite(made: Town, tmp_path: Path) -> Town:
    return made.copied(tmp_path)


@pytest.fixture(params=["sqlite", "postgres"])
def town(request: pytest.FixtureRequest, made: Town, tmp_path: Path) -> Town:
    if request.param == "sqlite":
        return made.copied(tmp_path)
    cluster = request.getfixturevalue("cluster")
    return made.moved(cluster.url(cluster.store()))
