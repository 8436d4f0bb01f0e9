"""Outside the team no small number can be read, computed from others, or guessed from words."""

import itertools
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visitsafe.domain.figures import Alarms, Figures, Instead, Overdue, Visits, Week
from visitsafe.domain.figures_after import Debriefs, Incidents, OutOfDate, Sharing
from visitsafe.domain.figures_people import Carried
from visitsafe.domain.figures_way import Gaps, Spread
from visitsafe.domain.period import Period
from visitsafe.domain.report_page import report_csv, report_json, report_markdown
from visitsafe.domain.report_sections import SUMS, sections_of
from visitsafe.domain.report_shape import Line
from visitsafe.domain.suppression import Hidden, Sum, spans, suppressed
from visitsafe.domain.team_report import Report, View, report_of
from visitsafe.domain.terms import Status

WORDS = {"shouting": "Shouting", "swearing": "Swearing"}
MOST = 8
"""The largest number in the small tables that are tried out in full."""


@st.composite
def tables(draw: st.DrawFn) -> tuple[dict[str, int], list[Sum]]:
    """A few numbers that add up to each other in a tree."""
    numbers: dict[str, int] = {}
    sums: list[Sum] = []
    small = st.integers(0, 3)

    def grow(name: str, depth: int) -> int:
        parts = draw(st.integers(0, 3 if depth == 0 else 2)) if depth < 2 else 0
        if not parts:
            numbers[name] = draw(small)
            return numbers[name]
        names = [f"{name}{number}" for number in range(parts)]
        rest = draw(st.integers(0, 2))
        numbers[name] = sum(grow(part, depth + 1) for part in names) + rest
        sums.append(Sum(name, tuple(names), whole=not rest))
        return numbers[name]

    grow("t", 0)
    return numbers, sums


def possible(
    numbers: Mapping[str, int], sums: Sequence[Sum], hidden: Mapping[str, Hidden]
) -> dict[str, set[int]]:
    """By trying out everything: which values each hidden number can have for a reader of the table."""
    names = list(hidden)
    ways = [range(1, 5) if hidden[name] is Hidden.FEW else range(3 * MOST) for name in names]
    found: dict[str, set[int]] = {name: set() for name in names}
    for values in itertools.product(*ways):
        table = {**numbers, **dict(zip(names, values, strict=True))}
        if all(_adds_up(one, table) for one in sums):
            for name, value in zip(names, values, strict=True):
                found[name].add(value)
    return found


def _adds_up(one: Sum, table: Mapping[str, int]) -> bool:
    parts = sum(table[part] for part in one.parts)
    return parts == table[one.total] if one.whole else parts <= table[one.total]


@settings(max_examples=300, deadline=None)
@given(tables())
def test_no_small_number_is_given_or_can_be_computed_from_the_rest(
    table: tuple[dict[str, int], list[Sum]],
) -> None:
    numbers, sums = table
    hidden = suppressed(numbers, sums)
    small = {name for name, number in numbers.items() if 0 < number < 5}
    assert small <= set(hidden)
    if sum(how is Hidden.HELD_BACK for how in hidden.values()) <= 2 and len(hidden) <= 6:
        found = possible(numbers, sums, hidden)
        assert all(numbers[name] in found[name] for name in hidden)
        assert all(len(found[name]) > 1 for name in small)
    else:
        known = spans(numbers, sums, hidden)
        assert all(known[name][0] < known[name][1] for name in small)


@settings(max_examples=150, deadline=None)
@given(tables())
def test_what_can_be_worked_out_is_worked_out_in_full(table: tuple[dict[str, int], list[Sum]]) -> None:
    """The reasoning agrees with trying out everything: it never thinks a number safe that is not."""
    numbers, sums = table
    hidden = {name: Hidden.FEW for name, number in numbers.items() if 0 < number < 5}
    if len(hidden) > 7:
        return
    known = spans(numbers, sums, hidden)
    for name, values in possible(numbers, sums, hidden).items():
        assert known[name] == (min(values), max(values))


def test_a_single_small_part_takes_another_with_it() -> None:
    hidden = suppressed({"all": 30, "a": 20, "b": 8, "c": 2}, [Sum("all", ("a", "b", "c"))])
    assert hidden == {"c": Hidden.FEW, "a": Hidden.HELD_BACK}


def test_small_parts_that_add_up_to_as_many_as_there_are_are_not_told_by_their_total() -> None:
    numbers = {"all": 4, "a": 1, "b": 1, "c": 1, "d": 1}
    hidden = suppressed(numbers, [Sum("all", ("a", "b", "c", "d"))])
    known = spans(numbers, [Sum("all", ("a", "b", "c", "d"))], hidden)
    assert all(known[name][0] < known[name][1] for name in numbers)


def test_numbers_without_a_small_one_are_all_given() -> None:
    assert suppressed({"all": 30, "a": 30, "b": 0}, [Sum("all", ("a", "b"))]) == {}


COUNTS = st.one_of(st.integers(0, 6), st.integers(0, 60))


@st.composite
def counted(draw: st.DrawFn) -> Figures:
    """Figures that hang together as real ones do."""

    def up_to(most: int) -> int:
        return draw(st.integers(0, most))

    status = {one: draw(COUNTS) for one in Status}
    planned = sum(status.values())
    alone, late = up_to(planned), up_to(planned)
    ended = up_to(late)
    steps = draw(COUNTS)
    asked = up_to(steps)
    taken = up_to(asked)
    incidents, near = draw(COUNTS), draw(COUNTS)
    workers, done = up_to(planned), up_to(planned)
    owed = up_to(planned - done)
    old = up_to(workers)
    hostile = up_to(planned)
    said = up_to(status[Status.REFUSED])
    refused = status[Status.REFUSED]
    took = (Spread(ended, 12, 90) if ended else Spread()), (Spread(taken, 3, 61) if taken else Spread())
    return Figures(
        period=Period(date(2026, 11, 1), date(2026, 11, 30), ZoneInfo("Europe/London")),
        at=datetime(2026, 12, 3, tzinfo=UTC),
        visits=Visits(planned, status, up_to(planned), alone, up_to(alone)),
        instead=tuple(Instead("K7Q2-M9", "SECRET words" if at < said else "") for at in range(refused)),
        overdue=Overdue(late, took[0], up_to(late - ended)),
        alarms=Alarms(steps, asked, took[1]),
        gaps=Gaps(gaps := up_to(steps), gaps * 7),
        incidents=Incidents(
            incidents,
            near,
            {name: up_to(incidents + near) for name in ("shouting", "swearing", "SECRET")},
        ),
        debriefs=Debriefs(done, owed, up_to(owed)),
        sharing=Sharing(*(draw(COUNTS) for _ in range(5))),
        out_of_date=OutOfDate(workers, up_to(workers), old, up_to(workers - old)),
        hostile_visits=hostile,
        hostile_cases=up_to(hostile),
        carried=(Carried("SECRET person", 3, 9, 0),),
        weeks=(Week(date(2026, 11, 2), planned, late, incidents),),
    )


def lines_of(report: Report) -> dict[str, Line]:
    return {line.id: line for section in report.sections for line in section.lines}


@settings(max_examples=200, deadline=None)
@given(counted())
def test_a_report_for_outside_tells_no_small_number(figures: Figures) -> None:
    report = report_of(figures, "Our team", View.OUTSIDE, words=WORDS)
    lines = lines_of(report)
    assert not [line.id for line in lines.values() if line.unit == "count" and 0 < (line.value or 0) < 5]
    true = {
        name: line.value or 0
        for name, line in lines_of(report_of(figures, "Our team", View.TEAM, words=WORDS)).items()
        if name in lines and not line.depends
    }
    hidden = {name: lines[name].hidden for name in true if lines[name].hidden}
    _, sums = sections_of(figures, WORDS, named=False, prompts=False, outside=True)
    known = spans(true, sums, {name: how for name, how in hidden.items() if how})
    for name, number in true.items():
        if 0 < number < 5:
            assert known[name][0] < known[name][1], name
        elif lines[name].hidden is None:
            assert lines[name].value == number


@settings(max_examples=100, deadline=None)
@given(counted())
def test_a_median_for_outside_is_of_five_at_least_and_tells_nothing_of_a_hidden_count(
    figures: Figures,
) -> None:
    lines = lines_of(report_of(figures, "Our team", View.OUTSIDE, words=WORDS))
    for line in lines.values():
        if line.depends and line.value:
            assert (lines[line.depends].value or 0) >= 5
    assert not [name for name in lines if name.endswith("_longest")]


@settings(max_examples=50, deadline=None)
@given(counted())
def test_nothing_in_a_report_for_outside_names_a_person_a_case_or_anybodys_words(figures: Figures) -> None:
    report = report_of(
        figures, "Our team", View.OUTSIDE, words=WORDS, prompts=True, left_out=("K7Q2-M9",), removed=1
    )
    for text in (report_markdown(report), report_csv(report), str(report_json(report))):
        assert "SECRET" not in text
        assert "K7Q2" not in text
        assert "week_" not in text
        assert "1 plan" not in text


def test_the_sums_of_a_report_form_no_ring() -> None:
    """What can be computed is only then worked out in full."""
    groups: dict[str, str] = {}

    def root(name: str) -> str:
        while groups.get(name, name) != name:
            name = groups[name]
        return name

    for at, one in enumerate(SUMS):
        for member in (one.total, *one.parts):
            mine, other = root(f"sum {at}"), root(member)
            assert mine != other
            groups[mine] = other


def test_every_count_of_a_report_is_named_in_a_sum_or_stands_alone_on_purpose() -> None:
    named = {name for one in SUMS for name in (one.total, *one.parts)}
    example = msgspec.structs.replace(counted_with("Sam"), incidents=Incidents(1, 0, {"shouting": 1}))
    sections, sums = sections_of(example, WORDS, named=False, prompts=False, outside=True)
    named |= {name for one in sums for name in (one.total, *one.parts)}
    counts = {line.id for one in sections if not one.private for line in one.lines if not line.depends}
    assert counts <= named


@pytest.mark.parametrize("name", ["Sam", "=HYPERLINK(1)", "a|b\nc", "<b>Sam</b>"])
def test_a_workers_name_is_never_structure(name: str) -> None:
    figures = counted_with(name)
    report = report_of(figures, "Our team", View.NAMED, words=WORDS)
    rows = [line for line in report_markdown(report).splitlines() if line.startswith("| ")]
    assert all(line.replace("\\|", "").count("|") == 3 for line in rows)
    assert not [row for row in report_csv(report).splitlines() if row.startswith(("=", "+", "-", "@"))]
    cells = [cell for row in report_csv(report).splitlines() for cell in row.split(",")]
    assert not [cell for cell in cells if cell.strip('"').startswith(("=", "+", "@"))]


def counted_with(name: str) -> Figures:
    return Figures(
        period=Period(date(2026, 11, 1), date(2026, 11, 30), ZoneInfo("UTC")),
        at=datetime(2026, 12, 3, tzinfo=UTC),
        visits=Visits(9, {**dict.fromkeys(Status, 0), Status.COUNTERSIGNED: 9}, 0, 0, 0),
        instead=(),
        overdue=Overdue(),
        alarms=Alarms(),
        gaps=Gaps(),
        incidents=Incidents(),
        debriefs=Debriefs(),
        sharing=Sharing(),
        out_of_date=OutOfDate(),
        hostile_visits=9,
        hostile_cases=3,
        carried=(Carried(name, 3, 9, 0),),
        weeks=(),
    )


def test_the_order_of_lines_for_outside_tells_nothing_of_their_numbers() -> None:
    figures = msgspec.structs.replace(
        counted_with("Sam"), incidents=Incidents(9, 0, {"swearing": 3, "shouting": 2})
    )
    lines = lines_of(report_of(figures, "Our team", View.OUTSIDE, words=WORDS))
    assert [name for name in lines if name.startswith("behaviour_")] == [
        "behaviour_shouting",
        "behaviour_swearing",
    ]


def test_of_a_table_that_does_not_add_up_nothing_is_given() -> None:
    hidden = suppressed({"all": 9, "a": 20, "b": 3}, [Sum("all", ("a", "b"))])
    assert set(hidden) == {"all", "a", "b"}
