"""The packages of a peer are installed once; an unreachable registry differs from wrong pins."""

from collections.abc import Callable
from pathlib import Path

import pytest

from support.peers import PeerFailed, PeerUnavailable, installing
from support.peers.catalogue import RECIPES
from support.peers.installing import installed

JSON_SERVER = RECIPES["json-server"]

Npm = Callable[[str], Path]


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Npm:
    """Put a script of our own in npm's place; it is given its text, and counts its calls in the file returned."""
    monkeypatch.setattr(installing, "HOMES", tmp_path / "homes")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    calls = tmp_path / "calls"

    def replaced(script: str) -> Path:
        program = tmp_path / "npm"
        program.write_text(f"#!/bin/sh\necho called >> {calls}\n{script}\n")
        program.chmod(0o755)
        return calls

    return replaced


def test_packages_are_installed_once(npm: Npm) -> None:
    calls = npm("mkdir node_modules")
    home = installed(JSON_SERVER)
    assert installed(JSON_SERVER) == home
    assert calls.read_text().count("called") == 1
    assert (home / "package-lock.json").exists()


def test_packages_that_were_removed_are_installed_again(npm: Npm) -> None:
    calls = npm("mkdir node_modules")
    home = installed(JSON_SERVER)
    (home / "node_modules" / ".installed").unlink()
    (home / "node_modules").rmdir()
    installed(JSON_SERVER)
    assert calls.read_text().count("called") == 2


def test_a_registry_that_is_away_makes_a_peer_unavailable(npm: Npm) -> None:
    npm("echo npm error code ENOTFOUND >&2; exit 1")
    with pytest.raises(PeerUnavailable, match="ENOTFOUND"):
        installed(JSON_SERVER)


@pytest.mark.parametrize("code", ["EINTEGRITY", "EUSAGE"])
def test_pins_that_are_wrong_are_no_reason_to_skip(npm: Npm, code: str) -> None:
    npm(f"echo npm error code {code} >&2; exit 1")
    with pytest.raises(PeerFailed, match=code):
        installed(JSON_SERVER)


def test_an_installer_that_is_missing_makes_a_peer_unavailable(npm: Npm, monkeypatch: pytest.MonkeyPatch) -> None:
    npm("exit 0")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(PeerUnavailable, match="npm is not installed here"):
        installed(JSON_SERVER)


def test_a_failed_installation_is_tried_again_the_next_time(npm: Npm) -> None:
    npm("mkdir node_modules; exit 1")
    with pytest.raises(PeerUnavailable):
        installed(JSON_SERVER)
    calls = npm("exit 0")
    installed(JSON_SERVER)
    assert calls.read_text().count("called") == 2


def test_a_peer_s_own_code_is_brought_up_to_date(npm: Npm) -> None:
    npm("mkdir node_modules")
    home = installed(JSON_SERVER)
    (home / "package.json").write_text("old")
    installed(JSON_SERVER)
    assert (home / "package.json").read_bytes() == (JSON_SERVER.sources / "package.json").read_bytes()
