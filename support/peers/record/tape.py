"""Play requests to a peer and keep what it answered."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from support.peers.catalogue import Dialect
from support.peers.launching import Peer
from support.peers.record.normalising import Normaliser
from support.peers.record.wire import Answer, Body, Call, Raw, connection_to, send

BEARER = "Bearer {token}"


class Tape:
    """Keep the exchanges of one chapter in `tracks`; what `given` and `everyone` do stays off the record."""

    def __init__(self, peer: Peer, dialect: Dialect) -> None:
        """Begin with nothing recorded."""
        self.peer = peer
        self.dialect = dialect
        self.tracks: list[dict[str, object]] = []
        self._normaliser = Normaliser(peer.url, peer.name, dialect)
        self._collection = urlsplit(peer.url).path

    def record(
        self, probe: str, method: str, below: str = "", body: Body = None, authorization: str | None = BEARER
    ) -> Answer:
        """Send one request, keep it with its answer under the name of what it probes.

        `below` is what follows the collection's path. `authorization` may hold `{token}` and `{shorter}`, the
        token without its last character; None sends no header.
        """
        call = self.call(method, below, body, authorization)
        answer = self.send(call)
        normal = self._normaliser
        request: dict[str, object] = {"method": method, "path": normal.path(call.path)}
        if authorization != BEARER:
            request["authorization"] = authorization
        if isinstance(body, Raw):
            request |= {"content-type": body.media_type, "raw": body.text.encode("utf-8", "backslashreplace").decode()}
        elif body is not None:
            request["body"] = normal.body(body)
        headers, said = normal.headers(dict(answer.headers)), normal.body(answer.body)
        self.tracks.append(
            {"probe": probe, "request": request, "status": answer.status, "headers": headers, "body": said}
        )
        return answer

    def record_crowd(self, probe: str, rounds: Iterable[Mapping[str, object]], samples: Iterable[Answer]) -> None:
        """Keep how often many requests at once came to what, and one answer of each status that came."""
        of_status = {answer.status: answer for answer in samples}
        shown = [
            {
                "status": status,
                "content-type": answer.headers.get("content-type"),
                "body": self._sample(answer),
            }
            for status, answer in sorted(of_status.items())
        ]
        self.tracks.append({"probe": probe, "rounds": _counted(rounds), "samples": shown})

    def call(self, method: str, below: str = "", body: Body = None, authorization: str | None = BEARER) -> Call:
        """Write a request with the peer's token in it."""
        token = self.peer.token
        headers = {}
        if authorization is not None:
            headers["Authorization"] = authorization.format(token=token, shorter=token[:-1])
        return Call(method, f"{self._collection}{below}", body, headers)

    def send(self, call: Call) -> Answer:
        """Send a request on a connection of its own, off the record."""
        connection = connection_to(self.peer.url)
        try:
            return send(connection, call)
        finally:
            connection.close()

    def keep_as_sent(self, text: str) -> None:
        """Show a value that a client chose as it is wherever it comes back."""
        self._normaliser.keep_as_sent(text)

    def given(self, name: str) -> str:
        """Have a user of this name and address, off the record; return the path below the collection."""
        answer = self.send(self.call("POST", body=person(name)))
        if answer.status != 201:
            raise AssertionError(f"{self.peer.name} did not create {name}: {answer}")
        self._normaliser.body(answer.body)  # its id has a name from now on
        return self.below(answer)

    def below(self, answer: Answer) -> str:
        """Return the path, below the collection, of the user in an answer; of nobody if there is none."""
        user = answer.body if isinstance(answer.body, dict) else {}
        return f"/{user.get(self.dialect.id, 'nobody')}"

    def everyone(self) -> list[dict[str, object]]:
        """Return all users, off the record; a chapter makes fewer than a page of them."""
        answered = self.send(self.call("GET", self.dialect.everything)).body
        users = self._unwrapped(answered)
        whole = answered if isinstance(answered, dict) else {}
        if len(users) < int(whole.get("total") or whole.get("count") or 0):
            raise AssertionError("a chapter made more users than one page shows")
        return users

    def clear(self) -> None:
        """Delete every user, one by one and off the record, as far as they can be named."""
        for user in self.everyone():
            if isinstance(user, dict) and self.dialect.id in user:
                self.send(self.call("DELETE", f"/{user[self.dialect.id]}"))

    def listed(self, query: str) -> list[dict[str, object]]:
        """Return the users that a query lists, off the record."""
        return self._unwrapped(self.send(self.call("GET", query)).body)

    def _unwrapped(self, answered: object) -> list[dict[str, object]]:
        if self.dialect.items is not None and isinstance(answered, dict):
            answered = answered.get(self.dialect.items)
        if not isinstance(answered, list):
            raise TypeError(f"{self.peer.name} answered with no list: {answered}")
        return answered

    def _sample(self, answer: Answer) -> object:
        """Show an answer of a crowd, whose winner differs from run to run, without what is the winner's."""
        if answer.status in (200, 201) and isinstance(answer.body, dict):
            return "a user"
        shown = json.dumps(self._normaliser.body(answer.body), ensure_ascii=False)
        return json.loads(re.sub(r"<(string|integer) \d+>", r"<\1>", shown))


def _counted(rounds: Iterable[Mapping[str, object]]) -> list[dict[str, object]]:
    """Put rounds that came to the same together, so that a recording does not change with their order."""
    times = Counter(json.dumps(outcome) for outcome in rounds)
    return [{"times": count, **json.loads(outcome)} for outcome, count in sorted(times.items())]


def person(called: str, /, **changed: object) -> dict[str, object]:
    """Write the body that creates a person, after whom the address is named."""
    return {"name": called.title(), "email": f"{called.lower()}@example.com", **changed}
