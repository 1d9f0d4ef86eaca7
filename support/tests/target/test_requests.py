"""What is sent, and how: further fields, authentication, headers, paths and media types, as a profile says."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from support import profile_files
from support.contract.claims import Claim
from support.errors import SettingsError, SuiteError
from support.exchange_text import curl
from support.http.templates import password
from support.http.users_api import UsersApi
from support.models import Call
from support.profile import Profile
from support.profile_answers import Names, Shape
from support.profile_requests import Auth, MediaTypes, Paths, Queries
from support.redaction import redacted
from support.reporting.exchanges import page
from support.reporting.replay.choosing import Step
from support.reporting.replay.script import Wrong
from support.reporting.replay.script import script as replay_of
from support.scenario.access import CREDENTIALS
from support.tests.conftest import Script
from support.tests.http.clients import TOKEN, Client, api_at, client_of
from support.tests.http.test_curl import compared, typed
from support.tests.scripted import Arrived, answer
from support.tests.target.conftest import NewProfile

ADA = {"name": "Ada Augusta Lovelace", "email": "Ada.L+x@uat-mark.example.com"}
BASE = "http://127.0.0.1:1/api/users"


def api_of(url: str = BASE, token: str = TOKEN, **profile: Any) -> UsersApi:
    """Return the calls of an API with this profile."""
    told = Profile(**profile)
    redacted.hide(token)
    return replace(api_at(url), profile=told, credential=replace(told.auth.credential, value=token))


def sent(api: UsersApi, fields: Any, method: str = "POST") -> Any:
    """Return the document that a request with these fields sends."""
    return json.loads(api.call(method, None if method == "POST" else api.url_of("7"), fields=fields).body or b"")


# Further fields


def test_a_sign_up_has_the_further_fields_of_its_method_at_any_depth() -> None:
    further = {"role": "member", "age": 30, "terms": {"accepted": True}, "tags": ["a", "{first_name}"]}
    api = api_of(create=further, update={"role": "owner"}, patch={"version": 1})
    assert sent(api, ADA) == {**ADA, **further, "tags": ["a", "Ada Augusta"]}
    assert sent(api, ADA, "PUT") == {**ADA, "role": "owner"}
    assert sent(api, {"name": "Ada"}, "PATCH") == {"name": "Ada", "version": 1}


def test_templates_are_filled_in_from_the_user_who_signs_up() -> None:
    filled = sent(api_of(create={"a": "{first_name}|{last_name}|{name}|{email}", "b": "{uuid}", "c": "{number}"}), ADA)
    assert filled["a"] == f"Ada Augusta|Lovelace|{ADA['name']}|{ADA['email']}"
    assert re.fullmatch(r"[0-9a-f-]{36}", filled["b"])
    assert isinstance(filled["c"], int)


def test_what_may_have_to_be_unique_differs_although_the_email_is_the_same() -> None:
    api = api_of(create={"username": "{local_part}", "number": "{number}", "uuid": "{uuid}"})
    first, second = sent(api, ADA), sent(api, ADA)
    assert all(first[key] != second[key] for key in ("username", "number", "uuid"))
    assert re.fullmatch(r"adalx[0-9]{9}", first["username"])


@pytest.mark.parametrize("wrong", [{"name": ""}, {"name": None}, {"email": "no-at"}, {"email": 42}])
def test_further_fields_are_valid_whatever_is_wrong_with_the_others(wrong: dict[str, Any]) -> None:
    api = api_of(create={"first": "{first_name}", "last": "{last_name}", "login": "{email}", "nick": "{local_part}"})
    filled = sent(api, {**ADA, **wrong})
    assert {key: filled[key] for key in wrong} == wrong
    assert filled["first"].isprintable()
    assert filled["first"]
    assert filled["last"] == "Lovelace"
    assert re.fullmatch(r"[\w.+-]+@[\w.-]+\.com", filled["login"])
    assert filled["nick"].isalnum()


@pytest.mark.parametrize("body", [{}, [], "Ada", 42, None])
def test_a_body_without_fields_stays_without_any(body: Any) -> None:
    assert sent(api_of(create={"role": "member"}), body) == body


def test_a_list_of_users_holds_whole_users() -> None:
    api = api_of(create={"role": "member"}, names=Names(name="fullName"))
    assert sent(api, [{"name": "Ada"}]) == [{"fullName": "Ada", "role": "member"}]


def test_what_a_scenario_sends_stays_and_is_only_added_to() -> None:
    api = api_of(create={"password": "{password}", "address": {"city": "London", "zip": "N1"}})
    both = sent(api, {**ADA, "password": "mine", "address": {"city": "Paris"}})
    assert (both["password"], both["address"]) == ("mine", {"city": "Paris", "zip": "N1"})


def test_further_fields_go_into_the_user_where_the_body_wraps_one() -> None:
    names = Names(email="/attributes/email", body_pointer="/data")
    api = api_of(names=names, create={"type": "users", "attributes": {"role": "member"}})
    body = {"data": {"attributes": {"email": ADA["email"], "role": "member"}, "type": "users"}}
    assert sent(api, {"email": ADA["email"]}) == body


def test_a_change_can_name_its_user() -> None:
    assert sent(api_of(patch={"id": "{id}"}), {"name": "Ada"}, "PATCH")["id"] == "7"
    assert sent(api_of(patch={"id": "{id}"}, shape=Shape(id="integer")), {"name": "Ada"}, "PATCH")["id"] == 7


def test_the_password_is_hidden_and_a_variable_in_the_command(client: Client, script: Script) -> None:
    server = script(answer(201, {"id": "7", "echo": password()}), answer(201))
    exchange = client.run(
        api_of(server.url, create={"password": "{password}"}).send(api_of(server.url).create_call(ADA))
    )
    assert password() not in page(exchange)
    call = api_of(server.url, create={"password": "{password}"}).create_call(ADA)
    assert '"$PASSWORD"' in curl(call)
    assert password() not in curl(call)


# Authentication

SCHEMES = {
    "bearer": Auth(),
    "a header": Auth(scheme="header", name="X-API-Key"),
    "a header with a format": Auth(scheme="header", name="Authorization", format='Token "$x`={token}"'),
    "basic": Auth(scheme="basic"),
    "basic without a password": Auth(scheme="basic", format="{token}:"),
    "a cookie": Auth(scheme="cookie", name="session"),
    "a query": Auth(scheme="query", name="api_key"),
}


def _decoded(request: Arrived, name: str) -> str:
    return base64.b64decode((request.header(name) or "").removeprefix("Basic ")).decode()


ARRIVES: dict[str, Callable[[Arrived], bool]] = {
    "bearer": lambda request: request.header("Authorization") == f"Bearer {TOKEN}",
    "a header": lambda request: (request.header("X-API-Key"), request.header("Authorization")) == (TOKEN, None),
    "a header with a format": lambda request: request.header("Authorization") == f'Token "$x`={TOKEN}"',
    "basic": lambda request: _decoded(request, "Authorization") == TOKEN,
    "basic without a password": lambda request: _decoded(request, "Authorization") == f"{TOKEN}:",
    "a cookie": lambda request: request.header("Cookie") == f"session={TOKEN}",
    "a query": lambda request: parse_qs(urlsplit(request.target).query)["api_key"] == [TOKEN],
}


@pytest.mark.parametrize("kind", SCHEMES)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PATCH"])
def test_each_request_authenticates_as_the_profile_says(client: Client, script: Script, kind: str, method: str) -> None:
    server = script(answer(200))
    api = api_of(server.url, auth=SCHEMES[kind])
    client.run(api.send_once(api.call(method, api.url_of("7"), query={"a": "b"})))
    assert ARRIVES[kind](server.arrived[0])


def commands() -> list[tuple[str, str]]:
    """Return each scheme with the right credential, and with each wrong one that is shown as it is sent."""
    typed_in = CREDENTIALS.keys() - {"a wrong token", "the token with its letter case swapped"}
    return [(kind, wrong) for kind in SCHEMES for wrong in ("the token", *sorted(typed_in))]


def _of(api: UsersApi, credential: str, method: str = "GET") -> Call:
    wrong = api.credential if credential == "the token" else CREDENTIALS[credential](api.credential)
    return api.with_credential(wrong).call(method, query={"a": "b c"})


@pytest.mark.parametrize(("kind", "credential"), commands())
def test_the_command_authenticates_in_the_same_way(script: Script, kind: str, credential: str) -> None:
    server = script(answer(200), answer(200))
    api = api_of(server.url, "user:pear-tree-4711" if kind == "basic" else TOKEN, auth=SCHEMES[kind])
    call = _of(api, credential)
    with client_of("session") as client:
        client.run(api.send_once(call))
    assert TOKEN not in curl(call)
    typed(curl(call), api.credential.value)
    ours, typed_in = server.arrived
    assert parse_qs(urlsplit(typed_in.target).query) == parse_qs(urlsplit(ours.target).query)
    assert compared(typed_in)[2:] == compared(ours)[2:]


@pytest.mark.parametrize("kind", SCHEMES)
def test_each_wrong_credential_differs_from_the_right_one(kind: str) -> None:
    api = api_of("http://127.0.0.1:1/users", auth=SCHEMES[kind])
    right = _of(api, "the token")
    bearer_only = {"the token in the Basic scheme", "the token without a scheme", "the token in the Token scheme"}
    for credential in CREDENTIALS.keys() - (set() if kind == "bearer" else bearer_only):
        wrong = _of(api, credential)
        assert (wrong.sent_url, wrong.sent_headers) != (right.sent_url, right.sent_headers), credential


@pytest.mark.parametrize("kind", SCHEMES)
def test_no_page_shows_the_token_wherever_it_is_sent(client: Client, script: Script, kind: str) -> None:
    server = script(answer(400, {"sent": TOKEN}))
    api = api_of(server.url, auth=SCHEMES[kind])
    exchange = client.run(api.send_once(api.call("GET")))
    assert TOKEN not in page(exchange) + repr(exchange.call)
    assert base64.b64encode(TOKEN.encode()).decode()[:16] not in page(exchange)


def test_a_cookie_of_the_profile_and_the_credential_go_together() -> None:
    api = api_of(auth=SCHEMES["a cookie"], headers={"Cookie": "tenant=acme"})
    assert api.call("GET").sent_headers["Cookie"] == f"tenant=acme; session={TOKEN}"


# Headers, paths, media types


def test_constant_headers_are_in_each_request() -> None:
    api = api_of(headers={"X-Tenant": "acme"})
    assert all(api.call(method, api.url_of("7")).headers["X-Tenant"] == "acme" for method in ("GET", "HEAD", "DELETE"))


@pytest.mark.parametrize(
    ("paths", "url", "user", "create"),
    [
        (Paths(), BASE, f"{BASE}/7", BASE),
        (Paths(collection_slash=True), f"{BASE}/", f"{BASE}/7", f"{BASE}/"),
        (Paths(item_slash=True), BASE, f"{BASE}/7/", BASE),
        (Paths(item="/api/user/{id}.json"), BASE, "http://127.0.0.1:1/api/user/7.json", BASE),
        (Paths(create="/auth/register"), BASE, f"{BASE}/7", "http://127.0.0.1:1/auth/register"),
        (Paths(create="/api/users/register"), BASE, f"{BASE}/7", f"{BASE}/register"),
    ],
)
def test_urls_are_as_the_profile_says(paths: Paths, url: str, user: str, create: str) -> None:
    api = api_of(paths=paths)
    assert (api.url, api.url_of("7"), api.create_call(ADA).url) == (url, user, create)
    assert api.id_in(api.url_of("7")) == "7"
    assert api.id_in(create) is None


def test_a_create_at_its_own_path_needs_no_permit_and_one_at_a_user_does(client: Client, script: Script) -> None:
    server = script(answer(201))
    asked = list[str]()

    def permit(call: Call) -> Any:
        asked.append(call.url)
        yield from ()

    api = replace(api_of(server.url, paths=Paths(create="/users/register")), permit=permit)
    client.run(api.send(api.create_call(ADA)))
    assert asked == []
    server.then(answer(405))
    client.run(api.send(api.call("POST", api.url_of("7"), fields=ADA)))
    assert asked == [api.url_of("7")]


def test_a_create_at_a_user_that_is_sent_again_needs_another_permit(client: Client, script: Script) -> None:
    server = script(answer(503), answer(405))
    asked = list[str]()

    def permit(call: Call) -> Any:
        asked.append(call.url)
        yield from ()

    def finds_nobody() -> Any:
        yield from ()
        return []

    api = replace(api_of(server.url), permit=permit)
    exchange = client.run(api.create(api.call("POST", api.url_of("7"), fields=ADA), finds_nobody))
    assert (exchange.status, asked) == (405, [api.url_of("7")] * 2)


def test_bodies_have_the_media_type_of_their_method() -> None:
    types = MediaTypes(post="application/vnd.api+json", patch="application/merge-patch+json", accept="text/json")
    api = api_of(media_types=types)
    user = api.url_of("7")
    declared = {method: api.call(method, user, fields=ADA).headers for method in ("POST", "PUT", "PATCH")}
    assert {method: headers["Content-Type"] for method, headers in declared.items()} == {
        "POST": "application/vnd.api+json",
        "PUT": "application/json",
        "PATCH": "application/merge-patch+json",
    }
    assert declared["PUT"]["Accept"] == "text/json"


# Profiles


def test_a_profile_takes_secrets_from_the_environment_and_hides_them(
    profile: NewProfile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_KEY", 'quince"-4711-orchard')
    read = profile_files.load(
        profile('[headers]\nX-Gateway-Key = "key ${GATEWAY_KEY}"\n[create]\ncode = "${GATEWAY_KEY}"')
    )
    assert read.headers == {"X-Gateway-Key": 'key quince"-4711-orchard'}
    assert read.create == {"code": 'quince"-4711-orchard'}
    assert redacted('it said quince"-4711-orchard') == "it said $GATEWAY_KEY"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[headers]\nX-Key = "${NOT_SET_ANYWHERE}"', "wants NOT_SET_ANYWHERE: set it in the environment or in .env"),
        ('[headers]\nAuthorization = "x"', "authentication goes under \\[auth\\]"),
        ('[headers]\nAccept = "x"', "media types go under \\[media_types\\]"),
        ('[headers]\n"X Key" = "x"', "'X Key' is not a valid header name"),
        ('[headers]\nX-Key = "a\\r\\nb"', "it must be one line of visible ASCII characters"),
        ('[create]\nusername = "{user}"', "there is no {user}; a template may hold {name}, {first_name}"),
        ('[create.terms]\nby = ["{nobody}"]', "there is no {nobody}"),
        ('[auth]\nscheme = "header"', "name is missing; it must be the name of the header"),
        ('[auth]\nscheme = "query"', "name is missing; it must be the name of the query parameter"),
        ('[auth]\nformat = "Token"', "it must hold {token} once"),
        ('[auth]\nscheme = "digest"', 'should be "bearer", "header"'),
        ('[paths]\ncreate = "https://elsewhere.example.com/users"', "on the host of BASE_URL"),
        ('[paths]\ncreate = "//elsewhere.example.com/users"', "on the host of BASE_URL"),
        ('[paths]\nitem = "/users/7"', "it must hold {id} once"),
        ('[paths]\nitem = "https://elsewhere.example.com/{id}"', "on the host of BASE_URL"),
        ('[query]\nfetch = { a = "b" }', "fetch"),
        ('[query]\nget = { a = "b\\nc" }', "one line of visible ASCII"),
    ],
)
def test_a_wrong_value_is_named_in_one_line(profile: NewProfile, text: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said) as caught:
        profile_files.load(profile(text))
    assert "\n" not in str(caught.value)


QUERY = Queries(every={"api-version": "2"}, get={"context": "edit"}, delete={"force": "true"}, search={"exact": "true"})


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("GET", {"api-version": ["2"], "context": ["edit"]}),
        ("HEAD", {"api-version": ["2"], "context": ["edit"]}),
        ("PATCH", {"api-version": ["2"]}),
        ("DELETE", {"api-version": ["2"], "force": ["true"]}),
    ],
)
def test_a_request_has_the_parameters_of_its_method(method: str, parameters: dict[str, list[str]]) -> None:
    api = api_of(query=QUERY)
    call = api.call(method, api.url_of("7"))
    assert parse_qs(urlsplit(call.url).query) == parameters
    assert api.id_in(call.url) == "7"


def test_a_search_has_parameters_of_its_own_and_the_next_page_none_twice(client: Client, script: Script) -> None:
    server = script(answer(200, []), answer(200, []))
    api = api_of(server.url, query=QUERY)
    client.run(api.find("a@b.c"))
    client.run(api.send(api.call("GET", f"{server.url}?context=edit&after=7")))
    searched, turned = (parse_qs(urlsplit(one.target).query) for one in server.arrived)
    assert searched == {"email": ["a@b.c"], "exact": ["true"], "context": ["edit"], "api-version": ["2"]}
    assert turned == {"context": ["edit"], "after": ["7"], "api-version": ["2"]}


def test_parameters_of_a_profile_name_no_other_method_for_the_collection() -> None:
    with pytest.raises(SuiteError, match="never sent to the whole collection"):
        api_of(query=Queries(get={"_method": "DELETE"})).call("GET")


def test_the_script_of_a_scenario_goes_by_the_profile(client: Client, script: Script) -> None:
    user = {"id": "7", "email": ADA["email"]}
    server = script(answer(201, user), answer(200, user), answer(200, user))
    further: dict[str, Any] = {"headers": {"X-Tenant": "acme"}, "query": QUERY}
    api = api_of(server.url, paths=Paths(create="/register", item_slash=True), **further)
    exchanges = [client.run(api.send(call)) for call in (api.create_call(ADA), api.call("PATCH", api.url_of("7")))]
    wrong = Wrong([Claim("status", (200,))], "", "")
    text = replay_of([Step(one) for one in exchanges], wrong, api.profile, api.base_url)
    assert """"${BASE_URL}"'/'"${USER_1}"'/?api-version=2'""" in text
    assert "is not sent" not in text
    own = text[text.index("read_user() {") : text.index("# 1. POST")]
    assert own.count("X-Tenant: acme") == 2
    assert own.count("context=edit") == own.count("force=true") == 1
