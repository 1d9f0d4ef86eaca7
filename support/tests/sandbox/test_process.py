"""How the process starts, and that it never outlives its parent."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from support.tests.sandbox.conftest import ROOT, TOKEN, Launch, running

_SOON_S = 2.0
_COMMAND = [sys.executable, "-m", "support.sandbox"]


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def _wait_for_the_end(pid: int) -> None:
    deadline = time.monotonic() + _SOON_S
    while _is_alive(pid):
        assert time.monotonic() < deadline, "the sandbox still runs"
        time.sleep(0.005)


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks at /proc")
def test_it_ends_when_its_parent_is_killed() -> None:
    parent_program = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([*sys.argv[1:], '--until-stdin-closes'], stdin=subprocess.PIPE)\n"
        "time.sleep(60)\n"
    )
    command = [sys.executable, "-c", parent_program, *_COMMAND]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT)
    assert parent.stdout is not None
    pid = json.loads(parent.stdout.readline())["pid"]
    parent.kill()
    parent.wait()
    _wait_for_the_end(pid)
    parent.stdout.close()


def test_it_ends_when_its_input_closes_even_while_an_answer_hangs(launch: Launch) -> None:
    sandbox = launch("--faults", '[{"kind": "hang"}]')
    with pytest.raises(httpx.ReadTimeout):
        sandbox.client.get(sandbox.url, timeout=0.1)
    assert sandbox.process.stdin is not None
    sandbox.process.stdin.close()
    assert sandbox.process.wait(_SOON_S) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_at_a_signal(launch: Launch, number: int) -> None:
    sandbox = launch()
    assert sandbox.client.get(sandbox.url).status_code == 200
    sandbox.process.send_signal(number)
    assert sandbox.process.wait(_SOON_S) == 0


def test_nothing_is_left_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with running() as sandbox:
        sandbox.create()
        sandbox.process.kill()
    assert list(tmp_path.iterdir()) == []


def test_users_survive_a_kill_and_a_restart_on_the_same_port(launch: Launch, tmp_path: Path) -> None:
    database = str(tmp_path / "users.sqlite3")
    first = launch("--database", database)
    users = [first.create() for _ in range(20)]
    first.process.kill()
    first.process.wait()
    second = launch("--database", database, "--port", first.url.split(":")[2].split("/")[0])
    assert second.url == first.url
    assert second.client.get(second.url).json() == users


def test_the_port_is_printed_before_anything_slow_is_imported() -> None:
    program = (
        "import sys, support.sandbox.__main__\n"
        "print([name for name in ('uvicorn', 'starlette', 'asyncio', 'sqlite3') if name in sys.modules])"
    )
    printed = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True)
    assert printed.stdout.strip() == "[]"


def test_started_by_hand_it_draws_a_token_and_prints_an_example() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "SANDBOX_TOKEN"}
    process = subprocess.Popen(
        _COMMAND, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stderr is not None
    url = json.loads(process.stdout.readline())["url"]
    example = process.stderr.readline()
    token = example.partition("Bearer ")[2].partition('"')[0]
    assert "curl" in example
    assert httpx.get(url, headers={"Authorization": f"Bearer {token}"}).json() == []
    process.terminate()
    process.communicate()


def test_the_token_of_a_run_is_not_on_the_command_line(launch: Launch) -> None:
    sandbox = launch()
    sandbox.client.get(sandbox.url)
    command_line = Path(f"/proc/{sandbox.process.pid}/cmdline")
    if command_line.exists():
        assert TOKEN.encode() not in command_line.read_bytes()


def test_the_path_can_be_chosen(launch: Launch) -> None:
    sandbox = launch("--path", "/api/v1/people", "--control")
    assert sandbox.url.endswith("/api/v1/people")
    response = sandbox.client.post(sandbox.url, json=sandbox.new_user())
    assert response.headers["location"] == f"/api/v1/people/{response.json()['id']}"


def test_ten_thousand_existing_users_are_always_the_same(launch: Launch) -> None:
    both = [launch("--seed-users", "10000") for _ in range(2)]
    first, second = (sandbox.client.get(sandbox.url).json() for sandbox in both)
    assert first == second
    assert len({user["email"].lower() for user in first}) == 10_000
    assert all(user["email"].endswith("@existing.example.org") for user in first)


def test_a_port_that_is_taken_is_reported_in_one_line(launch: Launch) -> None:
    port = launch().url.split(":")[2].split("/")[0]
    ended = subprocess.run([*_COMMAND, "--port", port], cwd=ROOT, check=False, capture_output=True, text=True)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"cannot listen on 127.0.0.1:{port}: ")


_WRONG = (
    ["--port", "x"],
    ["--path", "/"],
    ["--faults", "{"],
    ["--variant", "none"],
    ["--personality", "mockapi", "--variant", "gzip"],
)


@pytest.mark.parametrize("wrong", _WRONG)
def test_a_wrong_option_ends_the_start_with_one_line(wrong: list[str]) -> None:
    ended = subprocess.run([*_COMMAND, *wrong], cwd=ROOT, check=False, capture_output=True, text=True)
    assert ended.returncode == 2
    assert not ended.stdout
    assert "error:" in ended.stderr.splitlines()[-1]
