"""Outside the team no small number can be read, computed from others, or guessed from words."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visitsafe.supervision.figures import Carried, Figures, Week, figures
from visitsafe.supervision.report import SUMS, TABLE, Audience, Figure, Sum, TeamReport, report_of, suppressed
from visitsafe.supervision.report_page import report_csv, report_json, report_markdown
from visitsafe.text.days import Period

WORDS = {"shouting": "Shouting", "swearing": "Swearing"}
MOST = 7
"""The largest number in the small tables that are tried out in full."""
SHAPES: tuple[tuple[Sum, ...], ...] = (
    (Sum("t", ("a",)),),
    (Sum("t", ("a", "b")),),
    (Sum("t", ("a", "b", "c")),),
    (Sum("t", ("a", "b"), whole=False),),
    (Sum("t", ("a",), whole=False), Sum("t", ("b",), whole=False)),
    (Sum("t", ("a", "b")), Sum("a", ("c", "d")), Sum("b", ("e", "f"))),
    (Sum("t", ("a", "b")), Sum("a", ("c",)), Sum("b", ("d",), whole=False)),
    (Sum("t", ("a",), whole=False), Sum("a", ("b", "c")), Sum("b", ("d",), whole=False)),
    (Sum("t", ("a", "b")), Sum("t", ("c",), whole=False), Sum("c", ("d", "e"))),
)
REAL = tuple((one, *(below for below in SUMS if below.total in one.parts)) for one in SUMS)
"""Each sum of a report, with those right below it."""


def splits(number: int, parts: int) -> Iterator[tuple[int, ...]]:
    """All ways to take this many parts out of a number that add up to it."""
    if parts == 1:
        yield (number,)
        return
    for first in range(number + 1):
        yield from ((first, *rest) for rest in splits(number - first, parts - 1))


def worlds(sums: Sequence[Sum]) -> Iterator[dict[str, int]]:
    """All tables of a shape, from the top down, with a total of at most `MOST`."""
    found: list[dict[str, int]] = [{sums[0].total: total} for total in range(MOST + 1)]
    for one in sums:
        found = [
            {**table, **dict(zip(one.parts, split, strict=False))}
            for table in found
            for split in splits(table[one.total], len(one.parts) + (not one.whole))
        ]
    yield from found


@pytest.mark.parametrize("sums", [*SHAPES, *REAL], ids=lambda sums: f"{sums[0].total}:{sums[0].parts[0]}")
def test_whoever_knows_the_rule_cannot_work_out_a_number_that_is_not_given(sums: Sequence[Sum]) -> None:
    """Every table is tried out: those that look the same leave each hidden number two values at least."""
    alike: dict[tuple[tuple[str, int | str], ...], dict[str, set[int]]] = {}
    for numbers in worlds(sums):
        hidden = suppressed(numbers, sums)
        looks = tuple((name, "" if name in hidden else number) for name, number in numbers.items())
        values = alike.setdefault(looks, {name: set() for name in hidden})
        for name in hidden:
            values[name].add(numbers[name])
    shown = {value for looks in alike for _, value in looks if isinstance(value, int)}
    told = [looks for looks, values in alike.items() if any(len(each) < 2 for each in values.values())]
    assert not [looks for looks in alike if any(value in (1, 2, 3, 4) for _, value in looks)]
    assert not told
    assert shown >= {0, 5, MOST}


def test_a_small_part_takes_those_beside_it_along_and_a_hidden_total_its_parts() -> None:
    numbers = {"all": 30, "a": 22, "b": 8, "c": 20, "d": 2, "e": 9}
    sums = [Sum("all", ("a", "b")), Sum("a", ("c", "d")), Sum("b", ("e",), whole=False)]
    assert set(suppressed({**numbers, "e": 7}, sums)) == {"c", "d"}
    assert set(suppressed({**numbers, "a": 28, "c": 26, "b": 2, "e": 0}, sums)) == set(numbers) - {"all"}


def test_five_near_misses_and_one_incident_look_like_three_and_three() -> None:
    sums = [Sum("reported", ("incidents", "near"))]
    one, other = {"reported": 6, "incidents": 1, "near": 5}, {"reported": 6, "incidents": 3, "near": 3}
    assert suppressed(one, sums) == suppressed(other, sums)
    assert set(suppressed(one, sums)) == {"incidents", "near"}


def test_numbers_without_a_small_one_are_all_given() -> None:
    assert suppressed({"all": 30, "a": 30, "b": 0}, [Sum("all", ("a", "b"))]) == set()


ROWS = [one for section in TABLE for one in section.figures]
ROOTS = {"planned", "steps_raised", "reported", "duties"}
NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30), ZoneInfo("Europe/London"))
NOTHING = figures([], NOVEMBER, datetime(2026, 12, 3, tzinfo=UTC))
COUNTS = st.one_of(st.integers(0, 12), st.integers(0, 300))


@st.composite
def counted(draw: st.DrawFn) -> Figures:
    """Figures that hang together as real ones do."""
    numbers: dict[str, int | None] = {}

    def put(name: str, number: int) -> None:
        numbers[name] = number
        for one in SUMS:
            left = number if one.total == name else 0
            for part in one.parts if one.total == name else ():
                put(part, left if one.whole and part == one.parts[-1] else draw(st.integers(0, left)))
                left -= numbers[part] or 0

    for root in ROOTS:
        put(root, draw(COUNTS))
    for row in ROWS:
        if row.depends:
            numbers[row.id] = 12 if numbers[row.depends] else None
    said, unsaid = numbers["purpose_said"] or 0, numbers["purpose_not_said"] or 0
    return msgspec.structs.replace(
        NOTHING,
        numbers=numbers,
        instead=(*[("K7Q2-M9", "SECRET words")] * said, *[("K7Q2-M9", "")] * unsaid),
        behaviours={name: draw(st.integers(1, 60)) for name in ("shouting", "swearing", "SECRET")},
        carried=(Carried("SECRET person", 3, 9, 0),),
        weeks=(Week(date(2026, 11, 2), 3, 2, 1),),
    )


def lines_of(report: TeamReport) -> dict[str, Figure]:
    return {line.id: line for section in report.sections for line in section.figures}


@settings(max_examples=200, deadline=None)
@given(counted())
def test_a_report_for_outside_tells_no_small_number(figures: Figures) -> None:
    report = report_of(figures, "Our team", Audience.OUTSIDE, words=WORDS)
    lines = lines_of(report)
    assert not [line.id for line in lines.values() if line.unit == "count" and 0 < (line.value or 0) < 5]
    true = {
        name: line.value or 0
        for name, line in lines_of(report_of(figures, "Our team", Audience.TEAM, words=WORDS)).items()
        if name in lines and not line.depends
    }
    for name, number in true.items():
        assert lines[name].value == (None if lines[name].hidden else number), name
    looks = {line.shown for line in lines.values() if line.hidden}
    assert looks <= {"not shown"}


@settings(max_examples=100, deadline=None)
@given(counted())
def test_a_median_for_outside_is_of_five_at_least_and_tells_nothing_of_a_hidden_count(
    figures: Figures,
) -> None:
    lines = lines_of(report_of(figures, "Our team", Audience.OUTSIDE, words=WORDS))
    for line in lines.values():
        if line.depends and line.value:
            assert (lines[line.depends].value or 0) >= 5
    assert not [name for name in lines if name.endswith("_longest")]


@settings(max_examples=50, deadline=None)
@given(counted())
def test_nothing_in_a_report_for_outside_names_a_person_a_case_or_anybodys_words(figures: Figures) -> None:
    figures = msgspec.structs.replace(figures, left_out=("K7Q2-M9",), removed=1)
    report = report_of(figures, "Our team", Audience.OUTSIDE, words=WORDS, prompts=True)
    for text in (report_markdown(report), report_csv(report), str(report_json(report))):
        assert "SECRET" not in text
        assert "K7Q2" not in text
        assert "week_" not in text
        assert "1 plan" not in text


def test_every_count_of_a_report_is_part_of_one_that_stands_alone_on_purpose() -> None:
    """So no number is part of two, and what can be worked out from a number is itself among these."""
    counts = {one.id: one for one in ROWS if not one.depends}
    assert {name for name, one in counts.items() if not one.of} == ROOTS
    for row in counts.values():
        above = row
        for _ in counts:
            above = counts.get(above.of, above)
        assert not above.of


@pytest.mark.parametrize("name", ["Sam", "=HYPERLINK(1)", "a|b\nc", "<b>Sam</b>"])
def test_a_workers_name_is_never_structure(name: str) -> None:
    figures = counted_with(name)
    report = report_of(figures, "Our team", Audience.NAMED, words=WORDS)
    rows = [line for line in report_markdown(report).splitlines() if line.startswith("| ")]
    assert all(line.replace("\\|", "").count("|") == 3 for line in rows)
    assert not [row for row in report_csv(report).splitlines() if row.startswith(("=", "+", "-", "@"))]
    cells = [cell for row in report_csv(report).splitlines() for cell in row.split(",")]
    assert not [cell for cell in cells if cell.strip('"').startswith(("=", "+", "@"))]


def counted_with(name: str) -> Figures:
    numbers = {"planned": 9, "countersigned": 9, "hostile_visits": 9, "hostile_cases": 3}
    return msgspec.structs.replace(
        NOTHING, numbers={**NOTHING.numbers, **numbers}, carried=(Carried(name, 3, 9, 0),), weeks=()
    )


def test_no_behaviour_is_named_outside_not_even_that_it_occurred() -> None:
    behaviours = {"swearing": 30, "shouting": 20, "SECRET": 9}
    figures = msgspec.structs.replace(counted_with("Sam"), behaviours=behaviours)
    report = report_of(figures, "Our team", Audience.OUTSIDE, words=WORDS)
    assert not [name for name in lines_of(report) if name.startswith("behaviour_")]
    assert "behaviours" not in {section.id for section in report.sections}
    assert "Shouting" not in report_markdown(report)


def test_of_a_table_that_does_not_add_up_nothing_is_given() -> None:
    hidden = suppressed({"all": 9, "a": 20, "b": 3}, [Sum("all", ("a", "b"))])
    assert set(hidden) == {"all", "a", "b"}
