"""The Users API: each decision is a separate method, so that a variant or a defect replaces just one."""

import asyncio
import hashlib
import json
import uuid
from datetime import UTC, datetime
from typing import Any

from starlette.responses import Response

from support.sandbox.exchange import PROBLEM, Answer, Call, Refusal, is_condition, names_tag
from support.sandbox.intake import Intake
from support.sandbox.store import EmailTakenError, Key, Store, User


class Api(Intake):
    """The resource. A `Refusal` that is raised anywhere in a handler becomes a problem document.

    `withheld` are methods that are not offered.
    """

    def __init__(self, store: Store, token: str, path: str) -> None:
        super().__init__(token)
        self.store = store
        self.path = path
        self.withheld: tuple[str, ...] = ()
        self._being_deleted: set[str] = set()

    async def handle(self, call: Call) -> Response:
        """Carry out one request."""
        try:
            self.authenticate(call)
            answer = await self.dispatch(call)
        except Refusal as refusal:
            answer = self.refuse(refusal)
        return self.respond(call, answer)

    async def dispatch(self, call: Call) -> Answer:
        """Find the handler for the method."""
        if call.user_id == "":
            raise self.unknown()
        if call.user_id is None:
            handlers = {"GET": self.list_users, "HEAD": self.list_users, "POST": self.create}
        else:
            handlers = {
                "GET": self.read,
                "HEAD": self.read,
                "PUT": self.replace,
                "PATCH": self.patch,
                "DELETE": self.delete,
            }
        handlers = {method: handler for method, handler in handlers.items() if method not in self.withheld}
        handler = handlers.get(call.method)
        if handler is None:
            allow = {"allow": self.allow(list(handlers))}
            raise Refusal(405, "Method Not Allowed", f"{call.method} is not possible here.", allow)
        return await handler(call)

    def allow(self, methods: list[str]) -> str:
        """Write the Allow header."""
        return ", ".join(methods)

    async def create(self, call: Call) -> Answer:
        """Store a new user; a repeated Idempotency-Key gets the first answer again."""
        fields = self.user_fields(call)
        key = self.idempotency_key(call)
        if key is not None:
            earlier = self.store.answered(key.value)
            if earlier is not None:
                return self.repeated(call, key, *earlier)
        user = self.new_user(fields)
        self.insert(user, key)
        return self.created(user, call)

    def user_fields(self, call: Call) -> dict[str, str]:
        """Read the fields of a whole user from the request."""
        return self.fields(self.document(call), required=True)

    def repeated(self, call: Call, key: Key, fingerprint: bytes, user: User) -> Answer:
        """Answer a create whose Idempotency-Key was used before."""
        if fingerprint != key.fingerprint:
            raise Refusal(422, "Unprocessable Content", "The Idempotency-Key was used for another request.")
        return self.created(user, call)

    def new_user(self, fields: dict[str, str]) -> User:
        """Return a new user with an id and a time."""
        return User(self.new_id(), fields["name"], fields["email"], self.now())

    def new_id(self) -> str:
        """Return an id that no user ever had."""
        return str(uuid.uuid4())

    def now(self) -> str:
        """Return the current time (RFC 3339)."""
        return datetime.now(UTC).isoformat(timespec="milliseconds")

    def insert(self, user: User, key: Key | None) -> None:
        """Store a new user. The unique index decides whether the email is free, not a check beforehand."""
        try:
            self.store.insert(user, key)
        except EmailTakenError:
            raise self.taken() from None

    def taken(self) -> Refusal:
        """Refuse an email that another user holds."""
        return Refusal(409, "Conflict", "Another user has this email.")

    def created(self, user: User, call: Call) -> Answer:  # noqa: ARG002  a variant asks for the host
        """Answer with a new user."""
        return Answer(201, self.present(user), {"location": self.location(user), "etag": self.etag(user)})

    def location(self, user: User) -> str:
        """Return the Location of a user."""
        return f"{self.path}/{user.id}"

    async def read(self, call: Call) -> Answer:
        """Show one user, unless the client has the current version."""
        user = self.known(call)
        headers = {"etag": self.etag(user)}
        if names_tag(call.headers.get("if-none-match"), headers["etag"]):
            return Answer(304, headers=headers)
        return Answer(200, self.present(user), headers)

    def etag(self, user: User) -> str:
        """Return the strong entity tag of a user as stored (RFC 9110, section 8.8.3)."""
        return f'"{hashlib.sha256(repr(user).encode()).hexdigest()[:24]}"'

    def expected(self, call: Call) -> User:
        """Find the user that a write is about, in the version that If-Match names (RFC 9110, section 13.1.1)."""
        user, wanted = self.known(call), call.headers.get("if-match")
        if is_condition(wanted) and not names_tag(wanted, self.etag(user)):
            raise Refusal(412, "Precondition Failed", "The user has changed since.")
        return user

    def known(self, call: Call) -> User:
        """Find the user that the request is about."""
        user = self.store.get(call.user_id or "")
        if user is None:
            raise self.unknown()
        return user

    def unknown(self) -> Refusal:
        """Refuse an unknown id."""
        return Refusal(404, "Not Found", "There is no such user.")

    async def list_users(self, call: Call) -> Answer:
        """Show all users, those of one page, or the one with an email."""
        page = self.page(call)
        email = call.query.get("email")
        if email is not None:
            users = self.filtered(email)
            users = users if page is None else users[page[0] : page[0] + page[1]]
        else:
            users = self.store.all_users() if page is None else self.store.window(*page)
        return Answer(200, [self.present(user) for user in users])

    def filtered(self, email: str) -> list[User]:
        """Find the user with this email."""
        return self.store.holders(email)

    async def replace(self, call: Call) -> Answer:
        """Replace a user's name and email."""
        fields = self.fields(self.document(call), required=True)
        return self.update(self.expected(call), fields)

    async def patch(self, call: Call) -> Answer:
        """Change those fields of a user that the request contains."""
        fields = self.fields(self.document(call), required=False)
        return self.update(self.expected(call), fields)

    def update(self, user: User, fields: dict[str, str]) -> Answer:
        """Store the changes and show the whole user."""
        changed = user._replace(**fields)
        try:
            self.store.update(changed)
        except EmailTakenError:
            raise self.taken() from None
        return Answer(200, self.present(changed), {"etag": self.etag(changed)})

    async def delete(self, call: Call) -> Answer:
        """Delete a user, at once or after a delay."""
        user = self.expected(call)
        if user.id in self._being_deleted:
            return Answer(204)
        if call.deletion_delay_s:
            self._being_deleted.add(user.id)
            asyncio.get_running_loop().call_later(call.deletion_delay_s, self._finish_deletion, user.id)
            return Answer(202)
        self.store.delete(user.id)
        return self.deleted(user)

    def _finish_deletion(self, user_id: str) -> None:
        self._being_deleted.discard(user_id)
        self.store.delete(user_id)

    def deleted(self, user: User) -> Answer:  # noqa: ARG002  a variant shows the user
        """Answer a deletion."""
        return Answer(204)

    def present(self, user: User) -> dict[str, Any]:
        """Show a user as the contract wants it."""
        return {"id": user.id, "name": user.name, "email": user.email, "createdAt": user.created_at}

    def refuse(self, refusal: Refusal) -> Answer:
        """Write a problem document (RFC 9457)."""
        problem = {
            "type": "about:blank",
            "title": refusal.title,
            "status": refusal.status,
            "detail": refusal.detail,
        }
        return Answer(refusal.status, problem, dict(refusal.headers), PROBLEM)

    def respond(self, call: Call, answer: Answer) -> Response:  # noqa: ARG002  a variant asks what was accepted
        """Turn an answer into bytes."""
        headers = answer.headers
        if answer.content is None:
            return Response(None, answer.status, headers)
        headers["content-type"] = answer.media_type
        return Response(self.encode(answer.content), answer.status, headers)

    def encode(self, content: Any) -> bytes:
        """Write JSON."""
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
