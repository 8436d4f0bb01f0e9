"""Which plans a store lists and finds, and in which order."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from visitsafe.record.entry import Entry, compose
from visitsafe.record.stored import PlanRow, Store
from visitsafe.record.terms import TEAM_STREAM

NOW = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)


class Body(msgspec.Struct):
    number: int


def entry(number: int, plan: str) -> Entry:
    return Entry(compose(plan, "noted", NOW, "SHA256:somebody", (), Body(number)), "signature")


def row(plan: str, **changes: Any) -> PlanRow:
    start = PlanRow(
        plan=plan,
        status="awaiting",
        stage="planned",
        closed="",
        by="SHA256:somebody",
        case_ref="CASE-1",
        area="North",
        start="2026-11-24T15:30:00Z",
        due_back="2026-11-24T16:30:00Z",
        level="stop",
        urgent=False,
        entries=1,
        newest="",
        owed="",
    )
    return msgspec.structs.replace(start, **changes)


def lists(store: Store, *rows: PlanRow) -> None:
    """Make the store list exactly such rows."""
    by_plan = {one.plan: one for one in rows}
    store.append([entry(1, plan) for plan in by_plan], NOW, lambda plan, _: by_plan[plan])


def test_plans_are_listed_latest_start_first_with_everything_in_them(store: Store) -> None:
    early = row("0000000000000000", start="2026-11-24T08:00:00Z", urgent=True, level="", closed="c" * 64)
    late = row("0000000000000001", start="2026-11-25T08:00:00Z", area="Süd'; --", entries=7)
    same = row("0000000000000002", start="2026-11-25T08:00:00Z")
    lists(store, same, early, late)
    assert store.plans() == [late, same, early]
    assert store.plans(limit=1) == [late]


def test_plans_can_be_asked_for_by_being_open_and_by_case(store: Store) -> None:
    open_one = row("0000000000000000")
    closed = row("0000000000000001", closed="c" * 64)
    other_case = row("0000000000000002", case_ref="CASE-2", start="2026-11-23T00:00:00Z")
    lists(store, open_one, closed, other_case)
    assert store.plans(open_only=True) == [open_one, other_case]
    assert store.plans(case="CASE-1") == [open_one, closed]
    assert store.plans(case="CASE-1", open_only=True, limit=5) == [open_one]
    assert store.plans(case="") == []


def test_plans_can_be_asked_for_by_what_is_owed_as_it_falls_due(store: Store) -> None:
    late = row("0000000000000000", owed="2026-11-27T08:00:00Z", closed="c" * 64)
    soon = row("0000000000000001", owed="2026-11-25T08:00:00Z", start="2026-11-23T00:00:00Z")
    same = row("0000000000000002", owed="2026-11-27T08:00:00Z", case_ref="CASE-2")
    lists(store, late, soon, same, row("0000000000000003"))
    assert store.plans(owed_only=True) == [soon, late, same]
    assert store.plans(owed_only=True, limit=1) == [soon]
    assert store.plans(owed_only=True, case="CASE-2") == [same]
    assert store.plans(owed_only=True, open_only=True) == [soon, same]


def test_plans_are_found_by_how_their_ids_begin(store: Store) -> None:
    ids = ["K7Q2M00000000000", "K7Q2M9K7Q2M9K7Q2", "K7Q2MZZZZZZZZZZZ", "K7Q2N00000000000", "ZZZZZZZZZZZZZZZZ"]
    store.append([entry(1, plan) for plan in [*ids, TEAM_STREAM]], NOW, lambda *_: None)
    store.append([entry(2, ids[0])], NOW, lambda *_: None)
    assert store.find("K7Q2M") == ids[:3]
    assert store.find("K7Q2M9K7Q2M9K7Q2") == [ids[1]]
    assert store.find("ZZZZZ") == [ids[4]]
    assert store.find("") == ids
    assert store.find("K7Q2P") == store.find("K%") == store.find("_") == []
