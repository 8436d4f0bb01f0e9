"""`visitsafe watch` at the desk: who may, what it says, what it does when things go wrong, and drills."""

import os
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from office import NOW, Office
from servers import Answer, MailServer, WebServer
from story import SAM
from visit_story import DEE, acknowledged, at, back, countersigned, departed, duress
from visitsafe.cli.watch import Loop, Moved, Timekeeper, WatchScreen, is_running
from visitsafe.errors import StoreError
from visitsafe.record.stored import Store
from visitsafe.store.open import care_of, open_store
from visitsafe.watch.notify import Pinger
from watch_process import Watch, entries, settings
from watchers import Desk

DUE_BACK = NOW.replace(hour=11, minute=30)
"""Of `office.QUIET`."""


@pytest.fixture
def office(tmp_path: Path) -> Office:
    made = Office(tmp_path).open()
    made.countersigned()
    made.at(NOW.replace(hour=10))
    made.sam.done("depart", made.ref)
    return made


def late(office: Office, minutes: int) -> Office:
    return office.at(DUE_BACK + timedelta(minutes=minutes))


def test_once_is_0_while_nobody_is_late_and_4_when_somebody_is(office: Office) -> None:
    assert office.mo.run("watch", "--once").code == 0
    late(office, 60)
    assert office.mo.run("watch", "--once").code == 4
    assert [one["step"] for one in entries(office, "escalated")]


def test_once_again_a_minute_later_raises_nothing_twice(office: Office) -> None:
    late(office, 60)
    office.mo.run("watch", "--once")
    before = entries(office, "escalated")
    late(office, 61)
    assert office.mo.run("watch", "--once").code == 4
    assert entries(office, "escalated") == before


def test_only_a_manager_or_a_duty_officer_watches(office: Office) -> None:
    ran = office.sam.run("watch", "--once")
    assert (ran.code, "manager or a duty officer" in ran.err) == (1, True)
    assert office.duty().run("watch", "--once").code == 0


def test_a_computer_that_only_watches_raises_the_steps_and_the_board_sees_it(office: Office) -> None:
    box = office.join(office.person("box"), "watch")
    assert "box@salford.example>: watch" in office.mo.done("team", "list").out
    late(office, 60)
    box.now = office.mo.now
    assert "NOBODY IS WATCHING" in on_board(office)
    assert box.run("watch", "--once").code == 4
    assert {one["watcher"] for one in entries(office, "escalated")}
    assert "Box is watching" in on_board(office)
    assert office.mo.done("verify").code == 0
    raised = [one for one in office.show()["entries"] if one["kind"] == "escalated"]
    assert raised
    assert all(one["counts"] and one["by"]["name"] == "Box" for one in raised)


def test_a_computer_that_only_watches_can_do_nothing_else(office: Office) -> None:
    box = office.join(office.person("box"), "watch")
    late(office, 60)
    box.now = office.mo.now
    box.run("watch", "--once")
    ref = office.ref
    said = ("--known-by", "I know the voice.")
    for words in (
        ("acknowledge", ref),
        ("acknowledge", ref, "--for", "Mo", *said),
        ("stand-down", ref, "--because", "safe"),
        ("back", ref, "--for", "Sam", *said),
        ("ok", ref, "--for", "Sam", *said),
        ("extend", ref, "--for", "Sam", "--until", "13:30", *said),
        ("marker", ref, "--system", "Mosaic", "--reference", "4711"),
        ("withdraw", ref, "--reason", "I am a computer."),
        ("review", ref, "--decision", "return", "--reason", "No."),
        ("trace", ref, "--reason", "I want to look."),
        ("plan", "--answers", office.answers(), "--yes"),
        ("team", "role", "Box", "--role", "manager"),
        ("team", "set", "--keep-days", "1"),
        ("team", "duress", "--show"),
        ("store", "purge", "--yes"),
    ):
        ran = box.run(*words)
        assert (ran.code, ran.out) == (1, ""), words
    refused = office.mo.run("acknowledge", ref, "--for", "Box", *said)
    assert "only watches" in refused.err
    assert {one["by"]["name"] for one in office.show()["entries"]} == {"Sam", "Mo", "Box"}
    assert {one["kind"] for one in office.show()["entries"] if one["by"]["name"] == "Box"} == {"escalated"}


def test_watching_goes_with_no_other_role(office: Office) -> None:
    office.join(office.person("box"), "watch")
    for words in (("role", "Box", "--add", "duty"), ("role", "Sam", "--add", "watch")):
        ran = office.mo.run("team", *words)
        assert (ran.code, "goes with no other role" in ran.err) == (2, True)


def test_at_the_start_it_says_what_the_desk_lacks(office: Office) -> None:
    err = office.mo.run("watch", "--once").err
    assert "only this screen tells" in err
    assert "--desk-phone" in err
    assert "team duress --set" in err


def test_a_role_that_no_channel_reaches_is_named_at_the_start(office: Office) -> None:
    with MailServer() as mail:
        path = office.mo.home / "settings.toml"
        entry = f'\n[[notify]]\nlabel = "boss"\nwho = "manager"\nurl = "{mail.url("boss")}"\n'
        path.write_text(path.read_text(encoding="utf-8") + entry, encoding="utf-8")
        err = office.mo.run("watch", "--once").err
    assert "no channel reaches the duty officer" in err
    assert "no channel reaches the manager" not in err


def broken(office: Office) -> None:
    """Another entry, which cannot be used: `who` is misspelt."""
    path = office.mo.home / "settings.toml"
    entry = '\n[[notify]]\nlabel = "Mo at home"\nwho = "?"\nurl = "json://hooks.example/hunter2"\n'
    path.write_text(path.read_text(encoding="utf-8") + entry, encoding="utf-8")


def on_board(office: Office) -> str:
    return " ".join(office.mo.run("board", "--plain").out.split())


def test_one_bad_entry_is_told_of_loudly_and_the_other_channels_are_used(office: Office) -> None:
    with MailServer() as mail:
        settings(office.mo, mail)
        broken(office)
        late(office, 60)
        ran = office.mo.run("watch", "--once")
        assert ran.code == 4
        assert {one.to[0].split("@")[0] for one in mail.mails} == {"desk", "boss", "sam"}
    assert 'NOT USED: [[notify]] entry 4 ("Mo at home"): who must be' in ran.err
    assert "TROUBLE left out of its notifications: [[notify]] entry 4" in ran.out
    assert '[[notify]] entry 4 ("Mo at home")' in on_board(office)
    assert "hunter2" not in ran.out + ran.err


def test_where_no_entry_can_be_used_it_watches_on_and_says_that_only_its_screen_tells(office: Office) -> None:
    broken(office)
    late(office, 60)
    ran = office.mo.run("watch", "--once")
    assert ran.code == 4
    assert "only this screen tells" in ran.err
    assert "no channel is left" in ran.out
    assert entries(office, "escalated")
    assert "no channel is left" in on_board(office)


def test_a_drill_says_which_entry_it_could_not_try(office: Office) -> None:
    with MailServer() as mail:
        settings(office.mo, mail)
        broken(office)
        ran = office.mo.run("watch", "--drill")
        assert ran.code == 1
        assert "NOT TRIED: [[notify]] entry 4" in ran.err
        assert mail.mails


@pytest.mark.parametrize(
    "words",
    [("K7Q2-M9",), ("--every", "0"), ("--every", "61"), ("--drill", "--once"), ("--ping", "file:///x")],
)
def test_what_does_not_fit_together_is_refused(office: Office, words: tuple[str, ...]) -> None:
    assert office.mo.run("watch", *words).code == 2


def test_the_outside_monitor_hears_of_a_healthy_round_only(office: Office) -> None:
    with WebServer() as web, MailServer() as mail:
        office.mo.run("watch", "--once", "--ping", web.address("alive"))
        assert [request.path for request in web.requests] == ["/alive"]
        settings(office.mo, mail)
        mail.answer = Answer.REFUSE
        late(office, 60)
        office.mo.run("watch", "--once", "--ping", web.address("alive"))
        assert len(web.requests) == 1


def test_a_drill_tries_every_contact_and_leaves_the_visit_as_it_was(office: Office) -> None:
    with MailServer() as mail:
        settings(office.mo, mail)
        ran = office.mo.run("watch", office.ref, "--drill")
        told = {one.to[0].split("@")[0] for one in mail.mails}
        assert all("DRILL" in one.subject for one in mail.mails)
        assert ran.code == 0, ran.err
        assert told == {"desk", "boss", "sam"}
        assert "--because test" in ran.out
        assert office.mo.run("board", "--json").json["watch"]["anybody"] is False
        assert office.mo.run("watch", "--once").code == 0
        again = office.mo.run("watch", office.ref, "--drill")
        assert (again.code, "still open" in again.err) == (1, True)
    assert all(one["drill"] for one in entries(office, "escalated"))


def test_a_drill_is_stood_down_and_everybody_hears_of_it(office: Office) -> None:
    office.duty()
    with MailServer() as mail:
        settings(office.mo, mail)
        office.mo.done("watch", office.ref, "--drill")
        office.mo.done("acknowledge", office.ref)
        office.mo.done("stand-down", office.ref, "--because", "test")
        mail.mails.clear()
        office.mo.done("watch", "--once")
        assert {one.to[0].split("@")[0] for one in mail.mails} == {"desk", "boss", "sam"}
        assert all("DRILL" in one.subject for one in mail.mails)


def test_no_drill_where_somebody_is_really_late(office: Office) -> None:
    with MailServer() as mail:
        settings(office.mo, mail)
        late(office, 5)
        ran = office.mo.run("watch", office.ref, "--drill")
        assert (ran.code, mail.mails) == (1, [])


def test_a_made_up_drill_leaves_nothing_in_the_record_and_spares_the_workers(office: Office) -> None:
    with MailServer() as mail:
        settings(office.mo, mail)
        ran = office.mo.run("watch", "--drill")
        assert ran.code == 0, ran.err
        assert {one.to[0].split("@")[0] for one in mail.mails} == {"desk", "boss"}
        assert all("DRILL" in one.subject for one in mail.mails)
    assert entries(office, "escalated") == entries(office, "notified") == []
    assert office.mo.run("board", "--json").json["watch"]["anybody"] is False


def test_a_made_up_drill_names_no_reference_that_anybody_could_look_for(office: Office) -> None:
    with MailServer() as mail:
        settings(office.mo, mail)
        office.mo.done("watch", "--drill")
    for one in mail.mails:
        assert "visitsafe acknowledge" not in one.body
        assert "stand-down" not in one.body
        assert "DR11" not in one.subject + one.body
        assert "There is no visit and no reference" in " ".join(one.body.split())


def channels(office: Office, mail: MailServer, *lines: str) -> None:
    """Channels of people by their e-mail, written at the end of the settings."""
    path = office.mo.home / "settings.toml"
    entries = [
        f'[[notify]]\nlabel = "{name}"\nwho = "{name}@salford.example"\nurl = "{mail.url(name)}"'
        for name in ("mo", "nia", "zed")
    ]
    text = "\n".join([path.read_text(encoding="utf-8"), *entries, *lines])
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)


def test_who_has_left_hears_of_no_alarm_and_the_desk_is_told(office: Office) -> None:
    office.join(office.person("nia"), "manager")
    managers = ("[line-managers]", '"sam@salford.example" = "nia@salford.example"')
    with MailServer() as mail:
        channels(office, mail, *managers)
        office.mo.done("team", "revoke", "nia@salford.example", "--reason", "has left")
        late(office, 60)
        ran = office.mo.run("watch", "--once")
        assert {one.to[0].split("@")[0] for one in mail.mails} == {"mo"}
        for name in ("nia", "zed"):
            said = f'the channel "{name}" is not used: nobody in the team has the e-mail'
            assert said in ran.err
            assert said in office.mo.run("doctor").out
        assert '[line-managers] "sam@salford.example" is not used' in ran.err
        assert 'the channel "nia" is not used' in on_board(office)
        mail.mails.clear()
        drill = late(office, -60).mo.run("watch", "--drill")
        assert 'NOT TRIED: the channel "nia" is not used' in drill.err
        assert (drill.code, {one.to[0].split("@")[0] for one in mail.mails}) == (1, {"mo"})


def test_people_are_named_in_the_settings_as_at_every_command(office: Office) -> None:
    for name in ("nia.price", "ann.lee", "ann.low"):
        office.join(office.person(name), "manager")
    named = {"Price, N\u00cdA": "nia", "MO": "mo", "Ann": "ann", "Manger": "zed"}
    with MailServer() as mail:
        path = office.mo.home / "settings.toml"
        entries = [
            f'[[notify]]\nlabel = "{to}"\nwho = "{who}"\nurl = "{mail.url(to)}"' for who, to in named.items()
        ]
        managers = ("[line-managers]", '"sam" = "N. Price"', '"nia.price" = "ANN.LEE"')
        path.write_text("\n".join([path.read_text(encoding="utf-8"), *entries, *managers]), encoding="utf-8")
        path.chmod(0o600)
        late(office, 60)
        ran = office.mo.run("watch", "--once")
        assert {one.to[0].split("@")[0] for one in mail.mails} == {"nia", "mo"}
        for said in (
            'the channel "ann" is not used: more than one person in the team is called "Ann"',
            'the channel "zed" is not used: nobody in the team is called "Manger" now; is it manager?',
        ):
            assert said in ran.err
            assert said in office.mo.run("doctor").out
        assert "[line-managers]" not in ran.err
        started = office.mo.run("watch", "--once").err
        assert 'the line manager "ann.lee@salford.example" has no [[notify]] entry' in started
        left = office.mo.done("team", "leave", "nia.price", "--reason", "New job.", "--not-made", "--yes")
        assert f'the channel "nia" in {path} reaches them: take it out' in left.out + left.err
        assert f"is the line manager of sam in {path}" in left.out + left.err


def test_a_line_manager_who_is_no_manager_is_passed_over_and_told_so(office: Office) -> None:
    office.join(office.person("nia"), "practitioner")
    with MailServer() as mail:
        channels(office, mail, "[line-managers]", '"sam@salford.example" = "nia@salford.example"')
        late(office, 60)
        ran = office.mo.run("watch", "--once")
        assert {one.to[0].split("@")[0] for one in mail.mails} == {"mo"}
    assert '"nia@salford.example" is no manager; the managers are told instead' in ran.err


def test_a_reminder_that_the_desk_gets_for_the_worker_says_what_the_desk_does(office: Office) -> None:
    with MailServer() as mail:
        path = office.mo.home / "settings.toml"
        entry = f'\n[[notify]]\nlabel = "desk"\nwho = "duty"\nurl = "{mail.url("desk")}"\n'
        path.write_text(path.read_text(encoding="utf-8") + entry, encoding="utf-8")
        late(office, -9).mo.run("watch", "--once")
    (only,) = mail.mails
    body = " ".join(only.body.split())
    assert "Do now: ask Sam to report, or to say that they need longer." in body
    assert "Report that you are all right" not in body


def test_a_drill_says_which_channel_does_not_work(office: Office) -> None:
    with MailServer() as mail:
        settings(office.mo, mail)
        mail.stop()
        ran = office.mo.run("watch", "--drill")
    assert ran.code == 1
    assert "boss (manager): NOT SENT" in ran.err


def test_ctrl_c_ends_it_tidily_and_says_that_nobody_is_watching(office: Office, tmp_path: Path) -> None:
    screen = tmp_path / "screen.txt"
    watch = Watch(office.mo, screen, "--every", "1")
    watch.says("watched")
    assert watch.end(signal.SIGINT) == 130
    assert "NOBODY IS WATCHING NOW" in watch.said
    assert "Traceback" not in watch.said
    office.at(datetime.now(UTC))
    assert office.mo.run("board", "--json").json["watch"]["anybody"] is False


def test_a_locked_key_is_opened_once(tmp_path: Path) -> None:
    office = Office(tmp_path)
    secret = tmp_path / "secret"
    secret.write_text("correct horse battery\n", encoding="utf-8")
    words = ("key", "new", "--name", "Mo", "--email", "mo@salford.example")
    office.mo.done(*words, VISITSAFE_PASSPHRASE_FILE=str(secret))
    office.mo.done(
        "team", "found", "--role", "manager", "--place", "Salford, 53.49, -2.29",
        VISITSAFE_PASSPHRASE_FILE=str(secret),
    )  # fmt: skip
    assert office.mo.run("watch", "--once", VISITSAFE_PASSPHRASE_FILE=str(secret)).code == 0
    assert office.mo.run("watch", "--once").code == 1


# the loop and its screen, with time and store as arguments


class Room:
    """A watcher in its loop, with what its screen says."""

    def __init__(self, desk: Desk, say: Callable[[], str], ping: Pinger | None = None) -> None:
        self.desk, self.say = desk, say
        self.watcher = desk.watcher()
        self.watching = self.watcher.watching
        me = desk.read().roster.members[DEE.fingerprint]
        self.screen = WatchScreen(
            me, lambda: self.watching.view.roster, lambda: desk.now, colour=True, bell=True
        )
        self.watching.view._tell = self.screen.told
        self.watching._tell_gap = self.screen.gap
        self.store_is_away = self.breaks = False
        self.loop = Loop(self.watching, self.screen, self.open, Moved, pinger=ping)

    def open(self) -> Store:
        if self.breaks:
            raise ZeroDivisionError
        if self.store_is_away:
            raise StoreError("the disk is gone")
        return open_store(self.desk.url)

    def round(self) -> str:
        self.loop.round()
        return self.say()


@pytest.fixture
def room(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Room:
    story = countersigned()
    desk = Desk(tmp_path, departed(at(story, story.state.body.visit.start)))
    return Room(desk, lambda: capsys.readouterr().out)


def test_a_raised_step_is_a_red_line_with_a_bell_and_says_what_to_do(room: Room) -> None:
    room.desk.at(14)
    room.round()
    room.desk.at(16)
    said = room.round()
    assert "RAISED" in said
    assert "Ring the worker." in said
    assert "\a" in said
    assert "\x1b[1;31m" in said


def test_a_store_that_is_away_is_an_alarm_and_what_is_known_is_still_shown(room: Room) -> None:
    room.desk.at(-1)
    room.round()
    room.store_is_away = True
    room.desk.at(20)
    said = room.round()
    assert "THE STORE CANNOT BE REACHED" in said
    assert "Sam Okafor" in said
    assert "20 min late" in said
    assert "\a" in said
    assert "not late" not in said
    room.store_is_away = False
    room.desk.at(21)
    said = room.round()
    assert "the store is back" in said
    assert "NOBODY WAS WATCHING" in said
    assert "RAISED" in said


def test_while_the_store_is_away_everybody_who_is_out_is_named_with_their_time(room: Room) -> None:
    room.desk.at(-20)
    room.round()
    room.store_is_away = True
    said = room.round()
    assert "as last known, not late: " in said
    assert "Sam Okafor, Ordsall: due back 16:30" in said
    assert "more is out" not in said


def test_a_watch_whose_store_was_moved_is_told_to_begin_anew_there(room: Room, tmp_path: Path) -> None:
    room.round()
    with care_of(room.desk.url) as care:
        care.mark({"moved": f"{tmp_path}/new.db"})
    said = room.round()
    assert f"was moved to {tmp_path}/new.db" in said
    assert "end this watch, and start it anew with the new place" in said
    assert "tried again" not in said


def test_while_the_store_is_away_the_screen_repeats_itself_once_a_minute(room: Room) -> None:
    room.round()
    room.store_is_away = True
    said = []
    for _ in range(9):
        said.append(room.round())
        room.desk.now += timedelta(seconds=15)
    assert sum("CANNOT BE REACHED" in one for one in said) == 3


def test_that_nobody_has_taken_it_on_is_said_again_until_somebody_does(room: Room) -> None:
    room.desk.at(16)
    room.round()
    room.desk.at(18.5)
    assert "NOBODY HAS TAKEN THIS ON" in room.round()
    room.desk.happens(acknowledged, "duty-rings")
    room.desk.at(19.9)
    said = room.round()
    assert "TAKEN ON" in said
    assert "NOBODY HAS TAKEN" not in said


def test_duress_rings_no_bell_and_says_not_to_ring(room: Room) -> None:
    room.desk.at(-40)
    room.round()
    room.desk.happens(duress)
    said = room.round()
    assert "DURESS" in said
    assert "do not ring them" in said
    assert "\a" not in said


def test_whoever_is_on_the_visit_does_not_see_duress_on_the_desks_screen(room: Room) -> None:
    room.screen.me = room.desk.read().roster.members[SAM.fingerprint]
    room.desk.at(-40)
    room.round()
    room.desk.happens(duress)
    said = room.round()
    assert "DURESS" not in said
    assert "manager-acts" not in said
    assert "has reported being all right" in said


def test_back_during_an_alarm_says_that_somebody_has_to_stand_it_down(room: Room) -> None:
    room.desk.at(16)
    room.round()
    room.desk.happens(back)
    assert "stand it down" in room.round()


def test_a_fault_that_nobody_foresaw_is_said_and_the_next_round_goes_on(room: Room) -> None:
    room.breaks = True
    assert "THIS ROUND FAILED" in room.round()
    room.breaks = False
    room.desk.at(16)
    assert "RAISED" in room.round()


def test_what_others_wrote_cannot_move_the_cursor_of_the_desk(room: Room) -> None:
    room.desk.at(16)
    room.round()
    room.desk.happens(acknowledged, "duty-rings", note="\x1b[2Jgone\nRAISED nothing")
    said = room.round()
    assert "\x1b[2J" not in said
    assert "gone RAISED nothing" in said


def test_the_loop_goes_on_until_somebody_asks_to_end(room: Room) -> None:
    slept: list[float] = []
    room.loop.run(lambda: len(slept) == 3, slept.append)
    assert slept == [0, 0, 0]


# the clock


def test_a_clock_put_forward_is_believed_and_is_no_gap() -> None:
    shows, count = [NOW], [0.0]
    keeper = Timekeeper(lambda: shows[0], lambda: count[0], 15)
    shows[0], count[0] = NOW + timedelta(hours=1, seconds=15), 15.0
    moved = keeper.look()
    assert moved.by == timedelta(hours=1)
    assert "forward" in moved.sentence
    assert keeper.now() == shows[0]


def test_a_clock_put_back_is_not_believed_until_it_has_caught_up() -> None:
    shows, count = [NOW], [0.0]
    keeper = Timekeeper(lambda: shows[0], lambda: count[0], 15)
    shows[0], count[0] = NOW - timedelta(hours=1), 15.0
    assert "back" in keeper.look().sentence
    assert NOW + timedelta(seconds=14) <= keeper.now() <= NOW + timedelta(seconds=15)


def test_a_sleep_is_a_gap_and_not_a_jump() -> None:
    shows, count = [NOW], [0.0]
    keeper = Timekeeper(lambda: shows[0], lambda: count[0], 15)
    shows[0], count[0] = NOW + timedelta(hours=1), 3600.0
    moved = keeper.look()
    assert moved.by == timedelta()
    assert keeper.now() == shows[0]


def test_a_process_that_is_there_counts_as_running_and_one_that_never_was_does_not() -> None:
    assert is_running(os.getpid())
    assert not is_running(2**22 + 7)


def test_a_clock_that_was_put_forward_and_back_again_is_gone_by_again_and_in_doubt_meanwhile() -> None:
    shows, count = [NOW], [0.0]
    keeper = Timekeeper(lambda: shows[0], lambda: count[0], 15)
    shows[0], count[0] = NOW + timedelta(days=3), 15.0
    keeper.look()
    assert keeper.doubt()
    shows[0], count[0] = NOW + timedelta(seconds=30), 30.0
    moved = keeper.look()
    assert moved.by < -timedelta(days=2)
    assert keeper.now() == keeper.wall() == shows[0]
    assert keeper.doubt() == ()


# a store that is locked or away, and terminals that close


def test_a_store_that_is_locked_for_a_while_is_an_alarm_and_then_nothing_is_missing(room: Room) -> None:
    room.desk.at(14)
    room.round()
    room.desk.got.clear()
    with closing(sqlite3.connect(room.desk.folder / "store.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        room.desk.at(16)
        assert "THE STORE CANNOT BE REACHED" in room.round()
        other.execute("ROLLBACK")
    assert room.desk.got == []
    assert "the store is back" in room.round()
    assert room.desk.raised[-1] == "duty-rings"
    assert room.desk.labels == ["desk"]


def test_a_store_that_is_away_when_the_watch_begins_is_waited_for(office: Office, tmp_path: Path) -> None:
    away, screen = tmp_path / "away", tmp_path / "screen.txt"
    office.store.rename(away)
    watch = Watch(office.mo, screen, "--every", "1")
    watch.says("THE STORE CANNOT BE REACHED")
    assert "Ring whoever is out" in watch.said
    away.rename(office.store)
    watch.says("1 visit watched")
    assert watch.end() == 0


def test_a_single_round_and_a_stranger_do_not_wait_for_a_store_that_is_away(
    office: Office, tmp_path: Path
) -> None:
    office.store.rename(tmp_path / "away")
    assert office.mo.run("watch", "--once").code == 1
    assert office.person("nobody").run("watch").code == 1


def test_a_terminal_that_closes_ends_a_watch_that_only_its_screen_tells(
    office: Office, tmp_path: Path
) -> None:
    screen = tmp_path / "screen.txt"
    watch = Watch(office.mo, screen, "--every", "1")
    watch.says("watched")
    watch.end(signal.SIGHUP)
    assert "NOBODY IS WATCHING NOW" in watch.said


def test_a_terminal_that_closes_does_not_end_a_watch_whose_messages_reach_people(
    office: Office, tmp_path: Path
) -> None:
    screen = tmp_path / "screen.txt"
    with MailServer() as mail:
        settings(office.mo, mail)
        watch = Watch(office.mo, screen, "--every", "1")
        watch.says("watched")
        watch.process.send_signal(signal.SIGHUP)
        watch.says("nobody sees its screen")
        assert watch.end() == 0


def test_the_board_is_red_three_minutes_after_the_only_watcher_was_killed(
    office: Office, tmp_path: Path
) -> None:
    screen = tmp_path / "screen.txt"
    office.at(datetime.now(UTC))
    watch = Watch(office.mo, screen, "--every", "1")
    watch.says("watched")
    watch.kill()
    office.at(datetime.now(UTC) + timedelta(minutes=3, seconds=5))
    assert "NOBODY IS WATCHING since" in office.mo.run("board").out


def test_a_step_for_the_worker_is_said_in_plain_words(room: Room) -> None:
    room.desk.at(-11)
    room.round()
    room.desk.at(-9)
    said = room.round()
    assert "for the worker:" in said
