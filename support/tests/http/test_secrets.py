"""The token is in the request and nowhere else, whatever the server or the network does."""

from __future__ import annotations

import json
import logging
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from support.contract.matchers import has_status
from support.contract.violation import check, fail
from support.errors import ContractViolation
from support.exchange_text import curl, in_brief, said
from support.models import Answer, Credential
from support.redaction import Redactor
from support.reporting.exchanges import page
from support.target.embedded import Target
from support.tests import scripted
from support.tests.conftest import Script
from support.tests.http.clients import TOKEN, Client, api_at, reading
from support.tests.leaking import ENCODINGS
from support.tests.scripted import Act, Arrived, Wire, answer


def echo(wire: Wire) -> bool:
    """Answer with the request, as servers in debug mode do."""
    return answer(400, {"headers": dict(wire.request.headers)}, headers={"X-Echo": _authorization(wire.request)})(wire)


def _authorization(request: Arrived) -> str:
    return request.header("Authorization") or ""


@pytest.mark.parametrize(
    "acts",
    [[echo], [scripted.drop] * 3, [scripted.cut()] * 3, [answer(503)] * 3, [answer(401, body=TOKEN.encode())]],
    ids=["echoed", "dropped", "cut", "busy", "in a text"],
)
def test_no_text_of_an_exchange_holds_the_token(
    client: Client,
    script: Script,
    acts: list[Act],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG, "acceptance")
    monkeypatch.setattr(logging.getLogger("acceptance"), "propagate", True)
    api = api_at(script(*acts).url)
    exchange = client.run(reading(api))
    with pytest.raises(ContractViolation) as caught:
        check(exchange, "read-200", "reading a user", has_status([200]))
    shown = [
        *(page(exchange), in_brief(exchange), curl(exchange.call), said(exchange.answer), str(caught.value)),
        *(repr(exchange.call), repr(api), repr(api.credential), str(exchange.call)),
        *(record.getMessage() for record in caplog.records if record.name.startswith("acceptance")),
        *(repr(attempt) for attempt in exchange.attempts if exchange.answer is None),
    ]
    assert caplog.records, "nothing was logged that could have shown it"
    assert all(TOKEN not in text for text in shown)


def test_the_token_is_shown_as_a_variable() -> None:
    api = api_at("http://127.0.0.1:1/users")
    assert '-H "Authorization: Bearer $TOKEN"' in curl(api.call("GET"))


@pytest.mark.parametrize(
    "modified",
    [TOKEN, f"{TOKEN}x", TOKEN[:-1], TOKEN[1:], quote(TOKEN), json.dumps(TOKEN)],
    ids=["whole", "longer", "without its end", "without its beginning", "quoted", "as JSON"],
)
def test_a_modified_token_is_redacted_too(client: Client, script: Script, modified: str) -> None:
    """The access scenarios send tokens that are almost right, and a server may show them."""
    redact = Redactor()
    redact.hide(TOKEN)
    assert TOKEN[1:-1] not in redact(f"you sent {modified}, did you?")
    api = api_at(script(echo).url).with_credential(Credential("${TOKEN}x", value=modified))
    assert TOKEN[1:-1] not in page(client.run(reading(api)))


def test_the_token_in_other_letter_case_is_redacted_too() -> None:
    redact = Redactor()
    redact.hide(TOKEN)
    assert redact(f"you sent {TOKEN.swapcase()}, did you?") == "you sent $TOKEN, did you?"


@pytest.mark.parametrize("token", ['pear"tree\\4711', "pear/tree+4711=", "pear<tree>&4711"])
def test_a_token_with_odd_characters_is_redacted_in_every_encoding(token: str) -> None:
    redact = Redactor()
    redact.hide(token)
    for written in (token, json.dumps(token), quote(token), quote(token, safe=""), json.dumps({"a": [token]})):
        shown = redact(f"before {written} after")
        assert "4711" not in shown
        assert shown.startswith("before ")
        assert shown.endswith(" after")


def test_lone_surrogates_are_shown_as_escapes() -> None:
    assert Redactor()("李 cut \ud83d here") == "李 cut \\ud83d here"


def test_terminal_controls_are_shown_as_escapes() -> None:
    page = Answer(502, {"Content-Type": "text/html"}, "<p>\x1b[2J\x9b2J\r\n\tBad Gateway\rfine".encode(), 0.0)
    assert said(page) == "<p>\\x1b[2J\\u009b2J\n\tBad Gateway\\x0dfine"


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("GET https://www.Example.com:8443/api/users/7", "GET $BASE_URL/7"),
        (json.dumps("see https://www.example.com:8443/api/users"), '"see $BASE_URL"'),
        (quote("https://www.example.com:8443/api/users", ""), "$BASE_URL"),
        ("https://www.example.com/login", "https://$BASE_URL_HOST/login"),
        ("no route to www.example.com", "no route to $BASE_URL_HOST"),
        ("see https://www.rfc-editor.org", "see https://www.rfc-editor.org"),
        ("DELETE /api/users/7", "DELETE /api/users/7"),
    ],
)
def test_a_url_is_redacted_as_a_whole_or_by_its_host(shown: str, expected: str) -> None:
    redact = Redactor()
    redact.hide_url("https://www.example.com:8443/api/users")
    assert redact(shown) == expected


def test_a_host_of_one_word_does_not_redact_that_word() -> None:
    redact = Redactor()
    redact.hide_url("http://users:8000/api")
    assert redact("200 users at http://users:8000/api, http://users:8000/other") == (
        "200 users at $BASE_URL, http://$BASE_URL_HOST/other"
    )


def test_a_very_short_secret_is_not_redacted() -> None:
    redact = Redactor()
    redact.hide("t")
    assert redact("the status was 400") == "the status was 400"


def test_a_violation_without_an_exchange_holds_no_token() -> None:
    api_at("http://127.0.0.1:1/users")
    with pytest.raises(ContractViolation) as caught:
        fail("no-secrets", "reading", ["nothing secret"], [f"it shows {TOKEN}"])
    assert TOKEN not in str(caught.value)


def test_every_log_line_is_redacted(capfd: pytest.CaptureFixture[str]) -> None:
    from support.reporting.logs import set_up_logs

    log = logging.getLogger("acceptance")
    before, propagates = list(log.handlers), log.propagate
    log.handlers.clear()
    try:
        api_at("http://127.0.0.1:1/users")
        set_up_logs("DEBUG")
        logging.getLogger("acceptance.transport").warning("sent %s to %s", TOKEN, {"Authorization": TOKEN})
        shown = capfd.readouterr().err
    finally:
        log.handlers[:] = before
        log.propagate = propagates
    assert "sent $TOKEN to" in shown
    assert TOKEN not in shown


@pytest.mark.parametrize("before", range(40 - len(TOKEN), 41, 4))
def test_no_part_of_a_secret_is_left_if_a_text_is_cut(before: int) -> None:
    api_at("http://127.0.0.1:1/users")
    shown = said(Answer(400, {}, b"x" * before + TOKEN.encode() + b"x" * 100, 0.0), longest=40)
    assert TOKEN[:3] not in shown


def test_the_text_of_a_target_holds_no_token() -> None:
    assert TOKEN not in repr(Target("http://127.0.0.1:1/users", TOKEN, "embedded"))


LONG = "canary-7Qf2-nightingale"
AWKWARD = LONG + "\"<&>'/+%\\x"


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("secret", [LONG, AWKWARD], ids=["plain", "awkward"])
def test_a_secret_is_found_in_every_encoding(secret: str, encoding: str) -> None:
    redact = Redactor()
    redact.hide(secret)
    written = ENCODINGS[encoding](secret)
    assert redact.holds_secret(f"before {written} after")
    shown = redact(f"before {written} after")
    assert shown.startswith("before ")
    assert shown.endswith(" after")
    assert "$TOKEN" in shown
    left = shown.replace("$TOKEN", "").removeprefix("before").removesuffix("after")
    assert len(left) < len(written) - 8
    assert not redact.holds_secret(shown)


def test_each_secret_has_its_own_replacement() -> None:
    redact = Redactor()
    redact.hide(LONG)
    redact.hide("api.of-ours.example.com", "$HOST")
    redact.hide("pear", "$USER")
    assert redact(f"Pear: {LONG} at API.of-ours.example.com") == "$USER: $TOKEN at $HOST"


def test_a_short_secret_is_found_only_as_a_whole() -> None:
    redact = Redactor()
    redact.hide("pear")
    assert redact("Pear, p ear, spe ar, pea, peary") == "$TOKEN, p ear, spe ar, pea, $TOKENy"


@given(st.text(alphabet="canry-7\\u06%&#x;nt \n\u202e李", max_size=40), st.text(max_size=20))
def test_text_around_a_secret_stays(before: str, after: str) -> None:
    assume("$TOKEN" not in after)
    redact = Redactor()
    redact.hide(LONG)
    text = f"{before}{LONG}{after}"
    assert redact.without_secrets(before) == before
    shown = redact.without_secrets(text)
    assert shown.count("$TOKEN") == 1
    start, end = shown.split("$TOKEN")
    assert text.startswith(start)
    assert text.endswith(end)


@pytest.mark.parametrize(
    "text",
    [
        "canary-7Qf2 " * 100_000,
        "\\" * 1_000_000 + "x",
        "\n" * 1_000_000,
        "&#x0000000" * 100_000,
        f"{LONG[:11]}\n" * 100_000,
    ],
)
def test_near_misses_stay_in_a_long_text(text: str) -> None:
    redact = Redactor()
    redact.hide(LONG)
    assert redact.without_secrets(text + LONG) == text + "$TOKEN"
