"""Lists that only come in pages are read to their end: by numbers, offsets, cursors and links, of this server only."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from support.contract.normalizers import ids_of
from support.http.paging import place_of
from support.http.session_client import SessionClient
from support.models import Exchange
from support.profile import Capabilities, Profile
from support.profile_answers import Lookup, Names, Pages
from support.tests.conftest import Script
from support.tests.http.clients import api_at
from support.tests.scripted import ScriptedServer, answer

NAMES = Names(list_pointer="/data", page="after", limit="count")
IN_BODY = Pages(size=2, counts="cursor", next_pointer="/next")
IN_LINK = Pages(counts="cursor")


def read(server: ScriptedServer, pages: Pages, names: Names = NAMES) -> Exchange:
    profile = Profile(names=names, pages=pages, capabilities=Capabilities(pages=False))
    with SessionClient(5.0) as client:
        return client.run(replace(api_at(server.url), profile=profile).list())


def users(*ids: str, **beside: Any) -> dict[str, Any]:
    return {"data": [{"id": user_id} for user_id in ids], **beside}


def shown(exchange: Exchange) -> list[str]:
    return ids_of(exchange.answer, Profile(names=NAMES))


@pytest.mark.parametrize(
    ("following", "asked"),
    [
        ("b2/c+d", "/users?after=b2%2Fc%2Bd&count=2"),
        (17, "/users?after=17&count=2"),
        ("/users?after=b2", "/users?after=b2"),
        ("?after=b2", "/users?after=b2"),
        ("/v2/users?after=b2", "/v2/users?after=b2"),
    ],
)
@pytest.mark.parametrize("last", [None, "", False])
def test_a_cursor_or_link_in_the_body_leads_to_the_next_page(
    script: Script, following: object, asked: str, last: object
) -> None:
    server = script(answer(200, users("1", "2", next=following)), answer(200, users("3", next=last)))
    assert shown(read(server, IN_BODY)) == ["1", "2", "3"]
    assert [one.target for one in server.arrived] == ["/users?count=2", asked]


def test_a_whole_url_of_this_server_is_followed(script: Script) -> None:
    server = script()
    server.then(answer(200, users("1", next=f"{server.url}?after=b2")), answer(200, users("2")))
    assert shown(read(server, IN_BODY)) == ["1", "2"]


def test_the_header_link_leads_to_the_next_page(script: Script) -> None:
    link = '</users?after=1>; rel="prev", </users?after=b2>; rel="next"'
    server = script(answer(200, users("1"), headers={"Link": link}), answer(200, users("2")))
    assert shown(read(server, IN_LINK)) == ["1", "2"]
    assert [one.target for one in server.arrived] == ["/users", "/users?after=b2"]


@pytest.mark.parametrize("form", ["{}", "//{}", "https://{}"])
def test_a_link_to_another_server_is_not_followed_and_the_list_counts_as_unread(script: Script, form: str) -> None:
    other = script(answer(200, users("3")))
    url = other.url if form == "{}" else form.format(other.url.removeprefix("http://"))
    server = script(answer(200, users("1", next=url)))
    exchange = read(server, IN_BODY)
    assert (shown(exchange), other.arrived) == ([], [])
    assert exchange.answer is not None
    assert "leads to another server, and is not followed" in exchange.answer.excess


def test_pages_that_lead_in_a_circle_end(script: Script) -> None:
    first, second = users("1", next="b"), users("2", next="a")
    server = script(*(answer(200, page) for page in (first, second, first)))
    assert shown(read(server, IN_BODY)) == ["1", "2"]


def test_a_page_may_begin_after_the_last_id_of_the_one_before(script: Script) -> None:
    server = script(answer(200, users("1", "2")), answer(200, users("3")), answer(200, users()))
    assert shown(read(server, Pages(size=2, counts="last_id"))) == ["1", "2", "3"]
    assert [one.target for one in server.arrived] == [f"/users?{page}count=2" for page in ("", "after=2&", "after=3&")]


def test_offsets_may_begin_at_one(script: Script) -> None:
    server = script(answer(200, users("1", "2")), answer(200, users("3")), answer(200, users()))
    assert shown(read(server, Pages(size=2, counts="users", first=1))) == ["1", "2", "3"]
    assert [one.target for one in server.arrived] == [f"/users?after={place}&count=2" for place in (1, 3, 4)]


def test_a_page_size_that_nobody_can_ask_for_is_not_sent(script: Script) -> None:
    server = script(answer(200, users("1")), answer(200, users()))
    assert shown(read(server, Pages(size=20), replace(NAMES, limit=""))) == ["1"]
    assert server.arrived[0].target == "/users?after=1"


def test_a_search_is_sent_in_the_words_of_the_target(script: Script) -> None:
    server = script(answer(200, []))
    profile = Profile(names=Names(email_filter="filter"), lookup=Lookup(format='userName eq "{email}"'))
    with SessionClient(5.0) as client:
        client.run(replace(api_at(server.url), profile=profile).find("ada@example.com"))
    assert server.arrived[0].target == "/users?filter=userName%20eq%20%22ada%40example.com%22"


def test_a_cursor_leaves_no_page_numbers() -> None:
    with pytest.raises(ValueError, match=r"capabilities\.pages = false"):
        Profile(pages=IN_LINK)


@pytest.mark.parametrize(
    ("number", "limit", "place"),
    [
        (1, 20, 0),
        (3, 20, 40),
        (0, 20, -20),
        (0, None, -1),
        (1, None, 0),
        ("one", None, "one"),
        ("1_0", 5, "1_0"),
        (2, "1_0", 2),
    ],
)
def test_the_number_of_a_page_is_told_to_a_target_that_counts_users(
    number: object, limit: object, place: object
) -> None:
    assert place_of(number, limit, Pages(counts="users")) == place
