"""OpenSSH as the judge, and one key that is the same in every run."""

from pathlib import Path

import pytest

from record.openssh import OpenSSH
from visitsafe.record.ssh import FileSigner, generate, load, write_key


@pytest.fixture
def openssh(tmp_path: Path) -> OpenSSH:
    folder = tmp_path / "openssh"
    folder.mkdir()
    return OpenSSH(OpenSSH.find(), folder)


@pytest.fixture(scope="session")
def signer(tmp_path_factory: pytest.TempPathFactory) -> FileSigner:
    path = tmp_path_factory.mktemp("keys") / "dana"
    write_key(path, generate("dana@example.org", None, seed=bytes(range(32))))
    return load(path, None)
