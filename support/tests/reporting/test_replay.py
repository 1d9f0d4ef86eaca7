"""The script in the report of a failed scenario repeats it, and leaves no user behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, unquote

import httpx
import pytest
from behave.model import Scenario as BehaveScenario

from support import exchange_text
from support.cleanup.marks import new_mark
from support.contract.claims import Claim
from support.errors import ContractViolation, Evidence
from support.models import Answer, Attempt, Call, Credential, Exchange
from support.profile import Profile
from support.profile_answers import Answers, Names, Shape
from support.redaction import Redactor
from support.reporting.replay import choosing, keeping, words
from support.reporting.replay import script as module
from support.reporting.replay.checks import Unclear
from support.reporting.replay.choosing import MAX_EXCHANGES, Step, damage_before, stands_alone, steps_to
from support.reporting.replay.script import DIGITS, Wrong
from support.reporting.replay.words import Words
from support.scenario import accounts
from support.scenario.answers import SECRETS
from support.target.embedded import Target
from support.tests.conftest import NewSession, Script
from support.tests.scripted import ScriptedServer, Wire, answer, hang_up

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl, which the script is for, is not installed")
USERS = "http://127.0.0.1:1/users"
TOKEN = Credential("$TOKEN", value="t")
MARK = new_mark(DIGITS)
EMAIL = f"ada@{MARK}.example.com"
SENT = json.dumps({"email": EMAIL}).encode()


@pytest.fixture(autouse=True)
def _fixed_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let scripts have the mark that the answers of scripted servers show."""
    monkeypatch.setattr(module, "_marks", lambda: MARK.removeprefix("uat-"))


def replay(exchanges: Sequence[Exchange], profile: Profile = Profile()) -> str:  # noqa: B008 - frozen
    """Return a script that is content with the status that the last exchange had."""
    urls = [exchange.call.url.partition("?")[0].rstrip("/") for exchange in exchanges]
    wrong = Wrong([Claim("status", (exchanges[-1].status,))], "a status", "another one")
    return module.script([Step(one) for one in exchanges], wrong, profile, min(urls, key=len, default=USERS))


def created(url: str, user_id: object) -> Exchange:
    return exchange("POST", url, 201, {"id": user_id}, SENT)


def exchange(method: str, url: str, status: int, body: object = None, sent: bytes | None = None) -> Exchange:
    came = Answer(status, {}, json.dumps(body).encode(), 0.0)
    return Exchange(Call(method, url, TOKEN, {}, sent), (Attempt(came),))


def played(text: str, folder: Path, token: str, url: str = "") -> subprocess.CompletedProcess[str]:
    (folder / "replay.sh").write_text(text, encoding="utf-8")
    return subprocess.run(
        ["sh", "replay.sh"],
        cwd=folder,
        env={"TOKEN": token, "BASE_URL": url, "PATH": "/usr/local/bin:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=30,
    )


def hide_as(hidden: Redactor, monkeypatch: pytest.MonkeyPatch) -> None:
    for one in (exchange_text, module, words):
        monkeypatch.setattr(one, "redacted", hidden)


def id_in(said: str) -> str:
    """Return the first id in what a script printed."""
    return next(str(json.loads(line)["id"]) for line in said.splitlines() if line.startswith('{"id"'))


def all_users(target: Target) -> list[object]:
    answer = httpx.get(target.base_url, headers={"Authorization": f"Bearer {target.token}"})
    listed: list[object] = answer.json()
    return listed


@needs_curl
def test_it_repeats_the_scenario_with_its_own_user_who_is_deleted(
    new_session: NewSession, embedded: Target, tmp_path: Path
) -> None:
    session = new_session(embedded)
    session.begin("patch")
    actor = accounts.become_user(session.scenario, session.scenario.actor("Ada"))
    accounts.send_change(session.scenario, session.scenario.actor("Ada"), "PATCH", {"name": "Ada O'Brien {the, first}"})
    text = replay(session.recorder.exchanges)
    assert str(actor.known_id) not in text
    session.registry.confirm_gone()
    before = all_users(embedded)
    done = played(text, tmp_path, str(embedded.token))
    assert done.returncode == 0, done.stderr
    said = done.stdout
    assert "HTTP/1.1 201" in said
    assert said.count("HTTP/1.1 200") == 2
    assert said.count("Ada O'Brien {the, first}") == 2, "in the body that was sent, and in the answer"
    own = id_in(said)
    assert f""". PATCH {embedded.base_url}/{own} {{"name": "Ada O'Brien {{the, first}}"}}: expected""" in said
    assert all_users(embedded) == before


@needs_curl
@pytest.mark.parametrize(
    ("query", "header"), [("?_method=DELETE", {}), ("", {"X-HTTP-Method-Override": "DELETE"})], ids=["query", "header"]
)
def test_a_read_that_names_another_method_is_sent_only_to_a_user_of_the_script(
    script: Script, tmp_path: Path, query: str, header: dict[str, str]
) -> None:
    server = script(answer(201, {"id": "1"}), answer(200, {"id": "1", "name": "Grace"}), *[answer(404)] * 4)
    unusual = exchange("GET", f"{server.url}/7{query}", 200)
    unusual = replace(unusual, call=replace(unusual.call, headers=header))
    done = played(replay([created(server.url, "7"), unusual]), tmp_path, "t")
    assert (done.returncode, "User 1 is not changed" in done.stdout) == (2, True), done.stdout
    assert all("_method" not in one.target for one in server.arrived)
    assert all(one.header("X-HTTP-Method-Override") is None for one in server.arrived)


@needs_curl
def test_it_expects_the_time_at_which_it_created_the_user(
    new_session: NewSession, embedded: Target, tmp_path: Path
) -> None:
    session = new_session(embedded)
    session.begin("patch")
    shown = accounts.become_user(session.scenario, session.scenario.actor("Ada")).shown
    exchanges = list(session.recorder.exchanges)
    wrong = Wrong([Claim("status", (999,))], f'createdAt "{shown["createdAt"]}"', "another time")
    again = Step(exchange("GET", f"{embedded.base_url}/{shown['id']}", 200))
    text = module.script([*map(Step, exchanges), again], wrong, session.profile, embedded.base_url)
    session.registry.confirm_gone()
    said = played(text, tmp_path, str(embedded.token)).stdout
    own = next(json.loads(line)["createdAt"] for line in said.splitlines() if line.startswith('{"id"'))
    assert f'# expected: createdAt "{own}"' in said
    assert own != shown["createdAt"]


@needs_curl
def test_it_does_so_with_a_hidden_url(
    new_session: NewSession, embedded: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = new_session(embedded)
    session.begin("patch")
    accounts.become_user(session.scenario, session.scenario.actor("Ada"))
    accounts.send_change(session.scenario, session.scenario.actor("Ada"), "PATCH", {"name": "Ada O'Brien"})
    hidden = Redactor()
    hidden.hide_url(embedded.base_url)
    hide_as(hidden, monkeypatch)
    text = replay(session.recorder.exchanges)
    assert "127.0.0.1" not in text
    session.registry.confirm_gone()
    before = all_users(embedded)
    done = played(text, tmp_path, str(embedded.token), embedded.base_url)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("HTTP/1.1 200") == 2
    assert all_users(embedded) == before


@needs_curl
@pytest.mark.parametrize("token", ["token-2", "BASE_URL", "status", "known", "answer", "curl"])
def test_a_token_that_is_a_word_of_the_script_leaves_it_whole(
    new_session: NewSession, embedded: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    session = new_session(embedded)
    session.begin("patch")
    accounts.become_user(session.scenario, session.scenario.actor("Ada"))
    accounts.send_change(session.scenario, session.scenario.actor("Ada"), "PATCH", {"name": f"Ada {token}"})
    hidden = Redactor()
    hidden.hide(token)
    hide_as(hidden, monkeypatch)
    text = replay(session.recorder.exchanges)
    assert f"Ada {token}" not in text
    session.registry.confirm_gone()
    before = all_users(embedded)
    done = played(text, tmp_path, str(embedded.token))
    assert (done.returncode, done.stderr) == (0, "")
    assert all_users(embedded) == before


@needs_curl
def test_if_no_user_is_created_it_ends_before_it_touches_the_collection(script: Script, tmp_path: Path) -> None:
    server = script(answer(503), answer(204))
    text = replay([exchange("POST", server.url, 201, {"id": "7"}), exchange("DELETE", f"{server.url}/7", 204)])
    done = played(text, tmp_path, "t")
    assert done.returncode != 0
    assert "No user was created" in done.stdout
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
    assert """"${BASE_URL}"'/'"${USER_1}"'?key=1'""" in text
    assert """"${BASE_URL}"'/12?key=1'""" in text
    assert """'{"id": "'"${USER_1}"'"}'""" in text
    assert '\'{"name": "Ada 1"}\'' in text


@needs_curl
def test_it_works_with_urls_that_end_with_a_slash(script: Script, tmp_path: Path) -> None:
    server = script(answer(201, {"id": "7"}), answer(204))
    exchanges = [exchange("POST", f"{server.url}/", 201, {"id": "8"}), exchange("GET", f"{server.url}/8/", 200)]
    text = replay(exchanges, Profile(trailing_slash=True))
    server.then(answer(200))
    played(text, tmp_path, "t")
    assert [request.target for request in server.arrived] == ["/users/", "/users/7/", "/users/7/"]


CANARY = "touched"
GIVEN = {
    "a word": ("Ada-1_2.x~", "Ada-1_2.x~"),
    "a question mark": ("?x=1", "%3Fx%3D1"),
    "a glob": ("[1-3]{a,b}", "%5B1-3%5D%7Ba%2Cb%7D"),
    "a space": ("a b", "a%20b"),
    "another script": ("李", "%E6%9D%8E"),
    "a quotation mark": ("a'b", "a%27b"),
    "a command": (f"$(touch {CANARY})", f"%24%28touch%20{CANARY}%29"),
    "a command in backticks": (f"`touch {CANARY}`", f"%60touch%20{CANARY}%60"),
    "the end of a word": (f"';touch {CANARY};'", f"%27%3Btouch%20{CANARY}%3B%27"),
    "a slash": ("a/b", "a%2Fb"),
    "a percent sign": ("100%", "100%25"),
    "a number": (7, "7"),
}
NEVER = {
    "nothing": "",
    "a dot": ".",
    "two dots": "..",
    "slashes": "//",
    "a slash at the end": "a/",
    "a step up": "x/../..",
    "an encoded slash": "%2F",
    "an encoded dot": "%2e%2E",
    "white space": " ",
    "line ends": "\n\r\t",
    "quotation marks": '"a"',
    "a backslash": "..\\..",
    "a number that is none": 1.5,
    "no text": {"id": "8"},
    "null": None,
}


def its_writes(server: ScriptedServer) -> list[str]:
    return [request.target for request in server.arrived if request.method in ("PUT", "PATCH", "DELETE")]


@needs_curl
@pytest.mark.parametrize("given", GIVEN)
def test_whatever_id_it_is_given_reaches_that_user(script: Script, tmp_path: Path, given: str) -> None:
    user_id, segment = GIVEN[given]
    fields = {"owner": {"id": "9"}, "name": '","id":"9"', "email": EMAIL, "id": user_id}
    shown = json.dumps(fields, indent=2, ensure_ascii=False).encode()
    server = script(answer(201, body=shown), *[answer(200, body=shown), answer(204)] * 2)
    sent = b'{"id": "8"}'
    text = replay([created(server.url, "8"), exchange("PATCH", f"{server.url}/8", 200, {}, sent)])
    done = played(text, tmp_path, "t")
    assert its_writes(server) == [f"/users/{segment}"] * 2, done.stderr
    assert not (tmp_path / CANARY).exists()


OTHERS = {
    "another user": answer(200, {"id": "7", "email": "grace@example.com"}),
    "a user of another run": answer(200, {"id": "7", "email": f"ada@{new_mark()}.example.com"}),
    "another user than the one asked for": answer(200, {"id": "8", "email": EMAIL}),
    "several users": answer(200, [{"id": "7", "email": "grace@example.com"}, {"id": "8", "email": EMAIL}]),
    "a text with the number 404": answer(200, {"id": "7", "name": "HTTP/1.1 404 Not Found"}),
    "an error": answer(500),
    "nothing": hang_up,
}


@needs_curl
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "POST"])
@pytest.mark.parametrize("read", OTHERS)
def test_a_user_that_no_read_shows_to_be_its_own_is_not_changed(
    script: Script, tmp_path: Path, read: str, method: str
) -> None:
    server = script(answer(201, {"id": "7", "email": EMAIL}), *[OTHERS[read]] * 2)
    text = replay([created(server.url, "7"), exchange(method, f"{server.url}/7", 200, None, SENT)])
    done = played(text, tmp_path, "t")
    assert [request.method for request in server.arrived] == ["POST", "GET", "GET"]
    assert done.returncode != 0
    assert "# user 7 is not touched" in done.stderr


@needs_curl
def test_a_recorded_id_that_now_belongs_to_another_user_is_not_changed(script: Script, tmp_path: Path) -> None:
    server = script(answer(200, []), answer(200, {"id": "7", "email": "grace@example.com"}))
    text = replay([exchange("GET", server.url, 200, []), exchange("DELETE", f"{server.url}/7", 404)])
    done = played(text, tmp_path, "t")
    assert its_writes(server) == []
    assert "# user 7 is not touched" in done.stderr


@needs_curl
@pytest.mark.parametrize("unknown", [404, 400])
def test_an_unknown_id_is_used_again(script: Script, tmp_path: Path, unknown: int) -> None:
    server = script(answer(200, []), answer(unknown), answer(unknown))
    text = replay(
        [exchange("GET", server.url, 200, []), exchange("DELETE", f"{server.url}/7", unknown)],
        Profile(answers=Answers(unknown=(unknown,))),
    )
    assert played(text, tmp_path, "t").returncode == 0
    assert its_writes(server) == ["/users/7"]


@needs_curl
@pytest.mark.parametrize("given", NEVER)
def test_an_id_that_may_be_the_collection_is_not_used(script: Script, tmp_path: Path, given: str) -> None:
    server = script(answer(201, {"id": NEVER[given]}), *[answer(204)] * 2)
    text = replay([exchange("POST", server.url, 201, {"id": "8"}), exchange("DELETE", f"{server.url}/8", 204)])
    done = played(text, tmp_path, "t")
    assert its_writes(server) == []
    assert done.returncode != 0
    assert "no id that can stand in a URL" in done.stderr


@needs_curl
@pytest.mark.parametrize("given", [*GIVEN, *NEVER])
def test_no_id_that_was_seen_leads_it_to_the_collection(script: Script, tmp_path: Path, given: str) -> None:
    user_id = GIVEN[given][0] if given in GIVEN else NEVER[given]
    server = script(answer(201, {"id": "7"}), *[answer(404)] * 19)
    shown = str(user_id) if user_id is not None else ""
    at = f"{server.url}/{quote(shown, safe='')}"
    text = replay(
        [
            exchange("POST", server.url, 201, {"id": user_id}),
            *(exchange(method, f"{at}{end}", 200) for method in ("PUT", "PATCH", "DELETE") for end in ("", "?x=1")),
            exchange("DELETE", server.url, 204),
            exchange("DELETE", f"{server.url}/", 204),
            exchange("GET", server.url, 200),
        ]
    )
    played(text, tmp_path, "t")
    assert set(its_writes(server)) <= {"/users/7", "/users/7?x=1", f"/users/{quote(shown, safe='')}"}
    assert not any(unquote(target).strip("/. \t\r\n") == "users" for target in its_writes(server))
    assert not (tmp_path / CANARY).exists()


@needs_curl
@pytest.mark.parametrize(
    "text", [f"x\ntouch {CANARY}\n", f"x\r\n$(touch {CANARY})", f"'\ntouch {CANARY}\n'", "\x1b[2J"]
)
def test_nothing_that_a_target_said_is_run_or_begins_a_line(script: Script, tmp_path: Path, text: str) -> None:
    server = script(answer(201, {"id": "7"}), *[answer(404)] * 5)
    body = json.dumps({"name": text}).encode() + f"\ntouch {CANARY}\n::error::".encode()
    replayed = replay(
        [
            exchange("POST", server.url, 201, {"id": text, "name": text}),
            exchange("GET", f"{server.url}/{text}", 200, text),
            exchange("PUT", f"{server.url}/{quote(text, safe='')}", 200, text, body),
        ]
    )
    assert "\x1b" not in replayed
    assert not any(line.lstrip().startswith(("touch", "::", "$(touch")) for line in replayed.splitlines())
    played(replayed, tmp_path, "t")
    assert not (tmp_path / CANARY).exists()
    assert [request.body for request in server.arrived if request.method == "PUT"] == [body]


def violation(shown: Exchange, *claims: Claim) -> ContractViolation:
    return ContractViolation("patch", "", Evidence("", (), ()), shown, claims)


def chosen(exchanges: Sequence[Exchange], *claims: Claim) -> list[Exchange]:
    broken = violation(exchanges[-1], *claims)
    return [step.exchange for step in steps_to(broken, exchanges, Profile())]


def test_more_than_a_script_can_repeat_is_not_repeated() -> None:
    reads = [exchange("GET", f"{USERS}?page={number}", 200, []) for number in range(MAX_EXCHANGES + 1)]
    assert chosen(reads) == []
    assert chosen(reads[1:]) == reads[1:]
    assert steps_to(violation(exchange("GET", f"{USERS}/9", 404)), reads, Profile()) == []


def test_of_many_users_only_those_of_the_wrong_exchange_are_repeated() -> None:
    emails = [f"ada.{number}@{MARK}.example.com" for number in range(MAX_EXCHANGES)]
    users = [
        exchange("POST", USERS, 201, {"id": f"u{number}"}, json.dumps({"email": email}).encode())
        for number, email in enumerate(emails)
    ]
    taken = exchange("POST", USERS, 201, {"id": "v"}, json.dumps({"email": emails[7].upper()}).encode())
    assert chosen([*users, taken]) == [users[7], taken]
    read = exchange("GET", f"{USERS}/u9", 404)
    assert chosen([*users, read]) == [users[9], users[-1], read]  # the last write may have done the damage


def test_users_created_at_the_same_moment_are_created_in_the_order_that_the_api_had() -> None:
    times = ("2026-03-01T10:00:00.003Z", "2026-03-01T11:00:00.001+01:00", "2026-03-01T10:00:00.002Z")
    users = [exchange("POST", USERS, 201, {"id": str(at), "createdAt": at}, SENT) for at in times]
    first, read = created(USERS, "7"), exchange("GET", USERS, 200, [])
    assert chosen([first, *users, read]) == [first, users[1], users[2], users[0], read]


def test_what_is_asked_again_and_again_is_repeated_once() -> None:
    refused = exchange("POST", USERS, 409, None, SENT)
    steps = steps_to(violation(refused), [created(USERS, "7"), refused, refused, refused], Profile())
    assert [step.polls for step in steps] == [False, True]
    twice = steps_to(violation(refused), [created(USERS, "7"), created(USERS, "8"), refused], Profile())
    assert len(twice) == 3


def test_the_write_before_a_read_did_the_damage() -> None:
    exchanges = [created(USERS, "7"), exchange("PATCH", f"{USERS}/7", 200), exchange("GET", f"{USERS}/8", 404)]
    steps = [Step(one) for one in exchanges]
    assert damage_before(steps) is exchanges[1]
    assert damage_before(steps[:2]) is None


@pytest.mark.parametrize(
    ("wrong", "claim", "alone"),
    [
        (exchange("GET", f"{USERS}/unknown", 500), Claim("status", (404,)), True),
        (exchange("POST", USERS, 500, None, b"{}"), Claim("status", (400,)), True),
        (exchange("POST", USERS, 201, {"id": "8"}, b"{}"), Claim("status", (400,)), False),
        (exchange("GET", f"{USERS}/7", 500), Claim("status", (200,)), False),
        (exchange("POST", USERS, 500, None, SENT.upper()), Claim("status", (409,)), False),
        (exchange("POST", USERS, 409, None, b"{}"), Claim("status", (201,)), False),
        (exchange("GET", USERS, 200, []), Claim("shown", ("7", 1)), False),
        (exchange("GET", USERS, 200, {}), Claim("list"), True),
    ],
)
def test_a_command_is_shown_only_if_it_shows_the_fault_on_its_own(wrong: Exchange, claim: Claim, alone: bool) -> None:
    steps = [Step(created(USERS, "7")), Step(wrong)]
    assert stands_alone(violation(wrong, claim), steps, Profile()) == alone


@needs_curl
@pytest.mark.parametrize(("status", "code"), [(404, 0), (200, 1), (503, 2)])
def test_the_exit_code_says_whether_the_fault_is_there(script: Script, tmp_path: Path, status: int, code: int) -> None:
    server = script(answer(status, {}))
    done = played(replay([exchange("GET", f"{server.url}/7", 404)]), tmp_path, "t")
    assert done.returncode == code, done.stdout
    assert "<-- here" in done.stdout


@needs_curl
@pytest.mark.parametrize(
    ("shown", "code"),
    [*(({"note": secret}, 1) for secret in SECRETS.values()), ({"passwordHash": "x"}, 1), ({"note": "none"}, 0)],
)
def test_a_secret_is_seen_under_any_name(script: Script, tmp_path: Path, shown: dict[str, str], code: int) -> None:
    server = script(answer(200, shown))
    wrong = Wrong([Claim("no-secret")], "no secret", "one")
    steps = [Step(exchange("GET", f"{server.url}/7", 200))]
    done = played(module.script(steps, wrong, Profile(), server.url), tmp_path, "t")
    assert done.returncode == code, done.stdout


@needs_curl
@pytest.mark.parametrize(("shown", "code"), [(21, 1), (22, 0)], ids=["kept", "not kept"])
def test_an_id_of_its_own_user_that_was_sent_as_text_may_be_kept_as_a_number(
    script: Script, tmp_path: Path, shown: int, code: int
) -> None:
    server = script(answer(201, {"id": 21}), answer(201, {"id": shown}), *[answer(404)] * 9)
    sent = b'{"name": "Ada", "email": "a@uat-abcdefghijkm.example.com", "id": "7"}'
    steps = [created(server.url, 7), exchange("POST", server.url, 201, {"id": 7}, sent)]
    wrong = Wrong([Claim("not-kept", (("id", "7"),))], "another id", "the id that was sent")
    done = played(module.script(list(map(Step, steps)), wrong, Profile(), server.url), tmp_path, "t")
    assert done.returncode == code, done.stdout
    assert b'"id": "21"' in server.arrived[1].body


@needs_curl
@pytest.mark.parametrize(("shown", "says"), [({"id": "21"}, False), ([], True)], ids=["an id", "no id"])
def test_it_says_that_a_create_showed_no_id(script: Script, tmp_path: Path, shown: object, says: bool) -> None:
    server = script(answer(201, shown), *[answer(404)] * 9)
    done = played(replay([created(server.url, 7)]), tmp_path, "t")
    assert ("if a user was created, look for them by hand" in done.stderr) == says


def test_an_id_in_another_spelling_has_no_script() -> None:
    with pytest.raises(Unclear):
        replay([created(USERS, "7"), exchange("GET", f"{USERS}/%37", 200)])


UTF_16 = exchange("POST", USERS, 201, {"id": "7"}, SENT.decode().encode("utf-16"))
OF_AN_ID = [created(USERS, "7"), exchange("GET", f"{USERS}/07", 200)]
NESTED_FIELD = Claim("not-kept", (("data", {"isAdmin": True}),))


@pytest.mark.parametrize(
    ("exchanges", "claim"),
    [
        ([UTF_16], Claim("status", (400,))),  # whose mark the script could not replace by its own
        (OF_AN_ID, Claim("status", (404,))),  # which is that of another user by then
        ([created(USERS, "7")], NESTED_FIELD),  # which a shell cannot compare
    ],
)
def test_what_a_script_could_not_show_is_played_by_the_suite(exchanges: Sequence[Exchange], claim: Claim) -> None:
    with pytest.raises(Unclear):
        module.script([Step(one) for one in exchanges], Wrong([claim], "", ""), Profile(), USERS)


def test_each_failed_scenario_has_a_script_of_its_own() -> None:
    title = "Mallory signs up in lower case with the upper-case email that Grace got with"
    names = {failed(f"{title} {how}").name for how in ("an update", "a replacement")}
    assert len(names) == 2
    assert {name.startswith("taken-mallory-signs-up-in-lower-case-with") for name in names} == {True}


def failed(title: str) -> keeping.Failed:
    scenario = BehaveScenario("taken.feature", 1, "Scenario", title)
    return keeping.Failed(scenario, violation(exchange("GET", USERS, 200)), Evidence("", (), ()))


@needs_curl
@pytest.mark.parametrize(
    "lines",
    [
        "TOKEN=old\nTOKEN=t",
        'TOKEN=old\nTOKEN="t"',
        "TOKEN=old\nTOKEN='t'  # of staging",
        "TOKEN=old\nexport TOKEN = t",
        "TOKEN_COMMAND=printf %s t",
        """TOKEN_COMMAND="printf '%s' t"  # logs in""",
    ],
)
def test_the_token_or_a_command_that_prints_it_may_be_in_the_settings_file(
    script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: str
) -> None:
    monkeypatch.setattr(module, "ROOT", tmp_path)
    server = script(answer(404))
    (tmp_path / ".env").write_text(f"BASE_URL={server.url}/7/\n{lines}\n", encoding="utf-8")
    played(replay([exchange("GET", f"{server.url}/7", 404)]), tmp_path, "")
    assert [request.header("Authorization") for request in server.arrived] == ["Bearer t"]


@needs_curl
@pytest.mark.parametrize("lines", ["BASE_URL=http://127.0.0.1:1/users\nTOKEN=t", "TOKEN=t", ""])
def test_the_token_of_another_api_is_not_sent(
    script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: str
) -> None:
    monkeypatch.setattr(module, "ROOT", tmp_path)
    (tmp_path / ".env").write_text(lines, encoding="utf-8")
    server = script(answer(404))
    done = played(replay([exchange("GET", f"{server.url}/7", 404)]), tmp_path, "")
    assert (done.returncode, "Neither TOKEN" in done.stdout, server.arrived) == (2, True, [])


@needs_curl
@pytest.mark.parametrize(("in_the_run", "code"), [(401, 1), (404, 2)])
def test_a_token_that_only_the_script_sees_refused_says_nothing_about_the_fault(
    script: Script, tmp_path: Path, in_the_run: int, code: int
) -> None:
    server = script(answer(401))
    wrong = Wrong([Claim("status", (200,))], "status 200", "another")
    steps = [Step(exchange("GET", server.url, in_the_run))]
    done = played(module.script(steps, wrong, Profile(), server.url), tmp_path, "expired")
    assert (done.returncode, "set TOKEN to one that it accepts" in done.stdout) == (code, code == 2), done.stdout


def _answer_plainly(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(1)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


@needs_curl
def test_a_server_without_tls_says_nothing_about_the_fault(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_answer_plainly, args=[listener], daemon=True).start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/users/7"
        done = played(replay([exchange("GET", url, 404)]), tmp_path, "t")
    assert (done.returncode, "No secure connection" in done.stdout) == (2, True), done.stdout


@needs_curl
@pytest.mark.parametrize("is_set", [True, False])
def test_a_secret_of_the_profile_may_be_in_the_settings_file(
    script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_set: bool
) -> None:
    hidden = Redactor()
    hidden.hide("s3cret-key-9", "$GATEWAY_KEY")
    hide_as(hidden, monkeypatch)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    server, headers = script(answer(200)), {"X-Key": "s3cret-key-9"}
    key = "GATEWAY_KEY=s3cret-key-9" if is_set else ""
    (tmp_path / ".env").write_text(f"BASE_URL={server.url}/\nTOKEN=t\n{key}\n", encoding="utf-8")
    read = exchange("GET", f"{server.url}/7", 404)
    steps = [Step(replace(read, call=replace(read.call, headers=headers)))]
    wrong = Wrong([Claim("status", (200,))], "status 200", "another")
    text = module.script(steps, wrong, Profile(headers=headers), server.url)
    assert "s3cret" not in text
    done = played(text, tmp_path, "", server.url)
    assert done.returncode == (0 if is_set else 2), done.stdout
    assert [one.header("X-Key") for one in server.arrived] == (["s3cret-key-9"] if is_set else [])
    assert ("GATEWAY_KEY, which each request has" in done.stdout) != is_set


@needs_curl
def test_a_command_that_prints_no_token_is_named(
    script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ROOT", tmp_path)
    server = script(answer(404))
    (tmp_path / ".env").write_text(f"BASE_URL={server.url}/7\nTOKEN_COMMAND=true\n", encoding="utf-8")
    done = played(replay([exchange("GET", f"{server.url}/7", 404)]), tmp_path, "")
    assert (done.returncode, "TOKEN_COMMAND has printed no token" in done.stdout) == (2, True)


@needs_curl
def test_without_an_api_nothing_is_said(tmp_path: Path) -> None:
    done = played(replay([exchange("GET", "http://127.0.0.1:1/users/7", 404)]), tmp_path, "t")
    assert (done.returncode, "Nothing can be said" in done.stdout) == (2, True)


@needs_curl
def test_an_interrupted_script_deletes_what_it_made(script: Script, tmp_path: Path) -> None:
    shown = {"id": "7", "email": EMAIL}

    def interrupting(wire: Wire) -> bool:
        running.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        return answer(201, shown)(wire)

    server = script(interrupting, answer(200, shown), answer(204))
    text = replay([created(server.url, "8"), exchange("GET", f"{server.url}/8", 404)])
    (tmp_path / "replay.sh").write_text(text, encoding="utf-8")
    running = subprocess.Popen(["sh", tmp_path / "replay.sh"], env={"TOKEN": "t", "PATH": os.environ["PATH"]})
    assert running.wait(30) == 130
    assert [request.method for request in server.arrived] == ["POST", "GET", "DELETE"]


ADA: dict[str, object] = {"id": 7, "email": EMAIL}
WRAPPED = {"meta": {"id": 9}, "data": ADA}
NESTED = {"id": 9, "no": [1, {"id": 9}], "key": {"id": 7}, "email": EMAIL}
LISTED = [{"id": 9}, ADA, {"id": 9}]
SHAPES: dict[str, tuple[Names, Shape, object, object]] = {
    "wrapped": (Names(user_pointer="/data"), Shape(), WRAPPED, WRAPPED),
    "nested": (Names(id="/key/id"), Shape(), NESTED, NESTED),
    "in a list": (Names(user_pointer="/1"), Shape(), LISTED, LISTED),
    "an id alone": (Names(created_pointer="/result"), Shape(created="id"), {"code": 9, "result": 7}, ADA),
    "a bare id": (Names(), Shape(created="id"), 7, ADA),
    "a Location": (Names(), Shape(created="location"), {}, ADA),
}


@needs_curl
@pytest.mark.parametrize("shape", SHAPES)
def test_the_id_is_found_where_the_profile_says(script: Script, tmp_path: Path, shape: str) -> None:
    names, kind, body, shown = SHAPES[shape]
    server = script(answer(201, body, headers={"Location": "/users/7"}), *[answer(200, shown), answer(204)] * 2)
    came = Answer(201, {}, b"{}", 0.0, shown=names.to_target({"id": "8"}))
    create = Exchange(Call("POST", server.url, TOKEN, {}, SENT), (Attempt(came),))
    change = exchange("PATCH", f"{server.url}/8", 200, {}, b'{"name": "Ada"}')
    text = replay([create, change], Profile(names=names, shape=kind))
    done = played(text, tmp_path, "t")
    assert its_writes(server) == ["/users/7"] * 2, done.stderr


@pytest.mark.parametrize(
    "form", ["{}", "\\u{:04x}", "\\u{:04X}", "%{:02x}"], ids=["as it is", "small", "capital", "URL"]
)
def test_the_mark_of_the_run_is_replaced_however_it_is_written(form: str) -> None:
    mark = "uat-k2m3n4p5q6r7"
    written = "".join(form.format(sign if form == "{}" else ord(sign)) for sign in mark)
    call = Call("PUT", "http://a.example/users/7", Credential(None), body=f'{{"email": "ada@{written}.io"}}'.encode())
    command = Words("http://a.example/users", mark).command(call)
    assert '"${RUN}"' in command
    assert written[-12:] not in command


def test_emails_in_a_long_text_are_found_in_linear_time() -> None:
    """At 1 MiB, a search that tries each place as a beginning would take hours."""
    assert choosing.EMAIL.findall('{"name": "' + "x" * 2**20 + '", "email": "a.b+c@example.com"}') == [
        "a.b+c@example.com"
    ]
