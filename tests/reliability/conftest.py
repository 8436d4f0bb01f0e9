"""The office that the tests of reliability work in, on either store; each test gets a store of its own."""

import os
from pathlib import Path

import pytest

from reliability.town import Town, founded

SEED = int(os.environ.get("VISITSAFE_FAULTS_SEED", "1"))
TIMES = float(os.environ.get("VISITSAFE_FAULTS_TIMES", "1"))
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One of these at a time, where tests run side by side: each fills the computer by itself."""
    for item in items:
        if item.path.parent == HERE:
            item.add_marker(pytest.mark.xdist_group("reliability"))


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
