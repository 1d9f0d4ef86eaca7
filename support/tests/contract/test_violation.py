"""A violation says in its first ten lines what an engineer needs."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from support.bounds import TOGETHER
from support.contract.claims import Claim
from support.contract.matchers import has_status, is_a_user, shows
from support.contract.violation import check, fail, is_cut, told_together
from support.errors import ContractViolation, Evidence, Inconclusive
from support.models import Answer, Attempt, Credential, Exchange
from support.profile_answers import Names
from support.rules import RULES
from support.tests.contract.exchanges import ADA, BASE, answered, unanswered

NAMES = Names()
SENT = b'{"name": "Ada Lovelace", "email": "ada@example.com"}'


def message_of(exchange: Exchange) -> str:
    with pytest.raises(ContractViolation) as caught:
        check(
            exchange, "create-201", "Ada signs up", has_status([201]), is_a_user(NAMES), shows({"name": "Ada"}, NAMES)
        )
    assert caught.value.rule == "create-201"
    return str(caught.value)


def test_what_the_suite_itself_has_no_room_for_breaks_no_rule() -> None:
    exchange = answered(200, [ADA])
    assert exchange.answer is not None
    beyond = replace(exchange.answer, body=b"", excess=f"{TOGETHER} 256 MiB together, 32 times MAX_ANSWER_MB")
    with pytest.raises(Inconclusive, match="MAX_ANSWER_MB more room"):
        check(replace(exchange, attempts=(Attempt(beyond),)), "list", "Ada reads the list", has_status([200]))
    with pytest.raises(Inconclusive, match="MAX_ANSWER_MB more room"):
        fail("list", "Ada reads the list", ["a list"], [beyond.excess], exchange)


def test_a_right_exchange_passes() -> None:
    check(answered(201, ADA), "create-201", "Ada signs up", has_status([201]), is_a_user(NAMES))


def test_the_first_ten_lines_hold_everything() -> None:
    text = message_of(answered(200, {**ADA, "id": 7}, method="POST", url=BASE, sent=SENT))
    lines = text.split("\n")
    assert lines[:6] == [
        f"contract broken: create-201 ({RULES['create-201'].promise})",
        "  attempted: Ada signs up",
        '  expected:  status 201; a user with id, name, email and createdAt; a user with name "Ada"',
        '  actual:    the status was 200; /id: 7 is not of type \'string\'; /name: "Ada Lovelace" instead of "Ada"',
        f"  request:   POST {BASE} {SENT.decode()}",
        '  response:  200 {"id": 7, "name": "Ada Lovelace", "email": "ada@example.com", '
        '"createdAt": "2024-05-06T07:08:09Z"}',
    ]
    assert len(lines) <= 12


def evidence_of(exchange: Exchange) -> Evidence:
    with pytest.raises(ContractViolation) as caught:
        check(exchange, "create-201", "Ada signs up", has_status([201]))
    assert caught.value.evidence is not None
    return caught.value.evidence


def test_a_violation_carries_its_evidence_in_fields() -> None:
    evidence = evidence_of(answered(500, ADA, method="POST", url=BASE, sent=SENT))
    assert (evidence.attempted, evidence.expected) == ("Ada signs up", ("status 201",))
    assert evidence.actual == ("the status was 500",)
    assert evidence.request == f"POST {BASE} {SENT.decode()}"
    assert evidence.response.startswith("500 {")
    assert evidence.curl.startswith("curl ")
    assert evidence.answered


def test_a_condition_is_part_of_the_request() -> None:
    plain = answered(412, ADA, method="PUT", url=BASE, sent=SENT)
    with_condition = replace(plain, call=replace(plain.call, headers={"Accept": "*/*", "If-Match": '"7"'}))
    assert evidence_of(with_condition).request == f'PUT {BASE} {SENT.decode()} (If-Match: "7")'


@pytest.mark.parametrize(
    ("credential", "told"),
    [
        (Credential(None), "no token"),
        (Credential("$TOKEN, Bearer x", value="pear-tree-4711, Bearer x"), "Authorization: Bearer $TOKEN, Bearer x"),
        (Credential("$TOKEN", "{token}", "pear-tree-4711", "query", "access_token"), "?access_token=$TOKEN"),
    ],
    ids=["none", "header", "query"],
)
def test_where_the_token_was_is_told_if_the_rule_is_about_access(credential: Credential, told: str) -> None:
    exchange = answered(200, ADA)
    exchange = replace(exchange, call=replace(exchange.call, credential=credential))
    with pytest.raises(ContractViolation) as caught:
        check(exchange, "auth-401", "Mallory reads", has_status([401]))
    assert caught.value.evidence is not None
    assert caught.value.evidence.request == f"GET {exchange.call.url} ({told})"
    assert told not in evidence_of(replace(exchange, call=replace(exchange.call, method="POST"))).request


def test_a_violation_says_in_a_field_that_no_answer_came() -> None:
    assert not evidence_of(unanswered("connection refused", 3)).answered


def test_only_failed_matchers_are_described() -> None:
    text = message_of(answered(201, ADA))
    assert "status" not in text.split("\n")[2]
    assert "createdAt;" not in text.split("\n")[2]


def test_a_missing_answer_is_described() -> None:
    text = message_of(unanswered("connection refused", 3))
    assert "no answer came: connection refused (attempt 3 of 3)" in text
    assert "  response:  no answer (attempt 3)" in text


def test_too_many_requests_are_inconclusive() -> None:
    exchange = answered(429, {"title": "Too Many Requests"})
    with pytest.raises(Inconclusive, match=r"still answered by 429 \(too many requests\) after 0 s and 1 attempt;"):
        check(exchange, "create-201", "Ada signs up", has_status([201]))


UNDECIDED = [
    (unanswered("connection reset", 1), "no answer came: connection reset"),
    (answered(503, {"title": "Busy"}), "the answer was 503"),
    (answered(409, {"title": "Conflict"}), "the answer was 409"),
]


@pytest.mark.parametrize(("exchange", "came"), UNDECIDED, ids=["dropped", "503", "409 to a repetition"])
def test_an_undecided_exchange_is_inconclusive(exchange: Exchange, came: str) -> None:
    with pytest.raises(Inconclusive, match=came):
        check(replace(exchange, undecided=True), "create-201", "Ada signs up", has_status([201]))


def test_a_500_is_a_violation_even_if_the_exchange_is_undecided() -> None:
    with pytest.raises(ContractViolation):
        check(replace(answered(500), undecided=True), "create-201", "Ada signs up", has_status([201]))


def test_attempts_are_counted() -> None:
    busy, late = Answer(503, {}, b"", 0.1), answered(200, ADA).attempts[0]
    exchange = answered(200, ADA)
    assert "(attempt 2)" in message_of(Exchange(exchange.call, (Attempt(busy), late)))


def test_long_texts_are_cut() -> None:
    long = answered(200, {**ADA, "name": "x" * 5000}, sent=b'{"name": "' + b"y" * 5000 + b'"}', method="POST")
    for line in message_of(long).split("\n")[:6]:
        assert len(line) < 700


def test_a_long_list_is_shown_around_the_user_whom_it_shows_wrongly() -> None:
    users = [{**ADA, "id": f"user-{number:03}"} for number in range(50)]
    with pytest.raises(ContractViolation) as caught:
        fail("list", "reading the list", ["Ada"], ["Bob"], answered(200, users), claims=[Claim("entry", ("user-030",))])
    assert caught.value.evidence is not None
    response = caught.value.evidence.response
    assert response.startswith("200 … ")
    assert response.endswith(" …")
    assert "user-030" in response
    assert "user-000" not in response


def test_the_same_mismatch_is_listed_once() -> None:
    with pytest.raises(ContractViolation) as caught:
        check(answered(500), "delete", "Ada leaves", has_status([200]), has_status([200]))
    assert str(caught.value).count("the status was 500") == 1


def test_a_violation_needs_no_exchange() -> None:
    with pytest.raises(ContractViolation) as caught:
        fail("burst", "many sign up", ["an id for each"], ["two have the id 7"])
    assert str(caught.value).split("\n")[1:] == [
        "  attempted: many sign up",
        "  expected:  an id for each",
        "  actual:    two have the id 7",
    ]


def test_an_unknown_rule_is_an_error_of_the_suite() -> None:
    with pytest.raises(KeyError, match="no-such-rule"):
        check(answered(500), "no-such-rule", "anything", has_status([200]))


def test_a_violation_is_a_failure_and_not_an_error() -> None:
    assert issubclass(ContractViolation, AssertionError), "behave shows AssertionError as failed, all else as an error"


@pytest.mark.parametrize(
    ("status", "body", "is_right"),
    [
        (200, b'{"id": "7", "na', True),
        (200, b'[{"id": "7"}', True),
        (200, b'{"name": "\xc3', True),
        (200, b'{"id": "7"}', False),
        (200, b'[{"id": "7"}];', False),
        (200, b"{id: 7}", False),
        (200, b"<p>", False),
        (200, b"", False),
        (400, b'{"id": "7", "na', False),
    ],
)
def test_an_answer_is_cut_if_its_json_ends_too_early(status: int, body: bytes, is_right: bool) -> None:
    assert is_cut(answered(status, body=body).answer) == is_right


def test_failures_of_many_requests_tell_what_was_invalid_in_each() -> None:
    def violation(name: object) -> ContractViolation:
        sent = json.dumps({"name": name, "email": "ada@example.com"}).encode()
        with pytest.raises(ContractViolation) as caught:
            check(answered(201, ADA, method="POST", url=BASE, sent=sent), "create-invalid", "x", has_status([422]))
        return caught.value

    names = ["\t", "\n", "\u2003", 7, "x" * 201]
    together = told_together([violation(name) for name in names], NAMES)
    assert together.evidence is not None
    assert together.evidence.actual == ("the status was 201",)
    assert together.evidence.request.endswith(
        r"; the same for 4 more: /name: '\n', /name: '\u2003', /name: 7, /name is too long"
    )
    alone = violation("\t")
    assert told_together([alone], NAMES).evidence == alone.evidence
