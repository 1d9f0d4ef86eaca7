"""Text of a target can command neither a terminal nor a CI job, and stays readable."""

from __future__ import annotations

import logging
import re
import sys
import unicodedata
from xml.etree import ElementTree

import pytest

from support.contract.violation import fail
from support.errors import ContractViolation, Inconclusive
from support.escaping import escaped, on_one_line
from support.exchange_text import curl, in_brief
from support.models import Answer, Attempt, Call, Credential, Exchange
from support.reporting.exchanges import page, title
from support.tests.http.clients import api_at

COMMANDING = [
    *map(chr, [*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x7F, 0xA0)]),
    *map(chr, [0x61C, 0x200E, 0x200F, 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF]),
    *map(chr, [0xD800, 0xDBFF, 0xDC00, 0xDFFF, *range(0xFDD0, 0xFDF0), 0xFFFE, 0xFFFF, 0x1FFFE, 0x10FFFF]),
]
READABLE = [
    "Ada\n\tLovelace",
    "👩\u200d💻",
    "می\u200cخواهم",
    "李小龍",
    "Zoe\u0308",
    "\u00a0x",
    "🏳\ufe0f\u200d🌈",
    "http://[::1]:80/",
]
AT_THE_START = ["::error::x", "::add-mask::x", "::set-output name=a::b", "  ::stop-commands::x", "\t::debug::x"]
ANYWHERE = [
    "##[error]x",
    "a ##[command]x",
    "##vso[task.setvariable]x",
    "x##teamcity[message]",
    "##TeamCity[x]",
    "###[x]",
]
COMMAND = re.compile(r"^\s*::|##(?:\[|vso\[|teamcity\[)", re.MULTILINE | re.IGNORECASE)
HOSTILE = "x\x1b[2J\x07\u202e\r\n::error::boo\n##[error]boo\u2028::error::boo\ufffe"


@pytest.mark.parametrize("sign", COMMANDING, ids=lambda sign: f"{ord(sign):04x}")
def test_controls_and_invisible_characters_become_escapes(sign: str) -> None:
    for shown in (escaped(f"a{sign}b"), on_one_line(f"a{sign}b")):
        assert shown.startswith("a\\")
        assert shown.endswith("b")
        assert shown.isascii()
        assert shown.isprintable()
        assert chr(int(shown[3:-1], 16)) == sign
        assert escaped(shown) == shown


def test_only_characters_that_xml_allows_are_left() -> None:
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    shown = ElementTree.fromstring(f"<x>{escaped(everything).replace('&', '').replace('<', '')}</x>").text or ""
    assert not [sign for sign in shown if unicodedata.category(sign) in ("Cs", "Cc") and sign not in "\n\t"]


@pytest.mark.parametrize("text", READABLE)
def test_readable_text_stays(text: str) -> None:
    assert escaped(text) == text


@pytest.mark.parametrize("text", [*AT_THE_START, *ANYWHERE])
def test_a_ci_command_loses_its_effect(text: str) -> None:
    for variant in (text, f"a\n{text}", f"\n\n \n{text}\n"):
        assert COMMAND.search(variant)
        assert not COMMAND.search(escaped(variant))
        assert escaped(variant).count("\n") == variant.count("\n")
    assert "\n" not in on_one_line(f"a\n{text}\tb")


def hostile() -> Exchange:
    call = Call("GET", f"http://127.0.0.1:1/users/{HOSTILE}", Credential("$TOKEN", value="t"), {"If-Match": HOSTILE})
    body = f'{{"name": "{HOSTILE}'.encode()
    return Exchange(call, (Attempt(Answer(400, {"X-Told": HOSTILE, HOSTILE: "x"}, body, 0.0)),))


def test_no_text_of_an_exchange_holds_a_command() -> None:
    exchange = hostile()
    with pytest.raises(ContractViolation) as caught:
        fail("list", f"reading {HOSTILE}", [HOSTILE], [HOSTILE, f"and {HOSTILE}"], exchange)
    limited = Exchange(exchange.call, (Attempt(Answer(429, {}, b"", 0.0)),))
    with pytest.raises(Inconclusive) as undecided:
        fail("list", HOSTILE, [], [HOSTILE], limited)
    assert caught.value.evidence is not None
    one_line = [in_brief(exchange), title(exchange), str(undecided.value), *caught.value.evidence.actual]
    for text in (*one_line, page(exchange), curl(exchange.call), str(caught.value)):
        assert escaped(text) == text
        assert "\\x1b[2J" in text
    assert not [text for text in one_line if "\n" in text]
    assert [line[:13] for line in str(caught.value).splitlines() if "boo" in line] == [
        *("  attempted: ", "  expected:  ", "  actual:    ", "  request:   ", "  response:  "),
    ]


def test_every_log_record_is_escaped(caplog: pytest.LogCaptureFixture) -> None:
    from support.reporting.logs import set_up_logs

    api_at("http://127.0.0.1:1/users")
    factory = logging.getLogRecordFactory()
    try:
        set_up_logs("INFO")
        try:
            raise ValueError(HOSTILE)
        except ValueError:
            logging.getLogger("urllib3").exception("Failed to parse %s", HOSTILE)
    finally:
        logging.setLogRecordFactory(factory)
    assert "Failed to parse x\\x1b" in caplog.text
    assert "ValueError: x\\x1b" in caplog.text
    assert escaped(caplog.text) == caplog.text
