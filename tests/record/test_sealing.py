"""Sealing to several people, opening with OpenSSH and age keys, and the stock age tool on what we sealed."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visitsafe.errors import KeyFileError, VerificationError
from visitsafe.record.seal import (
    Identity,
    can_seal_to,
    identity_of,
    new_identity,
    read_identity,
    seal,
    unseal,
)
from visitsafe.record.ssh import FileSigner, NewKey, generate, load, write_key

SECRET = b"Ada Okafor, 07700 900456"
MO, NIA, EVE = (generate(name, None, seed=name.encode() * 16) for name in ("mo", "ni", "ev"))


def line(key: NewKey) -> str:
    return " ".join(key.public_line.split()[:2])


def signer(folder: Path, key: NewKey, passphrase: bytes | None = None) -> FileSigner:
    path = folder / "key"
    if not path.exists():
        write_key(path, key)
    return load(path, (lambda: passphrase) if passphrase else None)


def identity(folder: Path, key: NewKey) -> Identity:
    return identity_of(signer(folder, key))


def age_key(folder: Path) -> tuple[Identity, str]:
    """An age key read back from its file."""
    made = new_identity()
    (folder / "sealing.txt").write_bytes(made.private)
    (folder / "sealing.txt").chmod(0o600)
    found = read_identity(folder / "sealing.txt")
    assert found is not None
    return found, made.recipient


def test_each_person_named_can_open_it_alone(tmp_path: Path) -> None:
    own, recipient = age_key(tmp_path)
    sealed = seal(SECRET, [line(MO), line(NIA), recipient])
    for key in (MO, NIA):
        folder = tmp_path / line(key)[-8:].replace("/", "_")
        assert unseal(sealed, [identity(folder, key)]) == SECRET
    assert unseal(sealed, [own]) == SECRET
    assert own.recipient == recipient


def test_nobody_else_can(tmp_path: Path) -> None:
    stranger, _ = age_key(tmp_path)
    sealed = seal(SECRET, [line(MO)])
    for keys in ([], [stranger], [identity(tmp_path, EVE)]):
        with pytest.raises(VerificationError, match="does not open with your key"):
            unseal(sealed, keys)


def test_a_key_with_a_passphrase_opens_after_it_was_unlocked_once(tmp_path: Path) -> None:
    locked = generate("mo", b"a long passphrase", seed=b"m" * 32)
    asked: list[int] = []

    def passphrase() -> bytes:
        asked.append(1)
        return b"a long passphrase"

    write_key(tmp_path / "key", locked)
    opened = load(tmp_path / "key", passphrase)
    assert unseal(seal(SECRET, [line(locked)]), [identity_of(opened)]) == SECRET
    opened.sign(b"x")
    assert asked == [1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["key", "key.pub"]


def test_a_changed_byte_anywhere_is_noticed_and_nothing_is_told(tmp_path: Path) -> None:
    mine = identity(tmp_path, MO)
    sealed = seal(SECRET, [line(MO)])
    for place in range(0, len(sealed), 7):
        changed = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        with pytest.raises(VerificationError) as caught:
            unseal(changed, [mine])
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__


@given(
    st.binary(max_size=300) | st.binary(max_size=100).map(lambda rest: seal(b"x", [line(EVE)])[:120] + rest)
)
def test_rubbish_gives_one_sentence(rubbish: bytes) -> None:
    own = Identity(new_key(), "")
    with pytest.raises(VerificationError, match="does not open"):
        unseal(rubbish, [own])


def new_key() -> object:
    import pyrage  # type: ignore[import-untyped]

    return pyrage.x25519.Identity.generate()


@pytest.mark.parametrize(
    "recipient",
    ["", "age1xyz", "ssh-rsa AAAA", "ssh-ed25519 AAAA", "sk-ssh-ed25519@openssh.com AAAA", "rubbish", "age1"],
)
def test_what_cannot_be_sealed_to_is_known_before(recipient: str) -> None:
    assert not can_seal_to(recipient)
    with pytest.raises(KeyFileError):
        seal(SECRET, [line(MO), recipient])


def test_sealing_to_nobody_is_refused() -> None:
    with pytest.raises(KeyFileError):
        seal(SECRET, [])


def test_an_age_key_that_others_can_read_or_that_is_none_is_refused(tmp_path: Path) -> None:
    assert read_identity(tmp_path / "none.txt") is None
    path = tmp_path / "sealing.txt"
    path.write_bytes(new_identity().private)
    path.chmod(0o644)
    with pytest.raises(KeyFileError, match="others can read"):
        read_identity(path)
    path.chmod(0o600)
    path.write_text("AGE-SECRET-KEY-1NOT\n")
    with pytest.raises(KeyFileError, match="holds no age key") as caught:
        read_identity(path)
    assert "1NOT" not in f"{caught.value} {caught.value.hint}"


def test_no_repr_shows_a_secret_key(tmp_path: Path) -> None:
    own, _ = age_key(tmp_path)
    shown = f"{own!r} {identity(tmp_path / 'mo', MO)!r}"
    assert "AGE-SECRET" not in shown
    assert "PRIVATE" not in shown


def age(*words: str, given: bytes = b"") -> bytes:
    """Run the stock tool."""
    found = shutil.which("age")
    if found is None:
        pytest.skip("the age tool is not installed")
    return subprocess.run([found, *words], input=given, capture_output=True, check=True).stdout


def files(folder: Path) -> Sequence[str]:
    (folder / "mo").write_bytes(MO.private)
    (folder / "mo").chmod(0o600)
    made = new_identity()
    (folder / "sealing.txt").write_bytes(made.private)
    (folder / "to").write_bytes(seal(SECRET, [line(MO), made.recipient]))
    return str(folder / "mo"), str(folder / "sealing.txt"), str(folder / "to")


def test_the_stock_age_tool_opens_what_we_sealed(tmp_path: Path) -> None:
    ssh, own, sealed = files(tmp_path)
    assert age("-d", "-i", ssh, sealed) == SECRET
    assert age("-d", "-i", own, sealed) == SECRET


def test_we_open_what_the_stock_age_tool_sealed(tmp_path: Path) -> None:
    sealed = age("-r", line(MO), given=SECRET)
    assert unseal(sealed, [identity(tmp_path, MO)]) == SECRET
