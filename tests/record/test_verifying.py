"""An entry holds or it does not, and the sentence says which entry and why."""

import subprocess
import sys
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from record.openssh import OpenSSH
from visitsafe.errors import VerificationError
from visitsafe.record.entry import MOST_REMEMBERED, Entry, compose, seal_entry, verify_entry
from visitsafe.record.ssh import FileSigner, generate, load, write_key

AT = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
HEAVY = "bcrypt", "x509", "serialization.ssh", "json.decoder", "subprocess", "pydantic", "dataclasses"


class Body(msgspec.Struct):
    rationale: str = "we talked it through"


def payload_by(fingerprint: str, plan: str = "K7Q2M9ABCDEFGHJK") -> bytes:
    return compose(plan, "decided", AT, fingerprint, ["ab" * 32], Body())


@pytest.fixture(scope="session")
def sealed(signer: FileSigner) -> Entry:
    return seal_entry(payload_by(signer.fingerprint), signer)


@pytest.fixture
def stranger(tmp_path: Path) -> FileSigner:
    write_key(tmp_path / "stranger", generate("", None))
    return load(tmp_path / "stranger", None)


def test_a_sealed_entry_verifies_here_and_with_openssh(
    sealed: Entry, signer: FileSigner, openssh: OpenSSH
) -> None:
    verified = verify_entry(sealed, expected_id=sealed.id)
    assert (verified.id, verified.entry, verified.key) == (sealed.id, sealed, signer.public_line)
    assert verified.content.kind == "decided"
    assert openssh.accepts(sealed.payload, sealed.signature, verified.key)


def test_an_entry_under_another_id_is_refused_by_that_id(sealed: Entry) -> None:
    with pytest.raises(
        VerificationError, match=r"^entry cdcdcdcdcdcd \(decided\) does not hold: "
    ) as refused:
        verify_entry(sealed, expected_id="cd" * 32)
    assert refused.value.exit_code == 3
    assert refused.value.hint


def test_an_id_from_a_damaged_store_cannot_speak_to_the_terminal(sealed: Entry) -> None:
    with pytest.raises(VerificationError) as refused:
        verify_entry(sealed, expected_id="\x1b[2J\u202e")
    assert refused.value.message.isprintable()


def test_a_signature_over_other_bytes_is_refused(sealed: Entry, signer: FileSigner) -> None:
    other = seal_entry(payload_by(signer.fingerprint, plan="team"), signer)
    mixed = Entry(payload=other.payload, signature=sealed.signature)
    with pytest.raises(VerificationError, match=f"^entry {other.id[:12]} .* does not fit what is written"):
        verify_entry(mixed)


def test_an_entry_signed_by_another_key_than_it_names_is_refused(sealed: Entry, stranger: FileSigner) -> None:
    forged = Entry(payload=sealed.payload, signature=stranger.sign(sealed.payload))
    with pytest.raises(VerificationError, match="signed by another key than the one it names"):
        verify_entry(forged)


def test_nobody_can_seal_in_another_name(signer: FileSigner, stranger: FileSigner) -> None:
    with pytest.raises(VerificationError, match="another key"):
        seal_entry(payload_by(signer.fingerprint), stranger)


@pytest.mark.parametrize("payload", [b"", b"{}", b"\xff", b"signed, and not an entry"])
def test_signed_bytes_that_are_no_entry_are_refused(signer: FileSigner, payload: bytes) -> None:
    with pytest.raises(
        VerificationError, match=r"^entry [0-9a-f]{12} does not hold: an entry is not readable"
    ):
        verify_entry(Entry(payload=payload, signature=signer.sign(payload)))
    with pytest.raises(VerificationError):
        seal_entry(payload, signer)


def test_every_changed_bit_of_a_stored_entry_is_found(sealed: Entry) -> None:
    for place in range(len(sealed.payload)):
        for bit in range(8):
            changed = bytearray(sealed.payload)
            changed[place] ^= 1 << bit
            with pytest.raises(VerificationError):
                verify_entry(Entry(payload=bytes(changed), signature=sealed.signature))


@given(payload=st.binary(), signature=st.text(), expected=st.none() | st.text())
def test_no_stored_entry_brings_the_check_down(payload: bytes, signature: str, expected: str | None) -> None:
    with pytest.raises(VerificationError) as refused:
        verify_entry(Entry(payload=payload, signature=signature), expected)
    assert refused.value.message.isprintable()


def test_checking_and_signing_import_nothing_heavy(signer: FileSigner, tmp_path: Path) -> None:
    """Every doorstep command loads an open key, signs and verifies."""
    write_key(tmp_path / "id", generate("", None))
    program = (
        "import sys, pathlib; from visitsafe.record import entry, ssh; "
        "signer = ssh.load(pathlib.Path(sys.argv[1]), None); ssh.verify(b'x', signer.sign(b'x')); "
        "print(*sys.modules, sep='\\n')"
    )
    done = subprocess.run([sys.executable, "-c", program, tmp_path / "id"], capture_output=True, check=True)
    loaded = done.stdout.decode().split()
    assert "visitsafe.record.entry" in loaded
    assert [name for name in loaded if any(heavy in name for heavy in HEAVY)] == []


def test_an_entry_that_was_checked_once_is_not_believed_with_another_signature_or_id(
    sealed: Entry, stranger: FileSigner
) -> None:
    assert verify_entry(sealed) == verify_entry(Entry(payload=sealed.payload, signature=sealed.signature))
    for signature in ("", sealed.signature + "\n", stranger.sign(sealed.payload)):
        with pytest.raises(VerificationError):
            verify_entry(Entry(payload=sealed.payload, signature=signature))
    with pytest.raises(VerificationError, match="not what its id stands for"):
        verify_entry(sealed, expected_id="cd" * 32)


def test_an_entry_that_did_not_hold_is_refused_every_time(sealed: Entry) -> None:
    bad = Entry(payload=sealed.payload + b" ", signature=sealed.signature)
    for _ in range(3):
        with pytest.raises(VerificationError):
            verify_entry(bad)


def test_checking_any_number_of_large_entries_needs_the_memory_for_a_few(signer: FileSigner) -> None:
    def large(number: int) -> Entry:
        payload = compose("team", "noted", AT, signer.fingerprint, [], Body(f"{number}" + "x" * 800_000))
        return Entry(payload=payload, signature=signer.sign(payload))

    tracemalloc.start()
    try:
        for number in range(60):
            verify_entry(large(number))
        assert tracemalloc.get_traced_memory()[0] < 3 * MOST_REMEMBERED
    finally:
        tracemalloc.stop()
