"""Key files: exchanged with OpenSSH in both directions, written safely, refused with a reason."""

import base64
import os
import resource
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from record.openssh import OpenSSH
from visitsafe.errors import KeyFileError
from visitsafe.record import ssh as sshsig
from visitsafe.record.ssh import FileSigner, NewKey, generate, load, public_line, write_key

PAYLOAD = b"what was planned"
RFC_8032_SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
RFC_8032_PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
LONG = "a long passphrase, é, longer than the 72 bytes at which bcrypt used to stop listening to anybody"


def nobody() -> bytes:
    pytest.fail("a passphrase was asked for")


def line_with(blob: bytes) -> str:
    return f"ssh-ed25519 {base64.b64encode(blob).decode()}"


def written(folder: Path, passphrase: bytes | None = None) -> Path:
    path = folder / "keys" / "id"
    write_key(path, generate("dana@example.org", passphrase))
    return path


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Writing more than `size` bytes into a file fails, as it does on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("passphrase", ["", "correct horse", LONG])
def test_openssh_reads_the_keys_that_we_make(openssh: OpenSSH, tmp_path: Path, passphrase: str) -> None:
    path = written(tmp_path, passphrase.encode() or None)
    line = openssh.out("-y", "-P", passphrase, "-f", path).split()
    assert line[:2] == path.with_suffix(".pub").read_text().split()[:2]


def test_openssh_cannot_open_our_locked_key_with_another_passphrase(openssh: OpenSSH, tmp_path: Path) -> None:
    path = written(tmp_path, b"correct horse")
    assert openssh.run("-y", "-P", "battery staple", "-f", path).returncode != 0


@pytest.mark.parametrize("cipher", ["aes256-ctr", "aes256-gcm@openssh.com", "aes256-cbc"])
@pytest.mark.parametrize("passphrase", ["correct horse", LONG])
def test_we_read_the_locked_keys_of_openssh(openssh: OpenSSH, cipher: str, passphrase: str) -> None:
    path = openssh.new_key("-Z", cipher, passphrase=passphrase)
    signer = load(path, passphrase.encode)
    assert openssh.accepts(PAYLOAD, signer.sign(PAYLOAD), path.with_suffix(".pub").read_text())
    with pytest.raises(KeyFileError, match="does not open"):
        load(path, lambda: b"battery staple")


def test_we_read_the_open_keys_of_openssh_without_asking(openssh: OpenSSH) -> None:
    path = openssh.new_key()
    signer = load(path, nobody)
    assert openssh.accepts(PAYLOAD, signer.sign(PAYLOAD), path.with_suffix(".pub").read_text())
    assert signer.fingerprint == openssh.out("-lf", path).split()[1]


def test_a_fixed_seed_gives_the_key_of_the_published_vector(tmp_path: Path) -> None:
    key = generate("", None, seed=RFC_8032_SEED)
    assert base64.b64decode(key.public_line.split()[1])[-32:] == RFC_8032_PUBLIC
    write_key(tmp_path / "id", key)
    assert load(tmp_path / "id", None).public_line == key.public_line


def test_two_new_keys_are_different() -> None:
    assert generate("", None).public_line != generate("", None).public_line


def test_the_passphrase_is_asked_for_once(tmp_path: Path) -> None:
    asked = []

    def ask() -> bytes:
        asked.append(1)
        return b"correct horse"

    load(written(tmp_path, b"correct horse"), ask)
    assert asked == [1]


@pytest.mark.parametrize("answer", [b"", b"correct hors", b"correct horse\n"])
def test_a_wrong_passphrase_is_refused_with_a_way_on(tmp_path: Path, answer: bytes) -> None:
    path = written(tmp_path, b"correct horse")
    with pytest.raises(KeyFileError, match="this passphrase does not open the key") as refused:
        load(path, lambda: answer)
    assert "try again" in str(refused.value.hint)


def test_a_locked_key_with_nobody_to_ask_names_the_passphrase_file(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="locked with a passphrase") as refused:
        load(written(tmp_path, b"correct horse"), None)
    assert "VISITSAFE_PASSPHRASE_FILE" in str(refused.value.hint)


def test_a_cipher_that_we_cannot_open_is_said_so(openssh: OpenSSH) -> None:
    path = openssh.new_key("-Z", "chacha20-poly1305@openssh.com", passphrase="correct horse")
    with pytest.raises(KeyFileError, match="locked in a way that visitsafe cannot open"):
        load(path, lambda: b"correct horse")


@pytest.mark.parametrize("passphrase", [b"", b"two\nlines", b"nul\0"])
def test_a_passphrase_that_openssh_could_not_take_is_refused(passphrase: bytes) -> None:
    with pytest.raises(KeyFileError, match="passphrase"):
        generate("", passphrase)


def test_a_comment_cannot_add_a_line_to_the_public_file() -> None:
    with pytest.raises(KeyFileError, match="comment"):
        generate("dana\nmallory ssh-ed25519 AAAA", None)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_only_the_owner_can_read_what_was_written(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        path = written(tmp_path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o610, 0o644])
def test_a_key_that_others_can_reach_is_refused(tmp_path: Path, mode: int) -> None:
    path = written(tmp_path)
    path.chmod(mode)
    with pytest.raises(KeyFileError, match="others can read the key") as refused:
        load(path, None)
    assert refused.value.hint == f"run: chmod 600 {path}"
    path.chmod(0o400)
    assert load(path, None).sign(PAYLOAD)


@pytest.mark.parametrize("taken", ["id", "id.pub"])
def test_a_file_that_is_there_is_never_written_over(tmp_path: Path, taken: str) -> None:
    (tmp_path / taken).write_text("somebody's only key")
    with pytest.raises(KeyFileError, match="already, and a key is never written over"):
        write_key(tmp_path / "id", generate("", None))
    assert [file.name for file in tmp_path.iterdir()] == [taken]
    assert (tmp_path / taken).read_text() == "somebody's only key"


@pytest.mark.parametrize(
    ("key", "size"), [(NewKey(b"p" * 500, "line"), 100), (NewKey(b"p" * 50, "line" * 50), 100)]
)
def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path, key: NewKey, size: int) -> None:
    with room_for(size), pytest.raises(KeyFileError, match="cannot be written") as refused:
        write_key(tmp_path / "id", key)
    assert refused.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("")
    with pytest.raises(KeyFileError, match="written"):
        written(tmp_path)


def test_a_missing_key_names_the_way_to_another(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="there is no key") as refused:
        load(tmp_path / "id", nobody)
    assert "visitsafe key replace --lost" in str(refused.value.hint)


@pytest.mark.parametrize("name", ["", "a\0b"])
def test_a_path_that_cannot_be_opened_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(KeyFileError, match="cannot be read"):
        load(tmp_path / name, nobody)


@pytest.mark.parametrize(("kind", "shown"), [("rsa", "ssh-rsa"), ("ecdsa", "ecdsa-sha2-nistp256")])
def test_other_algorithms_are_refused_with_the_reason_and_without_asking(
    openssh: OpenSSH, kind: str, shown: str
) -> None:
    path = openssh.new_key(kind=kind, passphrase="correct horse")
    with pytest.raises(
        KeyFileError, match=f"'{shown}'; only ssh-ed25519 and sk-ssh-ed25519@openssh.com work: "
    ):
        load(path, nobody)


@pytest.mark.parametrize("form", ["PEM", "PKCS8"])
def test_a_key_in_another_format_is_refused(openssh: OpenSSH, form: str) -> None:
    with pytest.raises(KeyFileError, match="not in OpenSSH's own format"):
        load(openssh.new_key("-m", form, kind="rsa"), nobody)


def test_the_public_half_is_told_from_the_private_one(openssh: OpenSSH) -> None:
    public = openssh.new_key().with_suffix(".pub")
    public.chmod(0o600)
    with pytest.raises(KeyFileError, match="public half"):
        load(public, nobody)


def test_no_changed_bit_in_a_key_file_gives_another_key(tmp_path: Path) -> None:
    path = written(tmp_path)
    whole, line = path.read_bytes(), load(path, None).public_line
    survived = 0
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1 << place % 8
        path.write_bytes(changed)
        try:
            assert load(path, lambda: b"x").public_line == line
            survived += 1
        except KeyFileError:
            pass
    assert survived < len(whole) // 20, "only line ends and padding may change unnoticed"


@given(st.one_of(st.binary(), st.binary(max_size=400).map(base64.b64encode)), st.booleans())
def test_no_file_brings_the_reader_down(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, magic: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / "anything"
    if magic:
        inside = base64.b64encode(b"openssh-key-v1\0\0\0\0\4none\0\0\0\4none\0\0\0\0\0\0\0\1" + content)
        content = b"-----BEGIN OPENSSH PRIVATE KEY-----\n%s\n-----END OPENSSH PRIVATE KEY-----\n" % inside
    path.touch(mode=0o600)
    path.write_bytes(content)
    with pytest.raises(KeyFileError):
        load(path, lambda: b"x")


def test_a_public_line_is_kept_without_its_comment(signer: FileSigner) -> None:
    assert public_line(f"  {signer.public_line}  Dana O'Neill, work laptop\r\n") == signer.public_line
    assert public_line(signer.public_line) == signer.public_line


@pytest.mark.parametrize(
    "change",
    [
        lambda line: "",
        lambda line: line.split()[1],
        lambda line: line[:-4],
        lambda line: line[:-1] + "=",
        lambda line: line + "AAAA",
        lambda line: line.replace("ssh-ed25519 ", "ssh-rsa "),
        lambda line: line.replace(" AAAA", " AAAB"),
        lambda line: line.replace(" AAAA", " AA*AA"),
        lambda line: line.replace("ZDI1NTE5AAAAI", "ZDI1NTE5AAAAH"),
        lambda line: f"{line} one\n{line} two",
        lambda line: f'cert-authority,namespaces="git" {line}',
        lambda line: line.replace("ssh", "\u017fsh"),
    ],
)
def test_a_damaged_public_line_is_refused(signer: FileSigner, change: Callable[[str], str]) -> None:
    with pytest.raises(KeyFileError):
        public_line(change(signer.public_line))


@pytest.mark.parametrize(
    ("kind", "sentence"), [("rsa", "'ssh-rsa'; only"), ("ecdsa", "'ecdsa-sha2-nistp256'; only")]
)
def test_a_public_line_of_another_algorithm_is_refused(openssh: OpenSSH, kind: str, sentence: str) -> None:
    with pytest.raises(KeyFileError, match=sentence):
        public_line(openssh.new_key(kind=kind).with_suffix(".pub").read_text())


def with_rounds(rounds: int) -> str:
    """A locked key file that asks for so many rounds of bcrypt."""
    public = sshsig.pack(b"ssh-ed25519", RFC_8032_PUBLIC)
    lock = sshsig.pack(b"salt" * 4) + rounds.to_bytes(4)
    frame = sshsig.pack(b"aes256-ctr", b"bcrypt", lock) + (1).to_bytes(4) + sshsig.pack(public, b"x" * 160)
    text = base64.encodebytes(b"openssh-key-v1\0" + frame).decode()
    return f"-----BEGIN OPENSSH PRIVATE KEY-----\n{text}-----END OPENSSH PRIVATE KEY-----\n"


@pytest.mark.parametrize("rounds", [2001, 2**32 - 1])
def test_a_lock_that_would_take_for_ever_is_refused_without_asking(tmp_path: Path, rounds: int) -> None:
    path = tmp_path / "id"
    path.touch(mode=0o600)
    path.write_text(with_rounds(rounds))
    with pytest.raises(
        KeyFileError, match=f"asks for {rounds} rounds to open it, more than the 2000"
    ) as refused:
        load(path, nobody)
    assert "ssh-keygen -p" in str(refused.value.hint)
    path.write_text(with_rounds(16))
    with pytest.raises(KeyFileError, match="does not open"):
        load(path, lambda: b"x")


@given(
    st.one_of(
        st.text(),
        st.binary(max_size=60).map(line_with),
        st.binary(max_size=40).map(lambda blob: line_with(b"\0\0\0\x0bssh-ed25519" + blob)),
    )
)
def test_no_text_brings_the_public_line_down(text: str) -> None:
    with pytest.raises(KeyFileError):
        public_line(text)
