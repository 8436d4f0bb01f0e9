"""Signatures by hardware keys: what OpenSSH makes and accepts, and everything that is refused."""

import base64
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from record.agents import PIN_GIVEN, TOUCHED, Device, agent_with, armour, environ_with
from record.openssh import OpenSSH
from visitsafe.errors import KeyFileError, VerificationError
from visitsafe.record import ssh as sshsig
from visitsafe.record.agent import AGENT, AgentSigner
from visitsafe.record.ssh import public_line

PAYLOAD = b'{"v":1,"kind":"planned"}'
TOKEN = Device()
SIGNATURE = TOKEN.signature(PAYLOAD)
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


def inside(armoured: str) -> bytes:
    return base64.b64decode("".join(armoured.splitlines()[1:-1]))


def with_signature(signature: bytes, public: bytes = TOKEN.public) -> str:
    return armour(b"SSHSIG\0\0\0\1" + sshsig.pack(public, b"visitsafe", b"", b"sha512", signature))


@pytest.mark.parametrize("flags", [TOUCHED, TOUCHED | PIN_GIVEN])
@pytest.mark.parametrize("counter", [0, 2**32 - 1])
@pytest.mark.parametrize("application", [b"ssh:", b"ssh:visitsafe"])
def test_we_and_openssh_accept_what_a_touched_device_signs(
    openssh: OpenSSH, flags: int, counter: int, application: bytes
) -> None:
    device = Device(application, flags, counter)
    assert sshsig.verify(PAYLOAD, device.signature(PAYLOAD)) == device.line
    assert openssh.accepts(PAYLOAD, device.signature(PAYLOAD), device.line)


@pytest.mark.parametrize("flags", [0, PIN_GIVEN, 0xFE])
def test_a_signature_that_nobody_touched_is_refused_though_ssh_keygen_lets_it_pass(
    openssh: OpenSSH, flags: int
) -> None:
    signature = replace(TOKEN, flags=flags).signature(PAYLOAD)
    assert openssh.accepts(PAYLOAD, signature, TOKEN.line)
    with pytest.raises(VerificationError, match="hardware key that nobody touched"):
        sshsig.verify(PAYLOAD, signature)


@pytest.mark.parametrize("length", [0, 91, 92, 93, 150])
def test_what_ssh_keygen_writes_for_an_agent_is_accepted_at_every_length_of_line(
    tmp_path: Path, length: int
) -> None:
    """Applications of 91 to 93 characters more fill the last line of the armour to its end."""
    device = Device(b"ssh:" + b"a" * length)
    public = tmp_path / "token.pub"
    public.write_text(device.line)
    with agent_with(device, tmp_path) as sock:
        signer = AgentSigner(device.line, AGENT, public, environ_with(sock), lambda _: None)
        assert signer.sign(PAYLOAD) == device.signature(PAYLOAD)
    assert (len(device.signature(PAYLOAD).splitlines()[-2]) == 70) == (length in {91, 92, 93})


@pytest.mark.parametrize(
    "device",
    [replace(TOKEN, private=OTHER_KEY), replace(TOKEN, application=b"ssh:other")],
    ids=["another key", "another application"],
)
def test_the_signature_of_one_device_does_not_pass_for_another(openssh: OpenSSH, device: Device) -> None:
    mixed = device.signature(PAYLOAD, public=TOKEN.public)
    assert not openssh.accepts(PAYLOAD, mixed, TOKEN.line)
    with pytest.raises(VerificationError, match="does not fit what is written"):
        sshsig.verify(PAYLOAD, mixed)


@given(payload=st.binary(max_size=300))
def test_no_other_bytes_pass_under_a_signature(payload: bytes) -> None:
    with pytest.raises(VerificationError, match="does not fit what is written"):
        sshsig.verify(payload, SIGNATURE)


def test_every_changed_bit_of_a_stored_signature_is_found() -> None:
    """Flags and counter are signed too."""
    stored = SIGNATURE.encode()
    for place in range(len(stored)):
        for bit in range(8):
            changed = bytearray(stored)
            changed[place] ^= 1 << bit
            with pytest.raises(VerificationError):
                sshsig.verify(PAYLOAD, changed.decode("latin-1"))


def test_every_shortened_signature_is_found() -> None:
    blob = inside(SIGNATURE)
    for length in range(len(blob)):
        with pytest.raises(VerificationError):
            sshsig.verify(PAYLOAD, armour(blob[:length]))


RAW = b"r" * 64
TAIL = b"\1\0\0\0\7"
HARDWARE, SOFTWARE = b"sk-ssh-ed25519@openssh.com", b"ssh-ed25519"
SOFTWARE_KEY = sshsig.pack(SOFTWARE, OTHER_KEY.public_key().public_bytes_raw())


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (with_signature(sshsig.pack(HARDWARE, RAW)), "wrong length"),
        (with_signature(sshsig.pack(HARDWARE, RAW) + TAIL[:-1]), "wrong length"),
        (with_signature(sshsig.pack(HARDWARE, RAW) + TAIL + b"\0"), "wrong length"),
        (with_signature(sshsig.pack(HARDWARE, RAW[1:]) + TAIL), "wrong length"),
        (with_signature(sshsig.pack(SOFTWARE, RAW) + TAIL), "another type than its key"),
        (with_signature(sshsig.pack(HARDWARE, RAW) + TAIL, SOFTWARE_KEY), "another type than its key"),
        (with_signature(sshsig.pack(SOFTWARE, RAW) + TAIL, SOFTWARE_KEY), "wrong length"),
        (Device(b"https://example.com").signature(PAYLOAD), "'https://example.com', not for SSH"),
        (Device(b"ssh:\x1b[2J").signature(PAYLOAD), r"'ssh:\\x1b\[2J', not for SSH"),
        (Device(b"ssh:a\0b").signature(PAYLOAD), "not for SSH"),
        (Device(b"ssh:" + b"a" * 201).signature(PAYLOAD), "not for SSH"),
        (TOKEN.signature(PAYLOAD, public=TOKEN.public[:-8]), "cut short"),
        (TOKEN.signature(PAYLOAD, public=TOKEN.public + b"\0"), "wrong length"),
        (TOKEN.signature(PAYLOAD, public=sshsig.pack(HARDWARE, b"k" * 31, b"ssh:")), "wrong length"),
    ],
)
def test_a_signature_with_anything_out_of_place_is_refused(changed: str, sentence: str) -> None:
    with pytest.raises(VerificationError, match=sentence):
        sshsig.verify(PAYLOAD, changed)


def test_a_public_line_and_its_fingerprint_are_openssh_s(openssh: OpenSSH, tmp_path: Path) -> None:
    public = tmp_path / "token.pub"
    public.write_text(f"  {TOKEN.line}  Dana's token\r\n")
    assert public_line(public.read_text()) == TOKEN.line
    assert sshsig.fingerprint(TOKEN.line) == openssh.out("-lf", public).split()[1]


@pytest.mark.parametrize(
    "device",
    [Device(b"web"), Device(b""), Device(b"ssh:a b")],
    ids=["of a web site", "empty", "with a space"],
)
def test_the_public_line_of_a_key_for_anything_but_ssh_is_refused(device: Device) -> None:
    with pytest.raises(KeyFileError, match="damaged"):
        public_line(device.line)
