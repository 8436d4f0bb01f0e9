"""`visitsafe team` as people use it, and OpenSSH as the judge of what it exports."""

import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from office import NOW, Office, Ran, Someone

SSH_KEYGEN = shutil.which("ssh-keygen")
LATER = NOW + timedelta(days=10)


def entry(office: Office, kind: str) -> tuple[bytes, str]:
    """The bytes and the signature of the only entry of a kind."""
    with closing(sqlite3.connect(office.store)) as database:
        ((payload, signature),) = database.execute(
            "SELECT payload, signature FROM entries WHERE kind = ?", (kind,)
        ).fetchall()
    return payload, signature


def test_roles_are_replaced_and_the_old_ones_named(office: Office) -> None:
    ran = office.mo.done("team", "role", "Sam", "--role", "practitioner", "--role", "duty")
    assert ran.out == "Sam <sam@salford.example> is now: practitioner, duty\n"
    assert "before: practitioner" in ran.err
    assert (
        "Sam <sam@salford.example>: duty officer, practitioner, since 23 November 2026"
        in office.mo.done("team", "list").out
    )


def test_revoking_says_what_it_does_and_what_not_and_asks_nothing_without_a_terminal(office: Office) -> None:
    ran = office.mo.done("team", "revoke", "Sam", "--reason", "Has left the team.")
    assert ran.out == "revoked Sam <sam@salford.example>\n"
    assert "never comes back" in ran.err
    assert "they can still read" in ran.err


def test_a_revoked_member_can_sign_nothing_more(office: Office) -> None:
    office.mo.done("team", "revoke", "sam@salford.example", "--reason", "Has left.")
    ran = office.sam.run("plan", "--answers", office.answers(), "--yes")
    assert (ran.code, ran.out) == (1, "")
    assert "not in this team" in ran.err


def test_what_a_revoked_member_signed_before_still_stands(office: Office) -> None:
    office.plan()
    office.mo.now = LATER
    office.mo.done("team", "revoke", "Sam", "--reason", "Has left.")
    assert office.show()["status"] == "awaiting"
    assert office.show()["author"]["name"] == "Sam"


def test_those_who_have_gone_are_listed_if_asked_for(office: Office) -> None:
    office.mo.done("team", "revoke", "Sam", "--reason", "Has left.")
    assert "Sam" not in office.mo.done("team", "list").out
    listed = office.mo.done("team", "list", "--all").out
    assert "Sam <sam@salford.example>: 23 November 2026 to 23 November 2026, revoked: Has left." in listed
    shape = office.mo.done("team", "list", "--all", "--json").json
    assert [(one["name"], one["roles"], one["why"]) for one in shape["gone"]] == [
        ("Sam", [], "revoked: Has left.")
    ]
    assert shape["gone"][0]["until"] == "2026-11-23T08:00:00Z"


@pytest.mark.parametrize(
    "words",
    [
        ("team", "role", "Mo", "--role", "manager"),
        ("team", "revoke", "Mo", "--reason", "Has left."),
    ],
)
def test_the_last_admin_stays(office: Office, words: tuple[str, ...]) -> None:
    ran = office.mo.run(*words)
    assert ran.code == 1
    assert "Mo is the last admin" in ran.err
    assert "visitsafe team role WHO --add admin" in ran.err


def test_a_role_is_added_to_those_that_somebody_has_as_every_hint_says(office: Office) -> None:
    ran = office.mo.done("team", "role", "Sam", "--add", "admin")
    assert ran.out == "Sam <sam@salford.example> is now: practitioner, admin\n"
    assert "before: practitioner" in ran.err
    office.sam.done("plan", "--answers", office.answers(), "--yes")
    assert office.mo.run("team", "role", "Sam").code == 2
    assert office.mo.run("team", "role", "Sam", "--add", "duty", "--role", "duty").code == 2


def test_somebody_who_lost_their_key_goes_on_with_a_new_one(office: Office) -> None:
    office.plan()
    again = office.person("sam-again")
    email = "sam@salford.example"
    again.done("key", "new", "--name", "Sam", "--email", email, "--no-passphrase")
    line = again.done("team", "join").out.strip()
    office.mo.now = again.now = NOW + timedelta(minutes=1)
    assert "now has the key SHA256:" in office.mo.done("team", "replace", "Sam", line).out
    assert "not in this team" in office.sam.run("plan", "--answers", office.answers(), "--yes").err
    plan = again.done("plan", "--answers", office.answers(), "--yes", "--json").json
    assert plan["author"]["name"] == "Sam"


def test_a_lost_key_is_not_replaced_by_another_persons(office: Office) -> None:
    nia = office.person("nia")
    office.key(nia)
    ran = office.mo.run("team", "replace", "Sam", nia.done("team", "join").out.strip())
    assert ran.code == 1
    assert "visitsafe team revoke" in ran.err


def test_what_the_team_agrees_on_is_shown(office: Office) -> None:
    office.mo.done("team", "set", "--desk-phone", "0161 555 0100", "--keep-days", "2555")
    office.mo.done("team", "set", "--place", "Halifax, 44.6, -63.6", "--timezone", "America/Halifax")
    listed = office.mo.done("team", "list").out
    assert "Duty desk's telephone: 0161 555 0100" in listed
    assert "Records are kept for: 2555 days" in listed
    assert "Place: Halifax (America/Halifax)" in listed
    shape = office.mo.done("team", "list", "--json").json
    assert (shape["desk_phone"], shape["keep_days"], shape["timezone"]) == (
        "0161 555 0100",
        2555,
        "America/Halifax",
    )


def test_a_shorter_time_for_incidents_does_not_count_and_is_not_shown_as_if_it_did(office: Office) -> None:
    refused = office.mo.run("team", "set", "--keep-days", "2555", "--keep-days-incident", "30")
    assert (refused.code, "that is 2555 days" in refused.err) == (2, True)
    office.mo.done("team", "set", "--keep-days-incident", "30")
    office.mo.done("team", "set", "--keep-days", "2555")
    assert office.mo.run("team", "set", "--keep-days-incident", "40").code == 2
    listed = office.mo.done("team", "list").out
    kept = "Records of cases with an incident are kept for: 2555 days, as all others: the 30 days agreed"
    assert kept in listed
    assert office.mo.done("team", "list", "--json").json["keep_days_incident"] == 2555


def test_a_time_zone_alone_goes_with_the_place_as_it_is(office: Office) -> None:
    office.mo.done("team", "set", "--timezone", "Europe/Dublin")
    assert "Place: Salford (Europe/Dublin)" in office.mo.done("team", "list").out


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("999", "that number is for emergencies"),
        ("112", "that number is for emergencies"),
        ("1", "type it like 0161 496 0000"),
        ("0161 49", "it is too short; type all of it with the area code"),
        ("0161 496 O000", "it has letters in it; type digits, and 0 for a letter O"),
        ("0161 496 000", "no such number can be in use; read it again digit by digit"),
        ("0161 496 00000", "it has a digit too many"),
        ("0161 496 0000 or 0001", "it has letters in it"),
    ],
)
def test_what_is_no_telephone_number_is_not_the_desks(office: Office, typed: str, said: str) -> None:
    ran = office.mo.run("team", "set", "--desk-phone", typed)
    assert (ran.code, f'"{typed}" is not a telephone number' in ran.err) == (2, True)
    assert said in ran.err
    assert office.mo.done("team", "list", "--json").json["desk_phone"] is None


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("01614960000", "0161 496 0000"),
        ("(0161) 496-0000 x12", "0161 496 0000 ext. 12"),
        ("+353 1 234 5678", "+353 1 234 5678"),
    ],
)
def test_the_desks_number_is_read_back_as_it_is_usually_written(
    office: Office, typed: str, read: str
) -> None:
    ran = office.mo.done("team", "set", "--desk-phone", typed)
    assert f"the desk's number is {read}\n" in ran.err
    assert office.mo.done("team", "list", "--json").json["desk_phone"] == read


def test_a_country_is_agreed_on_for_numbers_that_name_none(office: Office) -> None:
    assert office.mo.run("team", "set", "--country", "XX").code == 2
    office.mo.done("team", "set", "--country", "IE", "--desk-phone", "01 234 5678")
    shape = office.mo.done("team", "list", "--json").json
    assert (shape["country"], shape["desk_phone"]) == ("IE", "(01) 234 5678")
    assert "Country of telephone numbers: IE" in office.mo.done("team", "list").out


def test_a_new_number_says_whose_card_has_the_old_one(office: Office) -> None:
    office.mo.done("team", "set", "--desk-phone", "0161 496 0000")
    office.countersigned()
    changed = office.mo.done("team", "set", "--desk-phone", "0161 496 0001").err
    assert f"Sam may have a card that says 0161 496 0000; tell them ({office.ref})" in changed
    office.at(NOW + timedelta(hours=2)).sam.done("depart")
    changed = office.mo.done("team", "set", "--desk-phone", "0161 496 0002").err
    assert f"Sam is out with a card that says 0161 496 0001; ring them ({office.ref})" in changed
    office.sam.done("back")
    assert "card" not in office.mo.done("team", "set", "--desk-phone", "0161 496 0003").err


def test_a_telephone_number_can_be_taken_out(office: Office) -> None:
    office.mo.done("team", "set", "--desk-phone", "0161 555 0100")
    office.mo.done("team", "set", "--desk-phone", "")
    assert office.mo.done("team", "list", "--json").json["desk_phone"] is None


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--keep-days", "0"),
        ("--keep-days", "-1"),
        ("--desk-phone", "nobody"),
        ("--timezone", "Mars/Base"),
        ("--timezone", "../etc/passwd"),
        ("--place", "Nowhere, 91, 0"),
    ],
)
def test_what_can_not_be_is_not_agreed_on(office: Office, words: tuple[str, ...]) -> None:
    ran = office.mo.run("team", "set", *words)
    assert ran.code == 2
    assert "hint" in ran.err


def test_a_store_with_another_team_is_refused(office: Office, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    other = Office(tmp_path / "elsewhere").found()
    office.sam.done("team", "list")
    swapped = Someone("sam", office.sam.home, other.mo.store)
    ran = swapped.run("team", "list")
    assert (ran.code, ran.out) == (3, "")
    assert "does not hold the team" in ran.err


def test_the_team_as_openssh_reads_it(office: Office) -> None:
    office.mo.now = LATER
    office.mo.done("team", "revoke", "Sam", "--reason", "Has left.")
    mo, sam = office.mo.done("team", "export").out.splitlines()
    assert re.fullmatch(
        r'mo@salford\.example namespaces="visitsafe",valid-after="20261123080000Z" ssh-ed25519 \S+', mo
    )
    assert re.fullmatch(
        r'sam@salford\.example namespaces="visitsafe",valid-after="20261123080000Z"'
        r',valid-before="20261203080000Z" ssh-ed25519 \S+',
        sam,
    )


@pytest.mark.skipif(SSH_KEYGEN is None, reason="OpenSSH is not installed")
@pytest.mark.parametrize(
    ("time", "good"),
    [
        ("20261123075959Z", False),
        ("20261123080000Z", True),
        ("20261201120000Z", True),
        ("20261203080000Z", True),
        ("20261203080001Z", False),
        ("20271123080000Z", False),
    ],
)
def test_openssh_accepts_a_leavers_signature_for_their_time_and_refuses_it_outside(
    office: Office, tmp_path: Path, time: str, good: bool
) -> None:
    office.plan()
    office.mo.now = LATER
    office.mo.done("team", "revoke", "Sam", "--reason", "Has left.")
    signers, signed = tmp_path / "allowed_signers", tmp_path / "entry.sig"
    office.mo.done("team", "export", "--out", str(signers))
    payload, signature = entry(office, "planned")
    signed.write_text(signature)
    words = [
        "-Y",
        "verify",
        "-f",
        str(signers),
        "-I",
        "sam@salford.example",
        "-n",
        "visitsafe",
        "-s",
        str(signed),
    ]
    ran = subprocess.run(
        [str(SSH_KEYGEN), *words, f"-Overify-time={time}"], input=payload, capture_output=True, check=False
    )
    assert (ran.returncode == 0) is good, ran.stderr


# A clock that is slow


def slow(office: Office, *words: str) -> Ran:
    """Mo, whose clock shows 07:50, while the others' clocks go right."""
    before, office.mo.now = office.mo.now, NOW.replace(hour=7, minute=50)
    ran = office.mo.run(*words)
    office.mo.now = before
    return ran


CHANGES = {
    "revoke": ("team", "revoke", "Nia", "--reason", "Has left."),
    "role": ("team", "role", "Nia", "--role", "duty"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_slow_clock_is_asked_about_and_erases_no_refusal(office: Office, change: str) -> None:
    nia = office.join(office.person("nia"), "manager")
    office.plan()
    office.at(NOW.replace(hour=8, minute=30))
    nia.now = office.sam.now
    no = ("--decision", "refuse", "--reason", "Too risky.", "--instead", "In the office.")
    nia.done("review", office.ref, *no)
    asked = slow(office, *CHANGES[change])
    assert (asked.code, asked.out) == (2, "")
    assert "your clock says Monday 23 November 2026, 07:50" in asked.err
    assert "08:30" in asked.err
    assert slow(office, *CHANGES[change], "--yes").code == 0
    assert "refused" in office.mo.done("list", "--all").out
    countersign = office.mo.run("review", office.ref, "--decision", "countersign", "--reason", "Fine.")
    assert countersign.code != 0
    assert "Nia" in countersign.err


def test_a_worker_who_is_out_stays_on_the_board_whatever_the_clock_of_who_revokes_them(
    office: Office,
) -> None:
    office.countersigned()
    office.at(NOW.replace(hour=9, minute=50))
    office.sam.done("depart")
    ran = slow(office, "team", "revoke", "Sam", "--reason", "Has left.", "--yes")
    assert ran.code == 0
    office.at(NOW.replace(hour=12, minute=30))
    board = office.mo.run("board", "--plain")
    assert (board.code, "Sam" in board.out, "1 h late" in board.out) == (4, True, True)
    assert "In doubt: Sam: by the clocks its author had left the team" in " ".join(board.out.split())
    assert "In doubt: by the clocks" in " ".join(office.mo.done("show", office.ref).out.split())
    watch = office.mo.run("watch", "--once")
    assert (watch.code, "Sam" in watch.out + watch.err) == (4, True)
    assert office.sam.run("back").code == 1
    assert office.mo.run("board").code == 4


@pytest.mark.parametrize("change", CHANGES)
def test_a_visit_stays_watched_whatever_the_clock_of_who_removes_the_manager_that_agreed_to_it(
    office: Office, change: str
) -> None:
    nia = office.join(office.person("nia"), "manager")
    office.plan()
    nia.now = NOW.replace(hour=8, minute=30)
    nia.done("review", office.ref, "--decision", "countersign", "--reason", "Good.")
    done = slow(office, *CHANGES[change], "--yes")
    assert (done.code, "nobody is watched less" in done.err) == (0, True)
    office.at(NOW.replace(hour=9))
    assert "is not countersigned" in office.sam.run("depart", office.ref).err
    office.at(NOW.replace(hour=12, minute=30))
    board = office.mo.run("board")
    assert (board.code, "1 h late: Sam" in board.out) == (4, True)
    assert office.mo.run("watch", "--once").code == 4


def test_an_alarm_is_open_whatever_the_clock_of_who_revokes_the_officer_whose_watch_raised_it(
    office: Office,
) -> None:
    dee = office.duty()
    office.countersigned()
    office.at(NOW.replace(hour=9, minute=50)).sam.done("depart")
    dee.now = NOW.replace(hour=12)
    dee.run("watch", "--once")
    office.at(NOW.replace(hour=12, minute=5)).sam.done("back")
    assert slow(office, "team", "revoke", "Dee", "--reason", "Has left.", "--yes").code == 0
    board = office.at(NOW.replace(hour=12, minute=30)).mo.run("board")
    assert (board.code, "Back, but the alarm is not stood down: Sam" in board.out) == (4, True)


def test_whoever_revokes_somebody_who_is_out_is_told_and_the_desk_says_that_they_are_back(
    office: Office,
) -> None:
    office.countersigned()
    office.at(NOW.replace(hour=10))
    office.sam.done("depart")
    ran = office.mo.done("team", "revoke", "Sam", "--reason", "Has left.")
    assert f"Sam is out: {office.ref}, due back 11:30" in ran.err
    office.at(NOW.replace(hour=11))
    back = office.mo.done("back", office.ref, "--for", "Sam", "--known-by", "I know the voice.")
    assert "the watch over this visit is over" in back.out


# Somebody leaves


def test_who_leaves_is_revoked_their_visits_are_closed_and_the_rest_is_said(office: Office) -> None:
    office.countersigned()
    office.mo.done("team", "duress", "--set", "--from-file", str(phrase(office)))
    settings = office.mo.home / "settings.toml"
    channel = (
        '\n[[notify]]\nlabel = "Sam at home"\nwho = "sam@salford.example"\nurl = "json://hooks.example/x"\n'
    )
    settings.write_text(settings.read_text() + channel)
    refused = office.mo.run("team", "leave", "Sam")
    assert (refused.code, refused.out) == (2, "")
    assert f"Sam has open visits: {office.ref} (Mon 23 Nov 10:00-11:30); nothing was changed" in refused.err
    assert "--not-made" in refused.err
    assert "--hand-to" in refused.err
    assert office.show()["status"] == "countersigned"

    left = office.mo.done("team", "leave", "Sam", "--not-made").out
    assert left.startswith("Sam <sam@salford.example> has left the team\n")
    assert f"{office.ref} (Mon 23 Nov 10:00-11:30) is closed: not made" in left
    outside = left.partition("What is to be done outside:")[2]
    assert str(office.store) in outside
    assert 'the channel "Sam at home"' in outside
    assert "visitsafe team duress --set" in outside
    shown = office.show()
    assert (shown["status"], shown["closed"] is not None) == ("withdrawn", True)
    assert shown["withdrawn"] == "not made: Sam has left the team"
    late = office.at(NOW + timedelta(hours=4))
    assert "nobody is out" in late.mo.done("board", "--plain").out.casefold()
    assert office.mo.run("watch", "--once").code == 0
    assert office.mo.done("verify").out.startswith("Everything holds.")
    assert "Ordsall, Sam\n" in office.mo.done("list", "--all").out
    again = office.mo.done("team", "leave", "Sam").out
    assert "What is to be done outside" in again


def phrase(office: Office) -> Path:
    path = office.folder / "phrase"
    path.write_text("The red folder is at home.")
    path.chmod(0o600)
    return path


def test_a_visit_of_who_leaves_is_handed_to_somebody_who_plans_it_anew(office: Office) -> None:
    nia = office.join(office.person("nia"), "practitioner")
    office.countersigned()
    left = office.mo.done("team", "leave", "Sam", "--hand-to", "Nia").out
    assert "is handed to Nia, and is not watched until they have planned it" in left
    assert f"visitsafe plan --repeat {office.ref}" in left
    assert office.show()["withdrawn"] == "handed to Nia, who plans it anew: Sam has left the team"
    nia.done("plan", "--repeat", office.ref, "--answers", office.answers(), "--yes")
    dee = office.duty()
    assert "may not plan visits" in office.mo.run("team", "leave", "Nia", "--hand-to", dee.name).err
    assert "None" not in office.mo.run("team", "leave", "Nia", "--hand-to", "Nia").err


@pytest.mark.parametrize("reported", [True, False])
def test_who_leaves_while_out_is_watched_until_somebody_has_heard_from_them(
    office: Office, *, reported: bool
) -> None:
    office.countersigned()
    office.at(NOW + timedelta(hours=2, minutes=15))
    if reported:
        office.sam.done("depart", office.ref)
    ran = office.mo.done("team", "leave", "Sam", "--not-made")
    what = "is out" if reported else "may be out"
    assert f"Sam {what}: {office.ref}, due back 11:30; they stay on the board" in ran.err
    assert f"visitsafe back {office.ref} --for 'Sam'" in ran.err
    off = f"if they are not there, a manager: visitsafe withdraw {office.ref} --reason 'why'"
    assert (off in ran.err) != reported
    assert "closed: not made" not in ran.out
    assert "Sam" in office.mo.run("board", "--plain").out
    office.at(NOW + timedelta(hours=4, minutes=30))
    assert office.mo.run("watch", "--once").code == 4
    office.mo.done("back", office.ref, "--for", "Sam", "--known-by", "I know the voice.")


def test_a_manager_withdraws_the_plan_of_somebody_who_has_left_and_nobody_elses(office: Office) -> None:
    nia = office.join(office.person("nia"), "practitioner")
    office.countersigned()
    early = office.mo.run("withdraw", office.ref, "--reason", "x")
    assert (early.code, "is the plan of Sam" in early.err) == (1, True)
    office.mo.done("team", "revoke", "Sam", "--reason", "Has left.")
    office.at(NOW + timedelta(days=3))
    nia.now = office.mo.now
    listed = office.mo.done("list").out
    assert f"a manager, as Sam has left: visitsafe withdraw {office.ref}" in " ".join(listed.split())
    assert "visitsafe back" not in listed
    assert nia.run("withdraw", office.ref, "--reason", "x").code == 1
    words = ("withdraw", office.ref, "--reason", "Sam has left; it was not made.")
    asked = office.mo.run(*words)
    assert (asked.code, "withdrawing it says that Sam is not there" in asked.err) == (2, True)
    office.mo.done(*words, "--not-made")
    assert office.show()["closed"] is not None
    assert office.mo.done("verify").out.startswith("Everything holds.")


def test_whoever_counts_on_who_leaves_is_named(office: Office) -> None:
    office.join(office.person("nia"), "practitioner")
    office.countersigned(companions="[Nia]", joint_visit="yes")
    left = office.mo.done("team", "leave", "Nia").out
    assert f"Sam counts on them to come along on {office.ref} (Mon 23 Nov 10:00-11:30): tell Sam" in left


def test_nobody_sees_to_their_own_leaving(office: Office) -> None:
    office.mo.done("team", "role", "Sam", "--add", "admin")
    ran = office.mo.run("team", "leave", "Mo")
    assert (ran.code, "another admin runs this" in ran.err) == (1, True)


def test_an_admin_who_is_no_manager_ends_the_keys_and_names_what_a_manager_closes(office: Office) -> None:
    office.countersigned()
    ada = office.join(office.person("ada"), "admin")
    left = ada.done("team", "leave", "Sam", "--not-made").out
    assert f"{office.ref} (Mon 23 Nov 10:00-11:30) is open; a manager closes it: visitsafe withdraw" in left
    assert office.show()["status"] == "countersigned"
    office.mo.done("withdraw", office.ref, "--reason", "Sam has left.")
