"""Many at once: no deadlock, nothing lost, nothing doubled, and the lists say what the entries say."""

import os
from pathlib import Path

from reliability.many import crowd
from reliability.town import Town

PROCESSES = int(os.environ.get("VISITSAFE_FAULTS_PROCESSES", "12"))
SECONDS = float(os.environ.get("VISITSAFE_FAULTS_SECONDS", "5"))


def test_twelve_who_write_and_two_who_watch_lose_nothing_and_double_nothing(
    town: Town, tmp_path: Path
) -> None:
    outcome = crowd(town, tmp_path, PROCESSES, SECONDS, seed=1)
    assert outcome.faults == []
    assert outcome.acknowledged > PROCESSES
    assert outcome.counted["raised by watchers"] >= len(town.overdue)
