"""Two watchers at one store, and watchers that are killed between any two statements and begun again.

The rules: a step is on the record exactly once and in order; no message is lost; one message at most is
repeated for each kill, and none because there are two.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from story import Story
from visit_story import MO, at, back, countersigned, departed, stood_down
from visitsafe.record.terms import Because
from watchers import Desk, Fate, KilledError

STEPS = ["reminder", "overdue", "nudge", "duty-rings", "second-contact", "manager-acts"]
MINUTES = 16
RAISED = STEPS[:4]
OWED = Counter(["sam-sms", "desk", "sam-sms", "desk"])
"""What goes out at first: a reminder and a nudge to Sam, overdue and the first contact's to the desk."""


@pytest.fixture(scope="module")
def story() -> Story:
    made = countersigned()
    return departed(at(made, made.state.body.visit.start))


@pytest.fixture
def folders(tmp_path: Path) -> Iterator[Path]:
    def fresh() -> Iterator[Path]:
        number = 0
        while True:
            folder = tmp_path / str(number)
            folder.mkdir()
            yield folder
            number += 1

    return fresh()


def names_in_a_round(folder: Path, story: Story) -> list[str]:
    """What a watcher calls in the round, one after the other."""
    desk = Desk(folder, story).at(MINUTES)
    fate = Fate()
    desk.watcher(fate=fate).round()
    assert (desk.raised, Counter(desk.labels)) == (RAISED, OWED)
    return fate.names


def calls_of_a_round(folder: Path, story: Story) -> int:
    return len(names_in_a_round(folder, story))


def killed(desk: Desk, fate: Fate) -> None:
    watcher = desk.watcher(fate=fate)
    with pytest.raises(KilledError):
        watcher.round()
    watcher.die()


@pytest.mark.parametrize("after", [False, True], ids=["just before", "just after"])
def test_killed_at_any_call_and_begun_again_loses_nothing_and_repeats_one_message(
    folders: Iterator[Path], story: Story, after: bool
) -> None:
    for number in range(calls_of_a_round(next(folders), story)):
        desk = Desk(next(folders), story).at(MINUTES)
        killed(desk, Fate(dies_at=number, after=after))
        desk.now += timedelta(seconds=5)
        desk.watcher().round()
        assert desk.raised == RAISED, number
        assert not OWED - Counter(desk.labels), number
        assert (Counter(desk.labels) - OWED).total() <= 1, number


def test_killed_twice_repeats_at_most_two_messages(folders: Iterator[Path], story: Story) -> None:
    calls = calls_of_a_round(next(folders), story)
    for first, second in [(one, other) for one in range(3, calls, 9) for other in range(5, calls, 11)]:
        desk = Desk(next(folders), story).at(MINUTES)
        killed(desk, Fate(dies_at=first, after=True))
        desk.now += timedelta(seconds=5)
        watcher = desk.watcher(fate=Fate(dies_at=second, after=True))
        try:
            watcher.round()
        except KilledError:
            watcher.die()
        desk.now += timedelta(seconds=5)
        desk.watcher().round()
        assert desk.raised == RAISED
        assert not OWED - Counter(desk.labels)
        assert (Counter(desk.labels) - OWED).total() <= 2


def test_on_another_computer_the_claim_of_a_dead_watcher_is_waited_for(tmp_path: Path, story: Story) -> None:
    sending = names_in_a_round(_made(tmp_path / "try"), story).index("send")
    desk = Desk(_made(tmp_path / "real"), story).at(MINUTES)
    killed(desk, Fate(dies_at=sending))
    desk.now += timedelta(seconds=15)
    other = desk.watcher(MO, host="laptop")
    other.round()
    assert desk.got == []
    desk.now += timedelta(seconds=90)
    other.round()
    assert Counter(desk.labels) == OWED


def test_whatever_the_other_watcher_does_between_two_calls_nothing_is_doubled(
    folders: Iterator[Path], story: Story
) -> None:
    for number in range(calls_of_a_round(next(folders), story)):
        desk = Desk(next(folders), story).at(MINUTES)
        other = desk.watcher(MO, host="laptop")
        fate = Fate(meanwhile_at=number, meanwhile=other.round)
        desk.watcher(fate=fate).round()
        desk.now += timedelta(seconds=5)
        other.round()
        assert desk.raised == RAISED, number
        assert Counter(desk.labels) == OWED, number


def test_what_comes_in_between_two_calls_is_heeded(folders: Iterator[Path], story: Story) -> None:
    """Whoever reports back while steps are being raised is not alarmed about any further."""
    came = 0
    for number in range(calls_of_a_round(next(folders), story)):
        desk = Desk(next(folders), story).at(MINUTES)
        fate = Fate(meanwhile_at=number, meanwhile=partial(desk.happens, back))
        desk.watcher(fate=fate).round()
        kinds = [one.content.kind for one in desk.read().entries]
        if "back" in kinds:
            came += 1
            assert "escalated" not in kinds[kinds.index("back") :], number
    assert came > 20


def test_two_watchers_share_an_hour_without_doubling_a_step_or_a_message(
    folders: Iterator[Path], story: Story
) -> None:
    alone = Desk(next(folders), story).at(-12)
    alone.watcher().watches(60)
    shared = Desk(next(folders), story).at(-12)
    one, other = shared.watcher(), shared.watcher(MO, host="laptop")
    for _ in range(60):
        one.round()
        other.round()
        shared.now += timedelta(minutes=1)
    assert shared.raised == alone.raised
    assert shared.labels == alone.labels


def test_two_watchers_at_the_very_same_time_double_nothing(tmp_path: Path, story: Story) -> None:
    desk = Desk(tmp_path, story).at(-12)
    desk.wait = 10
    watchers = [desk.watcher(), desk.watcher(MO, host="laptop")]
    desk.at(MINUTES)
    together, failed = threading.Barrier(2), []

    def watch(number: int) -> None:
        together.wait()
        try:
            for _ in range(3):
                watchers[number].round()
        except BaseException as error:  # noqa: BLE001 - told by the assertion below
            failed.append(error)

    threads = [threading.Thread(target=watch, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert desk.raised == RAISED
    assert Counter(desk.labels) == OWED


def test_two_watchers_send_one_all_clear(folders: Iterator[Path], story: Story) -> None:
    desk = Desk(next(folders), story).at(MINUTES)
    one, other = desk.watcher(), desk.watcher(MO, host="laptop")
    one.round()
    other.round()
    desk.happens(stood_down, Because.SAFE)
    desk.got.clear()
    one.round()
    other.round()
    assert sorted(desk.labels) == ["desk", "sam-sms"]


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
