"""Fixtures for every test."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from office import Office
from postgres import cluster

__all__ = ["cluster"]

settings.register_profile("visitsafe", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("visitsafe")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """A team with a manager and a practitioner, and no plan yet."""
    return Office(tmp_path).open()
