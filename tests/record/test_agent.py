"""Signing through ssh-keygen: with a real ssh-agent, with a key that acts as a device, with every fault."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from patience import LIMIT
from record.agents import Device, SshAgent, agent_with, environ_with, silent_agent, ssh_agent
from record.openssh import OpenSSH
from visitsafe.errors import KeyFileError
from visitsafe.record import ssh as sshsig
from visitsafe.record.agent import AGENT, FILE, HARDWARE, AgentSigner, examine
from visitsafe.record.ssh import FileSigner, generate, write_key

PAYLOAD = b'{"v":1,"kind":"planned"}'
TOKEN = Device()


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A private key that is always the same, with its public half beside it."""
    path = tmp_path / "dana"
    write_key(path, generate("dana@example.org", None, seed=bytes(range(32))))
    return path


@pytest.fixture
def agent(tmp_path: Path, key: Path) -> Iterator[SshAgent]:
    """A running ssh-agent that holds the key."""
    with ssh_agent(tmp_path) as running:
        running.add(key)
        yield running


def public(key: Path) -> Path:
    return key.with_name(key.name + ".pub")


def signer_for(
    key: Path, environ: dict[str, str], told: list[str] | None = None, seconds: float = LIMIT
) -> AgentSigner:
    held = examine(public(key))
    tell = (told if told is not None else []).append
    return AgentSigner(held.public_line, held.via, held.path, environ, tell, seconds)


def refusal(signer: AgentSigner) -> str:
    """The sentence and the hint with which signing fails."""
    with pytest.raises(KeyFileError) as refused:
        signer.sign(PAYLOAD)
    assert refused.value.hint
    assert "\n" not in refused.value.message
    assert refused.value.message.isprintable()
    return f"{refused.value.message}; {refused.value.hint}"


def ssh_keygen_that(tmp_path: Path, does: str) -> dict[str, str]:
    """An environment in which `ssh-keygen` is a script."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "ssh-keygen"
    script.write_text(f"#!/bin/sh\n{does}\n")
    script.chmod(0o755)
    return environ_with(path=f"{folder}:{os.environ['PATH']}")


def test_a_real_agent_signs_as_the_key_itself_would(
    agent: SshAgent, key: Path, signer: FileSigner, openssh: OpenSSH
) -> None:
    told: list[str] = []
    through = signer_for(key, agent.environ, told)
    assert through.sign(PAYLOAD) == signer.sign(PAYLOAD)
    assert (through.public_line, through.fingerprint) == (signer.public_line, signer.fingerprint)
    assert openssh.accepts(PAYLOAD, through.sign(PAYLOAD), through.public_line)
    assert told == []


@pytest.mark.parametrize("payload", [b"", b"\0\xff\r\n", b"a" * 1_000_000], ids=["empty", "bytes", "large"])
def test_an_agent_signs_any_bytes(agent: SshAgent, key: Path, payload: bytes) -> None:
    assert sshsig.verify(payload, signer_for(key, agent.environ).sign(payload))


def test_without_an_agent_it_is_said_so(key: Path) -> None:
    assert "no ssh-agent answers here" in refusal(signer_for(key, environ_with()))


def test_an_agent_that_died_is_said_so(agent: SshAgent, key: Path) -> None:
    agent.stop()
    assert "no ssh-agent answers here" in refusal(signer_for(key, agent.environ))


def test_a_key_that_left_the_agent_is_said_so_and_not_looked_for_elsewhere(
    agent: SshAgent, key: Path, openssh: OpenSSH
) -> None:
    """The private file lies beside the public one, unlocked, and must not be taken instead."""
    agent.add("-D")
    assert key.exists()
    assert "your key is not in the ssh-agent; add it: ssh-add" in refusal(signer_for(key, agent.environ))
    agent.add(openssh.new_key())
    assert "your key is not in the ssh-agent" in refusal(signer_for(key, agent.environ))


def test_an_agent_that_asks_in_vain_refuses(agent: SshAgent, key: Path) -> None:
    agent.add("-D")
    agent.add("-c", key)
    assert "the ssh-agent refused to sign" in refusal(signer_for(key, agent.environ))


def test_an_agent_that_never_answers_is_not_waited_for_for_ever(tmp_path: Path, key: Path) -> None:
    with silent_agent(tmp_path) as sock:
        said = refusal(signer_for(key, environ_with(sock), seconds=0.5))
    assert "nothing signed within" in said
    assert "does not answer" in said


def test_without_ssh_keygen_it_is_said_what_needs_it(tmp_path: Path, key: Path) -> None:
    assert "there is no ssh-keygen on this computer" in refusal(
        signer_for(key, environ_with(path=str(tmp_path)))
    )


def test_an_ssh_keygen_in_the_folder_where_somebody_happens_to_be_is_not_run(
    tmp_path: Path, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ssh_keygen_that(tmp_path, f"touch {tmp_path}/was-run; exit 1")
    monkeypatch.chdir(tmp_path / "bin")
    assert "there is no ssh-keygen" in refusal(signer_for(key, environ_with(path=".")))
    assert not (tmp_path / "was-run").exists()


def test_ssh_keygen_is_asked_to_sign_once_and_for_nothing_else(
    tmp_path: Path, agent: SshAgent, key: Path
) -> None:
    real = OpenSSH.find()
    environ = ssh_keygen_that(tmp_path, f'echo "$@" >> {tmp_path}/asked; exec {real} "$@"')
    signer_for(key, environ | agent.environ | {"PATH": environ["PATH"]}).sign(PAYLOAD)
    assert (tmp_path / "asked").read_text() == f"-Y sign -n visitsafe -f {public(key)} -U\n"


@pytest.mark.parametrize(
    ("does", "sentence"),
    [
        ("cat", "what ssh-keygen signed does not hold"),
        ("true", "what ssh-keygen signed does not hold"),
        (r"printf '\377\0'", "what ssh-keygen signed does not hold"),
        ("exit 1", "ssh-keygen could not sign: it does not say why"),
        (r"printf '\033[2Jodd\r\n\n' >&2; exit 1", "ssh-keygen could not sign: [2Jodd;"),
        ("echo 'unknown option -- Y' >&2; exit 1", "too old"),
        ("exec sleep 3600", "nothing signed within"),
    ],
    ids=["the payload", "nothing", "bytes", "no reason", "escapes", "old", "asleep"],
)
def test_whatever_ssh_keygen_does_is_one_sentence(
    tmp_path: Path, key: Path, does: str, sentence: str
) -> None:
    seconds = 0.5 if "sleep" in does else LIMIT
    assert sentence in refusal(signer_for(key, ssh_keygen_that(tmp_path, does), seconds=seconds))


def test_a_signature_by_another_key_is_not_taken(tmp_path: Path, key: Path, openssh: OpenSSH) -> None:
    (tmp_path / "other").write_text(openssh.sign(PAYLOAD, openssh.new_key()))
    environ = ssh_keygen_that(tmp_path, f"cat {tmp_path}/other")
    assert "signed with another key than yours" in refusal(signer_for(key, environ))


def test_the_line_ends_of_windows_are_taken_out(tmp_path: Path, key: Path, signer: FileSigner) -> None:
    (tmp_path / "signed").write_bytes(signer.sign(PAYLOAD).replace("\n", "\r\n").encode())
    environ = ssh_keygen_that(tmp_path, f"cat {tmp_path}/signed")
    assert signer_for(key, environ).sign(PAYLOAD) == signer.sign(PAYLOAD)


def test_a_hardware_key_in_an_agent_signs_and_the_person_is_asked_to_touch_it(
    tmp_path: Path, openssh: OpenSSH
) -> None:
    told: list[str] = []
    stub = TOKEN.stub(tmp_path / "token")
    with agent_with(TOKEN, tmp_path) as sock:
        signature = signer_for(stub, environ_with(sock), told).sign(PAYLOAD)
    assert openssh.accepts(PAYLOAD, signature, TOKEN.line)
    assert told == ["touch your hardware key when it blinks"]


def test_a_hardware_key_that_asks_for_no_touch_is_refused(tmp_path: Path) -> None:
    stub = TOKEN.stub(tmp_path / "token")
    with agent_with(Device(flags=0), tmp_path) as sock:
        said = refusal(signer_for(stub, environ_with(sock)))
    assert "nobody touched" in said
    assert "no-touch-required" in said


def test_a_hardware_key_that_is_not_plugged_in_is_said_so(tmp_path: Path) -> None:
    held = examine(TOKEN.stub(tmp_path / "token"))
    assert held.via == HARDWARE
    signer = AgentSigner(held.public_line, held.via, held.path, environ_with(), lambda _: None, LIMIT)
    assert "your hardware key is not plugged in" in refusal(signer)


def test_examining_tells_a_file_an_agent_and_a_device_apart(tmp_path: Path, key: Path) -> None:
    stub = TOKEN.stub(tmp_path / "token")
    line = public(key).read_text().rsplit(" ", 1)[0]
    assert examine(key) == (FILE, line, key)
    assert examine(public(key)) == (AGENT, line, public(key))
    assert examine(stub) == (HARDWARE, TOKEN.line, stub)
    assert examine(public(stub)) == (AGENT, TOKEN.line, public(stub))


def test_examining_a_locked_key_asks_for_nothing(tmp_path: Path) -> None:
    write_key(tmp_path / "locked", generate("dana@example.org", b"correct horse"))
    assert examine(tmp_path / "locked").via == FILE


@pytest.mark.parametrize("beside", [None, "another key's"])
def test_a_private_key_without_its_own_public_half_beside_it_is_refused(
    key: Path, openssh: OpenSSH, beside: str | None
) -> None:
    public(key).unlink()
    if beside:
        public(key).write_text(public(openssh.new_key()).read_text())
    with pytest.raises(KeyFileError, match=r"beside .* there must be its public half") as refused:
        examine(key)
    command = str(refused.value.hint).removeprefix("run: ")
    subprocess.run(command, shell=True, check=True)
    assert examine(key).path == key


def test_a_private_key_that_others_can_read_is_refused(tmp_path: Path, key: Path) -> None:
    for path in (key, TOKEN.stub(tmp_path / "token")):
        path.chmod(0o640)
        with pytest.raises(KeyFileError, match="others can read the key"):
            examine(path)


WHICH_WORK = r"; only ssh-ed25519 and sk-ssh-ed25519@openssh\.com work: they are strong"


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
@pytest.mark.parametrize("half", ["private", "public"])
def test_other_algorithms_are_refused_with_the_reason(openssh: OpenSSH, kind: str, half: str) -> None:
    path = openssh.new_key(kind=kind)
    with pytest.raises(KeyFileError, match=WHICH_WORK):
        examine(path if half == "private" else public(path))


@pytest.mark.parametrize(
    "fields",
    [
        (b"ssh-dss", b"p" * 129, b"q" * 21, b"g" * 128, b"y" * 128),
        (b"sk-ecdsa-sha2-nistp256@openssh.com", b"nistp256", b"\4" + b"k" * 64, b"ssh:"),
        (b"ssh-ed448", b"k" * 57),
    ],
    ids=lambda fields: fields[0].decode(),
)
def test_algorithms_that_this_ssh_keygen_may_not_make_are_refused_too(
    tmp_path: Path, fields: tuple[bytes, ...]
) -> None:
    path = tmp_path / "other.pub"
    path.write_text(sshsig.line_of(sshsig.pack(*fields), fields[0]))
    with pytest.raises(KeyFileError, match=f"{fields[0].decode()}'{WHICH_WORK}"):
        examine(path)


def test_a_certificate_is_refused_with_the_reason(openssh: OpenSSH) -> None:
    key, authority = openssh.new_key(), openssh.new_key()
    openssh.out("-q", "-s", authority, "-I", "dana", "-n", "dana", public(key))
    with pytest.raises(KeyFileError, match="is a certificate, and visitsafe trusts the keys") as refused:
        examine(key.with_name(f"{key.name}-cert.pub"))
    assert "without -cert" in str(refused.value.hint)


def test_a_missing_key_and_a_file_that_is_none_are_refused(tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("Dear Dana")
    with pytest.raises(KeyFileError, match="there is no key at"):
        examine(tmp_path / "nothing")
    with pytest.raises(KeyFileError, match="cannot be read"):
        examine(tmp_path)
    (tmp_path / "letter").chmod(0o600)
    with pytest.raises(KeyFileError, match="is not a private key"):
        examine(tmp_path / "letter")
