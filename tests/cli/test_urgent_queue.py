"""A visit that set out without a countersignature: on top of the queue, marked, and decided on later."""

import io
import shlex
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from office import NOW as MORNING
from office import Office
from story import DUE_BACK, START, Story
from visit_story import at, back, departed, planned
from visitsafe.cli.output import make_console
from visitsafe.cli.review_screen import review_plan
from visitsafe.record.terms import Status
from visitsafe.state.phrases import expired, plain_words

LONDON = ZoneInfo("Europe/London")
GONE = departed(at(planned(), START, -20), urgent="A neighbour heard screams.")
WHY = "Screams were heard."


def reviewed(story: Story, minutes: int = 0, rows: int | None = None) -> str:
    file = io.StringIO()
    console = make_console(plain=True, environ={}, file=file, width=120)
    review_plan(
        console, story.state, None, START + timedelta(minutes=minutes), LONDON, rows, ["something else"]
    )
    return file.getvalue()


@pytest.mark.parametrize("rows", [None, 12], ids=["in full", "briefly"])
def test_a_manager_reads_first_that_the_worker_has_set_out(rows: int | None) -> None:
    worries = reviewed(GONE, rows=rows).split("\n\n")[1].splitlines()
    assert worries[1] == "  - Has set out already, urgent: A neighbour heard screams."
    assert worries[2] == "  - On the way: out since 15:10, set out without a countersignature."
    assert "expired" not in reviewed(GONE, 30)


def test_a_manager_reads_how_late_the_worker_is() -> None:
    assert "On the way: out since 15:10, 20 min late" in reviewed(GONE, 80)


def test_a_countersigned_visit_is_not_marked_as_undecided() -> None:
    assert "Has set out already" not in reviewed(GONE.decided())


def test_an_urgent_departure_does_not_expire_at_the_start() -> None:
    assert not expired(GONE.state, DUE_BACK)
    assert "has set out already" in plain_words(GONE.state, DUE_BACK)
    assert expired(planned().state, DUE_BACK)


def test_a_countersignature_after_the_start_counts_for_a_visit_that_went_first() -> None:
    assert at(GONE, START, 30).decided().state.status is Status.COUNTERSIGNED
    assert at(planned(), START, 30).decided().state.status is Status.AWAITING
    assert back(GONE).state.closed


def office(tmp_path: Path) -> Office:
    """Two plans of Sam's: an early one, and one that sets out without a countersignature."""
    made = Office(tmp_path).open()
    made.first = made.plan(case="CF-EARLY", start="23 November 2026 09:00")["ref"]  # type: ignore[attr-defined]
    made.plan(case="CF-GONE", start="23 November 2026 14:00", due_back="15:00")
    return made


def depart(made: Office) -> None:
    made.sam.done("depart", made.ref, "--urgent", "--reason", WHY, "--this-one")


def queue(made: Office) -> list[str]:
    """What `visitsafe` alone asks Mo to decide on."""
    return [line for line in made.mo.done().out.splitlines() if "visitsafe review" in line]


def test_whoever_set_out_is_at_the_top_of_the_queue_and_marked(tmp_path: Path) -> None:
    made = office(tmp_path)
    assert made.first in queue(made)[0]  # type: ignore[attr-defined]
    depart(made)
    top, second = queue(made)
    assert top == f"{made.ref} by Sam has set out already, urgent: {WHY[:-1]}:  visitsafe review {made.ref}"
    assert made.first in second  # type: ignore[attr-defined]


@pytest.mark.parametrize("decision", ["return", "refuse"])
def test_what_was_returned_or_refused_and_set_out_all_the_same_comes_back_to_the_top(
    tmp_path: Path, decision: str
) -> None:
    made = office(tmp_path)
    words = ("--reason", "Too dangerous.", "--instead", "At school.")
    made.mo.done("review", made.ref, "--decision", decision, *words)
    assert not any(made.ref in line for line in queue(made))
    depart(made)
    assert made.ref in queue(made)[0]


def test_what_was_withdrawn_or_countersigned_is_not_in_the_queue(tmp_path: Path) -> None:
    made = office(tmp_path)
    depart(made)
    made.mo.done("review", made.ref, "--decision", "countersign", "--reason", "Go.")
    assert not any(made.ref in line for line in queue(made))
    made.sam.done("withdraw", made.ref, "--reason", "Turned round.")
    assert not any(made.ref in line for line in queue(made))


def test_a_manager_countersigns_after_the_start_of_a_visit_that_went_first(tmp_path: Path) -> None:
    made = office(tmp_path)
    depart(made)
    made.at(MORNING + timedelta(hours=6, minutes=30))
    assert made.ref in queue(made)[0]
    made.mo.done("review", made.ref, "--decision", "countersign", "--reason", "Go.")
    assert made.show()["status"] == "countersigned"
    assert "urgent" in made.mo.done("list").out


def test_refusing_a_visit_that_has_set_out_says_to_ring_the_worker(tmp_path: Path) -> None:
    made = office(tmp_path)
    depart(made)
    words = ("--decision", "refuse", "--reason", "Come back.", "--instead", "At school.")
    ran = made.mo.done("review", made.ref, *words)
    assert "Sam has set out already: ring them" in ran.err


def test_a_plan_that_only_expired_cannot_be_countersigned(tmp_path: Path) -> None:
    made = office(tmp_path)
    made.at(MORNING + timedelta(hours=6, minutes=30))
    ran = made.mo.run("review", made.ref, "--decision", "countersign", "--reason", "Go.")
    assert ran.code == 1
    assert "was to start already" in ran.err


def test_the_page_of_an_urgent_visit_says_so(tmp_path: Path) -> None:
    made = office(tmp_path)
    depart(made)
    page = made.mo.done("export", made.ref).out
    assert "set out without a countersignature" in page.split("\n\n")[1]
    assert WHY in page


# A newer version waits, and the visit is watched by the one that was countersigned


@pytest.fixture
def readdressed(office: Office) -> Office:
    """A countersigned visit from 10:00 to 11:30; at 09:00 only the address was changed."""
    office.countersigned()
    office.at(MORNING.replace(hour=9))
    changed = office.answers(address='"3 Other Road, Ordsall"', area='"Weaste"')
    said = office.sam.done("plan", "--revise", office.ref, "--answers", changed, "--yes")
    assert "until then you are expected as agreed (Mon 23 Nov 10:00-11:30)" in said.err
    return office


def test_a_countersigned_visit_is_watched_though_a_newer_version_waits_and_managers_are_told(
    readdressed: Office,
) -> None:
    waits = "a newer version (Mon 23 Nov 10:00-11:30) waits for a manager's decision"
    assert f"{waits}; until it is countersigned, the visit is watched as agreed" in readdressed.mo.done().out
    assert "watched as it was agreed before" in " ".join(
        readdressed.mo.done("show", readdressed.ref).out.split()
    )
    assert waits in readdressed.sam.done().out
    for someone in (readdressed.sam, readdressed.mo):
        listed = " ".join(someone.done("list").out.split())
        assert "Mon 23 Nov 10:00-11:30 watched as agreed CF-1, Ordsall, Sam A newer" in listed
        assert f"A{waits[1:]}; until it is countersigned, the visit is watched as agreed (" in listed
        agreed = {"start": "2026-11-23T10:00:00Z", "due_back": "2026-11-23T11:30:00Z"}
        assert someone.done("list", "--json").json[0]["agreed"] == agreed
        assert someone.done("show", readdressed.ref, "--json").json["agreed"] == agreed
    readdressed.at(MORNING.replace(hour=10, minute=10))
    board = " ".join(readdressed.mo.run("board", "--plain").out.split())
    assert "1 visit" in board
    assert "Ordsall" in board
    assert "A newer version waits for a manager's decision: 10:00 to 11:30, Weaste." in board
    row = readdressed.mo.run("board", "--json").json["visits"][0]
    assert (row["area"], row["newer"]["area"], row["newer"]["address"]) == ("Ordsall", "Weaste", None)
    assert waits in readdressed.mo.done().out
    late = readdressed.mo.run("review", readdressed.ref, "--decision", "countersign", "--reason", "Fine.")
    assert (late.code, "watched as it was agreed before" in late.err, "ring Sam" in late.err) == (
        1,
        True,
        True,
    )
    readdressed.at(MORNING.replace(hour=12))
    assert readdressed.mo.run("board").code == 4
    assert readdressed.mo.run("watch", "--once").code == 4


NEXT_WEEK = '"30 November 2026 10:00"'


@pytest.fixture
def postponed(office: Office) -> Office:
    """A countersigned visit from 10:00 to 11:30; at 09:00 Sam asks for next week, and at 09:50 sets out."""
    office.plan()
    only = ("--condition", "Ring the desk as you leave.")
    office.mo.done("review", office.ref, "--decision", "countersign", "--reason", "Good.", *only)
    office.at(MORNING.replace(hour=9))
    office.sam.done("plan", "--revise", office.ref, "--answers", office.answers(start=NEXT_WEEK), "--yes")
    office.at(MORNING.replace(hour=9, minute=50))
    return office


def test_a_worker_sets_out_on_what_was_agreed_while_a_newer_version_waits(postponed: Office) -> None:
    assert f"visitsafe depart {postponed.ref}" in postponed.sam.done().out
    gone = postponed.sam.done("depart")
    assert "Sam set out at 09:50; due back 11:30" in gone.out
    assert "a newer version (Mon 30 Nov 10:00-11:30) waits for a manager's decision" in gone.err
    assert "the visit is watched as agreed (Mon 23 Nov 10:00-11:30)" in gone.err
    assert "nobody said whether it is met: Ring the desk as you leave." in gone.err
    postponed.sam.done("arrive")
    board = " ".join(postponed.mo.run("board").out.split())
    assert "A newer version waits for a manager's decision" in board
    assert "This is watched as it was agreed." in board
    postponed.at(MORNING.replace(hour=11, minute=20))
    assert "the watch over this visit is over" in postponed.sam.done("back").out
    assert postponed.at(MORNING.replace(hour=12)).mo.run("board").code == 0


@pytest.mark.parametrize("decision", ["refuse", "countersign"])
def test_nothing_that_is_decided_on_the_newer_version_takes_who_is_out_off_the_board(
    postponed: Office, decision: str
) -> None:
    postponed.sam.done("depart")
    postponed.at(MORNING.replace(hour=10, minute=30))
    instead = ("--instead", "By telephone.") if decision == "refuse" else ()
    said = postponed.mo.done("review", postponed.ref, "--decision", decision, "--reason", "Why?", *instead)
    assert "Sam has set out already" in said.err
    postponed.at(MORNING.replace(hour=12, minute=30))
    board = postponed.mo.run("board")
    assert (board.code, "1 h late: Sam" in board.out) == (4, True)
    assert postponed.mo.run("watch", "--once").code == 4


def test_a_refusal_after_the_start_ends_no_watch_and_says_so(office: Office) -> None:
    office.countersigned()
    office.at(MORNING.replace(hour=10, minute=30))
    words = ("--decision", "refuse", "--reason", "No.", "--instead", "By telephone.")
    said = office.mo.done("review", office.ref, *words).err
    assert "the visit has started, and stays watched until somebody reports Sam back" in said
    office.at(MORNING.replace(hour=12))
    assert (office.mo.run("board").code, office.mo.run("watch", "--once").code) == (4, 4)


def test_back_before_anybody_decided_swallows_no_later_countersignature(office: Office) -> None:
    office.plan()
    office.at(MORNING.replace(hour=8, minute=30)).sam.done("back", office.ref)
    office.mo.done("review", office.ref, "--decision", "countersign", "--reason", "Good.")
    board = office.at(MORNING.replace(hour=12, minute=30)).mo.run("board")
    assert (board.code, "1 h late: Sam" in board.out) == (4, True)


def test_who_came_along_after_all_does_not_decide_on_the_visit(office: Office) -> None:
    nia = office.join(office.person("nia"), "manager")
    office.plan()
    office.at(MORNING.replace(hour=9, minute=50))
    office.sam.done("depart", office.ref, "--urgent", "--reason", "A child is at risk.", "--with", "Nia")
    nia.now = MORNING.replace(hour=9, minute=55)
    ran = nia.run("review", office.ref, "--decision", "countersign", "--reason", "Good.")
    assert (ran.code, "you go along on this visit" in ran.err) == (1, True)


def test_a_withdrawal_after_the_start_says_that_nobody_is_there_and_is_asked_about(office: Office) -> None:
    office.countersigned()
    office.at(MORNING.replace(hour=10, minute=30))
    words = ("withdraw", office.ref, "--reason", "They rang: it's off.")
    asked = office.sam.run(*words)
    assert (asked.code, asked.out) == (2, "")
    assert "the visit was to start at 10:00; withdrawing it says that you are not there" in asked.err
    whole = next(line for line in asked.err.splitlines() if "hint" in line).split("if that is so: ")[1]
    assert office.at(MORNING.replace(hour=11, minute=40)).mo.run("board").code == 4
    office.sam.done(*shlex.split(whole)[1:])
    assert office.mo.run("board").code == 0


def test_a_plan_is_not_revised_once_its_visit_was_to_start_or_somebody_has_set_out(office: Office) -> None:
    office.countersigned()
    revise = ("plan", "--revise", office.ref, "--answers", office.answers(start=NEXT_WEEK), "--yes")
    office.at(MORNING.replace(hour=10, minute=5))
    late = office.sam.run(*revise)
    assert (late.code, "was to start already" in late.err) == (1, True)
    for mend in ("extend {} --by 30m", "withdraw {} --reason 'why'", "plan --repeat {}"):
        assert f"visitsafe {mend.format(office.ref)}" in late.err
    office.sam.done("depart")
    out = office.sam.run(*revise)
    assert (out.code, "setting out on" in out.err, "visitsafe withdraw" in out.err) == (1, True, False)


def test_a_newer_version_that_is_countersigned_is_watched_in_its_place(readdressed: Office) -> None:
    readdressed.mo.done("review", readdressed.ref, "--decision", "countersign", "--reason", "Fine.")
    readdressed.at(MORNING.replace(hour=10, minute=10))
    row = readdressed.mo.run("board", "--json").json["visits"][0]
    assert (row["area"], row["newer"]) == ("Weaste", None)


def test_a_return_of_the_newer_version_leaves_the_visit_watched(readdressed: Office) -> None:
    readdressed.mo.done("review", readdressed.ref, "--decision", "return", "--reason", "Why there?")
    home = " ".join(readdressed.sam.done().out.split())
    assert "was returned; until it is countersigned, the visit is watched as agreed" in home
    assert f"visitsafe plan --revise {readdressed.ref}" in home
    readdressed.at(MORNING.replace(hour=12))
    board = readdressed.mo.run("board", "--plain")
    assert (board.code, "A newer version was returned" in " ".join(board.out.split())) == (4, True)


def test_a_visit_that_is_over_is_not_revised_but_planned_anew(readdressed: Office) -> None:
    readdressed.sam.done("back", readdressed.ref)
    again = readdressed.sam.run(
        "plan", "--revise", readdressed.ref, "--answers", readdressed.answers(), "--yes"
    )
    assert (again.code, f"visitsafe plan --repeat {readdressed.ref}" in again.err) == (1, True)
