"""A SQLite store out of reach or out of room, and what its questions cost."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from sqlite_files import NOW, PLAN, counted, entry, filled, problems, reports
from visitsafe.errors import StoreError
from visitsafe.store import schema
from visitsafe.store.open import open_store
from visitsafe.store.sqlite import SqliteStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store with sixty entries, which nobody has open."""
    return filled(tmp_path, 60)


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that an unprivileged user can reach, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


UNPRIVILEGED = """
import os, sys
from datetime import UTC, datetime
from visitsafe.store.open import create_store, open_store
from visitsafe.record.entry import Entry, compose
from visitsafe.errors import StoreError
import visitsafe.text.files  # whoever this becomes may not be able to read Python itself
import msgspec
class Body(msgspec.Struct):
    pass
now = datetime(2026, 11, 23, tzinfo=UTC)
written = Entry(compose("K7Q2M9K7Q2M9K7Q2", "noted", now, "x", (), Body()), "s")
if os.geteuid() == 0:
    os.setuid(65534)
try:
    store = (create_store(sys.argv[2], now) if sys.argv[1] == "make" else open_store(sys.argv[2]))
    print("read", len(list(store.scan())))
    store.append([written], now, lambda *_: None)
    print("written")
except StoreError as error:
    print(error.message)
"""


def as_somebody_else(doing: str, path: Path) -> list[str]:
    command = [sys.executable, "-c", UNPRIVILEGED, doing, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def moved(path: Path, folder: Path, mode: int, folder_mode: int) -> Path:
    there = Path(shutil.copy(path, folder / "store.db"))
    there.chmod(mode)
    folder.chmod(folder_mode)
    return there


def test_a_read_only_store_can_be_read_and_says_that_nothing_was_written(
    path: Path, public_folder: Path
) -> None:
    there = moved(path, public_folder, 0o444, 0o777)
    assert as_somebody_else("open", there) == [
        "read 60",
        f"the store {there} cannot be written to; nothing was written",
    ]


def test_a_store_in_a_read_only_folder_says_so(path: Path, public_folder: Path) -> None:
    there = moved(path, public_folder, 0o444, 0o555)
    assert as_somebody_else("open", there) == [f"the store {there} cannot be written to"]


def test_a_store_of_somebody_else_says_that_it_cannot_be_opened(path: Path, public_folder: Path) -> None:
    there = moved(path, public_folder, 0o000, 0o555)
    assert as_somebody_else("open", there) == [f"the store {there} cannot be opened"]


def test_a_store_in_a_folder_of_somebody_else_cannot_be_reached(path: Path, public_folder: Path) -> None:
    there = moved(path, public_folder, 0o444, 0o000)
    assert as_somebody_else("open", there) == [f"the store {there} cannot be reached: permission denied"]


def test_a_store_cannot_be_made_in_a_read_only_folder(public_folder: Path) -> None:
    there = public_folder / "new.db"
    public_folder.chmod(0o555)
    assert as_somebody_else("make", there) == [f"no store can be made at {there}: permission denied"]


def test_when_the_disk_is_full_nothing_is_written_and_what_was_there_stays(path: Path) -> None:
    with closing(open_store(str(path))) as store:
        assert isinstance(store, SqliteStore)
        before = list(store.scan()), store.plans()
        store._database.execute("PRAGMA max_page_count = 1").fetchall()
        with pytest.raises(StoreError, match="the disk is full; nothing was written"):
            store.append([entry(number) for number in range(100, 200)], NOW, counted)
        assert (list(store.scan()), store.plans()) == before
        store._database.execute("PRAGMA max_page_count = 100000").fetchall()
        assert store.append([entry(100)], NOW, counted) == 1
    assert (problems(path), reports(path)) == ([], [])


FILLING = """
import resource, sys
from datetime import UTC, datetime
from visitsafe.store.open import open_store
from visitsafe.record.entry import Entry, compose
from visitsafe.errors import StoreError
import msgspec
class Body(msgspec.Struct):
    number: int
    text: str
now = datetime(2026, 11, 23, tzinfo=UTC)
limit = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    store = open_store(sys.argv[1])
    for number in range(1000, 2000):
        entry = Entry(compose("K7Q2M9K7Q2M9K7Q2", "noted", now, "x", (), Body(number, "x" * 500)), "s")
        store.append([entry], now, lambda *_: None)
        print(entry.id, flush=True)
except StoreError as error:
    print(error.message)
"""


@pytest.mark.parametrize("room", [4096, 20_000, 33_000, 50_000, 200_000])
def test_a_disk_that_takes_no_more_loses_nothing_that_was_acknowledged(path: Path, room: int) -> None:
    command = [sys.executable, "-c", FILLING, str(path), str(room)]
    *acknowledged, message = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )[:-1]
    assert message.startswith(f"the store {path} ")
    assert "full" in message
    with closing(open_store(str(path))) as store:
        assert [one.id for one in store.scan()][60:] == acknowledged
        assert store.append([entry(100)], NOW, counted) == 1
    assert (problems(path), reports(path)) == ([], [])


def test_the_wal_file_does_not_grow_without_end_while_others_have_the_store_open(path: Path) -> None:
    with closing(open_store(str(path))), closing(open_store(str(path))) as store:
        for number in range(100, 130):
            store.append([entry(number, 900_000)], NOW, lambda *_: None)
        assert Path(f"{path}-wal").stat().st_size < 8 << 20
        assert len(list(store.scan(60))) == 30
    assert (problems(path), reports(path)) == ([], [])


def steps(store: SqliteStore, ask: Callable[[], object]) -> int:
    """How much work SQLite does for a question, in hundreds of its own instructions."""
    counted_steps = 0

    def count() -> int:
        nonlocal counted_steps
        counted_steps += 1
        return 0

    store._database.set_progress_handler(count, 100)
    ask()
    store._database.set_progress_handler(None, 0)
    return counted_steps


def test_what_is_open_is_listed_at_the_cost_of_what_is_open(path: Path) -> None:
    with closing(open_store(str(path))) as store:
        assert isinstance(store, SqliteStore)
        (one,) = store.plans()
        few = steps(store, lambda: store.plans(open_only=True))
        owed = steps(store, lambda: store.plans(owed_only=True))
        closed = [msgspec.structs.replace(one, plan=f"{n:016}", closed="c" * 64) for n in range(5000)]
        store._database.execute("BEGIN")
        store._database.executemany(schema.ADD_PLAN, map(msgspec.structs.astuple, closed))
        store._database.execute("COMMIT")
        assert steps(store, lambda: store.plans(open_only=True)) <= few + 1
        assert steps(store, lambda: store.plans(owed_only=True)) <= owed + 1
        assert steps(store, lambda: store.plans(limit=1)) <= few + 1
        assert steps(store, lambda: store.plans(case="CASE-2")) <= few + 1
        assert steps(store, lambda: store.find(PLAN[:5])) <= few + 20
        assert steps(store, store.plans) > 100


def test_opening_imports_nothing_heavy() -> None:
    program = (
        "import sys, visitsafe.store.open;"
        "print({'pydantic', 'yaml', 'rich', 'questionary', 'cryptography', 'typer'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
