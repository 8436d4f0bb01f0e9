"""Moving a store: the same rows in the same order, whatever interrupts it; never two stores to write to."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from postgres import Cluster
from sqlite_files import NOW, PLAN, Body, change, counted, entry, tampered
from visitsafe.errors import StoreError, VerificationError
from visitsafe.record.entry import Entry, compose
from visitsafe.record.stored import Stored
from visitsafe.store import copies as moving
from visitsafe.store.copies import check_part, move
from visitsafe.store.open import MOVE, RESTORE, care_of, create_store, open_store, to_fill

COUNT = 7
DIRECTIONS = ("sqlite to postgres", "postgres to sqlite", "sqlite to sqlite")


@dataclass(frozen=True)
class Ways:
    """From where, and to where."""

    source: str
    target: str

    def add(self, *numbers: int) -> None:
        with closing(open_store(self.source)) as store:
            store.append([entry(number) for number in numbers], NOW, counted)


@pytest.fixture(params=DIRECTIONS)
def ways(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ways:
    """A store with seven entries, moved by its owner, two entries at a time."""
    monkeypatch.setattr(moving, "BATCH", 2)
    files = {"source": f"sqlite:///{tmp_path}/old.db", "target": f"sqlite:///{tmp_path}/new.db"}
    if "postgres" in request.param:
        cluster: Cluster = request.getfixturevalue("cluster")
        end = "target" if request.param.endswith("postgres") else "source"
        files[end] = cluster.url(cluster.database(), "superuser", visitsafe_allow_owner="1")
    ways = Ways(**files)
    create_store(ways.source, NOW).close()
    ways.add(*range(COUNT))
    return ways


class Power:
    """Fails at the step that was chosen, before or after it is done. Each writing call is a step."""

    def __init__(self, at: int, *, after: bool) -> None:
        self.left, self.after, self.failed = at, after, False

    def step(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*words: Any, **more: Any) -> Any:
            self.left -= 1
            fails = self.left == 0
            if fails and not self.after:
                self.failed = True
                raise KeyboardInterrupt
            done = call(*words, **more)
            if fails:
                self.failed = True
                raise KeyboardInterrupt
            return done

        return run


class Wired:
    """Something whose writing methods need power; all else is as it was."""

    def __init__(self, real: Any, power: Power) -> None:
        self._real, self._power = real, power
        self.store = Wired(real.store, power) if hasattr(real, "store") else None

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._real, name)
        return self._power.step(value) if name in {"put_rows", "rebuild", "mark", "append"} else value


def moved(ways: Ways, power: Power | None = None, tell: Callable[[str, int, int], None] | None = None) -> int:
    power = power or Power(0, after=False)
    with filling(ways) as (source, target):
        wired = Wired(source, power), Wired(target, power)
        return move(*wired, lambda: counted, NOW, tell or (lambda *_: None)).position  # type: ignore[arg-type]


@contextmanager
def filling(ways: Ways, command: str = MOVE) -> Iterator[tuple[Any, Any]]:
    with care_of(ways.source) as source:
        fits = lambda copy: check_part(source.store, copy)  # noqa: E731 - shorter than a function
        with to_fill(ways.target, source.store.meta(), command, fits) as target:
            yield source, target


def rows(url: str) -> list[Stored]:
    with care_of(url) as care:
        return list(care.store.scan())


def test_the_same_entries_positions_times_hash_id_and_plans(ways: Ways) -> None:
    with closing(open_store(ways.source)) as old:
        before, plans, store_id = list(old.scan()), old.plans(), old.store_id
    assert moved(ways) == COUNT
    with closing(open_store(ways.target)) as new:
        assert (list(new.scan()), new.plans(), new.store_id) == (before, plans, store_id)
        assert new.check_file() == []
        assert new.append([entry(99)], NOW, counted) == 1
    assert rows(ways.source) == before


def test_a_moved_store_says_where_to_and_takes_in_nothing_more(ways: Ways) -> None:
    with closing(open_store(ways.source)) as open_before:
        moved(ways)
        for write in (
            lambda: open_before.append([entry(99)], NOW, counted),
            lambda: open_before.beat("watcher", entry(99), NOW),
            lambda: open_before.claim(PLAN, "watcher", NOW, NOW),
        ):
            with pytest.raises(StoreError, match=r"was moved to .*nothing was written"):
                write()
        assert open_before.head()[0] == COUNT
    with pytest.raises(StoreError, match="was moved to"):
        open_store(ways.source)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_interrupted_at_any_step_there_is_one_store_to_write_to_and_it_goes_on(
    ways: Ways, after: bool
) -> None:
    at, extra = 0, COUNT
    while True:
        at += 1
        power = Power(at, after=after)
        try:
            moved(ways, power)
        except KeyboardInterrupt:
            assert power.failed
        if not power.failed:
            break
        usable = [url for url in (ways.source, ways.target) if opens(url)]
        assert len(usable) <= 1
        if usable == [ways.source]:  # work goes on meanwhile
            ways.add(extra)
            extra += 1
        elif usable == [ways.target]:
            break  # it had ended
    assert at >= 5
    assert opens(ways.target)
    assert not opens(ways.source)
    assert rows(ways.target) == rows(ways.source)
    assert len(rows(ways.target)) == extra
    with closing(open_store(ways.target)) as new:
        assert ([row.entries for row in new.plans()], new.doubtful()) == ([extra], [])


def opens(url: str) -> bool:
    try:
        open_store(url).close()
    except StoreError:
        return False
    return True


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, 10))
def test_one_interruption_at_each_step_of_a_whole_move(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int, after: bool
) -> None:
    monkeypatch.setattr(moving, "BATCH", 2)
    ways = Ways(f"sqlite:///{tmp_path}/old.db", f"sqlite:///{tmp_path}/new.db")
    create_store(ways.source, NOW).close()
    ways.add(*range(COUNT))
    power = Power(at, after=after)
    with pytest.raises(KeyboardInterrupt) if at < 9 else nullcontext():
        moved(ways, power)
    assert power.failed == (at < 9)
    assert opens(ways.source) + opens(ways.target) <= 1
    if not opens(ways.target):
        assert moved(ways) == COUNT
    assert rows(ways.target) == rows(ways.source)
    assert [opens(ways.source), opens(ways.target)] == [False, True]


def test_what_is_signed_while_it_is_copied_and_compared_comes_along(ways: Ways) -> None:
    late = iter(range(100, 103))

    def tell(what: str, done: int, total: int) -> None:
        if done == total and what in {"copying", "comparing"}:
            ways.add(next(late))

    assert moved(ways, tell=tell) == COUNT + 2
    assert rows(ways.target) == rows(ways.source)
    with closing(open_store(ways.target)) as new:
        assert [row.entries for row in new.plans()] == [COUNT + 2]


@pytest.mark.parametrize("stage", ["copying", "comparing"])
def test_of_two_moves_at_once_to_two_places_one_is_refused(ways: Ways, tmp_path: Path, stage: str) -> None:
    other = Ways(ways.source, f"sqlite:///{tmp_path}/third.db")

    def tell(what: str, done: int, total: int) -> None:
        if (what, done) == (stage, total):
            moved(other)

    with pytest.raises(StoreError, match=r"was moved to .*third.db by somebody else"):
        moved(ways, tell=tell)
    assert [opens(ways.target), opens(other.target)] == [False, True]
    with closing(open_store(other.target)) as new:
        new.append([entry(99)], NOW, counted)
    with care_of(ways.source) as old:
        assert old.store.meta()["moved"] == str(tmp_path / "third.db")


def test_two_moves_at_once_to_one_place_are_one_move(ways: Ways) -> None:
    def tell(what: str, done: int, total: int) -> None:
        if (what, done) == ("comparing", total):
            moved(ways)
            Ways(ways.target, "").add(99)  # and work goes on there

    assert moved(ways, tell=tell) == COUNT
    assert len(rows(ways.target)) == COUNT + 1
    assert opens(ways.target)


def test_moving_back_to_a_store_that_was_moved_takes_up_where_it_was_left(ways: Ways) -> None:
    moved(ways)
    back = Ways(ways.target, ways.source)
    back.add(50, 51)
    assert moved(back) == COUNT + 2
    with closing(open_store(ways.source)) as store:
        assert (store.head()[0], store.check_file()) == (COUNT + 2, [])


def test_another_store_with_entries_is_never_filled(ways: Ways) -> None:
    create_store(ways.target, NOW).close()
    Ways(ways.target, "").add(1)
    before = rows(ways.target)
    with pytest.raises(StoreError, match="there is a store already"):
        moved(ways)
    assert rows(ways.target) == before
    assert opens(ways.source)


def test_an_empty_store_is_filled_and_becomes_this_one(ways: Ways) -> None:
    create_store(ways.target, NOW).close()
    assert moved(ways) == COUNT
    with care_of(ways.source) as old, closing(open_store(ways.target)) as new:
        assert new.store_id == old.store.store_id


def test_a_part_of_a_restore_is_no_part_of_a_move(ways: Ways) -> None:
    with filling(ways, RESTORE) as (source, target):
        target.store.put_rows(list(source.store.scan())[:3])
    with pytest.raises(StoreError, match="there is a store already"):
        moved(ways)


def test_a_copy_that_went_another_way_is_refused(ways: Ways) -> None:
    with filling(ways) as (_, target):
        target.store.append([entry(66)], NOW, counted)
    with pytest.raises(StoreError, match="no part of this store"):
        moved(ways)
    assert opens(ways.source)


def test_what_is_out_of_order_is_not_put_into_a_copy(ways: Ways) -> None:
    kept = rows(ways.source)
    with filling(ways) as (_, target):
        target.store.put_rows(kept[:2])
        for wrong in ([kept[3], kept[2]], [kept[2], kept[2]]):
            with pytest.raises(VerificationError):
                target.store.put_rows(wrong)
        assert target.store.head()[0] == 2
        assert target.store.put_rows(kept) == COUNT - 2
        assert target.store.put_rows(kept) == 0


def changed(row: Stored) -> Stored:
    from msgspec.structs import replace

    return replace(row, received="2020-01-01T00:00:00Z")


def test_a_store_whose_running_hash_is_broken_is_moved_as_it_is_and_that_is_said(tmp_path: Path) -> None:
    ways = Ways(f"sqlite:///{tmp_path}/old.db", f"sqlite:///{tmp_path}/new.db")
    create_store(ways.source, NOW).close()
    ways.add(1, 2, 3)
    tampered(tmp_path / "old.db", "UPDATE entries SET received = '2020-01-01T00:00:00Z' WHERE position = 2")
    before = rows(ways.source)
    with filling(ways) as (source, target):
        found = move(source, target, lambda: counted, NOW, lambda *_: None)
    assert any("running hash does not hold at position 2" in fault for fault in found.faults)
    assert rows(ways.target) == before


def test_what_was_removed_by_rule_after_it_was_copied_is_removed_in_the_copy(
    cluster: Cluster, tmp_path: Path
) -> None:
    target = cluster.url(cluster.database(), "superuser", visitsafe_allow_owner="1")
    ways = Ways(f"sqlite:///{tmp_path}/old.db", target)
    create_store(ways.source, NOW).close()
    ways.add(1, 2, 3)
    with filling(ways) as (source, target_care):
        target_care.store.put_rows(list(source.store.scan()))
    removes = Entry(compose(PLAN, "purged", NOW, "SHA256:somebody", (), Body(9, "")), "signature")
    with closing(open_store(ways.source)) as store:
        store.append([removes], NOW, counted)
    change(
        tmp_path / "old.db",
        f"INSERT INTO purges SELECT id, '{removes.id}', at FROM entries WHERE position = 2",
        "UPDATE entries SET payload = x'' WHERE position = 2",
    )
    moved(ways)
    assert rows(ways.target) == rows(ways.source)
    assert [row.position for row in rows(ways.target) if row.blank] == [2]


def test_entries_that_do_not_hold_are_named_and_come_along(ways: Ways) -> None:
    with filling(ways) as (source, target):
        found = move(source, target, lambda: counted, NOW, lambda *_: None)
    assert len(found.faults) == COUNT  # nobody signed them
    assert "at position 1" in found.faults[0]
    assert rows(ways.target) == rows(ways.source)


def test_nothing_is_said_done_if_the_copy_differs(tmp_path: Path) -> None:
    ways = Ways(f"sqlite:///{tmp_path}/old.db", f"sqlite:///{tmp_path}/new.db")
    create_store(ways.source, NOW).close()
    ways.add(1, 2, 3)
    with filling(ways) as (source, target):
        target.store.put_rows(list(source.store.scan()))
    tampered(tmp_path / "new.db", "UPDATE entries SET signature = 'x' WHERE position = 2")
    with pytest.raises(VerificationError, match="differs from its original at position 2"):
        moved(ways)
    assert opens(ways.source)
    assert not opens(ways.target)


def test_a_copy_that_another_store_has_only_begun_becomes_this_one(ways: Ways, tmp_path: Path) -> None:
    other = Ways(f"sqlite:///{tmp_path}/other.db", ways.target)
    create_store(other.source, NOW).close()
    with filling(other):
        pass
    assert moved(ways) == COUNT
    with care_of(ways.source) as old, closing(open_store(ways.target)) as new:
        assert new.store_id == old.store.store_id
