"""The databases that the contract of the store is tested on. A new one is added to BACKENDS."""

import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from visitsafe.record.stored import Store
from visitsafe.store.open import create_store, open_store

CREATED = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)


class Backend(NamedTuple):
    """A database with an empty store in it.

    Attributes:
        url: The store's URL.
        connect: A connection of the database's own driver, which is not ours to trust.
        error: What that driver raises.
    """

    url: str
    connect: Callable[[], Any]
    error: type[Exception]


def _sqlite(_request: pytest.FixtureRequest, folder: Path) -> Backend:
    path = folder / "store.db"
    url = f"sqlite:///{path}"
    create_store(url, CREATED).close()
    return Backend(url, lambda: sqlite3.connect(path, isolation_level=None), sqlite3.Error)


def _postgres(request: pytest.FixtureRequest, _folder: Path) -> Backend:
    """As the application's role; by hand as a superuser, who is stopped by nothing but the triggers."""
    import psycopg

    cluster = request.getfixturevalue("cluster")
    name = cluster.store()
    return Backend(cluster.url(name), lambda: cluster.connect(name), psycopg.Error)


BACKENDS = {"sqlite": _sqlite, "postgres": _postgres}


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Backend:
    return BACKENDS[request.param](request, tmp_path)


@pytest.fixture
def store(backend: Backend) -> Iterator[Store]:
    opened = open_store(backend.url)
    yield opened
    opened.close()
