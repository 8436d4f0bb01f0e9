"""A store that somebody else wrote to: only the entries are believed, and nobody is stopped."""

import io
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from by_hand import body_of_plan, desk, made, put, roster, signer
from office import NOW, Office, Ran, Someone
from visitsafe.cli.output import make_console
from visitsafe.cli.review_screen import review_plan
from visitsafe.desk import summariser_at
from visitsafe.planning.decide import decide
from visitsafe.planning.sign import last_plan_of_mine
from visitsafe.record.bodies import DecidedBody, FoundedBody, Person, Place
from visitsafe.record.entry import compose, seal_entry
from visitsafe.record.terms import Decision
from visitsafe.state.rules import own_plan_id
from visitsafe.store.open import create_store, open_store

COUNTERSIGN = ("--decision", "countersign", "--reason", "Fine.")
REFUSE = ("--decision", "refuse", "--reason", "No.", "--instead", "In the office.")


def sql(office: Office, *statements: str) -> None:
    """Do to the file what somebody who has it can do; the triggers are put back."""
    with closing(sqlite3.connect(office.store, isolation_level=None)) as raw:
        triggers = raw.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            raw.execute(f"DROP TRIGGER {name}")
        for statement in (*statements, *(made_by for _, made_by in triggers)):
            raw.execute(statement)


def reviewed(office: Office, *words: str) -> Ran:
    return office.mo.run("review", office.ref, *words)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE plans SET status = 'countersigned'",
        "UPDATE plans SET status = 'refused', closed = 'x'",
        "UPDATE plans SET status = 'refused', closed = newest",
        "UPDATE plans SET stage = 'back', closed = (SELECT max(id) FROM entries WHERE stream = 'team')",
        "UPDATE plans SET by = 'x', start = '2000-01-01T00:00:00Z', due_back = '2000-01-01T01:00:00Z'",
        "DELETE FROM plans",
        "UPDATE plans SET newest = '', entries = 0",
    ],
)
def test_a_plan_is_shown_as_its_entries_have_it_whatever_the_list_says(office: Office, change: str) -> None:
    office.plan()
    sql(office, change)
    for who, words in ((office.mo, ["list"]), (office.mo, []), (office.sam, [])):
        ran = who.done(*words)
        assert office.ref in ran.out
        assert "otherwise than its entries" in ran.err
    assert office.mo.done("list", "--json").json[0]["status"] == "awaiting"
    assert f"review {office.ref}" in office.mo.done().out
    assert office.mo.run("verify", office.ref).code == 3
    assert office.mo.run("verify").code == 3


@pytest.mark.parametrize("named", ["zzz", "", "team", "kkkkkkkkkkkkkkkk", "\x1b[31mKKKKKKKKKKKK"])
def test_a_row_of_no_plan_is_named_and_stops_nothing(office: Office, named: str) -> None:
    office.plan()
    sql(
        office,
        f"INSERT INTO plans SELECT '{named}', status, stage, '', by, '', '', start, due_back,"
        " '', 0, 1, '', '' FROM plans",
    )
    for words in (["list"], ["list", "--json"], []):
        ran = office.mo.done(*words)
        assert office.ref in ran.out
        assert "is no plan" in ran.err
        assert "\x1b" not in ran.err
    assert office.mo.run("verify").code == 3


def test_entries_under_no_plan_are_named_and_stop_nothing(office: Office) -> None:
    office.plan()
    sql(office, "UPDATE entries SET stream = 'zzz' WHERE kind = 'planned'")
    assert "is no plan" in office.mo.done("list").err
    assert office.mo.run("verify").code == 3


def test_one_damaged_plan_stops_nobody(office: Office) -> None:
    first, bad = office.plan()["ref"], office.plan()
    sql(office, f"UPDATE entries SET signature = replace(signature, 'A', 'B') WHERE stream = '{bad['plan']}'")
    for who, words in ((office.mo, ["list"]), (office.mo, []), (office.sam, [])):
        ran = who.done(*words)
        assert first in ran.out
        assert bad["ref"] in ran.err
    office.ref = first
    at_sam = desk(office, office.sam)
    with closing(at_sam.store):
        assert last_plan_of_mine(at_sam) is not None
    office.sam.done("plan", "--answers", office.answers(), "--yes")
    assert reviewed(office, *COUNTERSIGN).code == 0


def test_an_entry_that_does_not_count_blocks_nothing(office: Office) -> None:
    eve = office.join(office.person("eve"), "duty")
    plan = office.plan()["plan"]
    put(office, made(eve, plan, "note", ["f" * 64], {}))
    assert reviewed(office, *COUNTERSIGN).code == 0
    assert office.sam.run("withdraw", office.ref, "--reason", "Hostile.").code == 0


def test_holding_back_is_possible_whatever_is_damaged_and_countersigning_is_not(office: Office) -> None:
    for words in (("withdraw",), REFUSE, ("--decision", "return", "--reason", "Look again.")):
        plan = office.plan()["plan"]
        reviewed(office, "--decision", "return", "--reason", "Tell me more.")
        sql(
            office,
            f"UPDATE entries SET signature = replace(signature, 'A', 'B')"
            f" WHERE stream = '{plan}' AND kind = 'decided'",
        )
        assert reviewed(office, *COUNTERSIGN).code == 3
        if words == ("withdraw",):
            assert office.sam.run("withdraw", office.ref, "--reason", "Hostile.").code == 0
        else:
            assert reviewed(office, *words).code == 0


def test_a_plan_can_be_refused_after_its_start(office: Office) -> None:
    office.plan()
    office.mo.now = NOW + timedelta(hours=3)
    assert reviewed(office, *COUNTERSIGN).code == 1
    assert reviewed(office, *REFUSE).code == 0


def test_deciding_needs_no_checklist(office: Office) -> None:
    """The plan names one that is not on the manager's computer."""
    office.plan()
    body = msgspec.structs.replace(body_of_plan(office), nonce="other", checklists=())
    gone = msgspec.to_builtins(body) | {"checklists": [{"id": "gone", "version": "1", "digest": "0"}]}
    plan = own_plan_id(signer(office.sam).fingerprint, "other")
    put(office, made(office.sam, plan, "planned", roster(office).heads, gone))
    office.ref = next(one["ref"] for one in office.mo.done("list", "--json").json if one["plan"] == plan)
    assert reviewed(office, "--decision", "return", "--reason", "Which checklist is this?").code == 0
    assert reviewed(office, *COUNTERSIGN).code == 0


def test_a_manager_who_joined_meanwhile_is_heard(office: Office) -> None:
    """Mo's screen is open with the team of an hour ago; Nia joins and refuses."""
    plan = office.plan()["plan"]
    at_mo = desk(office, office.mo)
    with closing(at_mo.store):
        state = at_mo.plan(plan)
        nia = office.join(office.person("nia"), "manager")
        nia.done("review", office.ref, *REFUSE)
        body = DecidedBody(of=state.version.id, decision=Decision.COUNTERSIGN, rationale="Fine.")
        assert decide(at_mo, state, body).status == "refused"
        row = at_mo.store.row(plan)
    assert row is not None
    assert row.status == "refused"
    assert office.mo.run("verify").code == 0


def test_a_database_that_swallows_entries_is_found_out(office: Office) -> None:
    office.plan()
    with closing(sqlite3.connect(office.store)) as raw:
        raw.execute("CREATE TRIGGER ev BEFORE INSERT ON entries BEGIN SELECT raise(ignore); END")
        raw.commit()
    ran = reviewed(office, *REFUSE)
    assert (ran.code, "did not keep an entry" in ran.err) == (3, True)


def test_nothing_is_written_over_the_last_trace_of_a_refusal(office: Office) -> None:
    office.plan()
    reviewed(office, *REFUSE)
    sql(office, "DELETE FROM entries WHERE kind = 'decided'")
    ran = reviewed(office, *COUNTERSIGN)
    assert (ran.code, "are gone" in ran.err) == (3, True)
    assert office.sam.run("withdraw", office.ref, "--reason", "Ill.").code == 3
    assert office.mo.run("verify").code == 3


def test_a_plan_that_leaves_out_its_findings_needs_conditions(office: Office) -> None:
    office.plan()
    body = body_of_plan(office)
    answers = dict(body.answers) | {"phone": "no", "daylight": "perhaps"}
    hostile = msgspec.structs.replace(body, nonce="evil", answers=answers, findings=())
    plan = own_plan_id(signer(office.sam).fingerprint, "evil")
    put(office, made(office.sam, plan, "planned", roster(office).heads, hostile))
    office.ref = next(one["ref"] for one in office.mo.done("list", "--json").json if one["plan"] == plan)
    ran = reviewed(office, *COUNTERSIGN)
    assert (ran.code, "leaves out" in ran.err) == (1, True)
    ran = reviewed(office, *COUNTERSIGN, "--condition", "Take a telephone.")
    assert (ran.code, "leaves out a stop finding" in ran.err) == (0, True)


def test_a_plan_as_visitsafe_makes_it_leaves_nothing_out(office: Office) -> None:
    office.plan(phone="no", car_targeted="not-sure")
    ran = reviewed(office, *COUNTERSIGN, "--condition", "Take the duty phone.")
    assert (ran.code, "leaves out" in ran.err, "could not be checked" in ran.err) == (0, False, False)


def test_a_companion_who_shares_a_name_is_pointed_out(office: Office) -> None:
    ann = office.join(office.person("ann.lee"), "manager")
    office.plan(joint_visit="yes", companions='["Lee from housing"]')
    ran = ann.run("review", office.ref, *COUNTERSIGN)
    assert (ran.code, "'Lee from housing' shares a name with you" in ran.err) == (1, True)
    ann.done("review", office.ref, *COUNTERSIGN, "--not-companion")
    said = office.show()["decision"]["attested"][-1]["text"]
    assert said == "The companion 'Lee from housing' is somebody else, not the person who countersigns."


@pytest.mark.parametrize("name", ["ANN-LEE", "AnnLee", "lee, Ann", "\u00c1nn L\u00ebe (manager)"])
def test_a_manager_who_goes_along_under_another_spelling_does_not_countersign(
    office: Office, name: str
) -> None:
    ann = office.join(office.person("ann.lee"), "manager")
    office.plan(joint_visit="yes", companions=f'["{name}"]')
    ran = ann.run("review", office.ref, *COUNTERSIGN, "--not-companion")
    assert (ran.code, "you go along on this visit" in ran.err) == (1, True)


def test_a_companion_with_an_initial_is_asked_about(office: Office) -> None:
    ann = office.join(office.person("ann.lee"), "manager")
    told = office.sam.done(
        "plan", "--answers", office.answers(joint_visit="yes", companions='["A. Lee"]'), "--yes"
    )
    assert '"A. Lee" may be Ann.Lee of the team: if so, give the whole name' in told.err
    ref = told.out.split()[0]
    assert ann.run("review", ref, *COUNTERSIGN).code == 1


def found_another(office: Office, eve: Someone) -> None:
    """Somebody who can write to the file founds a second team in it, dated before the first."""
    person = Person(name="Mo", email="mo2@salford.example", key=signer(eve).public_line)
    body = FoundedBody(team="Our team", person=person, roles=("admin", "manager"))
    put(office, made(eve, "team", "founded", [], body, at="2020-01-01T00:00:00Z"), listed=False)


def test_a_computer_without_a_pin_does_not_guess_between_two_teams(office: Office) -> None:
    zoe, eve = office.person("zoe"), office.person("eve")
    office.key(zoe)
    office.key(eve)
    found_another(office, eve)
    ran = zoe.run("list")
    assert (ran.code, "--team-id" in ran.err) == (1, True)
    assert "[team]" not in (zoe.home / "settings.toml").read_text()
    assert office.mo.run("list").code == 0
    ran = office.mo.run("verify")
    assert (ran.code, "founds another team" in ran.err) == (3, True)


def test_junk_does_not_compete_for_a_short_reference(office: Office) -> None:
    plan = office.plan()["plan"]
    eve = office.person("eve")
    office.key(eve)
    put(office, made(eve, plan[:5] + "0" * 11, "note", [], {}), listed=False)
    assert office.show()["plan"] == plan
    assert office.sam.run("withdraw", office.ref, "--reason", "Ill.").code == 0


@pytest.mark.parametrize("zone", ["Nowhere/Nix", "../../etc/passwd", "", "/etc/passwd", "Europe"])
def test_an_odd_time_zone_is_said_and_stops_nothing(office: Office, zone: str) -> None:
    fay = office.person("fay")
    fay.store = f"sqlite:///{office.folder / 'fay.sqlite3'}"
    office.key(fay)
    place = Place(name="p", latitude=53.0, longitude=-2.0, timezone=zone)
    person = Person(name="Fay", email="fay@x.example", key=signer(fay).public_line)
    body = FoundedBody(team="T", person=person, roles=("admin", "manager", "practitioner"), place=place)
    with closing(create_store(fay.store, NOW)) as store:
        payload = compose("team", "founded", NOW, signer(fay).fingerprint, [], body)
        store.append([seal_entry(payload, signer(fay))], NOW, lambda _plan, _rows: None)
    for words in (["list"], [], ["verify"]):
        assert "are shown as in Europe/London" in fay.done(*words).err


def test_many_entries_of_outsiders_stop_nobody(office: Office) -> None:
    plan = office.plan()["plan"]
    eve = office.person("eve")
    office.key(eve)
    put(office, *[made(eve, stream, "x", [], {"i": i}) for i in range(600) for stream in ("team", plan)])
    assert reviewed(office, *REFUSE).code == 0
    assert office.sam.run("withdraw", office.ref, "--reason", "Ill.").code == 0


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE entries SET payload = zeroblob(8000000) WHERE kind = 'planned'",
        "UPDATE entries SET payload = zeroblob(3000000) WHERE kind = 'planned'",
        "DROP TABLE plans",
        "ALTER TABLE plans RENAME TO p2",
        "UPDATE entries SET position = 9223372036854775807 WHERE kind = 'planned'",
    ],
)
def test_verify_says_that_it_does_not_hold(office: Office, change: str) -> None:
    office.plan()
    sql(office, change)
    assert office.mo.run("verify").code == 3
    assert office.mo.run("verify", office.ref).code == 3
    assert "Traceback" not in reviewed(office, *REFUSE).err


@pytest.mark.parametrize("version", ["0", "\u0661", "\u00b2", "-1", "1.0", "9" * 40])
def test_a_store_of_no_version_is_refused(office: Office, version: str) -> None:
    sql(office, f"UPDATE meta SET value = '{version}' WHERE key = 'schema_version'")
    assert office.mo.run("list").code == 3
    assert office.mo.run("verify").code == 3


def test_verify_notes_what_arrived_late(office: Office) -> None:
    plan = office.plan()["plan"]
    with closing(open_store(str(office.store))) as store:
        of = store.history(plan)[0].id
        body = DecidedBody(of=of, decision=Decision.COUNTERSIGN, rationale="Fine.")
        entry = made(office.mo, plan, "decided", [of, *roster(office).heads], body)
        by_team = summariser_at(store, roster(office).team_id)
        store.append([entry], NOW + timedelta(days=3), by_team)
    ran = office.mo.done("verify", office.ref)
    assert "received it at 2026-11-26" in ran.out
    assert "after the start" in ran.out


def test_a_second_key_that_changes_a_plan_leaves_the_list_right(office: Office) -> None:
    nia = office.join(office.person("nia"), "manager")
    office.plan(joint_visit="yes", companions='["N. Price"]')
    nia.done("review", office.ref, *COUNTERSIGN)
    other = office.person("other")
    other.done("key", "new", "--name", "N. Price", "--email", "nia@salford.example", "--no-passphrase")
    line = other.done("team", "join").out.strip()
    office.mo.done("team", "add", line, "--role", "practitioner", "--second-key")
    listed = office.mo.done("list", "--json")
    assert (listed.json[0]["status"], "otherwise" in listed.err) == ("awaiting", False)


def test_warnings_stand_on_top_of_what_a_manager_reads(office: Office) -> None:
    plan = office.plan()["plan"]
    at_mo = desk(office, office.mo)
    with closing(at_mo.store):
        state = at_mo.plan(plan)
    out = io.StringIO()
    console = make_console(plain=True, environ={}, file=out, width=100)
    review_plan(console, state, None, NOW, ZoneInfo("Europe/London"), warnings=["a finding is left out"])
    assert "a finding is left out" in out.getvalue().splitlines()[3]


# An open visit whose record does not hold is never "nobody is out"

SIGNATURE = "UPDATE entries SET signature = replace(signature, 'A', 'B') WHERE kind ="
PAYLOAD = "UPDATE entries SET payload = CAST(replace(payload, '\"v\":1', '\"v\":2') AS BLOB) WHERE kind ="
DAMAGE = {
    "a byte of the plan": f"{PAYLOAD} 'planned'",
    "a signature of the plan": f"{SIGNATURE} 'planned'",
    "a byte of the decision": f"{PAYLOAD} 'decided'",
    "a byte of setting out": f"{SIGNATURE} 'departed'",
    "the plan's entry is gone": "DELETE FROM entries WHERE kind = 'planned'",
    "the decision is gone": "DELETE FROM entries WHERE kind = 'decided'",
    "setting out is gone": "DELETE FROM entries WHERE kind = 'departed'",
    "its row is gone": "DELETE FROM plans",
    "its row says that it is over": "UPDATE plans SET stage = 'back', closed = newest",
    "its row is of another time": "UPDATE plans SET start = '2000-01-01T00:00:00Z', closed = newest",
}


@pytest.mark.parametrize("hour", [9, 11, 15])
@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_on_an_open_visit_is_never_nobody_is_out(office: Office, damage: str, hour: int) -> None:
    """Before its start, on the way, and overdue."""
    office.countersigned()
    office.sam.done("depart")
    sql(office, DAMAGE[damage])
    office.at(NOW.replace(hour=hour))
    board = office.mo.run("board", "--plain")
    assert board.code == 4
    assert "nobody is out" not in board.out
    assert office.ref in board.out
    shape = office.mo.run("board", "--json")
    assert (shape.code, shape.json["alarming"]) == (4, 1)
    watch = office.mo.run("watch", "--once")
    assert watch.code == 4
    assert office.ref in watch.err + watch.out


def test_damage_to_the_founding_of_the_team_is_never_nobody_is_out(office: Office) -> None:
    office.countersigned()
    office.sam.done("depart")
    sql(office, f"{SIGNATURE} 'founded'")
    for words in (("board",), ("board", "--json"), ("watch", "--once")):
        ran = office.at(NOW.replace(hour=12)).mo.run(*words)
        assert (ran.code, ran.out) == (4, "")
        assert "so nobody can say who is out" in ran.err
    assert office.mo.run("list").code == 3


def test_damage_on_a_visit_that_was_reported_over_today_may_hide_that_it_goes_on(office: Office) -> None:
    office.countersigned()
    office.sam.done("depart")
    office.sam.done("ok")
    office.sam.done("back")
    sql(office, f"{SIGNATURE} 'ok'")
    assert office.mo.run("board").code == 4
    office.at(NOW + timedelta(days=4))
    assert "nobody is out" in office.mo.done("board", "--plain").out


@pytest.mark.parametrize("named", ["zzz", "team"])
def test_a_row_of_no_plan_hides_nobody(office: Office, named: str) -> None:
    office.plan()
    sql(
        office,
        f"INSERT INTO plans SELECT '{named}', status, stage, '', by, '', '', start, due_back,"
        " '', 0, 1, '', '' FROM plans",
    )
    assert office.mo.run("board").code == 0


@pytest.mark.parametrize("minutes", [3_000_000, 600])
def test_a_ladder_by_which_nobody_is_told_for_long_is_a_finding_for_the_manager(
    office: Office, minutes: int
) -> None:
    """Whoever signs may use another program; by years or by ten hours, it is not the checklist's ladder."""
    office.plan()
    body = body_of_plan(office)
    assert body.ladder is not None
    steps = tuple(msgspec.structs.replace(one, after=minutes) for one in body.ladder.steps)
    late = msgspec.structs.replace(
        body, nonce="evil", ladder=msgspec.structs.replace(body.ladder, steps=steps)
    )
    plan = own_plan_id(signer(office.sam).fingerprint, "evil")
    put(office, made(office.sam, plan, "planned", roster(office).heads, late))
    office.ref = next(one["ref"] for one in office.mo.done("list", "--json").json if one["plan"] == plan)
    ran = reviewed(office, *COUNTERSIGN)
    assert ran.code == 1
    assert "is not its checklist's: by it nobody but the worker is told until" in ran.err
    assert reviewed(office, *COUNTERSIGN, "--condition", "I watch myself.").code == 0


HIDDEN = (
    "UPDATE plans SET start = '2000-01-01T00:00:00Z', due_back = '2000-01-01T01:00:00Z', by = 'x',"
    " case_ref = 'ZZ', stage = 'back',"
    " closed = (SELECT id FROM entries WHERE kind = 'decided' AND stream = plan)"
)
"""What somebody who has the file does to hide an agreed visit from everything that goes by the list."""


@pytest.fixture
def hidden(office: Office) -> Office:
    """A visit of next week, agreed today, which the list hides four days later."""
    office.countersigned(start='"1 December 2026 10:00"')
    office.at(NOW + timedelta(days=4))
    sql(office, HIDDEN)
    return office


def test_a_visit_that_the_list_hides_is_told_to_the_next_plan_of_that_time(hidden: Office) -> None:
    first = hidden.ref
    shape = hidden.plan(case='"CF-2"', start='"1 December 2026 11:00"', due_back='"12:00"')
    assert [one["value"] for one in shape["facts"] if one["name"] == "visit.overlap"] == ["worker"]
    assert f"Sam in {first}" in hidden.mo.done("show", hidden.ref).out


def test_the_same_answers_are_one_plan_whatever_the_list_says(hidden: Office) -> None:
    path = hidden.answers(start='"1 December 2026 10:00"')
    ran = hidden.sam.done("plan", "--answers", path, "--yes")
    assert "you signed it before" in ran.err
    assert ran.out.startswith(hidden.ref)


def test_standing_answers_come_from_the_newest_plan_though_the_list_hides_it(hidden: Office) -> None:
    path = Path(hidden.answers(start='"2 December 2026 10:00"'))
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if "  training:" not in line), encoding="utf-8")
    hidden.sam.done("plan", "--answers", str(path), "--yes")


def test_a_case_is_held_without_insisting_though_the_list_has_none_of_it(hidden: Office) -> None:
    assert "1 plan" in hidden.mo.done("store", "hold", "CF-1", "--reason", "The inquest.").out


def test_a_visit_that_the_list_hides_is_on_the_board_and_its_worker_finds_it(hidden: Office) -> None:
    hidden.at(NOW + timedelta(days=8, hours=3))
    assert hidden.sam.done("ok").out.startswith(hidden.ref)
    hidden.at(NOW + timedelta(days=8, hours=6))
    board = hidden.mo.run("board", "--plain")
    assert (board.code, hidden.ref in board.out, "nobody is out" in board.out) == (4, True, False)
    assert hidden.ref in hidden.mo.done("acknowledge").out


def test_a_visit_that_the_list_hides_is_seen_for_a_time_in_the_past(hidden: Office) -> None:
    hidden.at(NOW + timedelta(days=9))
    then = hidden.mo.run("board", "--plain", "--at", "1 December 2026 10:30")
    assert hidden.ref in then.out
