"""`visitsafe board`: who is out, at a terminal and elsewhere, now and at another time."""

import io
import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from office import NOW, Office, Someone
from story import DUE_BACK
from story_plan import NOW as MORNING
from visit_story import at, countersigned, departed, duress, late, raised
from visitsafe.cli.board import Bell, draw, frame, keep_looking, rings, time_asked_for
from visitsafe.cli.output import make_console
from visitsafe.desk import Desk, open_roster
from visitsafe.errors import StoreError, UsageError
from visitsafe.record.bodies import BeatBody
from visitsafe.record.ssh import load as load_key
from visitsafe.settings import load
from visitsafe.store.open import open_store
from visitsafe.text.clock import to_text
from visitsafe.watch.board import Board, Sight, look, rows_at
from visitsafe.watch.board_words import BoardLine, Tone, board_lines
from visitsafe.watch.heartbeat import put_beat, read_beats

LONDON = ZoneInfo("Europe/London")
BACK = NOW + timedelta(hours=3, minutes=30)
"""When the office's visit is due back."""


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """Sam has set out on a countersigned visit; Dee is at the desk."""
    office = Office(tmp_path).open()
    office.duty()
    office.countersigned()
    office.at(NOW + timedelta(hours=2))
    office.sam.done("depart")
    return office


def dee(office: Office, now: datetime) -> Someone:
    someone = office.person("dee")
    someone.now = now
    return someone


def beating(office: Office, now: datetime) -> None:
    """Dee's watcher puts a heartbeat."""
    key = load(dee(office, now).environ).key
    assert key is not None
    body = BeatBody(watcher="w1", host="DESK-PC", pid=1, since=to_text(now), every=20, visits=1)
    with closing(open_store(dee(office, now).store)) as store:
        put_beat(store, load_key(key, lambda: b""), body, now)


def test_a_calm_board_names_who_is_out_and_ends_with_0(office: Office) -> None:
    beating(office, office.mo.now)
    ran = office.mo.done("board")
    assert f"Set out: Sam, {office.ref}" in ran.out
    assert "due back 11:30" in ran.out
    assert "Dee is watching on DESK-PC" in ran.out
    assert "NOBODY" not in ran.out


def test_a_visit_that_nobody_reported_on_is_not_lost_over_a_weekend_without_a_watch(tmp_path: Path) -> None:
    office = Office(tmp_path).open()
    office.duty()
    office.countersigned()
    later = NOW + timedelta(days=3)
    for now in (later, BACK + timedelta(days=14)):
        board = office.at(now).mo.run("board")
        assert (board.code, "late: Sam" in board.out) == (4, True)
        assert "nobody has said how this ended" in " ".join(board.out.split())
    assert office.at(BACK + timedelta(days=14, minutes=1)).mo.run("board").code == 0
    desk = dee(office, later)
    assert (desk.run("watch", "--once").code, desk.run("board").code) == (4, 4)
    desk.done("stand-down", office.ref, "--because", "safe", "--note", "Sam was there and forgot.")
    assert (desk.run("watch", "--once").code, desk.run("board").code) == (0, 0)


def test_no_step_is_due_before_the_visit_was_watched_and_none_is_raised_late_for_it(tmp_path: Path) -> None:
    office = Office(tmp_path).open().at(NOW + timedelta(minutes=29))
    office.countersigned(start='"08:32"', due_back='"08:36"', whereabouts_known="no")
    office.at(NOW + timedelta(minutes=30))
    office.sam.done("depart")
    board = office.mo.run("board").out
    assert "due since 08:30 and not raised: step 1 of 7, the worker" in board
    assert office.mo.run("board", "--json").json["visits"][0]["next"]["at"] == "2026-11-23T08:30:00Z"
    watch = office.mo.run("watch", "--once")
    assert "step 1 of 7" in watch.out + watch.err
    pages = office.mo.done("show", office.ref).out + office.mo.done("export", office.ref).out
    for said in (board, watch.out, watch.err, pages):
        assert "08:26" not in said
        assert "raised late" not in said
        assert "Nobody was watching" not in said


def test_steps_of_one_minute_are_one_line_that_says_why_a_high_risk_ladder_starts_at_once(
    tmp_path: Path,
) -> None:
    office = Office(tmp_path).open()
    office.countersigned(whereabouts_known="no")
    office.at(NOW + timedelta(hours=3, minutes=21))
    depart = office.sam.done("depart").out
    assert "11:30 duty officer, line manager and\n      manager act, at once because the\n" in depart
    assert "11:35 you are reminded again\n" in depart
    office.mo.run("watch", "--once")
    board = " ".join(office.mo.run("board").out.split())
    assert "(in 9 min, all at once because the risk is high): steps 2, 4, 5 and 6 of 7, " in board
    assert board.count("duty officer") == board.count("line manager") == 1
    page = office.mo.done("export", office.ref).out
    assert "- 11:30 (when due back), **all at once, because the risk is high**:" in page


def test_somebody_overdue_ends_with_4(office: Office) -> None:
    ran = dee(office, BACK + timedelta(minutes=12)).run("board")
    assert ran.code == 4
    assert "12 minutes late: Sam" in ran.out


def test_nobody_watching_for_three_minutes_is_the_first_thing_said(office: Office) -> None:
    beating(office, office.mo.now)
    assert "NOBODY" not in dee(office, office.mo.now + timedelta(minutes=3)).done("board").out
    ran = dee(office, office.mo.now + timedelta(minutes=4)).run("board")
    assert ran.code == 4
    first = "NOBODY IS WATCHING since 10:00 (last seen on DESK-PC). Start it: visitsafe watch"
    assert ran.out.replace("\n", " ").startswith(first)


def test_a_heartbeat_of_somebody_who_may_not_watch_is_not_believed(office: Office) -> None:
    key = load(office.sam.environ).key
    assert key is not None
    body = BeatBody(watcher="w9", host="X", pid=1, since=to_text(NOW), every=20, visits=1)
    with closing(open_store(office.sam.store)) as store:
        put_beat(store, load_key(key, lambda: b""), body, office.mo.now)
        roster = open_roster(store, load(office.mo.environ).team)
        assert read_beats(store, roster) == []
    assert "NOBODY IS WATCHING" in office.mo.run("board").out


def test_nobody_watching_ends_with_4_only_while_somebody_is_out(office: Office) -> None:
    assert office.mo.run("board").code == 4
    assert office.mo.run("board", "--json").code == 4
    assert office.mo.done("board", "--at", "10:00").code == 0
    office.sam.done("back")
    assert office.mo.run("board").code == 0


def test_json_has_the_documented_members(office: Office) -> None:
    shape = dee(office, BACK + timedelta(minutes=40)).run("board", "--json").json
    documented = (Path(__file__).parents[2] / "docs" / "json.md").read_text(encoding="utf-8")
    section = documented[documented.index("## The board") :].split("\n## ")[0]
    (visit,) = shape["visits"]
    names = [*shape, *visit, *shape["watch"], *visit["next"], *visit["last_report"]]
    assert [name for name in names if f"`{name}`" not in section] == []
    assert (visit["ref"], visit["minutes_late"], visit["address"]) == (office.ref, 40, None)


def test_the_past_is_what_the_store_had_received_by_then(office: Office) -> None:
    office.at(NOW + timedelta(hours=3))
    office.sam.done("back")
    evening = dee(office, NOW + timedelta(hours=10))
    assert evening.done("board", "--json").json["visits"] == []
    then = evening.done("board", "--at", "10:30", "--json").json
    assert [visit["stage"] for visit in then["visits"]] == ["departed"]
    assert then["watch"] is None
    assert evening.done("board", "--at", "2026-11-23 09:30", "--json").json["visits"] == []
    assert "not kept" in evening.done("board", "--at", "10:30").out


def test_before_there_was_a_team_there_is_no_board(office: Office) -> None:
    ran = office.mo.run("board", "--at", "2026-11-22 09:00")
    assert ran.code == 1
    assert "no team yet" in ran.err


def test_the_future_shows_who_would_be_late(office: Office) -> None:
    ran = office.mo.run("board", "--at", "12:00", "--json")
    assert ran.code == 4
    assert ran.json["visits"][0]["minutes_late"] == 30


def test_a_time_is_the_teams_and_a_bare_one_is_todays() -> None:
    july = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
    assert time_asked_for("14:30", july, LONDON) == datetime(2026, 7, 1, 13, 30, tzinfo=UTC)
    assert time_asked_for("9am", july, LONDON) == datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
    assert time_asked_for("2026-11-23 14:30", july, LONDON) == datetime(2026, 11, 23, 14, 30, tzinfo=UTC)
    with pytest.raises(UsageError, match="twice"):
        time_asked_for("2026-10-25 01:30", july, LONDON)


@pytest.mark.parametrize("flags", [("--json",), ("--at", "10:00")])
def test_watch_goes_with_the_board_of_now_only(office: Office, flags: tuple[str, ...]) -> None:
    assert office.mo.run("board", "--watch", *flags).code == 2


def test_a_row_that_hides_a_visit_is_not_believed(office: Office) -> None:
    with closing(sqlite3.connect(office.store)) as database, database:
        database.execute("UPDATE plans SET closed = newest")
    ran = dee(office, BACK + timedelta(minutes=12)).run("board")
    assert ran.code == 4
    assert "12 minutes late: Sam" in ran.out
    assert "otherwise than its entries do" in ran.out.replace("\n", " ")


def test_a_plan_that_does_not_hold_is_a_line_of_the_board(office: Office) -> None:
    with closing(sqlite3.connect(office.store)) as database, database:
        for (trigger,) in list(database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")):
            database.execute(f'DROP TRIGGER "{trigger}"')
        database.execute("UPDATE entries SET signature = 'x' WHERE kind = 'planned'")
    ran = office.mo.run("board")
    said = ran.out.replace("\n", " ")
    assert f"{office.ref} does not hold" in said
    assert f"run: visitsafe verify {office.ref}" in said
    assert office.mo.run("board", "--json").json["faults"][0]["ref"] == office.ref


def test_a_colleague_sees_an_ok_where_the_desk_sees_duress(office: Office) -> None:
    now = NOW + timedelta(hours=2, minutes=30)
    desk = dee(office, now)
    phrase = ("--for", "Sam", "--known-by", "I know the voice", "--duress")
    desk.done("ok", office.ref, *phrase)
    office.at(now)
    assert desk.run("board").code == 4
    assert "DURESS" in desk.run("board").out
    beating(office, now)
    colleague = office.sam.done("board", "--json")
    assert colleague.json["visits"][0]["duress"] is False
    assert colleague.json["visits"][0]["last_report"]["kind"] == "ok"
    assert "duress" not in office.sam.done("board").out.lower()


@pytest.mark.parametrize("width", [40, 80])
def test_no_line_is_wider_than_the_window(width: int) -> None:
    story = raised(late(departed(at(countersigned(), DUE_BACK, -50)), 15), "duty-rings")
    now = DUE_BACK + timedelta(minutes=20)
    board = Board(now, rows_at([story.state], now, story.roster.known))
    out = io.StringIO()
    draw(make_console(plain=True, environ={}, file=out, width=width), board_lines(board, LONDON))
    lines = out.getvalue().splitlines()
    assert max(len(line) for line in lines) <= width
    assert f"ALARM, 20 minutes late: Sam Okafor, {story.state.ref}" in " ".join(lines)


def test_a_window_that_is_too_low_keeps_the_most_urgent_and_says_so() -> None:
    assert frame(["a", "b"], 10)[:2] == ["a", "b"]
    cut = frame([str(number) for number in range(100)], 10)
    assert len(cut) == 10
    assert cut[:3] == ["0", "1", "2"]
    assert "92 more lines" in cut[-2]
    assert max(map(len, cut)) < 40


def test_a_window_that_is_too_low_still_says_who_is_watching() -> None:
    many, who = [str(number) for number in range(100)], ["Dee is watching on DESK-PC."]
    cut = frame(many, 10, who)
    assert len(cut) == 10
    assert cut[-3:-1] == ["... 93 more lines", *who]
    assert frame(["a"], 10, who)[:2] == ["a", *who]
    assert [len(frame(many, height, who)) for height in (3, 4, 5)] == [3, 4, 5]


class Watching:
    """A board that is watched: its clock, and what was painted, for as many rounds as there are steps."""

    def __init__(self, office: Office, steps: list[int]) -> None:
        self.office, self.steps, self.now = office, steps, BACK - timedelta(minutes=1)
        self.shown: list[tuple[list[BoardLine], bool]] = []
        self.away = False

    def look(self, last: Sight | None) -> Sight:
        if self.away:
            raise StoreError("the store is locked")
        with closing(open_store(self.office.mo.store)) as store:
            roster = open_roster(store, load(self.office.mo.environ).team)
            me = next(one for one in roster.members.values() if one.person.name == "Dee")
            return look(Desk(store, roster, self.now, me, lambda: pytest.fail("nothing is signed")), last)

    def rest(self) -> bool:
        if not self.steps:
            raise KeyboardInterrupt
        self.now += timedelta(seconds=self.steps.pop(0))
        return False

    def run(self) -> "Watching":
        with pytest.raises(KeyboardInterrupt):
            keep_looking(
                self.look, lambda lines, ring: self.shown.append((list(lines), ring)),
                lambda: self.now, self.rest, LONDON,
            )  # fmt: skip
        return self

    @property
    def bells(self) -> list[bool]:
        return [ring for _, ring in self.shown]


def test_the_bell_rings_when_somebody_becomes_overdue_and_not_again(office: Office) -> None:
    beating(office, BACK)
    assert Watching(office, [30, 30, 10, 10]).run().bells == [False, False, True, False, False]


def test_nobody_watching_rings_once(office: Office) -> None:
    assert Watching(office, [10, 10]).run().bells == [True, False, False]


def test_a_store_that_is_away_leaves_the_last_board_and_its_minutes_go_on(office: Office) -> None:
    watching = Watching(office, [120, 120])
    first = watching.look(None)
    looks = iter([first, None, None])

    def look_once(_last: Sight | None) -> Sight:
        sight = next(looks)
        if sight is None:
            raise StoreError("the store is locked")
        return sight

    shown: list[list[BoardLine]] = []
    with pytest.raises(KeyboardInterrupt):
        keep_looking(
            look_once, lambda lines, _: shown.append(list(lines)), lambda: watching.now, watching.rest, LONDON
        )
    top = shown[-1][0]
    assert top.tone is Tone.ALARM
    assert top.text.startswith("THE STORE CANNOT BE REACHED since 11:31: the store is locked.")
    assert any("3 minutes late: Sam" in line.text for line in shown[-1])


def test_a_store_that_is_back_is_believed_again(office: Office) -> None:
    watching = Watching(office, [10, 10, 10])
    usual, count = watching.look, iter(range(10))

    def look_badly(last: Sight | None) -> Sight:
        watching.away = next(count) == 1
        return usual(last)

    watching.look = look_badly  # type: ignore[method-assign]
    tops = [lines[0].text for lines, _ in watching.run().shown]
    assert ["CANNOT BE REACHED" in top for top in tops] == [False, True, False, False]


def test_what_comes_between_two_looks_is_seen(office: Office) -> None:
    watching = Watching(office, [])
    first = watching.look(None)
    office.at(BACK)
    office.sam.done("arrive")
    (state,) = watching.look(first).states.values()
    assert state.visit.stage == "arrived"
    office.sam.done("back")
    assert not watching.look(watching.look(first)).states


def test_a_second_look_is_the_same_as_a_first(office: Office) -> None:
    watching = Watching(office, [])
    first = watching.look(None)
    office.at(BACK)
    office.sam.done("ok")
    office.plan(case="CF-2", start="24 November 2026 10:00")
    again, anew = watching.look(first), watching.look(None)
    assert again.states == anew.states
    assert again.faults == anew.faults == {}


def test_the_bell_rings_once_a_minute_while_nobody_takes_an_alarm_on() -> None:
    story = raised(late(departed(at(countersigned(), DUE_BACK, -50)), 15), "duty-rings")
    bell, rung = Bell(), []
    for seconds in range(0, 130, 10):
        now = DUE_BACK + timedelta(minutes=16, seconds=seconds)
        board = Board(now, rows_at([story.state], now, story.roster.known))
        ring, bell = rings(bell, board, away=False)
        rung += [seconds] if ring else []
    assert rung == [0, 60, 120]


def test_the_bell_never_rings_for_duress() -> None:
    story = duress(departed(at(countersigned(), DUE_BACK, -50)))
    story = raised(story, "manager-acts", story.newest.content.at)
    now = DUE_BACK + timedelta(hours=2)
    board = Board(now, rows_at([story.state], now, story.roster.known))
    assert board.alarming
    assert not rings(Bell(), board, away=False)[0]


def test_a_clock_that_jumps_back_does_not_silence_the_bell() -> None:
    story = raised(late(departed(at(countersigned(), DUE_BACK, -50)), 15), "duty-rings")
    board = Board(DUE_BACK, rows_at([story.state], DUE_BACK, story.roster.known))
    later = Bell(rung=MORNING + timedelta(days=2))
    assert rings(later, board, away=False)[0]


def test_json_is_one_document(office: Office) -> None:
    assert json.loads(office.mo.run("board", "--json").out)["alarming"] == 0


def test_nobody_was_watching_is_said_of_the_time_when_there_was_something_to_watch(office: Office) -> None:
    office.mo.done("watch", "--once")
    office.at(NOW.replace(hour=8, minute=28)).countersigned()
    office.at(NOW.replace(hour=8, minute=40)).mo.done("watch", "--once")
    assert "Nobody was watching from" not in office.mo.done("board", "--plain").out
    office.at(NOW.replace(hour=10, minute=30))
    said = office.mo.run("watch", "--once")
    assert "from 10:00 to 10:30" in " ".join((said.out + said.err).split())
    assert "Nobody was watching from 10:00 to 10:30" in office.mo.run("board", "--plain").out
