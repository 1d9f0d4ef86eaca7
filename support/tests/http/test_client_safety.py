"""No client follows a redirect, takes a token from elsewhere or trusts a certificate that does not verify."""

from __future__ import annotations

import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from support.errors import SuiteError
from support.http.raw import exchange_raw
from support.http.route import route_to
from support.http.users_api import permit_none
from support.models import Answer, Call, Credential, Failure
from support.tests import scripted
from support.tests.conftest import Script
from support.tests.http.clients import KINDS, TOKEN, Client, api_at, client_of, outcomes_of, reading
from support.tests.scripted import ScriptedServer, answer


class TestRedirects:
    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    @pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
    def test_no_redirect_to_another_host_is_followed_with_the_token(
        self, client: Client, script: Script, status: int, method: str
    ) -> None:
        elsewhere = script(answer(200, []))
        server = script(answer(status, headers={"Location": elsewhere.url.replace("127.0.0.1", "localhost")}))
        api = api_at(server.url)
        exchange = client.run(api.send(api.call(method)))
        assert exchange.status == status
        assert elsewhere.connections == 0

    def test_no_redirect_on_the_same_host_is_followed(self, client: Client, script: Script) -> None:
        server = script(answer(302, headers={"Location": "/users/7"}))
        client.run(reading(api_at(server.url)))
        assert len(server.arrived) == 1


class TestNetrc:
    @pytest.fixture(autouse=True)
    def netrc(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A .netrc that knows the host by another name and password."""
        (tmp_path / ".netrc").write_text("default login ada password pear-tree\n", encoding="utf-8")
        (tmp_path / ".netrc").chmod(0o600)
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))

    def test_netrc_does_not_replace_the_token(self, client: Client, script: Script) -> None:
        server = script(answer(200, []))
        client.run(reading(api_at(server.url)))
        assert server.arrived[0].header("Authorization") == f"Bearer {TOKEN}"

    def test_netrc_does_not_authenticate_a_call_without_a_token(self, client: Client, script: Script) -> None:
        server = script(answer(401, {}))
        client.run(reading(api_at(server.url, token=None)))
        assert server.arrived[0].header("Authorization") is None


class TestCookies:
    def test_a_cookie_is_not_sent_with_the_next_call(self, client: Client, script: Script) -> None:
        server = script(answer(200, [], headers={"Set-Cookie": "session=ada; Path=/"}), answer(200, []))
        api = api_at(server.url)
        for _ in range(2):
            client.run(reading(api))
        assert server.arrived[1].header("Cookie") is None


class TestHead:
    """Libraries hide a body that follows HEAD; `raw` does not."""

    @staticmethod
    def call(server: ScriptedServer) -> Call:
        return Call("HEAD", f"{server.url}/7?a=b", Credential("$TOKEN", value=TOKEN), {"Accept": "application/json"})

    def test_a_head_without_a_body_is_right(self, script: Script) -> None:
        server = script(scripted.raw(scripted.head(200, {"Content-Length": "13", "X-Seen": "yes"})))
        outcome = exchange_raw(self.call(server), 5)
        assert isinstance(outcome, Answer)
        assert (outcome.status, outcome.body, outcome.header("x-seen")) == (200, b"", "yes")
        (request,) = server.arrived
        assert (request.method, request.target) == ("HEAD", "/users/7?a=b")
        assert request.header("Authorization") == f"Bearer {TOKEN}"
        assert request.header("Host") == f"127.0.0.1:{server.port}"

    @pytest.mark.parametrize("goes_on", [True, False], ids=["kept open", "closed"])
    def test_a_body_after_head_is_seen(self, script: Script, goes_on: bool) -> None:
        server = script(scripted.raw(scripted.head(200, {"Content-Length": "2"}) + b"{}", goes_on))
        outcome = exchange_raw(self.call(server), 5)
        assert isinstance(outcome, Answer)
        assert outcome.body == b"{}"

    def test_a_late_body_after_head_is_seen(self, script: Script) -> None:
        late = scripted.dripping(scripted.head(404, {}), b"", 3, b"{}")
        outcome = exchange_raw(self.call(script(late)), 5)
        assert isinstance(outcome, Answer)
        assert (outcome.status, outcome.body) == (404, b"{}")

    def test_interim_answers_are_skipped(self, script: Script) -> None:
        word = scripted.head(102, {}) + scripted.head(103, {"Link": "</a.css>; rel=preload"})
        outcome = exchange_raw(self.call(script(scripted.raw(word + scripted.head(404, {"X-Seen": "yes"})))), 5)
        assert isinstance(outcome, Answer)
        assert (outcome.status, outcome.body, dict(outcome.headers)) == (404, b"", {"X-Seen": "yes"})

    def test_the_session_client_sees_a_body_after_head(self, script: Script) -> None:
        server = script(scripted.raw(scripted.head(200, {"Content-Length": "2"}) + b"{}"))
        api = api_at(server.url)
        with client_of("session") as client:
            exchange = client.run(api.head("7"))
        assert exchange.answer is not None
        assert exchange.answer.body == b"{}"

    @pytest.mark.parametrize(
        ("act", "expected"),
        [
            (scripted.hang_up, (True, "connection broken")),
            (scripted.drop, (True, "connection broken")),
            (scripted.silent, (True, "no complete answer")),
            (scripted.raw(b"no HTTP at all\r\n\r\n"), (True, "connection broken")),
            (scripted.raw(b"HTTP/1.1 " + b"9" * 5000 + b" OK\r\n\r\n"), (True, "connection broken")),
            (scripted.dripping(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x", 200, b"\r\n\r\n"), (True, "no complete answer")),
            (scripted.dripping(scripted.head(200, {}), b"x", 200, b""), 200),
        ],
        ids=["closed", "reset", "silent", "no HTTP", "no status", "dripping headers", "a dripping body"],
    )
    def test_a_head_without_an_answer_is_a_failure_in_time(
        self, script: Script, act: scripted.Act, expected: object
    ) -> None:
        server = script(act)
        api = api_at(server.url, attempts=1)
        with client_of("session", timeout_s=0.4) as client:
            exchange = client.run(api.head("7"))
        assert outcomes_of(exchange) == [expected]
        if exchange.answer is not None:
            assert 0 < len(exchange.answer.body) < 200, "it waited for the whole of it"

    def test_a_refused_connection_is_a_failure(self, unused_port: int) -> None:
        call = Call("HEAD", f"http://127.0.0.1:{unused_port}/users", Credential(None))
        outcome = exchange_raw(call, 5)
        assert isinstance(outcome, Failure)
        assert (outcome.cause, outcome.sent) == ("connection refused", False)


class TestCertificates:
    @pytest.fixture
    def server(self, certificate: Path, script: Script) -> ScriptedServer:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate / "certificate.pem", certificate / "key.pem")
        return script(*[answer(200, [])] * 3, tls=context)

    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_a_certificate_that_does_not_verify_ends_the_call_at_once(
        self, server: ScriptedServer, kind: str, method: str
    ) -> None:
        api = api_at(server.url)
        with client_of(kind, route=route_to(server.url)) as client:
            exchange = client.run(api.send(api.call(method)))
        (attempt,) = exchange.attempts
        assert isinstance(attempt.outcome, Failure)
        assert attempt.outcome.fatal
        assert not attempt.outcome.sent
        assert attempt.outcome.cause.startswith("the certificate cannot be verified (")
        assert "self" in attempt.outcome.cause
        assert server.arrived == []

    @pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_a_certificate_that_verifies_is_accepted(
        self,
        server: ScriptedServer,
        certificate: Path,
        monkeypatch: pytest.MonkeyPatch,
        variable: str,
        kind: str,
        method: str,
    ) -> None:
        monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
        monkeypatch.setenv(variable, str(certificate / "certificate.pem"))
        api = api_at(server.url)
        with client_of(kind, route=route_to(server.url)) as client:
            assert outcomes_of(client.run(api.send(api.call(method)))) == [200]
        assert server.arrived[0].header("Authorization") == f"Bearer {TOKEN}"

    @pytest.mark.parametrize("kind", KINDS)
    def test_a_server_without_tls_is_a_failure(self, script: Script, kind: str) -> None:
        plain = script(scripted.raw(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
        api = api_at(plain.url.replace("http:", "https:"), attempts=1)
        with client_of(kind, route=route_to(api.base_url)) as client:
            exchange = client.run(reading(api))
        assert isinstance(exchange.attempts[0].outcome, Failure)
        assert TOKEN not in exchange.attempts[0].outcome.cause


class TestTheCollection:
    @pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "PURGE", "FROBNICATE"])
    def test_nothing_that_may_change_all_users_is_sent(self, method: str) -> None:
        with pytest.raises(SuiteError, match="never sent to the whole collection"):
            api_at("http://127.0.0.1:1/users").call(method)

    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_nor_is_a_request_that_names_another_method(self, method: str) -> None:
        api = api_at("http://127.0.0.1:1/users")
        with pytest.raises(SuiteError, match="never sent to the whole collection"):
            api.call(method, headers={"x-http-method-override": "DELETE"})
        with pytest.raises(SuiteError, match="never sent to the whole collection"):
            api.call(method, query={"_method": "DELETE"})

    @pytest.mark.parametrize("headers", [{}, {"X-HTTP-Method-Override": "PATCH"}])
    def test_a_user_is_only_changed_by_permission(self, headers: dict[str, str]) -> None:
        api, method = replace(api_at("http://127.0.0.1:1/users"), permit=permit_none), "GET" if headers else "PURGE"
        with pytest.raises(SuiteError, match="no run has shown that this user is its own"):
            next(api.send(api.call(method, api.url_of("7"), headers=headers)))
