"""How long a person at a doorstep waits: whole processes with a durable commit, beside two that are known.

    python benchmarks/start_up.py [--runs 15] [--beside FOLDER]

Makes a team, a store and as many countersigned visits as there are runs in a temporary folder, with the
installed `visitsafe`. Then runs each command as a process of its own, all of them in turn, and prints the
median of each and how it compares. `deon --help` and `sqlite-utils --version` are installed in an environment
of their own, unless `--beside` names the `bin` folder of one. Exits 1 if one of ours is slower than one of
theirs.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

RIVALS = {"deon": ("deon", "--help"), "sqlite-utils": ("sqlite-utils", "--version")}
OURS = ("depart", "ok", "acknowledge", "back")
OFFICE = Path(__file__).resolve().parents[1] / "tests"


def main() -> int:
    """Measure and print; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--beside", type=Path, help="a bin folder with deon and sqlite-utils")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        rivals = chosen.beside or install(folder / "rivals")
        times = measure(prepare(folder, chosen.runs + 1), commands(rivals), chosen.runs)
    return told(times)


def install(folder: Path) -> Path:
    """An environment with the two that are measured beside; its bin folder."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    bin_folder = folder / ("Scripts" if os.name == "nt" else "bin")
    quiet = ["install", "--quiet", "--disable-pip-version-check", *RIVALS]
    subprocess.run([bin_folder / "python", "-m", "pip", *quiet], check=True)
    return bin_folder


def commands(rivals: Path) -> dict[str, list[str]]:
    """What is measured; `REF` stands for the visit of the run."""
    ours = shutil.which("visitsafe", path=str(Path(sys.executable).parent))
    if ours is None:
        sys.exit("visitsafe is not installed beside this Python: pip install --editable .")
    beside = {" ".join(words): [str(rivals / words[0]), *words[1:]] for words in RIVALS.values()}
    return {
        "python -c pass": [sys.executable, "-c", "pass"],
        **beside,
        **{f"visitsafe {name}": [ours, name, "REF"] for name in OURS},
    }


def prepare(folder: Path, runs: int) -> dict[str, tuple[list[str], dict[str, str]]]:
    """Two countersigned visits for each run: one to report on, and one that is overdue, to take on.

    Returns:
        For `worker` and `manager` the references of their visits, and their environment.
    """
    sys.path.insert(0, str(OFFICE))
    from office import Office

    now = datetime.now(UTC).replace(second=0, microsecond=0)
    office = Office(folder).at(now - timedelta(hours=3)).open()
    hours = {"worker": (2, 3), "manager": (-2, -1)}
    refs: dict[str, list[str]] = {who: [] for who in hours}
    for number in range(runs):
        for who, times in hours.items():
            start, due_back = ((now + timedelta(hours=one)).isoformat() for one in times)
            case = f"CF-{who}-{number}"
            office.plan(case=f'"{case}"', start=f'"{start}"', due_back=f'"{due_back}"')
            agreed = ("--decision", "countersign", "--reason", "Thought through.", "--condition", "Ring in.")
            office.mo.done("review", office.ref, *agreed)
            refs[who].append(office.ref)
    return {
        "worker": (refs["worker"], office.sam.environ),
        "manager": (refs["manager"], office.mo.environ),
    }


def measure(
    prepared: dict[str, tuple[list[str], dict[str, str]]], what: dict[str, list[str]], runs: int
) -> dict[str, list[float]]:
    """Seconds of each command, all of them once in each run; the first run only warms the caches."""
    times: dict[str, list[float]] = {name: [] for name in what}
    for run in range(runs + 1):
        for name, words in what.items():
            refs, environ = prepared["manager" if name.endswith("acknowledge") else "worker"]
            seconds = timed([refs[run] if word == "REF" else word for word in words], environ)
            if run:
                times[name].append(seconds)
    return times


def timed(words: list[str], environ: dict[str, str]) -> float:
    """Seconds that one process takes, with bytecode on as it is where people work."""
    plain = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    began = time.perf_counter()
    done = subprocess.run(words, env={**plain, **environ}, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - began
    if done.returncode:
        sys.exit(f"{' '.join(words)} failed:\n{done.stderr}")
    return seconds


def told(times: dict[str, list[float]]) -> int:
    """Print the medians; 1 if one of ours is slower than one of theirs."""
    medians = {name: statistics.median(seconds) for name, seconds in times.items()}
    rivals = [" ".join(words) for words in RIVALS.values()]
    columns = ("python -c pass", *rivals)
    print(
        f"{'median of ' + str(len(next(iter(times.values())))):24}{'ms':>7}",
        *(f"{one:>24}" for one in columns),
    )
    for name, seconds in medians.items():
        ratios = (f"{seconds / medians[one]:>23.2f}x" for one in columns)
        print(f"{name:24}{seconds * 1000:7.0f}", *ratios)
    slow = [
        name
        for name in medians
        if name.startswith("visitsafe") and medians[name] >= min(medians[one] for one in rivals)
    ]
    print("slower than one of the two: " + ", ".join(slow) if slow else "all of ours are faster than both")
    return bool(slow)


if __name__ == "__main__":
    sys.exit(main())
