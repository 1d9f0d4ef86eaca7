"""A token that has expired is renewed once for a call, whichever client sends it; and conditions name the last ETag."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from support.http.users_api import UsersApi
from support.models import Call
from support.profile import Profile
from support.tests.conftest import Script
from support.tests.http.clients import Client, api_at, outcomes_of
from support.tests.scripted import answer
from support.token_command import TokenCommand

ADA = {"id": "7", "name": "Ada", "email": "ada@example.com"}


@pytest.fixture
def printing(tmp_path: Path) -> TokenCommand:
    """A command that prints token-1, then token-12, token-123 and so on."""
    return TokenCommand(f"cd {tmp_path}; printf $(ls -a | wc -l) >> n; touch $(cat n); echo token-$(cat n)")


def of(command: TokenCommand, url: str) -> UsersApi:
    api = api_at(url)
    return api.with_credential(replace(api.credential, source=command))


def test_a_refused_call_is_sent_once_more_with_another_token(
    client: Client, script: Script, printing: TokenCommand
) -> None:
    server = script(answer(401), answer(201, ADA))
    first = printing.token
    api = of(printing, server.url)
    exchange = client.run(api.create(api.create_call(ADA), api.found_by(ADA["email"])))
    assert outcomes_of(exchange) == [401, 201]
    assert printing.token != first
    assert [one.header("Authorization") for one in server.arrived] == [f"Bearer {first}", f"Bearer {printing.token}"]


def test_a_call_that_is_refused_with_another_token_too_is_not_sent_again(
    client: Client, script: Script, printing: TokenCommand
) -> None:
    server = script(answer(401), answer(401), answer(401))
    api = of(printing, server.url)
    assert outcomes_of(client.run(api.read("7"))) == [401, 401]
    assert outcomes_of(client.run(api.read("7"))) == [401], (
        "a token that was refused although it was new is not renewed"
    )


def test_no_token_is_renewed_while_it_is_frozen(client: Client, script: Script, printing: TokenCommand) -> None:
    server = script(answer(401))
    printing.frozen = True
    assert outcomes_of(client.run(of(printing, server.url).read("7"))) == [401]


def test_a_token_without_a_source_is_never_renewed(client: Client, script: Script) -> None:
    assert outcomes_of(client.run(api_at(script(answer(401)).url).read("7"))) == [401]


def test_calls_that_are_refused_at_once_renew_the_token_once(printing: TokenCommand) -> None:
    first = printing.token
    threads = [threading.Thread(target=printing.renew, args=(first,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    second = printing.token
    assert second != first
    printing.renew(first)
    assert printing.token == second


def test_a_token_that_the_command_cannot_renew_stays(tmp_path: Path) -> None:
    command = TokenCommand(f"cd {tmp_path} && mkdir once && echo token-once")
    command.renew(command.token)
    assert command.token == "token-once"


def test_a_token_is_renewed_again_after_a_pause_where_that_was_in_vain(tmp_path: Path) -> None:
    now = [0.0]
    command = TokenCommand(f"cd {tmp_path}; echo x >> n; echo token-$(wc -l < n)", clock=lambda: now[0])
    command.note_refused_again()
    command.renew("token-1")
    assert command.token == "token-1"
    now[0] = 3.0
    command.renew("token-1")
    assert command.token == "token-2"


# If-Match


def demanding_etags(url: str) -> UsersApi:
    return replace(api_at(url), profile=Profile(if_match=("PATCH", "DELETE")))


def tag(value: str) -> dict[str, str]:
    return {"ETag": f'"{value}"'}


def test_a_change_names_the_last_etag_of_its_user(client: Client, script: Script) -> None:
    server = script(
        answer(200, ADA, headers=tag("a")),
        answer(200, ADA, headers=tag("b")),
        answer(200, ADA),
        answer(200, ADA, headers=tag("c")),
        answer(204),
    )
    api = demanding_etags(server.url)
    for operation in (api.read("7"), api.patch("7", {}), api.patch("7", {}), api.delete("7")):
        client.run(operation)
    sent = [(one.method, one.header("If-Match")) for one in server.arrived]
    assert sent == [("GET", None), ("PATCH", '"a"'), ("PATCH", '"b"'), ("GET", None), ("DELETE", '"c"')]


def test_a_change_with_an_old_etag_reads_the_user_and_is_sent_again_a_few_times(
    client: Client, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("support.http.conditions.TRIES", 3)
    refusals = [one for etag in "abcd" for one in (answer(200, ADA, headers=tag(etag)), answer(412))]
    server = script(*refusals)
    api = demanding_etags(server.url)
    exchange = client.run(api.send_once(api.patch_call("7", {"name": "Ada"})))
    assert exchange.status == 412
    assert [one.header("If-Match") for one in server.arrived] == [None, '"a"', None, '"b"', None, '"c"', None, '"d"']


def test_the_condition_of_a_scenario_stays_as_it_is(client: Client, script: Script) -> None:
    server = script(answer(412))
    api = demanding_etags(server.url)
    call: Call = api.call("PATCH", api.url_of("7"), fields={}, headers={"If-Match": '"old"'})
    assert client.run(api.send(call)).status == 412
    assert [one.header("If-Match") for one in server.arrived] == ['"old"']
