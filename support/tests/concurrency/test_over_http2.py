"""Races over HTTP/2 come to the same verdicts as over HTTP/1.1, and nothing but their release is different."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from support.concurrency.single_packet import Server
from support.errors import ContractViolation
from support.scenario.session import Session
from support.tests.concurrency.test_positive_control import (
    Play,
    burst,
    race_of_changes_to_one_email,
    race_of_sign_up_and_deletion,
    race_of_sign_ups,
    race_of_sign_ups_and_changes,
    race_of_two_changes,
    repeatedly,
)
from support.tests.conftest import settings_for
from support.tests.tls_front import TlsFront

PROTOCOLS = ("h2", "http/1.1")
ROUNDS = 10

SessionOn = Callable[..., Session]


@pytest.fixture
def session_on(tmp_path: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SessionOn]:
    """Open a session on an embedded API behind TLS; the client finds out by itself what it speaks."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate / "certificate.pem"))
    with ExitStack() as stack:

        def opened(protocol: str, *options: str, most_streams: int = 100, **changes: object) -> Session:
            front = TlsFront(certificate, options, protocol, most_streams)
            stack.callback(front.close)
            session = Session(settings_for(tmp_path, **changes), front.target)
            stack.callback(session.close)
            return session

        yield opened


def servers_of(session: Session) -> list[Server]:
    return [one for one in session.async_client.kept if isinstance(one, Server)]


@pytest.mark.sampled
@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    ("play", "rule"),
    [
        (race_of_sign_ups, "race-email"),
        (race_of_changes_to_one_email, "race-email"),
        (race_of_sign_ups_and_changes, "race-email"),
        (race_of_sign_up_and_deletion, "race-email"),
        (race_of_two_changes, "lost-update"),
    ],
    ids=lambda given: getattr(given, "__name__", ""),
)
def test_a_correct_api_never_fails(session_on: SessionOn, play: Play, rule: str, protocol: str) -> None:
    session = session_on(protocol, race_miss_probability=1e-300, race_rounds=ROUNDS)
    session.begin(rule)
    play(session.scenario)
    assert f"race: {ROUNDS} rounds (0 void)" in session.concurrency_notes[-1]
    (server,) = servers_of(session)
    assert server.speaks_http2 is (protocol == "h2")
    assert len(server.connections) == (protocol == "h2")
    session.registry.prove_nothing_is_left(60)


def test_a_setting_keeps_races_on_connections_of_their_own(session_on: SessionOn) -> None:
    session = session_on("h2", http2=False, race_rounds=1)
    session.begin("race-email")
    race_of_sign_ups(session.scenario)
    (server,) = servers_of(session)
    assert not server.speaks_http2
    assert not server.connections


@pytest.mark.parametrize("most_streams", [100, 4])
def test_a_correct_burst_never_fails(session_on: SessionOn, most_streams: int) -> None:
    session = session_on("h2", most_streams=most_streams)
    session.begin("burst")
    burst(session.scenario)
    session.registry.prove_nothing_is_left(60)


@pytest.mark.sampled
@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    ("defect", "rule", "play"),
    [
        ("race-check-then-insert", "race-email", race_of_sign_ups),
        ("race-ends-in-500", "race-email", race_of_sign_ups),
        ("lost-update-read-modify-write", "lost-update", race_of_two_changes),
        ("burst-ids-read-then-written", "burst", burst),
    ],
)
def test_a_racy_api_is_caught_by_the_rule_that_it_breaks(
    session_on: SessionOn, defect: str, rule: str, play: Play, protocol: str
) -> None:
    session = session_on(protocol, "--defect", defect, race_miss_probability=1e-9, race_rounds=200)
    session.begin(rule)
    with pytest.raises(ContractViolation) as caught:
        repeatedly(play, session)
    assert caught.value.rule == rule
    assert str(session.target.token) not in str(caught.value)


def test_a_failure_shows_the_contenders_and_a_request_to_repeat(session_on: SessionOn) -> None:
    session = session_on("h2", "--defect", "race-check-then-insert", "--window", "5")
    session.begin("race-email")
    with pytest.raises(ContractViolation) as caught:
        race_of_sign_ups(session.scenario)
    text = str(caught.value)
    assert "of 10 won: " in text
    assert text.count("|") >= 20
    assert "  request:   POST " in text
