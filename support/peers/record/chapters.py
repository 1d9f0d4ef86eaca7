"""The fixed list of requests, chapter by chapter; none ever sends PUT, PATCH or DELETE to the collection."""

from collections.abc import Callable
from urllib.parse import quote

from support.peers.record.crowds import crowds_on_one_user, crowds_that_create
from support.peers.record.tape import Tape, person
from support.peers.record.wire import NULL, Raw

UNKNOWN = "/999999999"
LONG_NAME = "n" * 201
LONG_EMAIL = "e" * 243 + "@example.com"
NAMES_WORTH_KEEPING = ('Zoë "Quote" O\'Brien <b>&amp; 李小龍 🎈', "ü" * 200, " spaces around ")


def creating(tape: Tape) -> None:
    """Create users, and see what comes back of what was sent."""
    ada = tape.record("create: valid", "POST", body=person("ada"))
    tape.record("create: valid, read back", "GET", tape.below(ada))
    for number, name in enumerate(NAMES_WORTH_KEEPING, 1):
        made = tape.record(f"create: name worth keeping {number}", "POST", body=person(f"kept{number}", name=name))
        tape.record(f"create: name worth keeping {number}, read back", "GET", tape.below(made))
    tape.record("create: mixed case and a tag", "POST", body=person("m", email="Mixed.Case+tag@Example.com"))
    for value in ("client-chosen", "2001-01-01T00:00:00Z"):
        tape.keep_as_sent(value)
    owned = {tape.dialect.id: "client-chosen"}
    made = tape.record("create: with an id", "POST", body=person("with-id") | owned)
    tape.record("create: with an id, read back", "GET", tape.below(made))
    owned = {tape.dialect.created_at: "2001-01-01T00:00:00Z"}
    tape.record("create: with a time of creation", "POST", body=person("with-time") | owned)
    tape.record("create: with isAdmin", "POST", body=person("with-admin", isAdmin=True))
    tape.record("create: with a password", "POST", body=person("with-password", password="Sesame1!"))


def refusing(tape: Tape) -> None:
    """Create what must be refused; each has an address of its own, so that only the named part is wrong."""
    for what, body in _invalid_bodies().items():
        tape.record(f"create: {what}", "POST", body=body)
    tape.record("list: after the invalid ones", "GET", tape.dialect.everything)


def _invalid_bodies() -> dict[str, object]:
    names = {"null": None, "a number": 42, "empty": "", "spaces": "   ", "201 characters": LONG_NAME}
    emails = {
        "null": None,
        "without @": "ada.example.com",
        "with a space": "ada lovelace@example.com",
        "two @": "ada@lovelace@example.com",
        "without a domain": "ada@",
        "255 characters": LONG_EMAIL,
    }
    return {
        "empty object": {},
        "without name": {"email": "no-name@example.com"},
        **{f"name {what}": person(f"name-{n}", name=name) for n, (what, name) in enumerate(names.items())},
        "without email": {"name": "Ada"},
        **{f"email {what}": person("ada", email=email) for what, email in emails.items()},
        "empty array": [],
        "array with a user": [person("in-array")],
        "a JSON string": "ada",
        "a JSON number": 42,
        "null": NULL,
    }


def unreadable(tape: Tape) -> None:
    """Create with what is not JSON, or does not say that it is."""
    tape.record("create: not JSON", "POST", body=Raw('{"name": "Ada", "email":'))
    text = '{"name": "Ada", "email": "ada-text@example.com"}'
    tape.record("create: valid JSON as text/plain", "POST", body=Raw(text, "text/plain"))
    form = "name=Ada&email=ada-form%40example.com"
    tape.record("create: a form", "POST", body=Raw(form, "application/x-www-form-urlencoded"))
    text = '{"name": "Ada", "email": "ada-untyped@example.com"}'
    tape.record("create: without a media type", "POST", body=Raw(text, None))
    tape.record("create: not UTF-8", "POST", body=Raw('{"name": "Ada \udcff", "email": "ada-bytes@example.com"}'))
    tape.record("list: after the unreadable ones", "GET", tape.dialect.everything)
    tape.record("read: unknown, after the unreadable ones", "GET", "/no-such-user")


def one_address(tape: Tape) -> None:
    """Create a second user with an address that is taken."""
    grace = tape.given("grace")
    tape.record("taken: same address", "POST", body=person("mallory", email="grace@example.com"))
    tape.record("taken: in capitals", "POST", body=person("mallory", email="GRACE@EXAMPLE.COM"))
    tape.record("taken: the first user", "GET", grace)
    tape.record("taken: who has the address", "GET", _filtered(tape, "grace@example.com"))


def reading(tape: Tape) -> None:
    """Read, list and filter three users."""
    ada = tape.given("ada")
    tape.given("grace")
    tape.given("alan+tag")
    tape.record("read: known", "GET", ada)
    tape.record("read: unknown", "GET", UNKNOWN)
    tape.record("read: unknown, not a number", "GET", "/no-such-user")
    tape.record("read: unknown, the word constructor", "GET", "/constructor")
    tape.record("head: known", "HEAD", ada)
    tape.record("head: unknown", "HEAD", UNKNOWN)
    tape.record("head: the list", "HEAD")
    tape.record("list", "GET")
    queries = {
        "exact": "grace@example.com",
        "in capitals": "GRACE@EXAMPLE.COM",
        "a part": "grace@",
        "with a tag": "alan+tag@example.com",
        "nobody's": "nobody@example.com",
        "empty": "",
    }
    for what, email in queries.items():
        tape.record(f"filter: {what}", "GET", f"?email={quote(email)}")
        if _filtered(tape, email) != f"?email={quote(email)}":
            tape.record(f"own filter: {what}", "GET", _filtered(tape, email))


def _filtered(tape: Tape, email: str) -> str:
    return tape.dialect.filter.format(email=quote(email))


def paging(tape: Tape) -> None:
    """Page through twelve users, in the contract's words and in the peer's own."""
    for number in range(12):
        tape.given(f"user{number:02}")
    tape.record("list: twelve users", "GET")
    _page(tape, "pages", "page", "limit")
    own = (tape.dialect.page, tape.dialect.limit)
    if own != ("page", "limit"):
        _page(tape, "own pages", *own)
    _page_to_the_end(tape, *own)


def _page(tape: Tape, title: str, page: str, limit: str) -> None:
    pages = (("1", "5"), ("2", "5"), ("3", "5"), ("99", "5"), ("0", "5"), ("-1", "5"), ("x", "5"))
    limits = (("1", "0"), ("1", "-1"), ("1", "x"), ("1", "101"))
    for number, size in (*pages, *limits):
        query = f"?{quote(page)}={number}&{quote(limit)}={size}"
        tape.record(f"{title}: {page}={number} {limit}={size}", "GET", query)


def _page_to_the_end(tape: Tape, page: str, limit: str) -> None:
    """Count the users on all pages of five, and the different ones among them."""
    seen: list[object] = []
    for number in range(3):
        at = number * 5 if tape.dialect.pages_by_offset else number + 1
        shown = tape.listed(f"?{quote(page)}={at}&{quote(limit)}=5")
        seen += [user[tape.dialect.id] for user in shown]
    outcome = {"users": len(seen), "different users": len(set(seen))}
    tape.record_crowd("own pages: three pages of five together", [outcome], [])


def patching(tape: Tape) -> None:
    """Change parts of users."""
    tape.given("grace")
    ada = tape.given("ada")
    tape.record("patch: name", "PATCH", ada, {"name": "Ada King"})
    tape.record("patch: name, read back", "GET", ada)
    tape.record("patch: own address", "PATCH", ada, {"email": "ada@example.com"})
    tape.record("patch: own address in capitals", "PATCH", ada, {"email": "ADA@EXAMPLE.COM"})
    tape.record("patch: new address", "PATCH", ada, {"email": "ada.king@example.com"})
    tape.record("patch: the address given up is taken anew", "POST", body=person("ada", name="Another Ada"))
    tape.record("patch: unknown", "PATCH", UNKNOWN, {"name": "Nobody"})
    alan = tape.given("alan")
    tape.record("patch: taken address", "PATCH", alan, {"email": "grace@example.com"})
    tape.record("patch: taken address in capitals", "PATCH", alan, {"email": "GRACE@EXAMPLE.COM"})
    _patch_invalid(tape)
    tape.record("patch: everyone afterwards", "GET", tape.dialect.everything)


def _patch_invalid(tape: Tape) -> None:
    edsger = tape.given("edsger")
    tape.record("patch: empty name", "PATCH", edsger, {"name": ""})
    tape.record("patch: name of spaces", "PATCH", edsger, {"name": "   "})
    tape.record("patch: valid name, invalid address", "PATCH", edsger, {"name": "E. W. D.", "email": "no-at"})
    tape.record("patch: after the invalid ones", "GET", edsger)
    niklaus = tape.given("niklaus")
    tape.record("patch: name a number", "PATCH", niklaus, {"name": 42})
    tape.record("patch: name null", "PATCH", niklaus, {"name": None})
    tape.record("patch: name 201 characters", "PATCH", niklaus, {"name": LONG_NAME})
    tape.record("patch: not an object", "PATCH", niklaus, [{"name": "N."}])
    tape.record("patch: after more invalid ones", "GET", niklaus)
    barbara = tape.given("barbara")
    for value in ("client-chosen", "2001-01-01T00:00:00Z"):
        tape.keep_as_sent(value)
    tape.record("patch: time of creation", "PATCH", barbara, {tape.dialect.created_at: "2001-01-01T00:00:00Z"})
    tape.record("patch: isAdmin", "PATCH", barbara, {"isAdmin": True})
    tape.record("patch: as text/plain", "PATCH", barbara, Raw('{"name": "Changed"}', "text/plain"))
    tape.record("patch: not JSON", "PATCH", barbara, Raw('{"name":'))
    tape.record("patch: after the server's own fields", "GET", barbara)
    donald = tape.given("donald")
    tape.record("patch: id", "PATCH", donald, {tape.dialect.id: "client-chosen"})
    tape.record("patch: id, read back under the old one", "GET", donald)


def putting(tape: Tape) -> None:
    """Replace users."""
    grace = tape.given("grace")
    ada = tape.given("ada")
    tape.record("put: full", "PUT", ada, {"name": "Ada King", "email": "ada.king@example.com"})
    tape.record("put: full, read back", "GET", ada)
    alan = tape.given("alan")
    tape.record("put: without email", "PUT", alan, {"name": "Alan M. Turing"})
    tape.record("put: without email, read back", "GET", alan)
    edsger = tape.given("edsger")
    tape.record("put: without name", "PUT", edsger, {"email": "edsger@example.org"})
    tape.record("put: without name, read back", "GET", edsger)
    barbara = tape.given("barbara")
    tape.record("put: taken address", "PUT", barbara, person("barbara", email="grace@example.com"))
    tape.record("put: invalid address", "PUT", barbara, person("barbara", email="no-at"))
    tape.record("put: as text/plain", "PUT", barbara, Raw('{"name": "B", "email": "b@example.com"}', "text/plain"))
    tape.record("put: after the refusals", "GET", barbara)
    tape.record("put: unknown", "PUT", UNKNOWN, person("nobody"))
    tape.record("put: unknown, read back", "GET", UNKNOWN)
    tape.record("put: another user meanwhile", "GET", grace)


def deleting(tape: Tape) -> None:
    """Delete a user, and use the address again."""
    tape.given("grace")
    ada = tape.given("ada")
    tape.record("delete: known", "DELETE", ada)
    tape.record("delete: known, read back", "GET", ada)
    tape.record("delete: list afterwards", "GET")
    tape.record("delete: again", "DELETE", ada)
    tape.record("delete: unknown", "DELETE", UNKNOWN)
    tape.record("delete: address used again", "POST", body=person("ada"))


def access(tape: Tape) -> None:
    """Call without the right token."""
    ada = tape.given("ada")
    wrong = {
        "no token": None,
        "another scheme": "Basic YWRhOmFkYQ==",
        "a wrong token": "Bearer wrong",
        "a character more": "Bearer {token}x",
        "a character less": "Bearer {shorter}",
    }
    for what, authorization in wrong.items():
        tape.record(f"access: read with {what}", "GET", ada, authorization=authorization)
    tape.record("access: list with no token", "GET", authorization=None)
    tape.record("access: create with no token", "POST", body=person("mallory"), authorization=None)
    tape.record("access: patch with no token", "PATCH", ada, {"name": "Mallory"}, authorization=None)
    tape.record("access: delete with no token", "DELETE", ada, authorization=None)
    tape.record("access: everyone afterwards", "GET", tape.dialect.everything)


def methods(tape: Tape) -> None:
    """Use a method that one user's address does not have."""
    ada = tape.given("ada")
    tape.record("method: POST on a user", "POST", ada, person("mallory"))
    tape.record("method: everyone afterwards", "GET", tape.dialect.everything)


Chapter = Callable[[Tape], None]

CHAPTERS: tuple[Chapter, ...] = (
    creating,
    one_address,
    reading,
    paging,
    patching,
    putting,
    deleting,
    access,
    methods,
    crowds_that_create,
    crowds_on_one_user,
)
CHAPTERS_THAT_LEAVE_RUBBISH: tuple[Chapter, ...] = (refusing, unreadable)
