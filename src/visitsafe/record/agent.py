"""Keys that visitsafe cannot read itself, in an ssh-agent or in hardware: `ssh-keygen -Y sign` uses them.

Rules: ssh-keygen is asked to sign and for nothing else, with a time limit; what it returns is verified before
it is used; whatever it complains of becomes one sentence. A key in an agent is signed with by the agent only,
never by a private file that happens to lie near. Finding out what a file holds (`examine`) starts no program,
and neither does verification, which is in `sshsig`.
"""

import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from visitsafe.errors import KeyFileError, VerificationError
from visitsafe.record import ssh as keyfile
from visitsafe.record import ssh as sshsig
from visitsafe.record.ssh import public_line
from visitsafe.record.terms import NAMESPACE

FILE, AGENT, HARDWARE = "", "agent", "hardware"
"""How a key signs: read from its file by visitsafe, by the agent, by a device whose stub is the file."""
TRIAL = b"visitsafe asks: does this key sign?"
"""Signed to try a key. No entry can ever be these bytes: an entry is a JSON object."""
PATIENCE = 60.0
"""Seconds for somebody to find the device, type a PIN and touch it."""
_PUBLIC_FILE = (b"ssh-", b"sk-", b"ecdsa-")
_SHOWN = 200
_SLOW = "nothing signed within {seconds:.0f} seconds: the ssh-agent or the hardware key does not answer"
_ADD_IT = "add it: ssh-add, with the file of your key"
_COMPLAINTS = (
    ("agent socket", "no ssh-agent answers here", "start it, add your key with ssh-add, and try again"),
    (
        "agent refused",
        "the ssh-agent refused to sign: it may be locked, or nobody confirmed or touched the key in time",
        "try again, and confirm when the agent asks or touch the key when it blinks",
    ),
    ("key in agent", "your key is not in the ssh-agent", _ADD_IT),
    ("No private key found", "your key is not in the ssh-agent", _ADD_IT),
    ("device not found", "your hardware key is not plugged in", "plug it in and try again"),
    (
        "incorrect passphrase",
        "the passphrase or PIN of your hardware key was wrong, or there was no terminal to ask for it",
        "try again in a terminal; after several wrong PINs the device locks itself",
    ),
    (
        "invalid format",
        "your hardware key did not sign: it was not touched in time, or it is not the device of this key",
        "try again, and touch it when it blinks",
    ),
    ("communication with agent", "the ssh-agent broke off", "restart it and try again"),
    ("option --", "this ssh-keygen is too old to sign", "install OpenSSH 8.2 or newer"),
    ("support", "this ssh-keygen cannot use such a key", "install an OpenSSH with support for FIDO keys"),
)
"""What ssh-keygen says, from the most telling; what that means; and what to do next."""


class HeldKey(NamedTuple):
    """What a key file holds: how its key signs, its public line, and the file."""

    via: str
    public_line: str
    path: Path


class AgentSigner(msgspec.Struct, frozen=True, eq=False):
    """Signs through `ssh-keygen -Y sign`.

    Attributes:
        public_line: The public key.
        via: `AGENT` or `HARDWARE`.
        path: The public file for an agent, the private stub for a device.
        environ: Where ssh-keygen finds the agent, the terminal and itself.
        tell: Says something to the person while they are waited for.
        seconds: How long ssh-keygen is waited for.
    """

    public_line: str
    via: str
    path: Path
    environ: Mapping[str, str]
    tell: Callable[[str], None]
    seconds: float = PATIENCE

    @property
    def fingerprint(self) -> str:
        """`SHA256:…` of the public key, as entries name their signer."""
        return sshsig.fingerprint(self.public_line)

    def sign(self, payload: bytes) -> str:
        """The armoured SSHSIG signature over these bytes.

        Raises:
            KeyFileError: There is no ssh-keygen or no agent, it refuses, it takes too long, or what it
                returned is not this key's signature.
        """
        if self.public_line.startswith("sk-"):
            self.tell("touch your hardware key when it blinks")
        armoured = _ssh_keygen(self, payload)
        try:
            signed_by = sshsig.verify(payload, armoured)
        except VerificationError as error:
            raise KeyFileError(
                f"what ssh-keygen signed does not hold: {error.message}", hint=_HINT_OF_BAD_SIGNATURE
            ) from error
        if signed_by != self.public_line:
            raise KeyFileError("ssh-keygen signed with another key than yours", hint=_HINT_OF_BAD_SIGNATURE)
        return armoured


_HINT_OF_BAD_SIGNATURE = "nothing was kept; a hardware key made with no-touch-required does not work here"


def examine(path: Path) -> HeldKey:
    """What a key file holds. A public file means that the agent has the private half.

    Raises:
        KeyFileError: It is missing, readable by others, damaged, of a type that does not work, or the public
            file beside it is missing or of another key.
    """
    if keyfile.read_any(path).startswith(_PUBLIC_FILE):
        return HeldKey(AGENT, _line_in(path), path)
    frame = keyfile.take_apart(path, keyfile.read_private(path))
    line = sshsig.line_of(frame.public, frame.kind)
    public = path.with_name(path.name + ".pub")
    if not public.exists() or _line_in(public) != line:
        raise KeyFileError(
            f"beside {path} there must be its public half, {public.name}, and there is none or another key's",
            hint=f"run: ssh-keygen -y -f {path} > {public}",
        )
    return HeldKey(FILE if frame.kind == sshsig.KEY_TYPE else HARDWARE, line, path)


def _line_in(public: Path) -> str:
    return public_line(keyfile.read_any(public).decode("utf-8", "replace"))


def _ssh_keygen(signer: AgentSigner, payload: bytes) -> str:
    import subprocess

    words = [_program(signer.environ), "-Y", "sign", "-n", NAMESPACE, "-f", str(signer.path)]
    # -U: if the agent lacks the key, ssh-keygen may not go looking for a private file.
    words += ["-U"] if signer.via == AGENT else []
    interactive = sys.stdin is not None and sys.stdin.isatty()
    try:
        done = subprocess.run(  # noqa: S603 - no shell, a fixed program, and a path that was examined
            words,
            input=payload,
            capture_output=True,
            timeout=signer.seconds,
            env={**signer.environ, "LC_ALL": "C"},
            start_new_session=not interactive,  # without a terminal nobody can type a PIN: do not wait for it
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise KeyFileError(
            _SLOW.format(seconds=signer.seconds), hint="nothing was kept; restart the agent and try again"
        ) from error
    except (OSError, ValueError) as error:
        raise KeyFileError(f"ssh-keygen cannot be started: {error}", hint="install OpenSSH") from error
    if done.returncode != 0:
        raise _complaint(done.stderr.decode("utf-8", "replace"))
    return done.stdout.decode("ascii", "replace").replace("\r\n", "\n")


def _program(environ: Mapping[str, str]) -> str:
    """Where ssh-keygen is; never in the folder where somebody happens to be."""
    found = shutil.which("ssh-keygen", path=environ.get("PATH"))
    if found is None or not Path(found).is_absolute():
        raise KeyFileError(
            "there is no ssh-keygen on this computer, and a key in an agent or in hardware needs it",
            hint="install OpenSSH, or use a key in a file",
        )
    return found


def _complaint(said: str) -> KeyFileError:
    """One sentence for what ssh-keygen wrote to standard error."""
    for telling, sentence, hint in _COMPLAINTS:
        if telling in said:
            return KeyFileError(sentence, hint=f"{hint}; nothing was kept")
    lines = [line for line in said.splitlines() if line.strip()] or ["it does not say why"]
    words = "".join(one if one.isprintable() else " " for one in lines[-1])[:_SHOWN].strip()
    return KeyFileError(
        f"ssh-keygen could not sign: {words}",
        hint="nothing was kept; ssh-add -l says which keys the agent has",
    )
