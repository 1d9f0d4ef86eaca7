"""Install a peer's pinned packages once, in a folder that git ignores."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.peers.errors import PeerFailed, PeerUnavailable
from support.peers.recipe import Recipe

HOMES = Path(__file__).resolve().parents[2] / ".acceptance" / "peers"
INSTALL_DEADLINE_S = 300
PINS = {"pip": "requirements.txt", "npm": "package-lock.json"}
PACKAGES = {"pip": "venv", "npm": "node_modules"}
# If the output has one of these, the pins are wrong; else the registry may be out of reach.
FAULTS_OF_THE_PINS = ("EUSAGE", "EINTEGRITY", "ResolutionImpossible", "DO NOT MATCH THE HASHES")


def installed(recipe: Recipe) -> Path:
    """Return the folder of the installed peer; install it if necessary.

    Raises PeerUnavailable without an installer or a registry, PeerFailed if the pins are wrong.
    """
    home = HOMES / recipe.name
    home.mkdir(parents=True, exist_ok=True)
    with _sole_installer(home):
        _mirror(recipe.sources, home)
        wanted = _fingerprint(recipe)
        stamp = home / PACKAGES[recipe.packages] / ".installed"  # deleted together with the packages
        if not stamp.exists() or stamp.read_text() != wanted:
            stamp.unlink(missing_ok=True)
            _install(recipe, home)
            stamp.write_text(wanted)
    return home


@contextmanager
def _sole_installer(home: Path) -> Iterator[None]:
    """Let one process at a time install into a folder."""
    with (home.parent / f"{home.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fingerprint(recipe: Recipe) -> str:
    pins = (recipe.sources / PINS[recipe.packages]).read_bytes()
    return hashlib.sha256(pins + sys.version.encode()).hexdigest()


def _mirror(sources: Path, home: Path) -> None:
    """Copy the files that differ; each atomically, as a peer may be running from this folder."""
    for source in sorted(path for path in sources.rglob("*") if path.is_file()):
        if "__pycache__" in source.parts:
            continue
        target = home / source.relative_to(sources)
        if target.exists() and target.read_bytes() == source.read_bytes():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_name(f".{target.name}.{os.getpid()}")
        shutil.copyfile(source, fresh)
        fresh.replace(target)


def _install(recipe: Recipe, home: Path) -> None:
    if recipe.packages == "pip":
        venv = home / "venv"
        _run([sys.executable, "-m", "venv", "--clear", str(venv)], home)
        pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-deps"]
        _run([*pip, "--disable-pip-version-check", "-r", "requirements.txt"], home)
    else:
        _run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], home)


def _run(command: list[str], home: Path) -> None:
    if shutil.which(command[0]) is None:
        raise PeerUnavailable(f"{command[0]} is not installed here")
    try:
        done = subprocess.run(
            command, cwd=home, text=True, capture_output=True, timeout=INSTALL_DEADLINE_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise PeerUnavailable(f"`{' '.join(command)}` took longer than {INSTALL_DEADLINE_S} s") from None
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()[-1500:]
        broken = any(fault in said for fault in FAULTS_OF_THE_PINS)
        kind = PeerFailed if broken else PeerUnavailable
        raise kind(f"`{' '.join(command)}` in {home} ended with {done.returncode}: {said}")
