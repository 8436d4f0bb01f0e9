"""`pytest tests/domain --update-golden` writes the golden pages anew; read what changed before keeping it."""

from collections.abc import Callable
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent.parent / "golden"


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
