"""ssh-agents for tests: OpenSSH's own, one whose key pretends to be in hardware, and one that never answers.

No test has a real device. What a device signs is specified (OpenSSH's PROTOCOL.u2f), so a key in software can
sign in the same way, and OpenSSH's `ssh-keygen` is the judge of whether it did.
"""

import base64
import contextlib
import hashlib
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from patience import LIMIT, listens, until
from visitsafe.record.ssh import pack

HARDWARE_TYPE = b"sk-ssh-ed25519@openssh.com"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64)))
TOUCHED, PIN_GIVEN = 0x01, 0x04
LIST, LISTED, SIGN, SIGNED, FAILED = 11, 12, 13, 14, 5


def lines_of_70(text: str) -> str:
    return "\n".join(text[at : at + 70] for at in range(0, len(text), 70))


@dataclass(frozen=True)
class Device:
    """A key as a FIDO device holds it: the same Ed25519, over the device's own words as well."""

    application: bytes = b"ssh:"
    flags: int = TOUCHED
    counter: int = 7
    private: Ed25519PrivateKey = field(default=KEY)

    @property
    def public(self) -> bytes:
        return pack(HARDWARE_TYPE, self.private.public_key().public_bytes_raw(), self.application)

    @property
    def line(self) -> str:
        return f"{HARDWARE_TYPE.decode()} {base64.b64encode(self.public).decode()}"

    def sign(self, data: bytes) -> bytes:
        tail = bytes([self.flags]) + self.counter.to_bytes(4)
        covered = hashlib.sha256(self.application).digest() + tail + hashlib.sha256(data).digest()
        return pack(HARDWARE_TYPE, self.private.sign(covered)) + tail

    def signature(self, payload: bytes, public: bytes | None = None) -> str:
        """An armoured SSHSIG signature in the namespace visitsafe."""
        head = pack(b"visitsafe", b"", b"sha512")
        signed = self.sign(b"SSHSIG" + head + pack(hashlib.sha512(payload).digest()))
        return armour(b"SSHSIG\0\0\0\1" + pack(public or self.public) + head + pack(signed))

    def stub(self, path: Path) -> Path:
        """The pair of files that ssh-keygen makes for a device: a stub with the key's handle, and `.pub`."""
        fields = pack(HARDWARE_TYPE, self.private.public_key().public_bytes_raw(), self.application)
        inside = b"same" * 2 + fields + b"\x01" + pack(b"handle" * 10, b"", b"a token")
        inside += bytes(range(1, 1 + -len(inside) % 8))
        frame = pack(b"none", b"none", b"") + (1).to_bytes(4) + pack(self.public, inside)
        text = lines_of_70(base64.b64encode(b"openssh-key-v1\0" + frame).decode())
        path.touch(mode=0o600)
        path.write_text(f"-----BEGIN OPENSSH PRIVATE KEY-----\n{text}\n-----END OPENSSH PRIVATE KEY-----\n")
        path.with_name(path.name + ".pub").write_text(f"{self.line} a token\n")
        return path


def armour(blob: bytes) -> str:
    text = lines_of_70(base64.b64encode(blob).decode())
    return f"-----BEGIN SSH SIGNATURE-----\n{text}\n-----END SSH SIGNATURE-----\n"


def environ_with(sock: Path | None = None, path: str | None = None) -> dict[str, str]:
    """What ssh-keygen needs to run, and nothing of whoever runs the tests."""
    environ = {"PATH": os.environ["PATH"] if path is None else path}
    return environ if sock is None else environ | {"SSH_AUTH_SOCK": str(sock)}


class SshAgent:
    """OpenSSH's ssh-agent with a socket of its own."""

    def __init__(self, sock: Path) -> None:
        self.sock = sock
        program = shutil.which("ssh-agent")
        assert program, "these tests need OpenSSH's ssh-agent"
        self.process = subprocess.Popen([program, "-D", "-a", sock], stdout=subprocess.DEVNULL)
        try:
            until(lambda: listens(sock), "ssh-agent to start")
        except AssertionError:
            self.stop()
            raise

    @property
    def environ(self) -> dict[str, str]:
        return environ_with(self.sock)

    def add(self, *words: str | Path, typed: str = "") -> None:
        """Run ssh-add."""
        environ = (
            self.environ | {"SSH_ASKPASS_REQUIRE": "force", "SSH_ASKPASS": typed} if typed else self.environ
        )
        subprocess.run(["ssh-add", *words], env=environ, check=True, capture_output=True)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=LIMIT)


@contextmanager
def ssh_agent(folder: Path) -> Iterator[SshAgent]:
    agent = SshAgent(folder / "agent.sock")
    try:
        yield agent
    finally:
        agent.stop()


@contextmanager
def silent_agent(folder: Path) -> Iterator[Path]:
    """A socket that lets one connect and never answers."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "silent.sock"))
        server.listen()
        yield folder / "silent.sock"


@contextmanager
def agent_with(device: Device, folder: Path) -> Iterator[Path]:
    """An agent that holds the key of a device which is touched at once."""
    sock = folder / "device.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(sock))
        server.listen()
        server.settimeout(0.05)
        done = threading.Event()
        thread = threading.Thread(target=_serve, args=(server, device, done))
        thread.start()
        try:
            yield sock
        finally:
            done.set()
            thread.join()
            sock.unlink()


def _serve(server: socket.socket, device: Device, done: threading.Event) -> None:
    while not done.is_set():
        with contextlib.suppress(TimeoutError):
            connection, _ = server.accept()
            connection.settimeout(LIMIT)
            with connection, connection.makefile("rb") as stream:
                while head := stream.read(4):
                    connection.sendall(pack(_answer(stream.read(int.from_bytes(head)), device)))


def _answer(asked: bytes, device: Device) -> bytes:
    if asked[0] == LIST:
        return bytes([LISTED]) + (1).to_bytes(4) + pack(device.public, b"a token")
    if asked[0] != SIGN:
        return bytes([FAILED])
    start = 5 + int.from_bytes(asked[1:5]) + 4
    data = asked[start : start + int.from_bytes(asked[start - 4 : start])]
    return bytes([SIGNED]) + pack(device.sign(data))
