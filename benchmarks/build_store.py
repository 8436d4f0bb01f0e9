"""Builds a store of many plans with real signatures, for measuring: `growth.py` and `verify_speed.py` use it.

    python benchmarks/build_store.py 1000 [--folder FOLDER] [--url postgresql://...]

A team of 300 workers and 30 managers, visits spread over two years: most were countersigned, made and
closed, some were revised, withdrawn or refused, and 50 are open at the end. Entries are composed and signed
directly, by as many processes as there are processors, and appended half a day at a time; the rows of
`plans` are written as the fold would (`--check` says whether that is true). A store in a folder is built
once and then kept. The last week is the same in every store, so that what differs is the past. A million
plans work the same way: about an hour and 11 GB.
"""

import argparse
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import msgspec

from story import Actor
from story_plan import decision_on, hostile_visit, visit
from visit_story import LADDER
from visitsafe.record.bodies import AddedBody, BackBody, FoundedBody, PlanBody, ReportBody, WithdrawnBody
from visitsafe.record.entry import Entry, compose
from visitsafe.record.stored import PlanRow, Store, Stored
from visitsafe.record.terms import TEAM_STREAM
from visitsafe.state.duties import TALK_WITHIN, declined
from visitsafe.state.plan_row import worst
from visitsafe.state.rules import own_plan_id
from visitsafe.store.open import create_store, open_store
from visitsafe.store.schema import SCHEMA_VERSION
from visitsafe.text.clock import from_text, to_text

WORKERS, MANAGERS, OPEN, DAYS = 300, 30, 50, 730
WEEK, A_DAY = 7, 20
"""The last days, and how many visits there are on each of them."""
NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
"""The moment at which the store is looked at."""
BEGAN = NOW - timedelta(days=DAYS + 1)
ADMIN = Actor("Ada Founder", "ada@example.org")
FOLDER = Path(tempfile.gettempdir()) / "visitsafe-bench"
_EACH = 8
"""Half days that a process signs at a time."""


class Built(msgspec.Struct):
    """What was built: read by the benchmarks from `built.json` beside the store."""

    plans: int
    entries: int
    team: str
    now: str
    seconds: float
    megabytes: float


class Half(NamedTuple):
    """Half a day's entries, and the rows of their plans after it."""

    received: datetime
    entries: list[Entry]
    rows: dict[str, PlanRow]


def worker(number: int) -> Actor:
    """One of the workers."""
    return Actor(f"Wendy Worker{number:03}", f"worker{number:03}@example.org")


def manager(number: int) -> Actor:
    """One of the managers."""
    return Actor(f"Max Manager{number:02}", f"manager{number:02}@example.org")


def _signed(
    stream: str, by: Actor, kind: str, at: datetime, after: Sequence[str], body: msgspec.Struct
) -> Entry:
    payload = compose(stream, kind, at, by.fingerprint, after, body)
    return Entry(payload, by.signer.sign(payload))


def team() -> list[Entry]:
    """The team's record, each entry after the one before."""
    body = FoundedBody(team="Bench", person=ADMIN.person, roles=("admin", "manager"))
    entries = [_signed(TEAM_STREAM, ADMIN, "founded", BEGAN, [], body)]
    people: list[tuple[Actor, tuple[str, ...]]] = [(worker(n), ("practitioner",)) for n in range(WORKERS)]
    people += [(manager(n), ("manager", "duty")) for n in range(MANAGERS)]
    for who, roles in people:
        added = AddedBody(person=who.person, roles=roles)
        entries.append(_signed(TEAM_STREAM, ADMIN, "added", BEGAN, [entries[-1].id], added))
    return entries


class Planned(NamedTuple):
    """A visit before anything is signed."""

    number: int
    author: Actor
    start: datetime
    body: PlanBody

    @property
    def id(self) -> str:
        """The plan's id."""
        return own_plan_id(self.author.fingerprint, self.body.nonce)


def _planned(number: int, start: datetime) -> Planned:
    when = visit(
        case=f"C-{number % 40_000:05}", start=to_text(start), due_back=to_text(start + timedelta(hours=1))
    )
    body = hostile_visit(visit=when, ladder=LADDER, nonce=f"{number:032x}")
    return Planned(number, worker(number % WORKERS), start, body)


def _before(one: Planned, head: str, *, is_open: bool) -> tuple[list[Entry], str]:
    """What is signed before a visit, and where that leaves the plan."""
    at = one.start - timedelta(hours=3)
    boss = manager(one.number % MANAGERS)
    made = [_signed(one.id, one.author, "planned", at, [head], one.body)]
    how = one.number % 100

    def add(by: Actor, kind: str, body: msgspec.Struct) -> None:
        when = at + timedelta(minutes=5 * len(made))
        made.append(_signed(one.id, by, kind, when, [made[-1].id, head], body))

    if how < 3 and not is_open:  # noqa: PLR2004 - three in a hundred
        add(one.author, "withdrawn", WithdrawnBody(reason="The family has moved away."))
        return made, "withdrawn"
    if how < 6 and not is_open:  # noqa: PLR2004 - as many again
        add(boss, "decided", decision_on(made[-1].id, "refuse"))
        return made, "refused"
    if how < 9:  # noqa: PLR2004 - and again
        add(boss, "decided", decision_on(made[-1].id, "return"))
        add(one.author, "revised", msgspec.structs.replace(one.body, nonce=""))
    add(boss, "decided", decision_on(made[-1].id, "countersign"))
    return made, "countersigned"


def _way(one: Planned, before: Sequence[Entry], head: str, *, is_open: bool) -> list[Entry]:
    """What is reported on the way."""
    of = next(entry.id for entry in reversed(before) if b'"kind":"decided"' not in entry.payload)
    made = [before[-1]]
    for kind, minutes in (("departed", -20), ("arrived", 0), ("back", 50)):
        if is_open and kind == "back":
            break
        body = BackBody(of=of) if kind == "back" else ReportBody(of=of)
        at = one.start + timedelta(minutes=minutes)
        made.append(_signed(one.id, one.author, kind, at, [made[-1].id, head], body))
    return made[1:]


def _row(one: Planned, status: str, made: Sequence[Entry], stage: str, closed: str) -> PlanRow:
    return PlanRow(
        plan=one.id,
        status=status,
        stage=stage,
        closed=closed,
        by=one.author.fingerprint,
        case_ref=one.body.visit.case,
        area=one.body.visit.area,
        start=one.body.visit.start,
        due_back=one.body.visit.due_back,
        level=worst(one.body),
        urgent=False,
        entries=len(made),
        newest=made[-1].id,
        owed=_owed(one, stage),
    )


def _owed(one: Planned, stage: str) -> str:
    """When the first thing is due: nobody here has shared anything, or talked a visit over."""
    shares = [duty.by for duty in one.body.sharing if not declined(duty)]
    talks = [to_text(from_text(one.body.visit.due_back) + TALK_WITHIN)] if stage == "back" else []
    return min((*shares, *talks), default="")


def half_days(day: int, numbers: range, head: str, last: int) -> tuple[Half, Half]:
    """A day: first what is planned and decided, then what is reported. The last visits stay open."""
    midnight = (NOW - timedelta(days=DAYS - 1 - day)).replace(hour=0)
    early = Half(midnight + timedelta(hours=8), [], {})
    late = Half(midnight + timedelta(hours=15), [], {})
    for place, number in enumerate(numbers):
        is_open = number >= last - OPEN
        one = _planned(number, midnight + timedelta(hours=9, seconds=place % 240 * 60))
        if is_open:
            one = _planned(number, NOW - timedelta(minutes=40 - number % 30))
        made, status = _before(one, head, is_open=is_open)
        early.entries.extend(made)
        done = made[-1].id if status in {"withdrawn", "refused"} else ""
        early.rows[one.id] = _row(one, status, made, "planned", done)
        if not done:
            way = _way(one, made, head, is_open=is_open)
            late.entries.extend(way)
            ended = ("arrived", "") if is_open else ("back", way[-1].id)
            late.rows[one.id] = _row(one, status, [*made, *way], *ended)
    return early, late


def _days(arguments: tuple[int, range, str, int]) -> tuple[Half, Half]:
    return half_days(*arguments)


def history(plans: int, head: str) -> Iterator[Half]:
    """Two years, signed by all processors."""
    before = plans - WEEK * A_DAY
    bounds = [before * day // (DAYS - WEEK) for day in range(DAYS - WEEK)]
    bounds += [before + A_DAY * day for day in range(WEEK + 1)]
    days = [(day, range(*bounds[day : day + 2]), head, plans) for day in range(DAYS)]
    with multiprocessing.get_context("spawn").Pool() as pool:
        for early, late in pool.imap(_days, days, chunksize=_EACH):
            yield early
            yield late


def fill(store: Store, plans: int) -> tuple[str, int]:
    """Append it all; the team's id and how many entries there are."""
    people = team()
    store.append(people, BEGAN, lambda _stream, _rows: None)
    count = len(people)
    for half in history(plans, people[-1].id):

        def summarise(stream: str, _rows: Sequence[Stored], rows: dict[str, PlanRow] = half.rows) -> PlanRow:
            return rows[stream]

        if half.entries:
            count += store.append(half.entries, half.received, summarise)
    return people[0].id, count


def build(url: str, plans: int) -> Built:
    """Make a store in a file and fill it; a store in PostgreSQL is there already, and empty."""
    began = time.perf_counter()
    new = url.partition(":")[0] == "sqlite"
    with closing(create_store(url, BEGAN) if new else open_store(url)) as store:
        team_id, count = fill(store, plans)
    return Built(plans, count, team_id, to_text(NOW), round(time.perf_counter() - began, 1), 0.0)


def cached(plans: int, folder: Path = FOLDER) -> tuple[str, Built]:
    """The URL of a SQLite store of so many plans, built if it is not there yet, and what it holds."""
    place = folder / f"{plans}-{SCHEMA_VERSION}"
    place.mkdir(parents=True, exist_ok=True)
    notes, path = place / "built.json", place / "store.sqlite3"
    if not notes.exists():
        for old in place.iterdir():
            old.unlink()
        built = build(f"sqlite:///{path}", plans)
        built.megabytes = round(path.stat().st_size / 1e6, 1)
        notes.write_bytes(msgspec.json.encode(built))
    return f"sqlite:///{path}", msgspec.json.decode(notes.read_bytes(), type=Built)


def moment(built: Built) -> datetime:
    """When the store is looked at."""
    return from_text(built.now)


def check(url: str) -> None:
    """Say whether the store holds."""
    from visitsafe.desk import Desk, open_roster
    from visitsafe.exchange.verify import verify_store

    with closing(open_store(url)) as store:
        first = next(store.scan()).id
        report = verify_store(Desk(store, open_roster(store, first), NOW, None, lambda: ADMIN.signer))
    print(f"faults: {len(report.faults)}, doubts: {len(report.doubts)}, notes: {len(report.notes)}")
    for text in (*(fault.text for fault in report.faults[:5]), *report.doubts[:5], *report.notes[:5]):
        print(f"  {text}")


def main() -> None:
    """Build one store and say what it took."""
    words = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    words.add_argument("plans", type=int)
    words.add_argument("--folder", type=Path, default=FOLDER)
    words.add_argument("--url", help="an empty store in PostgreSQL, instead of a file")
    words.add_argument("--check", action="store_true", help="verify it too")
    asked = words.parse_args()
    if asked.url:
        url, built = asked.url, build(asked.url, asked.plans)
    else:
        url, built = cached(asked.plans, asked.folder)
    print(f"{url}: {built.plans} plans, {built.entries} entries, ", end="")
    print(f"{built.megabytes:.0f} MB, built in {built.seconds:.0f} s")
    if asked.check:
        check(url)


if __name__ == "__main__":
    main()
