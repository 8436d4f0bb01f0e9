"""OpenSSH as the judge of keys and signatures."""

import shutil
import subprocess
from pathlib import Path


class OpenSSH:
    """`ssh-keygen`, working in a folder of its own."""

    def __init__(self, program: str, folder: Path) -> None:
        self.program = program
        self.folder = folder

    @staticmethod
    def find() -> str:
        program = shutil.which("ssh-keygen")
        assert program, "these tests need OpenSSH's ssh-keygen"
        return program

    def run(self, *arguments: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run([self.program, *arguments], input=stdin, capture_output=True, check=False)

    def out(self, *arguments: str | Path, stdin: bytes = b"") -> str:
        done = self.run(*arguments, stdin=stdin)
        assert done.returncode == 0, done.stderr
        return done.stdout.decode()

    def new_key(self, *options: str, passphrase: str = "", kind: str = "ed25519") -> Path:
        path = self.folder / f"key-{len(list(self.folder.iterdir()))}"
        self.out(
            "-q", "-t", kind, "-N", passphrase, "-C", "made by OpenSSH", "-f", path, *_quick(kind), *options
        )
        return path

    def sign(self, payload: bytes, key: Path, *options: str, namespace: str = "visitsafe") -> str:
        return self.out("-Y", "sign", "-n", namespace, "-f", key, *options, stdin=payload)

    def accepts(self, payload: bytes, signature: str, public_line: str) -> bool:
        allowed = self.folder / "allowed_signers"
        allowed.write_text(f'dana@example.org namespaces="visitsafe" {public_line}\n')
        stored = self.folder / "entry.sig"
        stored.write_bytes(signature.encode())
        judge = ("-Y", "verify", "-n", "visitsafe", "-I", "dana@example.org", "-f", allowed, "-s", stored)
        return self.run(*judge, stdin=payload).returncode == 0


def _quick(kind: str) -> tuple[str, ...]:
    return ("-b", "1024") if kind == "rsa" else ()
