"""A damaged SQLite file: `verify` never says that all is well, and no command ends in a traceback."""

from pathlib import Path

from reliability.conftest import SEED, TIMES
from reliability.damage import damaged
from reliability.town import Town


def test_a_file_cut_short_or_overwritten_is_found_out_wherever_it_was_hurt(
    made: Town, tmp_path: Path
) -> None:
    outcome = damaged(made, tmp_path, times=int(30 * TIMES), seed=SEED)
    assert outcome.faults == []
    assert outcome.counted["cut short"] > 3
    assert outcome.counted["verify ends with 3"] > 3
