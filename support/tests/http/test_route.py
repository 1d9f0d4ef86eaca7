"""How a target is reached: both clients use the route that the environment sets, or send nothing."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import threading
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from support.concurrency.burst import burst
from support.concurrency.results import Request
from support.errors import Inconclusive, SettingsError
from support.http.async_client import AsyncClient
from support.http.loop import LoopThread
from support.http.raw import exchange_raw
from support.http.route import Route, route_to
from support.models import Call, Credential, Exchange, Failure
from support.scenario import accounts
from support.scenario.faults import Faults
from support.target.embedded import EmbeddedApi
from support.tests.conftest import NewSession, Script
from support.tests.http.clients import KINDS, api_at, client_of, reading
from support.tests.scripted import Act, Wire, answer, raw

BEHIND = "http://users.invalid/users"
PROXY = "http://127.0.0.1:3128"
WAYS = [("session", "GET"), ("session", "HEAD"), ("async", "GET")]


def tunnel_to(port: int) -> Act:
    """Answer a CONNECT by a tunnel to a port of this host, which lasts until one of its ends is closed."""

    def relay(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while octets := source.recv(65536):
                sink.sendall(octets)
            sink.shutdown(socket.SHUT_RDWR)

    def act(wire: Wire) -> bool:
        wire.write(b"HTTP/1.1 200 Connected\r\n\r\n")
        with socket.create_connection(("127.0.0.1", port)) as inner:
            back = threading.Thread(target=relay, args=(inner, wire.socket), daemon=True)
            back.start()
            relay(wire.socket, inner)
            back.join()
        return False

    return act


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the machine's settings of proxies and certificates from the tests."""
    for name in list(os.environ):
        if name.lower().endswith(("_proxy", "_ca_bundle")):
            monkeypatch.delenv(name)


class TestProxy:
    @pytest.mark.parametrize(
        ("environment", "url", "proxy"),
        [
            ({}, BEHIND, None),
            ({"HTTP_PROXY": PROXY}, BEHIND, PROXY),
            ({"http_proxy": "127.0.0.1:3128"}, BEHIND, PROXY),
            ({"ALL_PROXY": PROXY}, BEHIND, PROXY),
            ({"HTTPS_PROXY": PROXY}, BEHIND, None),
            ({"HTTPS_PROXY": PROXY}, "HTTPS://users.invalid/users", PROXY),
            ({"HTTP_PROXY": PROXY, "NO_PROXY": "users.invalid"}, BEHIND, None),
            ({"HTTP_PROXY": PROXY, "NO_PROXY": "10.0.0.0/8"}, "http://10.1.2.3/users", None),
            ({"ALL_PROXY": "socks5://127.0.0.1:1080", "NO_PROXY": "users.invalid"}, BEHIND, None),
        ],
    )
    def test_the_proxy_comes_from_the_environment(
        self, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], url: str, proxy: str | None
    ) -> None:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        assert route_to(url).proxy == proxy

    @pytest.mark.parametrize("kind", ["socks", "socks5", "socks5h", "ftp"])
    def test_an_unsupported_proxy_is_named_without_its_password(
        self, monkeypatch: pytest.MonkeyPatch, kind: str
    ) -> None:
        monkeypatch.setenv("ALL_PROXY", f"{kind}://ada:pear-tree@127.0.0.1:1080")
        with pytest.raises(SettingsError, match="ALL_PROXY: it names no proxy that the suite can use;") as caught:
            route_to(BEHIND)
        assert "pear-tree" not in str(caught.value)

    def test_the_password_of_a_proxy_is_never_shown(self) -> None:
        route = Route("http://ada:pear-tree@127.0.0.1:3128", variable="HTTP_PROXY")
        assert "pear-tree" not in repr(route)
        assert route.proxy_in_brief == "the proxy http://127.0.0.1:3128 (from HTTP_PROXY)"

    @pytest.mark.parametrize("url", ["http://[::1", "http://ada:pear-tree@127.0.0.1:http", "http://"])
    def test_a_proxy_without_a_url_is_named_without_its_password(
        self, monkeypatch: pytest.MonkeyPatch, url: str
    ) -> None:
        monkeypatch.setenv("HTTP_PROXY", url)
        with pytest.raises(SettingsError, match=r"^HTTP_PROXY: .*it wants an http:// or https:// URL") as caught:
            route_to(BEHIND)
        assert "pear-tree" not in str(caught.value)

    @pytest.mark.parametrize(("kind", "method"), WAYS)
    @pytest.mark.parametrize("url", [BEHIND, "https://users.invalid/users"])
    @pytest.mark.parametrize("host", ["127.0.0.1", "no-such-host.invalid"])
    def test_an_unreachable_proxy_is_named_as_the_cause(
        self, monkeypatch: pytest.MonkeyPatch, unused_port: int, kind: str, method: str, url: str, host: str
    ) -> None:
        monkeypatch.setenv("ALL_PROXY", f"http://ada:pear-tree@{host}:{unused_port}")
        api = api_at(url, attempts=1)
        with client_of(kind, route=route_to(url)) as client:
            outcome = client.run(api.send(api.call(method))).attempts[-1].outcome
        assert isinstance(outcome, Failure)
        assert outcome.cause.startswith(f"cannot reach the proxy http://{host}:{unused_port} (from ALL_PROXY): ")
        assert (outcome.sent, outcome.of_the_proxy) == (False, True)

    @pytest.mark.parametrize(("kind", "method"), WAYS)
    def test_an_error_behind_the_proxy_does_not_name_the_proxy(
        self, script: Script, monkeypatch: pytest.MonkeyPatch, kind: str, method: str
    ) -> None:
        server = script(raw(b"no TLS\r\n\r\n"))
        proxy = script(tunnel_to(server.port))
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        url = f"https://127.0.0.1:{server.port}/users"
        api = api_at(url, attempts=1)
        with client_of(kind, route=route_to(url)) as client:
            outcome = client.run(api.send(api.call(method))).attempts[-1].outcome
        assert isinstance(outcome, Failure)
        assert not outcome.of_the_proxy

    @pytest.mark.parametrize(("kind", "method"), WAYS)
    def test_every_call_goes_through_the_proxy(self, script: Script, kind: str, method: str) -> None:
        proxy = script(answer(200))
        api = api_at(BEHIND)
        with client_of(kind, route=Route(f"http://ada:pear%2Dtree@127.0.0.1:{proxy.port}")) as client:
            assert client.run(api.send(api.call(method))).status == 200
        (request,) = proxy.arrived
        assert (request.method, request.target) == (method, BEHIND)
        assert request.header("Host") == "users.invalid"
        assert request.header("Proxy-Authorization") == "Basic YWRhOnBlYXItdHJlZQ=="

    @pytest.mark.parametrize(("kind", "method"), WAYS)
    def test_with_tls_the_proxy_sees_nothing_of_a_call(
        self, script: Script, monkeypatch: pytest.MonkeyPatch, certificate: Path, kind: str, method: str
    ) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate / "certificate.pem", certificate / "key.pem")
        server = script(answer(200), tls=context)
        proxy = script(tunnel_to(server.port))
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate / "certificate.pem"))
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        api = api_at(server.url)
        with client_of(kind, route=route_to(server.url)) as client:
            assert client.run(api.send(api.call(method))).status == 200
        assert [(request.method, request.target) for request in proxy.arrived] == [
            ("CONNECT", f"127.0.0.1:{server.port}")
        ]
        assert [(request.method, request.target) for request in server.arrived] == [(method, "/users")]

    @pytest.mark.parametrize(("kind", "method"), WAYS)
    def test_a_refusal_of_the_proxy_is_no_answer_of_the_api(self, script: Script, kind: str, method: str) -> None:
        proxy = script(answer(403, {}))
        api = api_at("https://users.invalid/users", attempts=1)
        with client_of(kind, route=Route(f"http://127.0.0.1:{proxy.port}")) as client:
            outcome = client.run(api.send(api.call(method))).attempts[-1].outcome
        assert isinstance(outcome, Failure)
        assert outcome.cause == f"the proxy http://127.0.0.1:{proxy.port} refuses to connect (status 403)"
        assert (outcome.sent, outcome.of_the_proxy) == (False, True)

    @pytest.mark.parametrize("kind", KINDS)
    def test_no_call_goes_through_another_proxy(
        self, script: Script, monkeypatch: pytest.MonkeyPatch, kind: str
    ) -> None:
        server, proxy = script(answer(200, [])), script()
        monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{proxy.port}")
        with client_of(kind) as client:
            assert client.run(reading(api_at(server.url))).status == 200
        assert proxy.arrived == []


class TestDirectConnection:
    """Calls that would test the proxy in place of the API are not sent."""

    def test_a_head_needs_a_direct_connection_if_the_proxy_speaks_tls(self, script: Script) -> None:
        proxy = script()
        api = api_at(BEHIND)
        route = Route(f"https://127.0.0.1:{proxy.port}")
        with client_of("session", route=route) as client, pytest.raises(Inconclusive, match=r"HEAD.*NO_PROXY"):
            client.run(api.send(api.call("HEAD")))
        assert proxy.connections == 0

    def test_a_burst_needs_a_direct_connection(self, script: Script) -> None:
        proxy = script()
        api = api_at(BEHIND)

        async def play() -> None:
            client = AsyncClient(5, Route(f"http://127.0.0.1:{proxy.port}"))
            creates: list[Request[Exchange]] = [Request(name, api.send_once(api.create_call({}))) for name in "ab"]
            await burst(client, creates)

        loop = LoopThread()
        with pytest.raises(Inconclusive, match=r"burst or a race.*NO_PROXY"):
            loop.run(play())
        loop.close()
        assert proxy.connections == 0


class TestCertificates:
    @pytest.mark.parametrize("url", ["https://users.invalid/users", "HTTPS://users.invalid/users"])
    def test_a_url_with_tls_trusts_the_common_certificates(self, url: str) -> None:
        assert route_to(url).context.get_ca_certs()

    def test_a_url_without_tls_reads_no_certificates(self) -> None:
        assert not route_to(BEHIND).context.get_ca_certs()

    @pytest.mark.parametrize("content", [None, "no certificate"], ids=["no file", "another one"])
    def test_unreadable_certificates_are_refused(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str | None
    ) -> None:
        bundle = tmp_path / "bundle.pem"
        if content is not None:
            bundle.write_text(content, encoding="utf-8")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
        with pytest.raises(SettingsError, match="no certificates can be read from") as caught:
            route_to("https://users.invalid/users")
        assert str(bundle) in str(caught.value)


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_the_embedded_api_is_called_without_a_proxy(
    script: Script, monkeypatch: pytest.MonkeyPatch, new_session: NewSession, name: str
) -> None:
    proxy = script()
    monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
    api = EmbeddedApi(["--control"])
    session = new_session(api.target)
    session.faults = Faults(api, TemporaryDirectory())
    session.faults.clear()
    accounts.become_user(session.scenario, session.scenario.actor("Ada"))
    session.registry.prove_nothing_is_left(10)
    assert proxy.connections == 0


def test_a_proxy_that_speaks_another_protocol_gives_no_answer(script: Script) -> None:
    proxy = script(raw(b"SSH-2.0-OpenSSH\r\n\r\n"))
    head = Call("HEAD", "https://127.0.0.1:1/users", Credential(None))
    outcome = exchange_raw(head, 2.0, Route(f"http://127.0.0.1:{proxy.port}"))
    assert isinstance(outcome, Failure)
    assert outcome.cause == "connection broken (BadStatusLine)"
