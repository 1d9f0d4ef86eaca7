"""The verdicts cover the contract, rest on what was recorded, and agree with a second look at it."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from support.peers.catalogue import RECIPES
from support.peers.record import recorded
from support.peers.verdicts import judged
from support.peers.verdicts.tables import README, readme_with_tables
from support.rules import RULES

WORDS = {"passed", "failed", "not offered"}

Track = Mapping[str, Any]


def tracks(name: str) -> dict[str, Track]:
    chapters = recorded(name)["chapters"]
    assert isinstance(chapters, dict)
    return {track["probe"]: track for chapter in chapters.values() for track in chapter}


@pytest.mark.parametrize("name", RECIPES)
def test_every_rule_of_the_contract_has_a_verdict(name: str) -> None:
    assert list(judged(name).verdicts) == list(RULES)


@pytest.mark.parametrize("name", RECIPES)
def test_every_verdict_and_finding_rests_on_recorded_probes(name: str) -> None:
    peer = judged(name)
    probes = tracks(name)
    for evidence in [each.evidence for each in peer.verdicts.values()] + [each.evidence for each in peer.findings]:
        assert evidence
        assert not set(evidence) - probes.keys()


@pytest.mark.parametrize("name", RECIPES)
def test_a_profile_never_makes_a_verdict_worse(name: str) -> None:
    for verdict in judged(name).verdicts.values():
        assert {verdict.strict, verdict.profiled} <= WORDS
        if verdict.strict == "passed":
            assert verdict.profiled == "passed"
            assert not verdict.only


def test_the_readme_says_what_the_verdicts_say() -> None:
    text = README.read_text(encoding="utf-8")
    assert text == readme_with_tables(text), "run `python -m support.peers.verdicts`"


def test_a_readme_without_a_place_for_a_peer_is_refused() -> None:
    with pytest.raises(ValueError, match="no markers for django-rest"):
        readme_with_tables("# Peers\n")


def _status(probe: str, *allowed: int) -> Callable[[Mapping[str, Track]], bool]:
    return lambda seen: seen[probe]["status"] in allowed


def _header(probe: str, name: str) -> Callable[[Mapping[str, Track]], bool]:
    return lambda seen: name in seen[probe]["headers"]


def _rounds(probe: str, *, refusal: str) -> Callable[[Mapping[str, Track]], bool]:
    def one_winner(of_round: Track) -> bool:
        winners = {status: count for status, count in of_round["statuses"].items() if status != refusal}
        return bool(of_round["stored"] == 1 and sum(winners.values()) == 1)

    return lambda seen: all(one_winner(each) for each in seen[probe]["rounds"])


SECOND_LOOKS: dict[str, tuple[Callable[[Mapping[str, Track]], bool], ...]] = {
    "create-201": (_status("create: valid", 201), _status("create: valid, read back", 200)),
    "create-location": (_header("create: valid", "location"),),
    "malformed-json": (_status("create: not JSON", 400), _status("create: not UTF-8", 400)),
    "media-type": (
        _status("create: valid JSON as text/plain", 415),
        _status("create: a form", 415),
        _status("patch: as text/plain", 415),
    ),
    "email-unique": (_status("taken: same address", 409), _status("taken: in capitals", 409)),
    "read-404": (_status("read: unknown", 404), _status("read: unknown, the word constructor", 404)),
    "head": (_status("head: known", 200), _status("head: unknown", 404)),
    "list": (lambda seen: isinstance(seen["list"]["body"], list),),
    "put": (
        _status("put: full", 200),
        _status("put: without email", 400, 422),
        _status("put: without name", 400, 422),
    ),
    "patch": (
        _status("patch: name", 200),
        _status("patch: own address in capitals", 200),
        lambda seen: "2001" not in str(seen["patch: time of creation"]["body"]),
        lambda seen: seen["patch: id, read back under the old one"]["status"] == 200,
    ),
    "update-taken": (_status("patch: taken address", 409), _status("patch: taken address in capitals", 409)),
    "update-404": (_status("patch: unknown", 404),),
    "delete": (_status("delete: known", 200, 204), _status("delete: known, read back", 404)),
    "delete-again": (_status("delete: again", 404, 204), _status("delete: unknown", 404, 204)),
    "delete-frees": (
        _status("delete: address used again", 201),
        lambda seen: (
            seen["delete: known"]["request"]["path"].split("/")[-1]
            not in seen["delete: address used again"]["body"].values()
        ),
    ),
    "method-405": (_status("method: POST on a user", 405), _header("method: POST on a user", "allow")),
    "auth-401": (
        _status("access: read with no token", 401),
        _status("access: delete with no token", 401),
        _header("access: read with no token", "www-authenticate"),
    ),
    "create-invalid": (
        _status("create: empty object", 400, 422),
        _status("create: name a number", 400, 422),
        _status("create: name spaces", 400, 422),
        _status("create: email 255 characters", 400, 422),
        _status("create: empty array", 400, 422),
        _status("create: a JSON string", 400, 422),
    ),
    "update-invalid": (
        _status("patch: empty name", 400, 422),
        _status("patch: name of spaces", 400, 422),
        _status("patch: name a number", 400, 422),
        _status("patch: not an object", 400, 422),
    ),
    "race-email": (
        _rounds("race: creates with one address", refusal="409"),
        _rounds("race: creates with one address in ten spellings", refusal="409"),
        _rounds("race: patches of five users towards one address", refusal="409"),
    ),
    "lost-update": (
        lambda seen: all(
            each["lasting"] == 2 for each in seen["lost update: patches of name and address at once"]["rounds"]
        ),
    ),
}


@pytest.mark.parametrize("rule", SECOND_LOOKS)
@pytest.mark.parametrize("name", RECIPES)
def test_a_verdict_agrees_with_a_second_look(name: str, rule: str) -> None:
    seen = tracks(name)
    keeps = all(holds(seen) for holds in SECOND_LOOKS[rule])
    assert (judged(name).verdicts[rule].strict == "passed") == keeps
