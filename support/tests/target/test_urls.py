"""The URL of a user is never that of the collection, which a PUT, PATCH or DELETE may change or delete."""

import pytest

from support.errors import SuiteError
from support.http.policy import Policy
from support.http.recorder import Recorder
from support.http.users_api import UsersApi
from support.models import Credential
from support.profile import Profile


def api(**profile: object) -> UsersApi:
    policy = Policy(1, 0.1, 0.1, 1.0)
    return UsersApi("http://127.0.0.1:1/users", Credential(None), policy, Profile(**profile), Recorder(), 0.1)  # type: ignore[arg-type]


@pytest.mark.parametrize("no_id", ["", " ", ".", "..", "\t", "/", "../x", "x/..", "a//b", "..\\x", "x" * 2049])
def test_an_invalid_id_has_no_url(no_id: str) -> None:
    with pytest.raises(SuiteError, match="the whole collection"):
        api().url_of(no_id)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("end", ["", "/", "?", "#", "?/7", "#/7", "/?page=1"])
def test_a_write_to_the_collection_is_never_built(method: str, end: str) -> None:
    with pytest.raises(SuiteError, match="never sent"):
        api().call(method, f"http://127.0.0.1:1/users{end}")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_write_without_a_url_is_never_built(method: str) -> None:
    with pytest.raises(SuiteError, match="never sent"):
        api().call(method)


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
def test_the_collection_can_be_read_and_added_to(method: str) -> None:
    assert api().call(method).url == "http://127.0.0.1:1/users"


@pytest.mark.parametrize("user_id", ["7", "a/b", "' OR '1'='1", "Zoë", "a?b#c", "%2e"])
@pytest.mark.parametrize("slash", [False, True])
def test_an_id_can_be_read_back_from_its_url(user_id: str, slash: bool) -> None:
    of = api(trailing_slash=slash)
    url = of.url_of(user_id)
    assert url.startswith("http://127.0.0.1:1/users/")
    assert url.removeprefix("http://127.0.0.1:1/users/").removesuffix("/").count("/") == 0
    assert of.id_in(url) == user_id


def test_urls_end_with_a_slash_if_the_profile_says_so() -> None:
    of = api(trailing_slash=True)
    assert of.url == "http://127.0.0.1:1/users/"
    assert of.call("POST").url == of.url
    assert of.url_of("7") == "http://127.0.0.1:1/users/7/"
