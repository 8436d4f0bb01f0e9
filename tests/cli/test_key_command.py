"""`visitsafe key`: keys that are elsewhere, and changing from one key to another."""

import base64
import json
import shutil
import sqlite3
import stat
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from office import NOW, Office, Ran, Someone
from record.agents import Device, SshAgent, agent_with, ssh_agent
from visitsafe.record.ssh import generate, write_key

ANN = ("--name", "Ann", "--email", "ann@salford.example")
TOKEN = Device()


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """Ann's own key, outside of everything that visitsafe keeps."""
    path = tmp_path / "dot-ssh" / "id_ann"
    write_key(path, generate("ann@home", None, seed=b"a" * 32))
    return path


@pytest.fixture
def agent(tmp_path: Path, key: Path) -> Iterator[SshAgent]:
    with ssh_agent(tmp_path) as running:
        running.add(key)
        yield running


def pub(key: Path) -> str:
    return f"{key}.pub"


def settings_of(who: Someone) -> Any:
    return tomllib.loads((who.home / "settings.toml").read_text())["me"]


def fingerprint_of(key: Path) -> str:
    listed = subprocess.run(["ssh-keygen", "-lf", pub(key)], capture_output=True, text=True, check=True)
    return listed.stdout.split()[1]


def person_in(line: str) -> Any:
    """Who a join line says that its sender is."""
    words = line.strip().split(".")[1]
    return json.loads(base64.urlsafe_b64decode(words + "=" * (-len(words) % 4)))


def joined(office: Office, ann: Someone, *roles: str, **environ: str) -> Someone:
    line = ann.done("team", "join", **environ).out.strip()
    flags = [word for role in roles or ("practitioner",) for word in ("--role", role)]
    office.mo.done("team", "add", line, *flags)
    return ann


def planned(office: Office, who: Someone, **environ: str) -> str:
    words = ("plan", "--answers", office.answers(), "--yes", "--another", "--json")
    return str(who.done(*words, **environ).json["ref"])


def refused(ran: Ran, *sentences: str) -> None:
    """Said in a sentence with a hint."""
    assert ran.code == 1, ran.err
    assert "Traceback" not in ran.err
    assert "hint:" in ran.err
    for sentence in sentences:
        assert sentence in ran.err


def kinds(office: Office) -> list[str]:
    """What happened in the team, as everybody can list it."""
    with closing(sqlite3.connect(office.store)) as store:
        rows = store.execute("SELECT payload FROM entries").fetchall()
    return [entry["kind"] for entry in (json.loads(row[0]) for row in rows) if entry["plan"] == "team"]


def test_a_key_in_an_agent_does_all_that_a_key_in_a_file_does(
    office: Office, key: Path, agent: SshAgent, tmp_path: Path
) -> None:
    sock = {"SSH_AUTH_SOCK": str(agent.sock)}
    ann = office.person("ann")
    assert ann.done("key", "use", pub(key), *ANN, **sock).out.strip() == fingerprint_of(key)
    joined(office, ann, **sock)
    office.ref = planned(office, ann, **sock)
    office.mo.done("review", office.ref, "--decision", "countersign", "--reason", "Because.")
    assert office.show()["status"] == "countersigned"
    assert "Everything holds" in ann.done("verify").out
    bundle = tmp_path / "bundle.zip"
    ann.done("export", office.ref, "--format", "bundle", "--out", str(bundle))
    assert_ssh_keygen_accepts(bundle, tmp_path / "unpacked", fingerprint_of(key))


def assert_ssh_keygen_accepts(bundle: Path, folder: Path, fingerprint: str) -> None:
    """Every entry of the bundle holds by OpenSSH alone, at its own time; one at least is by this key."""
    zipfile.ZipFile(bundle).extractall(folder)
    signers = next(folder.rglob("allowed_signers"))
    said = ""
    for signature in folder.rglob("*.sig"):
        payload = signature.with_suffix("").read_bytes()
        made = "".join(filter(str.isalnum, json.loads(payload)["at"])).replace("T", "")
        files = ["-s", str(signature), "-f", str(signers), "-O", f"verify-time={made}"]
        find = ["ssh-keygen", "-Y", "find-principals", *files]
        who = subprocess.run(find, capture_output=True, text=True, check=True).stdout.split()[0]
        judge = ["ssh-keygen", "-Y", "verify", "-n", "visitsafe", "-I", who, *files]
        said += subprocess.run(judge, input=payload, capture_output=True, check=True).stdout.decode()
    assert fingerprint in said


def test_a_hardware_key_does_all_that_a_key_in_a_file_does(office: Office, tmp_path: Path) -> None:
    stub = TOKEN.stub(tmp_path / "token")
    ann = office.person("ann")
    bundle = tmp_path / "bundle.zip"
    with agent_with(TOKEN, tmp_path) as path:
        sock = {"SSH_AUTH_SOCK": str(path)}
        ran = ann.done("key", "use", str(stub), *ANN, **sock)
        assert "touch your hardware key" in ran.err
        joined(office, ann, **sock)
        ref = planned(office, ann, **sock)
    assert "Everything holds" in ann.done("verify").out
    ann.done("export", ref, "--format", "bundle", "--out", str(bundle))
    assert_ssh_keygen_accepts(bundle, tmp_path / "unpacked", fingerprint_of(stub))
    refused(
        ann.run("plan", "--answers", office.answers(), "--yes", "--another"),
        "your hardware key is not plugged in",
    )


def test_a_key_file_is_used_where_it_lies_and_never_copied(office: Office, key: Path) -> None:
    ann = office.person("ann")
    ann.done("key", "use", str(key), *ANN)
    assert settings_of(ann)["key"] == str(key)
    assert [path.name for path in ann.home.rglob("*")] == ["settings.toml"]
    joined(office, ann)
    planned(office, ann)
    key.rename(key.with_name("moved"))
    refused(ann.run("plan", "--answers", office.answers(), "--yes", "--another"), f"there is no key at {key}")


def test_a_path_is_remembered_from_wherever_it_was_named(
    office: Office, key: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ann = office.person("ann")
    monkeypatch.chdir(key.parent)
    ann.done("key", "use", key.name, *ANN)
    monkeypatch.chdir(tmp_path)
    assert ann.done("team", "join").out.startswith("visitsafe-join-1.")


def test_a_locked_key_is_tried_before_it_is_taken(office: Office, tmp_path: Path) -> None:
    locked, secret, wrong = (tmp_path / name for name in ("locked", "secret", "wrong"))
    write_key(locked, generate("ann@home", b"correct horse"))
    secret.write_text("correct horse\n")
    wrong.write_text("battery staple\n")
    ann = office.person("ann")
    refused(
        ann.run("key", "use", str(locked), *ANN, VISITSAFE_PASSPHRASE_FILE=str(wrong)),
        "does not open the key",
    )
    assert not ann.home.exists()
    ann.done("key", "use", str(locked), *ANN, VISITSAFE_PASSPHRASE_FILE=str(secret))


def test_whoever_has_no_name_yet_is_asked_for_it(office: Office, key: Path) -> None:
    ann = office.person("ann")
    named = ann.run("key", "new", "--name", "y", *ANN[2:], "--no-passphrase")
    assert (named.code, '"y" is not a name' in named.err) == (2, True)
    for words in ((), ANN[:2], ANN[2:], ("--name", "Ann", "--email", "no address")):
        ran = ann.run("key", "use", str(key), *words)
        assert ran.code == 2
        assert "hint: add: --" in ran.err
    assert not ann.home.exists()


def test_a_key_that_the_agent_does_not_have_is_not_taken(office: Office, key: Path, agent: SshAgent) -> None:
    ann = office.person("ann")
    agent.add("-D")
    words = ("key", "use", pub(key), *ANN)
    refused(ann.run(*words, SSH_AUTH_SOCK=str(agent.sock)), "your key is not in the ssh-agent", "ssh-add")
    refused(ann.run(*words), "no ssh-agent answers here")
    assert not ann.home.exists()


def test_when_the_agent_dies_a_plan_is_refused_and_nothing_is_written(
    office: Office, key: Path, agent: SshAgent
) -> None:
    sock = {"SSH_AUTH_SOCK": str(agent.sock)}
    ann = office.person("ann")
    ann.done("key", "use", pub(key), *ANN, **sock)
    joined(office, ann, **sock)
    agent.stop()
    words = ("plan", "--answers", office.answers(), "--yes", "--another")
    refused(ann.run(*words, **sock), "no ssh-agent answers here", "nothing was kept")
    assert ann.done("list", "--all", "--json").json == []
    with ssh_agent(key.parent) as again:
        again.add(key)
        ann.done(*words, SSH_AUTH_SOCK=str(again.sock))


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
def test_other_algorithms_are_refused_and_leave_nothing_behind(
    office: Office, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / kind
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", path], check=True)
    ann = office.person("ann")
    for named in (str(path), pub(path)):
        refused(ann.run("key", "use", named, *ANN), "only ssh-ed25519 and sk-ssh-ed25519@openssh.com work")
    assert not ann.home.exists()


def test_a_key_that_cannot_decrypt_gets_a_key_that_can_and_the_team_learns_it(
    office: Office, key: Path, agent: SshAgent
) -> None:
    sock = {"SSH_AUTH_SOCK": str(agent.sock)}
    ann = office.person("ann")
    ran = ann.done("key", "use", pub(key), *ANN, **sock)
    sealing = ann.home / "keys" / "sealing.txt"
    assert str(sealing) in ran.err
    assert stat.S_IMODE(sealing.stat().st_mode) == 0o600
    assert stat.S_IMODE(sealing.parent.stat().st_mode) == 0o700
    before = sealing.read_bytes()
    person = person_in(ann.done("team", "join", **sock).out)
    assert person["seal"].startswith("age1")
    assert f"# public key: {person['seal']}" in before.decode()
    ann.done("key", "use", pub(key), **sock)
    assert sealing.read_bytes() == before
    assert person_in(ann.done("team", "join", **sock).out) == person


def test_a_key_in_a_file_is_sealed_to_itself(office: Office, key: Path) -> None:
    ann = office.person("ann")
    ann.done("key", "use", str(key), *ANN)
    assert person_in(ann.done("team", "join").out)["seal"] == ""


def test_show_says_where_the_key_is_and_how_it_signs(
    office: Office, key: Path, agent: SshAgent, tmp_path: Path
) -> None:
    assert f"signs from the file {office.sam.home}/keys/id_ed25519" in office.sam.done("key", "show").out
    ann, bob = office.person("ann"), office.person("bob")
    ann.done("key", "use", pub(key), *ANN, SSH_AUTH_SOCK=str(agent.sock))
    shown = ann.done("key", "show").out
    assert "the ssh-agent signs" in shown
    assert fingerprint_of(key) in shown
    stub = TOKEN.stub(tmp_path / "token")
    with agent_with(TOKEN, tmp_path) as sock:
        bob.done("key", "use", str(stub), *ANN, SSH_AUTH_SOCK=str(sock))
    assert f"your hardware key signs; its file is {stub}" in bob.done("key", "show").out


def test_without_a_key_there_is_nothing_to_show_or_replace(office: Office) -> None:
    for word in ("show", "replace"):
        refused(office.person("ann").run("key", word), "you have no key yet")


def test_a_way_of_signing_of_a_newer_version_is_said_so(office: Office, key: Path) -> None:
    ann = office.person("ann")
    ann.done("key", "use", str(key), *ANN)
    file = ann.home / "settings.toml"
    file.write_text(file.read_text().replace('via = ""', 'via = "telepathy"'))
    refused(ann.run("team", "join"), "'telepathy', unknown here")


WRITTEN = """\
# Mo's computer. Ask Ann before you change anything here.
[me] # filled in by visitsafe
name = 'Mo'  # as in the rota
email = "mo@salford.example"
key = "keys/id_ed25519"

# ---- whom the desk reaches ----
# the number changes in April
[[notify]]
label = "Mo's mobile"  # not the old one
who = "manager"
url = "json://localhost"

[line-managers]
"sam@salford.example" = "mo@salford.example"
# that is all
"""


def test_what_a_person_wrote_in_the_settings_survives_every_command_that_changes_them(
    office: Office, key: Path
) -> None:
    file = office.mo.home / "settings.toml"
    file.write_text(WRITTEN)
    office.mo.done("team", "join", "--team-id", office.sam.done("team", "list", "--json").json["id"])
    office.mo.done("key", "replace", "--use", str(key))
    lines = file.read_text().splitlines()
    own = [line for line in WRITTEN.splitlines() if line and not line.startswith("key =")]
    assert [line for line in lines if line in own] == own
    assert lines.index('via = ""') < lines.index("# ---- whom the desk reaches ----")
    assert tomllib.loads(file.read_text())["me"]["key"] == str(key)
    assert "coming" not in file.read_text()
    assert office.mo.done("team", "list", "--json").json["members"]


def test_before_any_team_knows_it_a_key_can_be_changed_freely(tmp_path: Path, key: Path) -> None:
    ann = Someone("ann", tmp_path / "ann", f"sqlite:///{tmp_path / 'none.sqlite3'}")
    ann.done("key", "new", *ANN, "--no-passphrase")
    ann.done("key", "use", str(key))
    assert settings_of(ann) | {"name": "Ann", "key": str(key)} == settings_of(ann)
    assert (ann.home / "keys" / "id_ed25519").exists()


def test_a_key_that_the_team_knows_is_not_just_dropped(office: Office, key: Path) -> None:
    before = settings_of(office.sam)
    refused(
        office.sam.run("key", "use", str(key)), "the team knows you by", f"visitsafe key replace --use {key}"
    )
    assert settings_of(office.sam) == before


def test_the_same_key_may_move_to_another_folder(office: Office, tmp_path: Path) -> None:
    old = office.sam.home / "keys" / "id_ed25519"
    new = tmp_path / "elsewhere"
    old.rename(new)
    refused(office.sam.run("key", "use", str(new)), "its public half")
    Path(pub(new)).write_bytes(Path(pub(old)).read_bytes())
    office.sam.done("key", "use", str(new))
    office.plan()


def test_the_same_key_may_not_hide_in_an_agent_from_what_is_sealed_to_it(
    office: Office, agent: SshAgent
) -> None:
    own = office.sam.home / "keys" / "id_ed25519"
    agent.add(own)
    refused(
        office.sam.run("key", "use", pub(own), SSH_AUTH_SOCK=str(agent.sock)),
        "what is sealed can only be opened with its file",
    )


def test_a_new_key_takes_over_and_the_old_one_vouches_for_it(office: Office) -> None:
    office.plan()
    keys = office.sam.home / "keys"
    old, before = fingerprint_of(keys / "id_ed25519"), (keys / "id_ed25519").read_bytes()
    office.sam.now = office.mo.now = NOW + timedelta(minutes=5)
    ran = office.sam.done("key", "replace", "--no-passphrase")
    new = ran.out.strip()
    assert new != old
    assert "id_ed25519.old-1" in ran.err
    assert (keys / "id_ed25519.old-1").read_bytes() == before
    assert stat.S_IMODE((keys / "id_ed25519-2").stat().st_mode) == 0o600
    assert new in office.sam.done("key", "show").out
    assert kinds(office)[-1] == "key-replaced"
    planned(office, office.sam)
    assert "Everything holds" in office.mo.done("verify").out
    assert len(office.mo.done("list", "--all", "--json").json) == 2


def test_a_key_can_be_replaced_again_and_again(office: Office) -> None:
    seen = {office.sam.done("key", "replace", "--no-passphrase").out for _ in range(3)}
    assert len(seen) == 3
    files = {path.name for path in (office.sam.home / "keys").iterdir() if path.suffix != ".pub"}
    assert len(files) == 4
    office.plan()


def test_a_key_in_an_agent_can_take_over(office: Office, key: Path, agent: SshAgent) -> None:
    sock = {"SSH_AUTH_SOCK": str(agent.sock)}
    ran = office.sam.done("key", "replace", "--use", pub(key), **sock)
    assert ran.out.strip() == fingerprint_of(key)
    planned(office, office.sam, **sock)
    assert settings_of(office.sam)["seal"].startswith("age1")
    assert "Everything holds" in office.mo.done("verify").out


def test_the_key_that_one_has_cannot_replace_itself(office: Office) -> None:
    own = office.sam.home / "keys" / "id_ed25519"
    refused(office.sam.run("key", "replace", "--use", str(own)), "in the team already, as Sam")
    assert own.exists()
    assert "key-replaced" not in kinds(office)


def test_whoever_is_in_no_team_has_nothing_that_could_vouch(office: Office) -> None:
    eve = office.person("eve")
    office.key(eve)
    refused(eve.run("key", "replace", "--no-passphrase"), "your key is not in this team")
    assert {path.name for path in (eve.home / "keys").iterdir()} == {"id_ed25519", "id_ed25519.pub"}


def test_an_old_key_that_stays_locked_makes_no_new_one(office: Office) -> None:
    ann = office.person("ann")
    secret = office.folder / "secret"
    secret.write_text("correct horse\n")
    ann.done("key", "new", *ANN, VISITSAFE_PASSPHRASE_FILE=str(secret))
    joined(office, ann, VISITSAFE_PASSPHRASE_FILE=str(secret))
    refused(ann.run("key", "replace"), "your key has a passphrase")
    assert {path.name for path in (ann.home / "keys").iterdir()} == {"id_ed25519", "id_ed25519.pub"}
    ann.done("key", "replace", VISITSAFE_PASSPHRASE_FILE=str(secret))


def test_a_crash_after_the_entry_and_before_the_settings_is_put_right_by_running_it_again(
    office: Office,
) -> None:
    """The process dies as it is about to write the settings for the second time."""
    office.plan()
    script = f"""
import os, sys
from datetime import UTC, datetime
seen = []
def watch(event, arguments):
    if event == "os.rename" and str(arguments[1]).endswith("settings.toml"):
        seen.append(1)
        if len(seen) == 2:
            os._exit(9)
sys.addaudithook(watch)
from visitsafe.cli import main
main(["key", "replace", "--no-passphrase"], now=datetime(2026, 11, 23, 8, tzinfo=UTC),
     environ={office.sam.environ!r})
"""
    died = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True)
    assert died.returncode == 9, died.stderr
    assert kinds(office).count("key-replaced") == 1
    assert settings_of(office.sam)["key"] == "keys/id_ed25519"
    again = office.sam.done("key", "replace", "--no-passphrase")
    assert "from an earlier try" in again.err
    assert kinds(office).count("key-replaced") == 1
    assert settings_of(office.sam)["key"] == "keys/id_ed25519-2"
    assert "coming" not in settings_of(office.sam)
    office.plan()


def test_a_lost_key_is_replaced_without_it_and_the_team_has_to_be_asked(office: Office) -> None:
    for path in (office.sam.home / "keys").iterdir():
        path.unlink()
    refused(office.sam.run("list"), "visitsafe key replace --lost")
    ran = office.sam.done("key", "replace", "--lost", "--no-passphrase")
    assert "send an admin the line" in ran.err
    assert "key-replaced" not in kinds(office)
    assert office.sam.done("team", "join").out.startswith("visitsafe-join-1.")


def test_a_key_without_its_public_half_is_set_aside_too(office: Office) -> None:
    keys = office.sam.home / "keys"
    (keys / "id_ed25519.pub").unlink()
    assert "id_ed25519.old-1" in office.sam.done("key", "replace", "--lost", "--no-passphrase").err
    assert {path.name for path in keys.iterdir()} == {"id_ed25519.old-1", "id_ed25519-2", "id_ed25519-2.pub"}


def test_naming_the_same_key_as_lost_leaves_its_file_where_it_is(office: Office) -> None:
    own = office.sam.home / "keys" / "id_ed25519"
    office.sam.done("key", "replace", "--lost", "--use", str(own))
    assert own.exists()
    office.plan()


def test_verification_calls_nobody(office: Office, key: Path, agent: SshAgent) -> None:
    """No process, no agent, no network: not even for entries that ssh-keygen signed."""
    sock = {"SSH_AUTH_SOCK": str(agent.sock)}
    ann = office.person("ann")
    ann.done("key", "use", pub(key), *ANN, **sock)
    joined(office, ann, **sock)
    ref = planned(office, ann, **sock)
    agent.stop()
    for words in (["verify"], ["verify", ref], ["list", "--json"], ["show", ref, "--json"]):
        script = f"""
import sys
OUTSIDE = ("subprocess.Popen", "os.posix_spawn", "os.fork", "os.exec", "os.system", "socket.connect")
def watch(event, arguments):
    if event in OUTSIDE:
        raise RuntimeError(event)
sys.addaudithook(watch)
from visitsafe.cli import main
raise SystemExit(main({words!r}, environ={ann.environ | {"PATH": "", **sock}!r}))
"""
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


WAY_OUT = "visitsafe key replace --lost"


@pytest.mark.parametrize("gone", ["keys", "keys/id_ed25519"])
def test_a_lost_key_has_one_way_out_and_every_command_names_it(office: Office, gone: str) -> None:
    lost = office.sam.home / gone
    shutil.rmtree(lost) if lost.is_dir() else lost.unlink()
    own = str(office.sam.home / "keys" / "id_ed25519")
    new = ("key", "new", "--name", "Sam", "--email", "sam@salford.example", "--no-passphrase")
    commands: list[tuple[str, ...]] = [
        ("key", "show"),
        ("key", "use", own),
        ("key", "replace"),
        ("team", "join"),
    ]
    commands += [("plan", "--answers", office.answers(), "--yes")]
    if gone == "keys":
        commands.append(new)
    for words in commands:
        ran = office.sam.run(*words)
        assert (ran.code, ran.out) == (1, ""), words
        assert WAY_OUT in ran.err, words
        assert "key new" not in ran.err, words
    found = {one["name"]: one for one in office.sam.run("doctor", "--json").json}
    assert (found["key"]["state"], WAY_OUT in found["key"]["mend"]) == ("bad", True)

    said = office.sam.done("key", "replace", "--lost", "--no-passphrase").err
    assert "visitsafe team replace sam@salford.example LINE" in said
    line = office.sam.done("team", "join").out.strip()
    office.mo.done("team", "replace", "sam@salford.example", line)
    assert office.plan()["author"]["name"] == "Sam"
    assert {one["name"]: one["state"] for one in office.sam.run("doctor", "--json").json}["my key"] == "ok"


def test_where_only_the_public_half_is_gone_it_is_made_anew(office: Office) -> None:
    public = office.sam.home / "keys" / "id_ed25519.pub"
    public.unlink()
    ran = office.sam.run("list")
    assert f"ssh-keygen -y -f '{public.with_suffix('')}' > '{public}'" in ran.err


def test_a_key_without_settings_is_taken_up_again(office: Office) -> None:
    (office.sam.home / "settings.toml").unlink()
    new = ("key", "new", "--name", "Sam", "--email", "sam@salford.example", "--no-passphrase")
    hint = office.sam.run(*new).err.rpartition("to use it, run: visitsafe ")[2].strip()
    assert hint == f"key use '{office.sam.home / 'keys' / 'id_ed25519'}'"
    use = [word.strip("'") for word in hint.split()]
    office.sam.done(*use, "--name", "Sam", "--email", "sam@salford.example")
    assert office.plan()["author"]["name"] == "Sam"


def test_after_a_change_of_key_every_page_still_says_who_it_was(office: Office) -> None:
    dee = office.duty()
    office.countersigned()
    office.sam.done("depart", office.ref)
    office.at(NOW + timedelta(hours=4, minutes=30))
    office.mo.done("acknowledge", office.ref, "--for", "Dee", "--known-by", "I know the voice.")
    office.mo.done("back", office.ref, "--for", "Sam", "--known-by", "I know the voice.")
    dee.now = office.mo.now
    for someone in (office.sam, dee):
        someone.done("key", "replace", "--no-passphrase")
    assert "Ordsall, Sam\n" in office.mo.done("list", "--all").out
    assert office.mo.done("list", "--all", "--json").json[0]["author"]["name"] == "Sam"
    for words in (("show", office.ref), ("export", office.ref, "--format", "md")):
        page = office.mo.done(*words).out
        assert "passed on for Dee" in page
        assert "passed on for Sam" in page
        assert "the key SHA256" not in page
    says = [entry["says"] for entry in office.show()["entries"]]
    assert any(one and "passed on for Dee, known by" in one for one in says)


def test_what_somebody_signed_after_leaving_is_shown_under_their_name(office: Office) -> None:
    nia = office.join(office.person("nia"), "manager")
    office.plan()
    copy, bundle = office.folder / "nias-own.sqlite3", office.folder / "from-nia.zip"
    with closing(sqlite3.connect(office.store)) as there, closing(sqlite3.connect(copy)) as here:
        there.backup(here)
    office.mo.done("team", "revoke", "Nia", "--reason", "Has left.")
    office.at(NOW + timedelta(hours=1))
    away = Someone("nia", nia.home, f"sqlite:///{copy}", office.mo.now)
    away.done("review", office.ref, "--decision", "countersign", "--reason", "Fine.")
    away.done("export", office.ref, "--format", "bundle", "--out", str(bundle))
    office.mo.done("import", str(bundle), "--uncounted")
    late = office.show()["entries"][-1]
    assert (late["kind"], late["counts"], late["by"]["name"]) == ("decided", False, "Nia")
    assert ", by Nia; signature" in " ".join(office.mo.done("show", office.ref).out.split())


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_secret_that_others_can_read_is_warned_of(office: Office, mode: int) -> None:
    secret = office.folder / "secret"
    secret.write_text("correct horse\n")
    secret.chmod(mode)
    nia = office.person("nia")
    new = ("key", "new", "--name", "Nia", "--email", "nia@salford.example")
    locked = {"VISITSAFE_PASSPHRASE_FILE": str(secret)}
    said = f"others can read your passphrase in {secret}: chmod 600"
    assert said in nia.done(*new, **locked).err
    assert said in nia.done("team", "join", **locked).err
    phrase = office.mo.done("team", "duress", "--set", "--from-file", str(secret))
    assert f"others can read the phrase in {secret}: chmod 600" in phrase.err
    secret.chmod(0o600)
    assert "others can read" not in nia.done("team", "join", **locked).err
    assert "others can read" not in office.mo.done("team", "duress", "--set", "--from-file", str(secret)).err
