"""What a report answers so that nobody relies on a watch that is not there: through the command line."""

from contextlib import closing
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from office import NOW, Office, Ran
from story import DUE_BACK, START
from story_plan import LADDER, hostile_visit
from visit_story import at, departed, planned
from visitsafe.desk import Desk, open_roster
from visitsafe.opening import UK
from visitsafe.record.bodies import EscalatedBody
from visitsafe.record.kinds import Kind
from visitsafe.record.ssh import load
from visitsafe.state.ladder import set_out_words
from visitsafe.store.open import open_store
from visitsafe.text.clock import to_text
from visitsafe.visits.card import card

WHY = "A baby was not seen for a week."
GIST = WHY.rstrip(".")
"""As it stands inside of a sentence."""
SECOND = {"case": '"CF-2"', "start": '"23 November 2026 10:30"', "due_back": '"14:00"'}


@pytest.fixture
def out(office: Office) -> Office:
    """A countersigned visit from 10:00 to 11:30, twenty minutes before it."""
    office.countersigned()
    return clock(office, 9, 40)


def clock(office: Office, hour: int, minute: int = 0) -> Office:
    return office.at(NOW.replace(hour=hour, minute=minute))


def told(office: Office, *words: str) -> Ran:
    return office.mo.run(*words, "--for", "Sam", "--known-by", "I know the voice.")


def refused(ran: Ran, *said: str, code: int = 1) -> None:
    assert (ran.code, ran.out) == (code, ""), ran.err
    assert "Traceback" not in ran.err
    for words in said:
        assert words in ran.err


def kinds(office: Office) -> list[str]:
    return [entry["kind"] for entry in office.show()["entries"]]


def lines(office: Office) -> str:
    """What `visitsafe` alone says to Sam."""
    return office.sam.done().out


# Nobody watches


def test_whoever_sets_out_while_nobody_watches_is_told_whom_to_ring(out: Office) -> None:
    out.mo.done("team", "set", "--desk-phone", "0161 496 0000")
    said = "nobody at the desk is watching now; ring the desk on 0161 496 0000 so that somebody does"
    for command in ("depart", "arrive", "ok"):
        assert said in out.sam.done(command).err
    out.mo.run("watch", "--once")
    assert "nobody" not in clock(out, 9, 43).sam.done("ok").err
    assert said in clock(out, 9, 44).sam.done("ok").err
    assert "nobody" not in out.sam.done("back").err


def test_whoever_takes_the_call_and_could_watch_is_told_how(out: Office) -> None:
    assert "nobody at the desk is watching now; run: visitsafe watch" in told(out, "depart").err


# My own alarm


def test_a_worker_who_forgot_to_set_out_sees_that_the_desk_is_looking_for_them(out: Office) -> None:
    out.mo.done("team", "set", "--desk-phone", "0161 496 0000")
    clock(out, 11, 42)
    assert f"You were due back 12 minutes ago ({out.ref}) and nobody has heard from you" in lines(out)
    clock(out, 12, 0).mo.run("watch", "--once")
    shown = lines(out)
    assert f"The desk is looking for you: you were due back 30 minutes ago ({out.ref})." in shown
    assert "visitsafe back, or ring the desk on 0161 496 0000" in shown
    assert "visitsafe depart" not in shown
    out.sam.done("back", "--at", "11:20")
    assert "looking for you" not in lines(out)


def test_an_alarm_that_only_the_duress_phrase_opened_is_not_shown_to_the_worker(out: Office) -> None:
    out.sam.done("depart")
    before = lines(out)
    told(out, "ok", out.ref, "--duress")
    out.mo.run("watch", "--once")
    assert "looking for you" not in lines(out)
    assert lines(out).splitlines()[1] == before.splitlines()[1]


# Which visit


@pytest.fixture
def two(out: Office) -> Office:
    """Sam is out on the first visit and expected on the second; it is 10:40."""
    first = out.ref
    clock(out, 8).countersigned(**SECOND)
    clock(out, 9, 40).sam.done("depart", first)
    clock(out, 10, 40)
    out.first = first  # type: ignore[attr-defined]  # only for these tests
    return out


@pytest.mark.parametrize("words", [["ok"], ["back"], ["arrive"], ["leave"], ["extend", "--by", "30m"]])
def test_a_visit_that_is_watched_though_nobody_set_out_may_be_the_one_that_is_meant(
    two: Office, words: list[str]
) -> None:
    first = two.first  # type: ignore[attr-defined]
    refused(two.sam.run(*words), "more than one visit could be meant", first, two.ref)
    refused(told(two, *words), first, two.ref)
    done = two.sam.done(words[0], first, *words[1:])
    assert f"another visit of yours is still watched: {two.ref}, due back 14:00" in done.err


def test_the_duress_phrase_without_a_reference_is_answered_as_any_ok(two: Office) -> None:
    plain, duress = told(two, "ok"), told(two, "ok", "--duress")
    assert (plain.code, plain.out, plain.err) == (duress.code, duress.out, duress.err)
    assert (plain.code, "could be meant" in plain.err) == (1, True)
    assert f"another visit of Sam is still watched: {two.ref}" in told(two, "ok", two.first).err  # type: ignore[attr-defined]


# A visit that is over


@pytest.fixture
def over(out: Office) -> Office:
    """Sam was back at 11:00."""
    out.sam.done("depart")
    clock(out, 11).sam.done("back")
    return clock(out, 11, 10)


@pytest.mark.parametrize("words", [["ok"], ["leave"]])
def test_a_report_on_a_visit_that_is_over_promises_no_watch(over: Office, words: list[str]) -> None:
    done = over.sam.done(words[0], over.ref)
    assert "; the watch over this visit is over\n" in done.out
    assert "due back" not in done.out + done.err
    assert kinds(over)[-1] == {"ok": "ok", "leave": "left"}[words[0]]


def test_back_twice_says_that_it_was_over_already(over: Office) -> None:
    assert "the watch over this visit was over already" in over.sam.done("back", over.ref).out


@pytest.mark.parametrize(
    ("words", "until"), [(["extend", "--by", "1h"], "12:30"), (["depart"], "11:30"), (["arrive"], "11:30")]
)
def test_what_puts_a_visit_under_watch_again_says_so(over: Office, words: list[str], until: str) -> None:
    done = over.sam.done(words[0], over.ref, *words[1:])
    assert f"this visit is watched again until {until}" in done.out
    assert f"You are out on {over.ref}, due back {until}" in lines(over)


def test_an_ok_on_a_plan_that_is_not_watched_promises_nothing(office: Office) -> None:
    office.plan()
    done = clock(office, 10, 30).sam.done("ok")
    assert "; this visit is not watched\n" in done.out


def test_arriving_twice_is_said(out: Office) -> None:
    out.sam.done("depart")
    clock(out, 10).sam.done("arrive")
    clock(out, 10, 5).sam.done("ok")
    again = out.sam.done("arrive").out
    assert "Sam had already arrived at 10:00; noted again; due back 11:30" in again
    clock(out, 10, 30).sam.done("leave")
    assert "Sam arrived at 10:30" in out.sam.done("arrive").out


# Refused, withdrawn, urgent


def test_a_refusal_names_who_refused_and_why_and_holds_out_no_way_round(office: Office) -> None:
    office.plan()
    said = ("--reason", "The dogs are loose.", "--instead", "At school.")
    office.mo.done("review", office.ref, "--decision", "refuse", *said)
    clock(office, 9, 40)
    ran = office.sam.run("depart", office.ref)
    refused(ran, f"Mo refused {office.ref}: The dogs are loose.; instead: At school.", "ring Mo")
    assert "--urgent" not in ran.err
    gone = office.sam.done("depart", office.ref, "--urgent", "--reason", WHY)
    assert (
        "Mo refused this plan; that you have set out all the same is first in the managers' queue" in gone.err
    )
    queue = office.mo.done().out
    assert f"{office.ref} by Sam has set out although you refused it: {GIST}:  visitsafe review" in queue


def test_a_refusal_that_came_after_setting_out_is_not_told_as_disobeyed(office: Office) -> None:
    office.plan()
    clock(office, 9, 40).sam.done("depart", "--urgent", "--reason", WHY)
    office.mo.done("review", office.ref, "--decision", "refuse", "--reason", "No.", "--instead", "School.")
    assert f"has set out already, urgent: {GIST}; you refused it since" in office.mo.done().out


def test_a_manager_is_not_told_that_somebody_is_out_who_is_back(office: Office) -> None:
    office.plan()
    office.at(NOW.replace(hour=9, minute=40)).sam.done("depart", "--urgent", "--reason", "A baby is ill.")
    assert (
        f"{office.ref} by Sam has set out already, urgent: A baby is ill:  visitsafe" in office.mo.done().out
    )
    office.at(NOW.replace(hour=11)).sam.done("back")
    said = office.mo.done().out
    assert (
        f"{office.ref} by Sam is back and had set out first, urgent: A baby is ill:  visitsafe review" in said
    )
    assert "has set out already" not in said
    assert ".:" not in said


def test_setting_out_on_a_withdrawn_plan_reaches_a_manager_who_is_told_what_to_do(office: Office) -> None:
    office.plan()
    office.sam.done("withdraw", office.ref, "--reason", "They moved away.")
    clock(office, 9, 40)
    ran = office.sam.run("depart", office.ref)
    refused(ran, "was withdrawn: They moved away.", "ring your manager")
    assert "--urgent" not in ran.err
    gone = office.sam.done("depart", office.ref, "--urgent", "--reason", WHY)
    assert "that you have set out all the same is first in the managers' queue" in gone.err
    top = office.mo.done().out.splitlines()
    said = (
        f"{office.ref} by Sam has set out on a plan that was withdrawn: {GIST}. Ring them:  visitsafe board"
    )
    assert said in top
    refused(office.mo.run("review", office.ref, "--decision", "refuse", "--reason", "No.", "--instead", "-"),
            "nothing to decide; but Sam has set out", "ring Sam")  # fmt: skip
    office.sam.done("back", office.ref)
    assert "withdrawn" not in office.mo.done().out


def test_withdrawing_while_out_without_a_countersignature_hides_nobody(office: Office) -> None:
    office.plan()
    clock(office, 9, 40).sam.done("depart", "--urgent", "--reason", WHY)
    office.sam.done("withdraw", office.ref, "--reason", "Turned round.")
    assert f"has set out already, urgent: {GIST}; the plan was withdrawn since" in office.mo.done().out


def test_a_manager_reads_who_refused_what_somebody_set_out_on() -> None:
    story = departed(at(planned().decided("refuse"), START, -20), urgent=WHY)
    words, reason = set_out_words(story.state)
    assert (words, reason) == (f"has set out although {story.state.decision.name} refused it", WHY)  # type: ignore[union-attr]


@pytest.mark.parametrize("minutes", [-20, 20])
@pytest.mark.parametrize("flags", [[], ["--urgent"]])
def test_a_plan_that_was_signed_as_urgent_needs_no_reason_again(
    office: Office, minutes: int, flags: list[str]
) -> None:
    file = office.answers()
    signed = office.sam.done("plan", "--answers", file, "--yes", "--urgent", "--reason", WHY, "--json").json
    office.ref = signed["ref"]
    assert f"visitsafe depart {office.ref}" in lines(office)
    office.at(NOW.replace(hour=10) + timedelta(minutes=minutes))
    assert "visitsafe depart" in lines(office)
    gone = office.sam.done("depart", *flags, "--json")
    assert gone.json["urgent"] == WHY
    assert "a manager still has to decide" in gone.err
    assert f"has set out already, urgent: {GIST}" in office.mo.done().out


# Plans that would expire at once, or have


def test_a_plan_that_would_expire_at_once_is_not_signed(office: Office) -> None:
    clock(office, 10)
    words = ("plan", "--answers", office.answers(), "--yes")
    refused(office.sam.run(*words), "the start has passed", "still to come", "urgent:")
    assert "signed" in office.sam.done(*words, "--urgent", "--reason", WHY).out


def test_a_plan_that_nobody_decided_on_does_not_wait_for_a_manager_any_more(office: Office) -> None:
    office.plan()
    assert f"{office.ref} waits for a manager" in lines(office)
    clock(office, 10, 1)
    assert f"{office.ref}: nobody decided before the start" in lines(office)
    assert "waits for a manager" not in lines(office)


# Times and texts


@pytest.mark.parametrize(
    "time", ["24:00", "25:00", "24:10", "00:60", "99:99", "\u00b2\u00b2:00", "13:40:61", "24"]
)
def test_what_is_no_time_is_refused_in_a_sentence(out: Office, time: str) -> None:
    out.sam.done("depart")
    refused(clock(out, 14).sam.run("arrive", "--at", time), "hint", code=2)
    refused(out.sam.run("extend", "--until", time), "hint", code=2)
    assert kinds(out)[-1] == "departed"


def test_no_longer_is_no_extension(out: Office) -> None:
    out.sam.done("depart")
    for none in ("0m", "0h", "00h00m"):
        refused(out.sam.run("extend", "--by", none), "no longer than agreed", code=2)
    assert "due back 11:31 now" in out.sam.done("extend", "--by", "1m").out


def test_a_time_of_tonight_is_not_taken_for_last_night(out: Office) -> None:
    refused(out.sam.run("depart", "--at", "23:30"), "before")
    out.sam.done("depart")
    clock(out, 11)
    for command in ("back", "leave", "ok", "arrive"):
        refused(out.sam.run(command, "--at", "23:30"), "before")
    assert kinds(out)[-1] == "departed"


def test_an_urgent_plan_that_was_signed_on_the_way_knows_when_its_visit_began(office: Office) -> None:
    clock(office, 10, 30)
    words = ("--yes", "--urgent", "--reason", WHY, "--json")
    office.ref = office.sam.done("plan", "--answers", office.answers(), *words).json["ref"]
    refused(office.sam.run("depart", "--at", "07:30"), "before")
    assert "set out at 10:05" in office.sam.done("depart", "--at", "10:05").out


LONG = "x" * 2001


@pytest.mark.parametrize(
    "words",
    [
        ["ok", "--note", LONG],
        ["leave", "--reason", LONG],
        ["ok", "--for", "Sam", "--known-by", LONG],
        ["acknowledge", "--note", LONG],
        ["acknowledge", "--for", "Mo", "--known-by", LONG],
        ["stand-down", "--because", "safe", "--note", LONG],
        ["withdraw", "K7Q2-M9", "--reason", LONG],
        ["plan", "--urgent", "--reason", LONG],
        ["review", "REF", "--decision", "return", "--reason", LONG],
    ],
    ids=lambda words: f"{words[0]} {words[-2]}",
)
def test_a_text_that_is_too_long_is_refused_before_anything_is_signed(out: Office, words: list[str]) -> None:
    ran = out.mo.run(*[out.ref if word == "REF" else word for word in words])
    refused(ran, f"the text behind {words[-2]} has 2,001 characters; at most 2,000 are kept", code=2)
    assert kinds(out) == ["planned", "decided"]


def test_a_text_of_just_that_length_is_kept(out: Office) -> None:
    out.sam.done("depart", "--note", LONG[1:])


# The desk's drill, the card, the help


def test_taking_a_drill_on_cannot_be_taken_for_the_real_thing(out: Office) -> None:
    out.sam.done("depart")
    with closing(open_store(out.mo.store)) as store:
        roster = open_roster(store, store.history("team")[0].id)
        signer = load(out.mo.home / "keys" / "id_ed25519", None)
        desk = Desk(store, roster, out.mo.now, roster.members[signer.fingerprint], lambda: signer)
        state = desk.plan(desk.resolve(out.ref))
        body = EscalatedBody(
            of=state.version.id, step="duty-rings", due=to_text(out.mo.now), watcher="w1", drill="d1"
        )
        desk.append(state.plan, Kind.ESCALATED, state.heads, body)
    shown = out.mo.done("acknowledge", out.ref).out
    assert "This is a drill: nobody is in danger. Do not ring Sam or the police." in shown
    assert "\nDRILL: in a real alarm you would do this: " in shown
    assert "\nNow:" not in shown


def test_the_card_tells_the_steps_in_the_order_of_their_times() -> None:
    story = departed(at(planned(hostile_visit(ladder=LADDER)), START, -20), urgent=WHY)
    flat = card(story.state, START, ZoneInfo(UK), "").split("If nobody hears from you:\n")[1].split("\n--")[0]
    steps = [line for line in flat.splitlines() if not line.startswith(" ")]
    times = [line[:5] for line in steps]
    assert times == sorted(times)
    assert all(time[2] == ":" for time in times)
    assert len(times) == len(set(times)) == 2  # what falls due in one minute is one line
    assert "duty officer acts; manager and line manager told, at once because the risk is high" in " ".join(
        flat.split()
    )
    assert "Send two people, or ring 999." in " ".join(flat.split())
    assert DUE_BACK > START


def test_the_help_lists_every_command_under_what_a_person_is_doing(office: Office) -> None:
    shown = office.sam.done("--help").out
    heads = ["Plan and decide:", "On the way:", "At the desk:", "Afterwards:", "You, the team and its store:"]
    assert [line for line in shown.splitlines() if line in heads] == heads
    assert "..." not in shown.split("Options:")[1]
    assert "More:" not in shown
    day = shown.split("On the way:")[1].split("At the desk:")[0]
    assert [line.split()[0] for line in day.splitlines() if line.strip()] == [
        "depart", "arrive", "ok", "leave", "extend", "back"
    ]  # fmt: skip
