"""The script that a report holds of a failed scenario plays it again, and leaves nobody behind."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from support.models import Answer, Attempt, Call, Credential, Exchange
from support.reporting.replay import MOST
from support.reporting.replay import script as replay
from support.targets.embedded import Target
from support.tests.conftest import NewWorld, Script
from support.tests.scripted import answer

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl, which the script is for, is not installed")
USERS = "http://127.0.0.1:1/users"
TOKEN = Credential("$TOKEN", value="t")


def exchange(method: str, url: str, status: int, body: object = None, sent: bytes | None = None) -> Exchange:
    came = Answer(status, {}, json.dumps(body).encode(), 0.0)
    return Exchange(Call(method, url, TOKEN, {}, sent), (Attempt(came),))


def played(text: str, folder: Path, token: str) -> subprocess.CompletedProcess[str]:
    (folder / "replay.sh").write_text(text, encoding="utf-8")
    return subprocess.run(
        ["sh", "replay.sh"],
        cwd=folder,
        env={"TOKEN": token, "PATH": "/usr/local/bin:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=30,
    )


def everybody(target: Target) -> list[object]:
    answer = httpx.get(target.base_url, headers={"Authorization": f"Bearer {target.token}"})
    listed: list[object] = answer.json()
    return listed


@needs_curl
def test_it_plays_the_scenario_with_a_user_of_its_own_who_is_deleted(
    new_world: NewWorld, embedded: Target, tmp_path: Path
) -> None:
    world = new_world(embedded)
    world.begin("patch")
    member = world.accounts.become("Ada")
    world.accounts.patch("Ada", {"name": "Ada O'Brien {the, first}"})
    text = replay(world.transcript.exchanges)
    assert text is not None
    assert text.count(str(member.known_id)) == 2  # where it tells what was done then
    world.registry.confirm_gone()
    before = everybody(embedded)
    done = played(text, tmp_path, str(embedded.token))
    assert done.returncode == 0, done.stderr
    said = done.stdout
    assert "HTTP/1.1 201" in said
    assert said.count("HTTP/1.1 200") == 2
    assert said.count("Ada O'Brien {the, first}") == 1
    assert everybody(embedded) == before


@needs_curl
def test_where_nobody_is_created_any_more_it_ends_before_it_names_the_collection(
    script: Script, tmp_path: Path
) -> None:
    server = script(answer(503), answer(204))
    text = replay([exchange("POST", server.url, 201, {"id": "7"}), exchange("DELETE", f"{server.url}/7", 204)])
    assert text is not None
    done = played(text, tmp_path, "t")
    assert done.returncode != 0
    assert "nobody was created" in done.stderr
    assert [request.method for request in server.arrived] == ["POST"]


def test_an_id_stands_in_a_variable_wherever_it_is_an_id_and_nowhere_else() -> None:
    text = replay(
        [
            exchange("POST", f"{USERS}?key=1", 201, {"id": 1, "name": "1"}, b'{"name": "Ada 1"}'),
            exchange("GET", f"{USERS}/1?key=1", 200, {}),
            exchange("GET", f"{USERS}/12?key=1", 404, {}),
            exchange("POST", f"{USERS}?key=1", 201, {"id": 2}, b'{"id": "1"}'),
        ]
    )
    assert text is not None
    assert "users/'\"${USER_1:?nobody was created}\"'?key=1'" in text
    assert "'http://127.0.0.1:1/users/12?key=1'" in text
    assert """'{"id": "'"${USER_1:?nobody was created}"'"}'""" in text
    assert '\'{"name": "Ada 1"}\'' in text
    assert text.count("-X DELETE") == 2


def test_many_at_once_is_not_played_again() -> None:
    read = exchange("GET", USERS, 200, [])
    assert replay([]) is None
    assert replay([read] * (MOST + 1)) is None
    assert replay([read] * MOST) is not None
