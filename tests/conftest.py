"""Fixtures for every test. `pytest --update-golden` writes golden pages anew; read what changed first."""

import os
import signal
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from office import Office
from patience import says_so_on
from postgres import cluster

__all__ = ["cluster"]

settings.register_profile("visitsafe", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("visitsafe")

# Tests begun in the background are deaf to Ctrl-C, and those begun by nohup to a terminal that closes. What
# they begin must hear both: a process inherits that it is deaf, and no handler.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda _number, _frame: None)


def pytest_configure(config: pytest.Config) -> None:
    """Waiting is said on the terminal, although pytest keeps what tests print."""
    says_so_on(config)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI, where `.ci/run` installs what tests need, one that lacks a program fails."""
    report = yield
    if report.skipped and os.environ.get("CI") and "not installed" in str(report.longrepr):
        report.outcome = "failed"
    return report


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """A team with a manager and a practitioner, and no plan yet."""
    return Office(tmp_path).open()


GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write tests/golden anew")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compares a page with the file that people have read."""

    def check(name: str, page: str) -> None:
        file = GOLDEN / name
        if request.config.getoption("--update-golden", default=False):
            file.write_text(page, encoding="utf-8", newline="\n")
        assert page == file.read_text(encoding="utf-8")

    return check
