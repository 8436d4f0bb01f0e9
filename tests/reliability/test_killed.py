"""kill -9 of whoever writes: what was acknowledged stays, and nothing is there by half or twice."""

from pathlib import Path

import pytest

from reliability.conftest import SEED, TIMES
from reliability.kills import at_each_statement, at_random
from reliability.lives import COMMANDS
from reliability.town import Town

BY_DEFAULT = list(COMMANDS)[: None if TIMES > 1 else 2]


def test_a_writer_killed_at_any_moment_takes_nothing_with_it(town: Town, tmp_path: Path) -> None:
    outcome = at_random(town, tmp_path, kills=int(25 * TIMES), seed=SEED)
    assert outcome.faults == []
    assert outcome.acknowledged > 10


@pytest.mark.parametrize("command", BY_DEFAULT)
def test_a_command_killed_at_any_of_its_statements_is_done_or_not(
    town: Town, tmp_path: Path, command: str
) -> None:
    outcome = at_each_statement(town, tmp_path, command)
    assert outcome.faults == []
    assert outcome.tried > 20
    assert outcome.acknowledged == 1
