"""The signature format: what OpenSSH accepts and makes, and everything that is refused."""

import base64
import contextlib
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from record.openssh import OpenSSH
from visitsafe.errors import KeyFileError, VerificationError
from visitsafe.record import ssh as sshsig
from visitsafe.record.ssh import FileSigner

PAYLOAD = b'{"v":1,"kind":"planned"}'
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
RAW = KEY.public_key().public_bytes_raw()
PUBLIC = sshsig.pack(b"ssh-ed25519", RAW)


def armour(blob: bytes) -> str:
    text = base64.b64encode(blob).decode()
    lines = [text[at : at + 70] for at in range(0, len(text), 70)]
    return "\n".join(["-----BEGIN SSH SIGNATURE-----", *lines, "-----END SSH SIGNATURE-----", ""])


def signature(
    head: bytes = b"SSHSIG\0\0\0\1",
    public: bytes = PUBLIC,
    namespace: bytes = b"visitsafe",
    reserved: bytes = b"",
    algorithm: bytes = b"sha512",
    kind: bytes = b"ssh-ed25519",
    after_raw: bytes = b"",
    after_signature: bytes = b"",
    after_all: bytes = b"",
) -> str:
    """A signature that is right in everything but what the test changes."""
    digest = hashlib.new("sha256" if algorithm == b"sha256" else "sha512", PAYLOAD).digest()
    raw = KEY.sign(b"SSHSIG" + sshsig.pack(namespace, reserved, algorithm, digest))
    inner = sshsig.pack(kind, raw + after_raw) + after_signature
    return armour(head + sshsig.pack(public, namespace, reserved, algorithm, inner) + after_all)


def test_openssh_accepts_what_we_sign(openssh: OpenSSH, signer: FileSigner) -> None:
    assert openssh.accepts(PAYLOAD, signer.sign(PAYLOAD), signer.public_line)


def test_openssh_refuses_our_signature_under_other_bytes(openssh: OpenSSH, signer: FileSigner) -> None:
    assert not openssh.accepts(PAYLOAD + b" ", signer.sign(PAYLOAD), signer.public_line)


@pytest.mark.parametrize("payload", [b"", b"\0\xff\r\n", PAYLOAD, b"a" * 100_000])
def test_we_accept_what_openssh_signs(openssh: OpenSSH, payload: bytes) -> None:
    key = openssh.new_key()
    line = sshsig.verify(payload, openssh.sign(payload, key))
    assert key.with_suffix(".pub").read_text() == f"{line} made by OpenSSH\n"


def test_we_accept_signatures_over_sha256(openssh: OpenSSH) -> None:
    key = openssh.new_key()
    stored = openssh.sign(PAYLOAD, key, "-O", "hashalg=sha256")
    assert sshsig.verify(PAYLOAD, stored).startswith("ssh-ed25519 ")
    assert stored != openssh.sign(PAYLOAD, key)


def test_our_signature_is_openssh_s_byte_for_byte(openssh: OpenSSH, signer: FileSigner) -> None:
    assert signer.sign(PAYLOAD) == signature()
    assert openssh.accepts(PAYLOAD, signature(), signer.public_line)


def test_a_signature_made_for_something_else_is_refused(openssh: OpenSSH) -> None:
    stored = openssh.sign(PAYLOAD, openssh.new_key(), namespace="git")
    with pytest.raises(VerificationError, match="made for 'git', not for visitsafe"):
        sshsig.verify(PAYLOAD, stored)


def test_a_signature_by_another_kind_of_key_is_refused(openssh: OpenSSH) -> None:
    stored = openssh.sign(PAYLOAD, openssh.new_key(kind="ecdsa"))
    with pytest.raises(VerificationError, match="of type 'ecdsa-sha2-nistp256', not ssh-ed25519"):
        sshsig.verify(PAYLOAD, stored)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (signature(head=b"SSHSIH\0\0\0\1"), "not an OpenSSH signature"),
        (signature(head=b"SSHSIG\0\0\0\2"), "not an OpenSSH signature of version 1"),
        (signature(namespace=b""), "made for ''"),
        (signature(namespace=b"visitsafe\0"), "made for"),
        (signature(namespace=b"\x1b[2J\xff"), r"made for '\\x1b\[2J"),
        (signature(reserved=b"x"), "where nothing may be"),
        (signature(algorithm=b"sha1"), "unknown kind of digest, 'sha1'"),
        (signature(public=PUBLIC + b"\0"), "key of the wrong length"),
        (signature(public=sshsig.pack(b"ssh-ed25519", RAW[1:])), "key of the wrong length"),
        (signature(public=PUBLIC[:-1]), "cut short"),
        (signature(public=b"\xff" * 3), "cut short"),
        (signature(public=b""), "cut short"),
        (signature(kind=b"ssh-ed448"), "another type than its key"),
        (signature(after_raw=b"\0"), "wrong length"),
        (signature(after_signature=b"\0"), "wrong length"),
        (signature(after_signature=b"\1\0\0\0\0"), "wrong length"),
        (signature(after_all=b"\0"), "something after its end"),
    ],
)
def test_a_signature_with_anything_out_of_place_is_refused(changed: str, sentence: str) -> None:
    with pytest.raises(VerificationError, match=sentence):
        sshsig.verify(PAYLOAD, changed)


@pytest.mark.parametrize(
    "changed",
    [
        "",
        signature().rstrip("\n"),
        signature() + "\n",
        "\n" + signature(),
        signature().replace("\n", "\r\n"),
        signature().replace("\n", "", 2).replace("-----U1", "-----\nU1"),
        signature().replace("U1NIU0lH", "U1NI U0lH"),
        signature().replace("-----BEGIN", "----BEGIN"),
        signature().replace("SSH SIGNATURE", "SSH2 SIGNATURE"),
        signature().lower(),
        signature().replace("A", "\u0410"),
        signature().replace("A", "\udcff"),
    ],
)
def test_armour_that_openssh_would_not_write_is_refused(changed: str) -> None:
    with pytest.raises(VerificationError):
        sshsig.verify(PAYLOAD, changed)


def test_spare_bits_in_the_base64_may_not_carry_anything() -> None:
    stored = signature()
    last = stored.index("=\n") - 1
    changed = stored[:last] + chr(ord(stored[last]) + 1) + stored[last + 1 :]
    inside, changed_inside = ("".join(text.splitlines()[1:-1]) for text in (stored, changed))
    assert base64.b64decode(inside) == base64.b64decode(changed_inside)
    with pytest.raises(VerificationError, match="exactly as OpenSSH writes it"):
        sshsig.verify(PAYLOAD, changed)


def test_every_changed_bit_of_a_stored_signature_is_found() -> None:
    stored = signature().encode()
    for place in range(len(stored)):
        for bit in range(8):
            changed = bytearray(stored)
            changed[place] ^= 1 << bit
            with pytest.raises(VerificationError):
                sshsig.verify(PAYLOAD, changed.decode("latin-1"))


def test_every_shortened_signature_is_found() -> None:
    blob = base64.b64decode("".join(signature().splitlines()[1:-1]))
    for length in range(len(blob)):
        with pytest.raises(VerificationError):
            sshsig.verify(PAYLOAD, armour(blob[:length]))


@given(payload=st.binary(max_size=300))
def test_no_other_bytes_pass_under_a_signature(payload: bytes) -> None:
    with pytest.raises(VerificationError, match="does not fit what is written"):
        sshsig.verify(payload, signature())


@given(st.one_of(st.text(), st.binary().map(armour), st.lists(st.binary(), max_size=6).map(tuple)))
def test_no_text_brings_the_check_down(thing: str | tuple[bytes, ...]) -> None:
    stored = thing if isinstance(thing, str) else armour(b"SSHSIG\0\0\0\1" + sshsig.pack(*thing))
    with pytest.raises(VerificationError):
        sshsig.verify(PAYLOAD, stored)


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_fingerprints_are_those_that_openssh_prints(openssh: OpenSSH, kind: str) -> None:
    public = openssh.new_key(kind=kind).with_suffix(".pub")
    assert sshsig.fingerprint(public.read_text()) == openssh.out("-lf", public).split()[1]


@given(st.one_of(st.text(), st.binary().map(lambda blob: f"ssh-ed25519 {base64.b64encode(blob).decode()}")))
def test_no_text_brings_the_fingerprint_down(line: str) -> None:
    with contextlib.suppress(KeyFileError):
        assert sshsig.fingerprint(line).startswith("SHA256:")
