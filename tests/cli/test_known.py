"""What is known counts: an assault, the light and two visits at one time, as people meet them (D17)."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from by_hand import made, put, roster, signer
from office import NOW, Office
from visitsafe.record.bodies import PlanBody
from visitsafe.state.rules import own_plan_id
from visitsafe.store.open import open_store
from visitsafe.text.clock import to_text

INCIDENT = """\
checklist: incident
answers:
  near-miss: no
  behaviours: [physical-violence, written-threats]
  hurt: yes
  seen-and-heard: "He hit out."
  others-at-risk: no
"""
TOMORROW = '"24 November 2026 10:00"'
EVENING = {"start": '"24 November 2026 19:00"', "due_back": '"20:00"'}


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """A routine visit that is over."""
    office = Office(tmp_path).open()
    office.countersigned()
    office.at(NOW + timedelta(hours=2))
    office.sam.done("depart", office.ref)
    office.at(NOW + timedelta(hours=4))
    office.sam.done("back", office.ref)
    return office


def assault(office: Office) -> None:
    path = office.folder / "incident.yaml"
    path.write_text(INCIDENT, encoding="utf-8")
    office.sam.done("incident", office.ref, "--answers", str(path), "--yes")


def raised(shape: Any, level: str = "stop") -> set[str]:
    return {one["rule"] for one in shape["findings"] if one["level"] == level}


def value(shape: Any, name: str) -> str | None:
    return next((one["value"] for one in shape["facts"] if one["name"] == name), None)


def again(office: Office, *words: str, **changes: str) -> Any:
    """The next visit of the case, planned with the calm answers of the first."""
    path = office.answers(**{"start": TOMORROW, **changes})
    ran = office.sam.done("plan", "--answers", path, "--yes", "--json", *words)
    office.ref = ran.json["ref"]
    return ran.json


def body_of(office: Office, plan: str) -> PlanBody:
    """What a plan says first."""
    with closing(open_store(str(office.store))) as store:
        return msgspec.convert(store.history(plan)[0].entry.content.body, PlanBody)


def forge(office: Office, named: str, *, carried: bool = False, **changes: str) -> None:
    """The next visit of the case, signed by a program of one's own with checklists of no known digest."""
    body = body_of(office, again(office, **changes)["plan"])
    forged = replace(
        body,
        nonce="forged",
        checklists=tuple(replace(one, id=named, digest="0" * 64) for one in body.checklists[:1]),
        facts=(),
        findings=body.findings if carried else (),
        review=body.review and replace(body.review, conditions=(), attest=()),
    )
    stream = own_plan_id(signer(office.sam).fingerprint, "forged")
    office.sam.done("withdraw", office.ref, "--reason", "Signed by a program of my own.")
    at = to_text(NOW + timedelta(hours=4))
    put(office, made(office.sam, stream, "planned", roster(office).heads, forged, at))
    (office.ref,) = [one["ref"] for one in office.mo.done("list", "--json").json if one["plan"] == stream]


def flat(text: str) -> str:
    return " ".join(text.split())


def review(office: Office) -> str:
    """What `show` tells a manager, who sees what a review begins with."""
    return flat(office.mo.done("show", office.ref).out)


class TestAnAssault:
    @pytest.mark.parametrize("repeat", [True, False])
    def test_it_stops_the_next_plan_of_the_case_whatever_is_answered(
        self, office: Office, repeat: bool
    ) -> None:
        assault(office)
        shape = again(office, *(["--repeat", office.ref] if repeat else []))
        assert raised(shape) == {"violence-not-talked-over", "violence-alone"}
        assert "calm-in-spite-of-the-record" in raised(shape, "note")
        assert value(shape, "case.violence") == value(shape, "case.incident") == "open"

    def test_the_plan_signs_the_entries_behind_what_it_knew(self, office: Office) -> None:
        assault(office)
        entries = office.show()["after"]["incidents"]
        shape = again(office)
        (fact,) = [one for one in shape["facts"] if one["name"] == "case.violence"]
        assert fact["entries"] == [entries[0]["entry"]]
        assert "23 November 2026, on record, and not talked over yet" in fact["text"]

    def test_the_manager_cannot_countersign_without_conditions_and_sees_it_first(
        self, office: Office
    ) -> None:
        assault(office)
        again(office)
        words = ("review", office.ref, "--decision", "countersign", "--reason", "Fine.")
        assert "A stop finding still stands" in office.mo.run(*words).err
        out = review(office)
        assert "Last time (23 November): there was an incident" in out.split("Findings")[0]
        assert "Violence, or somebody hurt, or perhaps hurt: 23 November 2026" in out.split("Findings")[0]
        page = office.mo.done("export", office.ref).out
        assert "Worst finding (stop)" in page
        assert page.index("## What was known") < page.index("## Findings")

    @pytest.mark.parametrize("named", ["home-visit", "one-that-nobody-has"])
    @pytest.mark.parametrize("carried", [False, True])
    def test_it_needs_a_condition_whatever_checklist_a_plan_says_it_was_made_with(
        self, office: Office, named: str, carried: bool
    ) -> None:
        assault(office)
        forge(office, named, carried=carried)
        words = ("review", office.ref, "--decision", "countersign", "--reason", "Fine.")
        ran = office.mo.run(*words)
        assert (ran.code, "--condition" in ran.err) == (1, True)
        assert office.show()["status"] == "awaiting"
        assert office.mo.done(*words, "--condition", "Two go.").code == 0

    @pytest.mark.parametrize("named", ["home-visit", "one-that-nobody-has"])
    def test_who_sets_out_alone_after_all_is_told_whatever_checklist_the_plan_says_it_was_made_with(
        self, office: Office, named: str
    ) -> None:
        assault(office)
        forge(office, named, joint_visit="yes", companions='["Priya Nair"]')
        on = ("--condition", "Two go.")
        office.mo.done("review", office.ref, "--decision", "countersign", "--reason", "Fine.", *on)
        office.at(NOW + timedelta(days=1, hours=2))
        gone = office.sam.done("depart", "--without", "Priya", "--met", "all")
        assert "now that others go than was planned: There has been violence" in flat(gone.err)
        assert "only what is on record was looked at" in gone.err
        assert "Mo is told" in gone.err

    def test_who_sets_out_alone_after_all_is_told_of_what_happened_since_the_plan_was_signed(
        self, office: Office
    ) -> None:
        first = office.ref
        again(office, joint_visit="yes", companions='["Priya Nair"]')
        office.mo.done("review", office.ref, "--decision", "countersign", "--reason", "Fine.")
        second, office.ref = office.ref, first
        assault(office)
        office.at(NOW + timedelta(days=1, hours=2))
        gone = office.sam.done("depart", second, "--without", "Priya")
        assert "now that others go than was planned: There has been violence" in flat(gone.err)

    @pytest.mark.parametrize("said", ["ZZ", ""])
    def test_it_stops_the_next_plan_though_the_stores_list_says_that_it_was_another_case(
        self, office: Office, said: str
    ) -> None:
        assault(office)
        first = office.ref
        with closing(sqlite3.connect(office.store)) as raw:
            raw.execute("UPDATE plans SET case_ref = ?", (said,))
            raw.commit()
        office.at(NOW + timedelta(days=20))
        path = office.answers(start='"14 December 2026 10:00"')
        ran = office.sam.done("plan", "--answers", path, "--yes", "--json")
        assert raised(ran.json) == {"violence-not-talked-over", "violence-alone"}
        told = f"list shows {first} under another case than its entries do; run: visitsafe verify {first}"
        assert told in flat(ran.err)
        assert office.mo.run("verify", first).code == 3

    def test_a_plan_that_the_stores_list_puts_under_the_case_says_nothing_about_it(
        self, office: Office
    ) -> None:
        assault(office)
        with closing(sqlite3.connect(office.store)) as raw:
            raw.execute("UPDATE plans SET case_ref = 'CF-2'")
            raw.commit()
        path = office.answers(start=TOMORROW, case='"CF-2"')
        ran = office.sam.done("plan", "--answers", path, "--yes", "--json")
        assert (ran.json["findings"], "under another case" in ran.err) == ([], True)

    def test_once_it_was_talked_over_it_needs_a_control_measure_and_another_case_nothing(
        self, office: Office
    ) -> None:
        assault(office)
        debrief = office.folder / "debrief.yaml"
        asked = ("any-not-seen", "any-unsaid", "new-for-others")
        no = "".join(f"  {name}: no\n" for name in asked)
        debrief.write_text(f"checklist: debrief\nanswers:\n  went: as-planned\n{no}", encoding="utf-8")
        office.sam.done("debrief", office.ref, "--answers", str(debrief), "--yes")
        shape = again(office)
        assert value(shape, "case.violence") == "this-year"
        assert raised(shape) == {"violence-alone"}
        assert "violence-on-record" in raised(shape, "control")
        other = again(office, case='"CF-2"', start='"25 November 2026 10:00"')
        assert other["findings"] == []

    def test_visits_of_the_case_that_are_planned_already_are_named(self, office: Office) -> None:
        first = office.ref
        again(office)
        coming = office.ref
        path = office.folder / "incident.yaml"
        path.write_text(INCIDENT, encoding="utf-8")
        ran = office.sam.done("incident", first, "--answers", str(path), "--yes")
        assert f"{coming}, Tue 24 Nov 10:00-11:30, was planned before this" in ran.out
        assert f"visitsafe plan --revise {coming}" in ran.out

    def test_it_is_told_where_a_file_is_signed(self, office: Office) -> None:
        assault(office)
        path = office.answers(start=TOMORROW)
        err = office.sam.done("plan", "--answers", path, "--yes").err
        assert "to note: Violence, or somebody hurt, or perhaps hurt: 23 November 2026" in err


class TestLight:
    def test_an_answer_that_the_sun_denies_is_a_stop_alone_and_both_stand_in_the_record(
        self, office: Office
    ) -> None:
        shape = again(office, **EVENING)
        assert shape["answers"]["daylight"] == "yes"
        assert raised(shape) == {"after-dark-alone"}
        assert "light-disagrees" in raised(shape, "note")
        (fact,) = [one for one in shape["facts"] if one["name"] == "visit.light"]
        assert fact["value"] == "dark"
        assert fact["details"]["place"] == "Salford, 53.49, -2.29"
        assert fact["details"]["sunset"].startswith("2026-11-24T16:0")
        assert fact["details"]["dusk"].startswith("2026-11-24T16:4")

    def test_the_manager_sees_what_was_worked_out_the_answer_and_the_reason(self, office: Office) -> None:
        again(office, **EVENING, daylight_because='"The car park is lit."')
        out = review(office)
        assert "The sun sets at 16:00 in Salford that day; you plan to be back at 20:00: after dark." in out
        assert "The car park is lit." in out
        assert "The sun sets at 16:00" in office.mo.done("export", office.ref).out

    def test_why_it_will_be_light_is_only_asked_where_the_sun_denies_it(self, office: Office) -> None:
        path = office.answers(start=TOMORROW, daylight_because='"Lamps."')
        ran = office.sam.run("plan", "--answers", path, "--yes")
        assert ran.code == 1
        assert "only asked when" in ran.err
        assert "daylight for the whole visit" in ran.err

    def test_an_answer_that_it_will_be_dark_by_day_stands_beside_the_sun_with_its_reason(
        self, office: Office
    ) -> None:
        shape = again(office, start=TOMORROW, daylight="no", dark_because='"No lamps in the stairwell."')
        assert raised(shape) == {"no-light-alone"}
        out = review(office)
        assert "in daylight. The worker's answer is that it will not be light: No lamps in the" in out
        page = office.mo.done("export", office.ref).out
        assert "No lamps in the stairwell." in page
        assert "you plan to be back at 11:30: in daylight" in page
        assert "after dark" not in out + page + office.sam.done("show", office.ref).out
        days = ("--from", "1 November", "--to", "30 November")
        assert "Alone, and not surely in daylight: 0" in flat(office.mo.done("report", *days).out)

    @pytest.mark.parametrize(
        ("changes", "why"),
        [
            ({"daylight": "no"}, "dark-because"),
            ({"start": EVENING["start"], "due_back": '"20:00"'}, "daylight-because"),
        ],
    )
    def test_a_file_whose_answer_the_sun_denies_is_asked_why_either_way(
        self, office: Office, changes: dict[str, str], why: str
    ) -> None:
        path = office.answers(**{"start": TOMORROW, **changes})
        told = f"Your answer is another: say why under {why}, for your manager sees both."
        assert told in office.sam.done("plan", "--answers", path, "--yes").err
        path = office.answers(**{"start": TOMORROW, **changes, why.replace("-", "_"): '"Look."'})
        assert told not in office.sam.done("plan", "--answers", path, "--yes").err

    def test_who_stays_away_by_day_leaves_nobody_alone_after_dark(self, office: Office) -> None:
        again(office, start=TOMORROW, daylight="not-sure", joint_visit="yes", companions="[Priya Nair]")
        out = review(office)
        assert "The worker is not sure that it will be light." in out
        office.at(NOW + timedelta(days=1, hours=1))
        office.mo.done(
            "review", office.ref, "--decision", "countersign", "--reason", "Fine.", "--condition", "Ring."
        )
        office.sam.done("depart", office.ref)
        told = flat(office.sam.done("ok", office.ref, "--without", "Priya Nair").err)
        assert "little light, although the sun is up" in told
        assert (
            "after dark" not in told + office.mo.run("board").out + office.mo.done("export", office.ref).out
        )

    @pytest.mark.parametrize(
        ("start", "back", "light"),
        [
            ("14:00", "15:30", "daylight"),
            ("15:00", "16:15", "dusk"),
            ("15:00", "17:00", "dark"),
            ("07:30", "09:00", "dusk"),
            ("06:30", "09:00", "dark"),
        ],
    )
    def test_twilight_is_no_daylight_and_no_dark(
        self, office: Office, start: str, back: str, light: str
    ) -> None:
        shape = again(office, start=f'"24 November 2026 {start}"', due_back=f'"{back}"')
        assert value(shape, "visit.light") == light

    def test_the_report_counts_by_what_was_worked_out(self, office: Office) -> None:
        again(office, **EVENING)
        days = ("--from", "1 November", "--to", "30 November")
        shape = office.mo.done("report", *days, "--json").json
        figures = {one["id"]: one["value"] for part in shape["sections"] for one in part["figures"]}
        assert figures["alone_after_dark"] == 1


class TestTwoVisitsAtOneTime:
    def test_the_workers_own_are_noticed_told_and_shown_to_the_manager(self, office: Office) -> None:
        first = again(office)["ref"]
        path = office.answers(case='"CF-2"', start='"24 November 2026 11:00"', due_back='"12:00"')
        ran = office.sam.done("plan", "--answers", path, "--yes", "--json")
        assert value(ran.json, "visit.overlap") == "worker"
        assert "two-visits-at-once" in raised(ran.json, "note")
        told = f"Planned for another visit at the same time: Sam in {first}"
        assert told in ran.err
        office.ref = ran.json["ref"]
        assert told in review(office)
        office.ref = first
        assert "Since it was signed: Planned for another visit at the same time" in review(office)
        page = office.mo.done("export", first).out
        assert "**Since it was signed:** Planned for another visit at the same time" in page

    def test_so_are_a_companions_by_key_and_by_name(self, office: Office) -> None:
        office.join(office.person("dee"), "practitioner")
        company = {"joint_visit": "yes", "companions": "[Dee, Ann Archer]"}
        again(office, **company)
        path = office.answers(case='"CF-2"', start=TOMORROW)
        dee = office.person("dee")
        dee.now = office.sam.now
        shape = dee.done("plan", "--answers", path, "--yes", "--json").json
        assert value(shape, "visit.overlap") == "worker"
        mo = office.answers(case='"CF-3"', start=TOMORROW, joint_visit="yes", companions='["ann archer"]')
        ran = office.mo.done("plan", "--answers", mo, "--yes", "--json")
        assert value(ran.json, "visit.overlap") == "companion"

    def test_visits_that_touch_or_will_not_be_made_do_not_overlap(self, office: Office) -> None:
        again(office)
        after = again(office, start='"24 November 2026 11:30"', due_back='"12:30"')
        assert value(after, "visit.overlap") is None
        office.sam.done("withdraw", office.ref, "--reason", "Not needed.")
        same = again(office, start='"24 November 2026 11:30"', due_back='"12:30"')
        assert value(same, "visit.overlap") is None
        path = office.answers(start='"24 November 2026 11:30"', due_back='"12:45"')
        new = office.sam.done("plan", "--revise", office.ref, "--answers", path, "--yes", "--json").json
        assert value(new, "visit.overlap") is None
