"""An exchange as a page: its command does the same once more, and no secret is on it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

import pytest

from support.models import Answer, Attempt, Call, Credential, Exchange, Failure
from support.redaction import redacted
from support.reporting.exchanges import page, title
from support.target.embedded import Target

JSON = {"Accept": "application/json", "Content-Type": "application/json"}
NAMES = ["O'Brien", 'Jean "Django"', "$HOME `id` $(id) \\n", "李小龙 %s", "-- ; rm", "@/etc/passwd"]


def exchange(call: Call, *attempts: Attempt) -> Exchange:
    return Exchange(call, attempts or (Attempt(Answer(200, {"X-A": "b"}, b'{"id":"1"}', 0.012)),))


@pytest.mark.parametrize("name", NAMES)
def test_the_command_does_the_same_as_pasted(name: str, embedded: Target) -> None:
    if shutil.which("curl") is None:
        pytest.skip("no curl here: apt-get install curl")
    fields = {"name": name, "email": f"ada.{NAMES.index(name)}@example.com"}
    call = Call(
        "POST", embedded.base_url, Credential("$TOKEN", value=embedded.token or ""), JSON, json.dumps(fields).encode()
    )
    command = page(exchange(call)).split("# Send it again\n")[1].split("\n\n")[0]
    environment = {**os.environ, "TOKEN": embedded.token or ""}
    done = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("HTTP/1.1 201")
    assert json.loads(done.stdout.split("\n\n", 1)[1])["name"] == name


def test_bodies_are_pretty_printed_and_headers_shown() -> None:
    call = Call("POST", "http://127.0.0.1/users", Credential("$TOKEN", value="x"), JSON, b'{"name": "Ada"}')
    shown = page(exchange(call))
    assert "# Request\nPOST http://127.0.0.1/users\nAuthorization: Bearer $TOKEN\nAccept: application/json" in shown
    assert '{\n  "name": "Ada"\n}' in shown
    assert '# Answer\n200 after 12 ms\nX-A: b\n\n{\n  "id": "1"\n}' in shown
    assert "# Attempts" not in shown


def test_attempts_are_shown_with_their_waits() -> None:
    call = Call("GET", "http://127.0.0.1/users/1?a=b", Credential(None))
    tried = exchange(
        call,
        Attempt(Answer(503, {}, b"", 0.003), 0.25),
        Attempt(Failure("connection reset", True, 0.001), 0.5),
        Attempt(Answer(404, {}, b"not json", 0.002)),
    )
    shown = page(tried)
    assert (
        "1. status 503 after 3 ms, then a wait of 0.25 s\n2. connection reset after 1 ms, then a wait of 0.50 s"
        in shown
    )
    assert shown.endswith("not json")
    assert title(tried) == "GET /users/1?a=b -> 404, 3 attempts"


def test_a_missing_answer_is_shown() -> None:
    lost = exchange(Call("GET", "http://127.0.0.1/users", Credential(None)), Attempt(Failure("refused", False, 0.001)))
    assert "1. refused after 1 ms" in page(lost)
    assert title(lost) == "GET /users -> no answer"


def test_a_secret_that_an_api_gives_away_is_not_shown() -> None:
    redacted.hide("the-token-of-this-test")
    call = Call("GET", "http://127.0.0.1/users", Credential("$TOKEN", value="the-token-of-this-test"))
    shown = page(
        exchange(
            call, Attempt(Answer(200, {"X-Echo": "Bearer the-token-of-this-test"}, b"the-token-of-this-test", 0.0))
        )
    )
    assert "the-token-of-this-test" not in shown
    assert shown.count("$TOKEN") == 4


def test_the_user_found_for_a_create_without_an_answer_is_shown() -> None:
    call = Call("POST", "http://127.0.0.1/users", Credential(None), JSON, b"{}")
    lost, found = Attempt(Failure("reset", True, 0.001), 0.25), Attempt(Answer(201, {}, b'{"id": "7"}', 0.002))
    shown = page(Exchange(call, (lost, found), adopted=True))
    assert "The answer to this create was lost; a search for the email found the user." in shown
    assert '"id": "7"' in shown
