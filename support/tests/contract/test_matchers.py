"""Every matcher matches right exchanges, and names what is wrong with others."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from hamcrest import assert_that

from support.contract import matchers
from support.contract.matchers import (
    Matcher,
    field_mismatches,
    has_an_id,
    has_header,
    has_no_body,
    has_status,
    holds_no_secret,
    is_a_list,
    is_a_user,
    is_within_bounds,
    leaks_nothing,
    moment_of,
    says_json,
    says_what_is_wrong,
    schema_mismatches,
    shows,
)
from support.models import Exchange
from support.profile import Profile
from support.profile_answers import Names
from support.tests.contract.exchanges import ADA, answered, beyond, unanswered, without

NAMES = Names()
WRAPPED = Profile(names=Names(list_pointer="/data/items"))
RENAMED = Names(id="_id", name="fullName", email="mail", created_at="created")

RIGHT: list[tuple[Matcher, Exchange]] = [
    (is_within_bounds(), answered(200)),
    (is_within_bounds(), unanswered("connection refused", 3)),
    (has_status([200]), answered(200)),
    (has_status([400, 422]), answered(422)),
    (has_status(range(200, 300)), answered(204)),
    (is_a_user(NAMES), answered(200, ADA)),
    (is_a_user(NAMES), answered(200, {**ADA, "isAdmin": True, "tags": [1]})),
    (is_a_user(NAMES), answered(200, {**ADA, "name": "李" * 200, "createdAt": "2024-05-06T07:08:09.123456+05:30"})),
    (is_a_user(NAMES), answered(200, {**ADA, "name": "🦉" * 200})),
    (is_a_user(NAMES), answered(200, {**ADA, "email": f"{'x' * 242}@example.com"})),
    (
        is_a_user(RENAMED),
        answered(200, {"_id": "7", "fullName": "Ada", "mail": "a@b.c", "created": ADA["createdAt"]}),
    ),
    (
        is_a_user(RENAMED),
        answered(200, {"_id": "7", "fullName": "Ada", "mail": "a@b.c", "created": ADA["createdAt"], "id": 5}),
    ),
    (has_an_id(NAMES), answered(200, {"id": 7})),
    (has_an_id(RENAMED), answered(200, {"_id": "7"})),
    (is_a_list(Profile()), answered(200, [])),
    (is_a_list(Profile()), answered(200, [ADA, {}])),
    (is_a_list(WRAPPED), answered(200, {"data": {"items": [ADA]}})),
    (shows(ADA, NAMES), answered(200, ADA)),
    (shows({"name": "Ada Lovelace"}, NAMES), answered(200, {**ADA, "extra": 1})),
    (shows({"email": "ADA@Example.com"}, NAMES), answered(200, ADA)),
    (shows({"createdAt": "2024-05-06T09:08:09.000+02:00"}, NAMES), answered(200, ADA)),
    (shows({"name": "Ada"}, RENAMED), answered(200, {"fullName": "Ada"})),
    (holds_no_secret(), answered(200, {**ADA, "passwordless": True, "tokens": 3, "secretary": "Grace"})),
    (holds_no_secret(), answered(204)),
    (holds_no_secret("Sesame-43"), answered(422, {"detail": "an unknown field"})),
    (says_json(), answered(200, ADA)),
    (says_json(), answered(200, ADA, media_type="application/json; charset=utf-8")),
    (says_json(), answered(400, {}, media_type="application/problem+json")),
    (says_json(), answered(200, ADA, media_type="Application/JSON;charset=UTF-8")),
    (says_json(), answered(200, ADA, media_type="application/vnd.api.v2+json")),
    (says_json(), answered(200, ADA, media_type="model/vnd.users+json; charset=utf-8")),
    (says_json(), answered(204, media_type=None)),
    (says_what_is_wrong(), answered(404, {"title": "Not found", "status": 404})),
    (says_what_is_wrong(), answered(422, {"errors": [{"field": "name", "message": "is empty"}]})),
    (says_what_is_wrong(), answered(400, {"message": "no", "status": "error"})),
    (says_what_is_wrong(), answered(400, {"title": "no", "status": "failed"})),
    (says_what_is_wrong(), answered(404, {"title": None, "message": "no"})),
    (says_what_is_wrong(), answered(404, {"status": 40404, "detail": "no"})),
    (says_what_is_wrong(), answered(404, {"detail": "no"}, media_type="application/problem+json")),
    (leaks_nothing(), answered(200, [ADA])),
    (leaks_nothing(), unanswered()),
    (has_header("WWW-Authenticate", "that names a scheme"), answered(401, WWW_Authenticate='Bearer realm="users"')),
    (has_header("allow", "without POST", lambda value: "POST" not in value), answered(405, Allow="GET, PUT")),
    (has_no_body(), answered(200)),
]

WRONG: list[tuple[Matcher, Exchange, list[str]]] = [
    (is_within_bounds(), beyond("the body is too large"), ["the body is too large"]),
    (is_a_user(NAMES), beyond("the body is too large"), ["the body is too large"]),
    (has_an_id(NAMES), answered(200, {**ADA, "id": "/"}), ['/id: "/" cannot be the id in a user']),
    (has_an_id(NAMES), answered(200, {**ADA, "id": "x" * 2049}), ["/id: "]),
    (has_status([200]), answered(500), ["the status was 500"]),
    (has_status([400, 422]), answered(409), ["the status was 409"]),
    (has_status([200]), unanswered("connection refused", 3), ["no answer came: connection refused (attempt 3 of 3)"]),
    (is_a_user(NAMES), answered(200, without("id")), ["the whole body: 'id' is a required property"]),
    (is_a_user(NAMES), answered(200, without("createdAt")), ["the whole body: 'createdAt' is a required property"]),
    (is_a_user(NAMES), answered(200, {**ADA, "id": 7}), ["/id: 7 is not of type 'string'"]),
    (is_a_user(NAMES), answered(200, {**ADA, "id": ""}), ["/id: '' should be non-empty"]),
    (is_a_user(NAMES), answered(200, {**ADA, "name": None}), ["/name: None is not of type 'string'"]),
    (is_a_user(NAMES), answered(200, {**ADA, "name": ""}), ["/name: ", "/name: "]),
    (is_a_user(NAMES), answered(200, {**ADA, "name": " \t"}), ["/name: ' \\t' does not match"]),
    (is_a_user(NAMES), answered(200, {**ADA, "name": "x" * 201}), ["/name: "]),
    (is_a_user(NAMES), answered(200, {**ADA, "email": "ada"}), ["/email: 'ada' does not match"]),
    (is_a_user(NAMES), answered(200, {**ADA, "email": "a@b@c"}), ["/email: 'a@b@c' does not match"]),
    (is_a_user(NAMES), answered(200, {**ADA, "email": "a b@c"}), ["/email: 'a b@c' does not match"]),
    (is_a_user(NAMES), answered(200, {**ADA, "email": "ada@example.com\n"}), ["/email: 'ada@example.com\\n' does not"]),
    (is_a_user(NAMES), answered(200, {**ADA, "email": f"{'x' * 243}@example.com"}), ["/email: "]),
    (is_a_user(NAMES), answered(200, {**ADA, "createdAt": 1714979289}), ["/createdAt: 1714979289 is not of type"]),
    (is_a_user(NAMES), answered(200, {**ADA, "createdAt": "2024-05-06"}), ["/createdAt: '2024-05-06' is not a 'date-"]),
    (is_a_user(NAMES), answered(200, {**ADA, "createdAt": "2024-05-06T07:08:09"}), ["/createdAt: "]),
    (is_a_user(NAMES), answered(200, {**ADA, "createdAt": "2024-13-06T07:08:09Z"}), ["/createdAt: "]),
    (is_a_user(NAMES), answered(200, [ADA]), ["the whole body: "]),
    (has_an_id(NAMES), answered(200, without("id")), ["/id: there is none in {"]),
    (has_an_id(NAMES), answered(200, {**ADA, "id": ""}), ["/id: there is none in {"]),
    (has_an_id(NAMES), answered(200, []), ["/id: there is none in []"]),
    (has_an_id(NAMES), answered(204), ["the body is empty"]),
    (is_a_user(NAMES), answered(200, None), ["the body is empty"]),
    (is_a_user(NAMES), answered(200, body=b"<html>"), ["the body is not JSON ("]),
    (is_a_user(NAMES), answered(200, body=b'{"name": "\xff"}'), ["the body is not JSON ("]),
    (is_a_user(NAMES), unanswered(), ["no answer came"]),
    (
        is_a_user(NAMES),
        answered(200, {"id": 7, "name": "", "email": "ada"}),
        ["the whole body: 'createdAt'", "/email: ", "/id: ", "/name: ", "/name: "],
    ),
    (is_a_user(RENAMED), answered(200, ADA), ["the whole body: "] * 4),
    (
        is_a_user(RENAMED),
        answered(200, {**ADA, "_id": 7, "fullName": "Ada", "mail": "a@b", "created": 1}),
        ["/c", "/i"],
    ),
    (is_a_list(Profile()), answered(200, {"data": []}), ['the whole body: no array in {"data": []}']),
    (is_a_list(Profile()), answered(200, ["Ada"]), ["/0: 'Ada' is not of type 'object'"]),
    (is_a_list(Profile()), answered(200, None), ["the body is empty"]),
    (is_a_list(WRAPPED), answered(200, [ADA]), ["/data/items: no array in "]),
    (is_a_list(Profile()), unanswered(), ["no answer came"]),
    (shows({"name": "Grace"}, NAMES), answered(200, ADA), ['/name: "Ada Lovelace" instead of "Grace"']),
    (shows({"name": "Ada lovelace"}, NAMES), answered(200, ADA), ["/name: "]),
    (shows({"name": "Ada Lovelace "}, NAMES), answered(200, ADA), ["/name: "]),
    (shows({"name": "Ada"}, NAMES), answered(200, without("name")), ['/name: "(missing)" instead of "Ada"']),
    (shows({"email": "ada@example.org"}, NAMES), answered(200, ADA), ["/email: "]),
    (shows({"id": "7"}, NAMES), answered(200, {**ADA, "id": 7}), ['/id: 7 instead of "7"']),
    (shows({"flag": 1}, NAMES), answered(200, {"flag": True}), ["/flag: true instead of 1"]),
    (shows({"createdAt": "2024-05-06T07:08:10Z"}, NAMES), answered(200, ADA), ["/createdAt: "]),
    (shows({"createdAt": "2024-05-06T07:08:09+01:00"}, NAMES), answered(200, ADA), ["/createdAt: "]),
    (shows({"name": "Ada"}, NAMES), answered(200, [ADA]), ["the whole body: "]),
    (shows({"name": "A", "email": "b@c.d"}, NAMES), answered(200, ADA), ["/name: ", "/email: "]),
    (shows({"name": "A"}, NAMES), unanswered(), ["no answer came"]),
    (holds_no_secret(), answered(200, {**ADA, "password": "x"}), ["/password: there is such a field"]),
    (holds_no_secret(), answered(200, {**ADA, "passwordHash": "x"}), ["/passwordHash: "]),
    (holds_no_secret(), answered(200, {**ADA, "password_hash": "x"}), ["/password_hash: "]),
    (holds_no_secret(), answered(200, {**ADA, "Token": None}), ["/Token: "]),
    (holds_no_secret(), answered(200, [{"a": {"b": [{"secret": 1}]}}]), ["/0/a/b/0/secret: "]),
    (holds_no_secret(), answered(400, {"token": {"secret": 1}}), ["/token: ", "/token/secret: "]),
    (holds_no_secret("Sesame-43"), answered(422, {"detail": "not Sesame-43"}), ["it shows Sesame-43, which was sent"]),
    (says_json(), answered(200, ADA, media_type="text/html"), ["Content-Type was 'text/html'"]),
    (says_json(), answered(200, ADA, media_type="application/jsonp"), ["Content-Type was 'application/jsonp'"]),
    (says_json(), answered(200, ADA, media_type="text/json"), ["Content-Type was 'text/json'"]),
    (says_json(), answered(200, ADA, media_type=""), ["Content-Type was ''"]),
    (says_json(), answered(200, ADA, media_type=None), ["there is a body but no Content-Type"]),
    (says_what_is_wrong(), answered(404), ["the body is empty"]),
    (says_what_is_wrong(), answered(404, body=b"Not found"), ["the body is not JSON ("]),
    (says_what_is_wrong(), answered(404, "Not found"), ['the whole body: "Not found" is not an object']),
    (says_what_is_wrong(), answered(404, ["Not found"]), ["the whole body: "]),
    (says_what_is_wrong(), answered(404, {}), ["the whole body: it says nothing"]),
    (says_what_is_wrong(), answered(404, {"detail": "", "errors": []}), ["the whole body: it says nothing"]),
    (
        says_what_is_wrong(),
        answered(404, {"title": 7}, media_type="application/problem+json"),
        ["/title: 7 is not of type 'string'"],
    ),
    (says_what_is_wrong(), answered(404, {"title": "no", "status": 400}), ["/status: 400 instead of 404"]),
    (
        says_what_is_wrong(),
        answered(404, {"x": "no", "status": "404"}, media_type="application/problem+json"),
        ['/status: "404" instead of 404'],
    ),
    (
        says_what_is_wrong(),
        answered(400, {"detail": "Traceback (most recent call last)"}),
        ["it shows a stack trace: "],
    ),
    (says_what_is_wrong(), unanswered(), ["no answer came"]),
    (leaks_nothing(), answered(500, body=b"SQLSTATE[23000]"), ["it shows SQL: 'SQLSTATE'"]),
    (has_header("Allow", "with methods"), answered(405), ["there is no Allow"]),
    (has_header("Allow", "with methods"), answered(405, Allow=""), ["Allow was ''"]),
    (
        has_header("Allow", "without POST", lambda value: "POST" not in value),
        answered(405, Allow="GET, POST"),
        ["Allow was 'GET, POST'"],
    ),
    (has_header("Allow", "with methods"), unanswered(), ["there is no Allow"]),
    (has_no_body(), answered(200, body=b"{}"), ["2 bytes of body followed the header section"]),
]


@pytest.mark.parametrize(("matcher", "exchange"), RIGHT)
def test_a_right_exchange_matches(matcher: Matcher, exchange: Exchange) -> None:
    assert matcher.mismatches(exchange) == []
    assert matcher.matches(exchange)


@pytest.mark.parametrize(("matcher", "exchange", "expected"), WRONG)
def test_a_wrong_exchange_does_not_match_and_says_why(
    matcher: Matcher, exchange: Exchange, expected: list[str]
) -> None:
    found = matcher.mismatches(exchange)
    assert not matcher.matches(exchange)
    assert len(found) == len(expected), found
    assert all(mismatch.startswith(begin) for mismatch, begin in zip(found, expected, strict=True)), found


def test_every_matcher_has_failed_once_and_passed_once() -> None:
    public = {
        name
        for name, made in vars(matchers).items()
        if inspect.isfunction(made) and inspect.signature(made).return_annotation == "Matcher"
    }
    assert public == {_maker(matcher) for matcher, *_ in WRONG}
    assert public == {_maker(matcher) for matcher, *_ in RIGHT}


def _maker(matcher: Matcher) -> str:
    find: Any = matcher.mismatches
    return str(find.__qualname__.split(".")[0]) if "." in find.__qualname__ else "leaks_nothing"


def test_assert_that_describes_the_mismatch() -> None:
    with pytest.raises(AssertionError) as caught:
        assert_that(answered(500), has_status([200, 204]))
    assert "Expected: status 200 or 204" in str(caught.value)
    assert "but: the status was 500" in str(caught.value)


def test_a_long_value_is_shown_with_both_ends() -> None:
    (expected,) = field_mismatches({**ADA, "name": "begin" + "x" * 500 + "end"}, {"name": "Ada"}, NAMES)
    assert expected.startswith('/name: "begin')
    assert 'end" instead of "Ada"' in expected
    assert len(expected) < 220


def test_all_mismatches_of_a_list_are_listed() -> None:
    assert len(schema_mismatches("users", [1, {}, "x"])) == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2024-05-06T07:08:09Z", "2024-05-06T07:08:09+00:00"),
        ("2024-05-06t07:08:09z", "2024-05-06T07:08:09Z"),
        ("2024-05-06T07:08:09.5Z", "2024-05-06T07:08:09.500000Z"),
        ("2024-05-06T07:08:09-00:00", "2024-05-06T07:08:09Z"),
    ],
)
def test_one_moment_may_be_written_in_two_ways(one: str, other: str) -> None:
    assert moment_of(one) == moment_of(other)


@pytest.mark.parametrize("text", [None, 7, "yesterday", "", {"at": 1}])
def test_any_other_text_stays_unchanged(text: Any) -> None:
    assert moment_of(text) == text
