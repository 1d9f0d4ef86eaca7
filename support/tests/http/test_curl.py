"""The command that a failure prints: typed into a shell, it sends what the suite sent."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from support import exchange_text
from support.exchange_text import curl
from support.http.users_api import UsersApi
from support.models import Call, Credential
from support.redaction import Redactor
from support.tests.conftest import Script
from support.tests.http.clients import TOKEN, api_at, client_of
from support.tests.scripted import Arrived, answer

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl, which the command is for, is not installed")

OF_THE_CLIENT = {"user-agent", "accept-encoding", "connection", "host", "content-length"}
"""Headers that differ between clients; Content-Length is left out, as the body itself is compared."""


def typed(command: str, token: str = TOKEN, base_url: str = "") -> str:
    """Type a command into a POSIX shell where $TOKEN and $BASE_URL are set; return what curl shows."""
    done = subprocess.run(
        ["sh", "-c", command],
        env={"TOKEN": token, "BASE_URL": base_url, "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent"},
        capture_output=True,
        timeout=20,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode("utf-8", "replace")


def compared(request: Arrived) -> tuple[str, str, dict[str, str], bytes]:
    """Return what every client has to send alike."""
    headers = {name.lower(): value for name, value in request.headers if name.lower() not in OF_THE_CLIENT}
    return request.method, request.target, headers, request.body


def calls(api: UsersApi) -> dict[str, Call]:
    return {
        "reading": api.call("GET", api.url_of("7")),
        "the list": api.call("GET"),
        "looking up": api.call("GET", query={"email": "O'Brien+tag&x=1@example.com"}),
        "an odd id": api.call("GET", api.url_of("' OR '1'='1")),
        "an id with brackets": api.call("GET", api.url_of("{a,b}[1-3]")),
        "HEAD": api.call("HEAD", api.url_of("7")),
        "deleting": api.call("DELETE", api.url_of("7")),
        "creating": api.create_call({"name": "Ada", "email": "ada@example.com"}),
        "patching": api.patch_call("7", {"name": "Ada"}),
        "replacing": api.put_call("7", {"name": "Ada", "email": "ada@example.com"}),
        "quotes": api.create_call({"name": """O'Brien "Django" `id` $HOME $(id) \\ !"""}),
        "other scripts": api.create_call({"name": "李小龍 Zoe\u0308 👩\u200d💻"}),
        "several lines": api.call("POST", body=b'{\n  "name":\t"Ada\\n"\n}\n'),
        "an at sign first": api.call("POST", body=b"@/etc/hostname"),
        "an empty body": api.call("POST", body=b""),
        "no JSON": api.call("POST", body=b"name=Mallory&x=%41", headers={"Content-Type": "text/plain"}),
        "bytes that are no text": api.call("POST", body=b'{"name": "\xff\xfe\xfa"}'),
        "bytes with a zero": api.call("POST", body=b"a\x00b\\0c%d%%\r\n"),
        "no token": api.with_credential(Credential(None)).call("GET"),
        "a wrong token": api.with_credential(Credential("a-wrong-token", value="a-wrong-token")).call("GET"),
        "another scheme": api.with_credential(Credential("$TOKEN", format="Basic {token}", value=TOKEN)).call("GET"),
        "a longer token": api.with_credential(Credential("${TOKEN}x", value=f"{TOKEN}x")).call("GET"),
        "a shorter token": api.with_credential(Credential("${TOKEN%?}", value=TOKEN[:-1])).call("GET"),
        "a token without its beginning": api.with_credential(Credential("${TOKEN#?}", value=TOKEN[1:])).call("GET"),
        "an empty token": api.with_credential(Credential("", value="")).call("GET"),
    }


@pytest.mark.parametrize("kind", calls(api_at("http://127.0.0.1:1/users")))
def test_the_command_sends_what_the_suite_sent(script: Script, kind: str) -> None:
    server = script(answer(200), answer(200))
    api = api_at(server.url)
    call = calls(api)[kind]
    with client_of("session") as client:
        client.run(api.send_once(call))
    typed(curl(call))
    ours, typed_in = server.arrived
    assert compared(typed_in) == compared(ours)


@pytest.mark.parametrize("kind", calls(api_at("http://127.0.0.1:1/users")))
def test_the_command_works_if_the_url_is_hidden(script: Script, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    server = script(answer(200), answer(200))
    api = api_at(server.url)
    call = calls(api)[kind]
    with client_of("session") as client:
        client.run(api.send_once(call))
    hidden = Redactor()
    hidden.hide(TOKEN)
    hidden.hide_url(server.url)
    monkeypatch.setattr(exchange_text, "redacted", hidden)
    command = curl(call)
    assert "127.0.0.1" not in command
    typed(command, base_url=server.url)
    ours, typed_in = server.arrived
    assert compared(typed_in) == compared(ours)


def test_the_command_shows_the_answer(script: Script) -> None:
    api = api_at(script(answer(418, {"title": "short and stout"}, headers={"X-Seen": "yes"})).url)
    shown = typed(curl(api.call("GET")))
    assert "418" in shown
    assert "X-Seen: yes" in shown
    assert "short and stout" in shown


def test_the_command_can_be_pasted_in_lines() -> None:
    lines = curl(api_at("http://127.0.0.1:1/users").create_call({"name": "Ada"})).split("\n")
    assert len(lines) > 2
    assert all(line.endswith(" \\") for line in lines[:-1])


def test_a_large_body_is_a_file() -> None:
    call = Call("POST", "http://127.0.0.1:1/users", Credential(None), body=b'{"x": "' + b"x" * 20_000)
    command = curl(call)
    assert "# the file body has the 20,007 bytes that begin with " in command
    assert command.endswith("--data-binary @body")
    assert len(command) < 400
