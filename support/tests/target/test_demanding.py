"""Whole runs against APIs that demand more than the contract, with profiles that say what."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.errors import SettingsError
from support.tests.target.conftest import Command, NewProfile
from support.tests.target.demanding import Demands, demanding
from support.token_command import TokenCommand

pytestmark = pytest.mark.sampled
TOKEN = "user:pear-tree-4711"
MUCH = Demands(
    scheme="header",
    tenant="acme",
    create_path="/auth/register",
    create=("username", "password", "role"),
    update=("role",),
    patch_type="application/merge-patch+json",
    if_match=True,
)
SAYS_MUCH = """
if_match = ["PUT", "PATCH", "DELETE"]

[auth]
scheme = "header"
name = "X-API-Key"

[headers]
X-Tenant = "acme"

[paths]
create = "/auth/register"

[media_types]
patch = "application/merge-patch+json"

[create]
username = "{local_part}"
password = "{password}"
role = "member"

[update]
role = "member"
"""
SCHEMES = {
    "bearer": "",
    "header": '[auth]\nscheme = "header"\nname = "X-API-Key"',
    "basic": '[auth]\nscheme = "basic"',
    "cookie": '[auth]\nscheme = "cookie"\nname = "session"',
    "query": '[auth]\nscheme = "query"\nname = "api_key"',
}


def test_the_whole_contract_is_green_where_the_profile_says_what_is_demanded(
    command: Command, profile: NewProfile, tmp_path: Path
) -> None:
    with demanding(MUCH, str(tmp_path / "users.sqlite3")) as url:
        ended = command(
            "behave", "--tags=@contract and not @slow", base_url=url, token=TOKEN, target=profile(SAYS_MUCH)
        )
    assert ended.code == 0, ended.said
    assert ended.summary.outcome == "passed"
    assert "$TOKEN" not in str(MUCH.kept)
    assert len(MUCH.kept) > 500


@pytest.mark.parametrize("scheme", SCHEMES)
def test_access_is_judged_by_the_scheme_of_the_profile(
    command: Command, profile: NewProfile, tmp_path: Path, scheme: str
) -> None:
    with demanding(Demands(scheme), str(tmp_path / "users.sqlite3")) as url:
        ended = command("behave", "features/access", base_url=url, token=TOKEN, target=profile(SCHEMES[scheme]))
    assert ended.code == 0, ended.said
    skipped = [name for name, result in ended.results().items() if result == "skipped"]
    assert len(skipped) == (0 if scheme == "bearer" else 6)


def test_a_token_that_is_not_checked_in_its_place_is_found(
    command: Command, profile: NewProfile, tmp_path: Path
) -> None:
    anything = {TOKEN, f"{TOKEN}x"}
    with demanding(Demands("query", tokens=anything), str(tmp_path / "users.sqlite3")) as url:
        ended = command("behave", "features/access", base_url=url, token=TOKEN, target=profile(SCHEMES["query"]))
    assert ended.code == 1
    assert "contract broken: auth-401" in ended.said
    assert "api_key=${TOKEN}x" in "".join(script.read_text("utf-8") for script in ended.reports.glob("replay/*.sh"))
    assert TOKEN not in ended.said


def test_a_refusal_with_403_is_right_where_the_profile_says_so(
    command: Command, profile: NewProfile, tmp_path: Path
) -> None:
    with demanding(Demands(refuses_with=403), str(tmp_path / "users.sqlite3")) as url:
        told = profile("[answers]\nunauthorized = [403]")
        ended = command("behave", "features/access", base_url=url, token=TOKEN, target=told)
        strictly = command("behave", "features/access", base_url=url, token=TOKEN)
    assert (ended.code, strictly.code) == (0, 1), ended.said
    assert "the status was 403" in strictly.said


def test_a_password_that_an_answer_shows_is_found_and_hidden(
    command: Command, profile: NewProfile, tmp_path: Path
) -> None:
    demands = Demands(create=("password",), shows_password=True)
    with demanding(demands, str(tmp_path / "users.sqlite3")) as url:
        told = profile('[create]\npassword = "{password}"')
        ended = command("behave", "--tags=@rule.no-secrets", base_url=url, token=TOKEN, target=told)
        scripts = sorted(ended.reports.glob("replay/*.sh"))
        by_requests = [script for script in scripts if "-m behave" not in script.read_text("utf-8")]
        again = [again_by(script, TOKEN) for script in by_requests]
    assert ended.code == 1
    assert again
    assert set(again) == {1}, "each script draws a password of its own"
    assert "contract broken: no-secrets" in ended.said
    assert "$PASSWORD" in ended.said
    assert "Aa1!" not in ended.said


def again_by(script: Path, token: str) -> int:
    """Run a script with no other secret than the token, and return its exit code."""
    environment = {"TOKEN": token, "PATH": os.environ["PATH"]}
    return subprocess.run(["sh", script], env=environment, capture_output=True, timeout=60, check=False).returncode


def test_a_token_that_expires_is_renewed_by_the_command(command: Command, tmp_path: Path) -> None:
    demands = Demands(lasts_s=8.0, folder=tmp_path)
    counting = (
        f"import pathlib; p = pathlib.Path({str(tmp_path)!r}); n = len(list(p.glob('token-*'))); "
        "(p / f'token-quince-{n:04}').touch(); print(f'token-quince-{n:04}')"
    )
    with demanding(demands, str(tmp_path / "users.sqlite3")) as url:
        words = ("--tags=@contract", "features/users", "features/access", "features/concurrency")
        ended = command("behave", *words, base_url=url, token_command=f'{sys.executable} -c "{counting}"')
    assert ended.code == 0, ended.said
    assert len(list(tmp_path.glob("token-*"))) > 15 + 2, "one for each scenario about access, and those that expired"


@pytest.mark.parametrize(
    ("printing", "said"),
    [
        ("exit 3", "TOKEN_COMMAND: it ended with exit code 3: it said nothing"),
        ("echo wrong password >&2; exit 1", "TOKEN_COMMAND: it ended with exit code 1: wrong password"),
        ("printf '\\377'", "TOKEN_COMMAND: it printed something that is not text. Run it by hand"),
        ("true", "TOKEN_COMMAND: it printed nothing. It must print the token, and nothing else."),
        ("echo two words", "TOKEN_COMMAND: it printed 9 characters that are not a token."),
    ],
)
def test_a_command_that_prints_no_token_is_named_in_one_line(
    command: Command, unused_port: int, printing: str, said: str
) -> None:
    url = f"http://127.0.0.1:{unused_port}/users"
    ended = command("behave", "--tags=@smoke", base_url=url, token_command=printing)
    assert ended.code == 2
    assert said in ended.err


def test_a_command_that_does_not_end_is_named_with_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("support.token_command.LONGEST_S", 0.1)
    with pytest.raises(SettingsError, match=r"TOKEN_COMMAND: it did not end within 0\.1 s\. Run it by hand"):
        TokenCommand("sleep 20")
