"""The fixed suites of requests; none sends PUT, PATCH or DELETE to the collection."""

from collections.abc import Callable
from urllib.parse import quote

from support.peers.record.bursts import bursts_of_creates, bursts_on_one_user
from support.peers.record.cassette import NULL, Cassette, Raw, person

UNKNOWN = "/999999999"
DEEP = 2_000
LONG_NAME = "n" * 201
LONG_EMAIL = "e" * 243 + "@example.com"
NAMES_WORTH_KEEPING = ('Zoë "Quote" O\'Brien <b>&amp; 李小龍 🎈', "ü" * 200, " spaces around ")


def creating(cassette: Cassette) -> None:
    """Create users, and read them back."""
    ada = cassette.record("create: valid", "POST", body=person("ada"))
    cassette.record("create: valid, read back", "GET", cassette.below(ada))
    for number, name in enumerate(NAMES_WORTH_KEEPING, 1):
        made = cassette.record(f"create: name worth keeping {number}", "POST", body=person(f"kept{number}", name=name))
        cassette.record(f"create: name worth keeping {number}, read back", "GET", cassette.below(made))
    cassette.record("create: mixed case and a tag", "POST", body=person("m", email="Mixed.Case+tag@Example.com"))
    for value in ("client-chosen", "2001-01-01T00:00:00Z"):
        cassette.keep_as_sent(value)
    owned = {cassette.dialect.id: "client-chosen"}
    made = cassette.record("create: with an id", "POST", body=person("with-id") | owned)
    cassette.record("create: with an id, read back", "GET", cassette.below(made))
    owned = {cassette.dialect.created_at: "2001-01-01T00:00:00Z"}
    cassette.record("create: with a time of creation", "POST", body=person("with-time") | owned)
    cassette.record("create: with isAdmin", "POST", body=person("with-admin", isAdmin=True))
    cassette.record("create: with a password", "POST", body=person("with-password", password="Sesame1!"))


def refusing(cassette: Cassette) -> None:
    """Send invalid users; each has its own email, so that only the named part is wrong."""
    for what, body in _invalid_bodies().items():
        cassette.record(f"create: {what}", "POST", body=body)
    cassette.record("list: after the invalid ones", "GET", cassette.dialect.everything)


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


def malformed(cassette: Cassette) -> None:
    """Send bodies that are not JSON, or not declared as JSON."""
    cassette.record("create: not JSON", "POST", body=Raw('{"name": "Ada", "email":'))
    text = '{"name": "Ada", "email": "ada-text@example.com"}'
    cassette.record("create: valid JSON as text/plain", "POST", body=Raw(text, "text/plain"))
    form = "name=Ada&email=ada-form%40example.com"
    cassette.record("create: a form", "POST", body=Raw(form, "application/x-www-form-urlencoded"))
    text = '{"name": "Ada", "email": "ada-untyped@example.com"}'
    cassette.record("create: without a media type", "POST", body=Raw(text, None))
    cassette.record("create: not UTF-8", "POST", body=Raw('{"name": "Ada \udcff", "email": "ada-bytes@example.com"}'))
    cassette.record("list: after the unreadable ones", "GET", cassette.dialect.everything)
    cassette.record("read: unknown, after the unreadable ones", "GET", "/no-such-user")


def one_email(cassette: Cassette) -> None:
    """Create a second user with a taken email."""
    grace = cassette.given("grace")
    cassette.record("taken: same email", "POST", body=person("mallory", email="grace@example.com"))
    cassette.record("taken: in capitals", "POST", body=person("mallory", email="GRACE@EXAMPLE.COM"))
    cassette.record("taken: the first user", "GET", grace)
    cassette.record("taken: who has the email", "GET", _filtered(cassette, "grace@example.com"))


def reading(cassette: Cassette) -> None:
    """Read, list and filter three users."""
    ada = cassette.given("ada")
    cassette.given("grace")
    cassette.given("alan+tag")
    cassette.record("read: known", "GET", ada)
    cassette.record("read: unknown", "GET", UNKNOWN)
    cassette.record("read: unknown, not a number", "GET", "/no-such-user")
    cassette.record("read: unknown, the word constructor", "GET", "/constructor")
    cassette.record("read: unknown, a known id with a suffix", "GET", f"{ada}.json")
    cassette.record("head: known", "HEAD", ada)
    cassette.record("head: unknown", "HEAD", UNKNOWN)
    cassette.record("head: unknown, a known id with a suffix", "HEAD", f"{ada}.json")
    cassette.record("head: the list", "HEAD")
    cassette.record("list", "GET")
    queries = {
        "exact": "grace@example.com",
        "in capitals": "GRACE@EXAMPLE.COM",
        "a part": "grace@",
        "with a tag": "alan+tag@example.com",
        "nobody's": "nobody@example.com",
        "empty": "",
    }
    for what, email in queries.items():
        cassette.record(f"filter: {what}", "GET", f"?email={quote(email)}")
        if _filtered(cassette, email) != f"?email={quote(email)}":
            cassette.record(f"own filter: {what}", "GET", _filtered(cassette, email))


def _filtered(cassette: Cassette, email: str) -> str:
    return cassette.dialect.filter.format(email=quote(email))


def paging(cassette: Cassette) -> None:
    """Request pages of twelve users, with the contract's parameters and the peer's."""
    for number in range(12):
        cassette.given(f"user{number:02}")
    cassette.record("list: twelve users", "GET")
    _page(cassette, "pages", "page", "limit")
    own = (cassette.dialect.page, cassette.dialect.limit)
    if own != ("page", "limit"):
        _page(cassette, "own pages", *own)
    _page_to_the_end(cassette, *own)


def _page(cassette: Cassette, title: str, page: str, limit: str) -> None:
    pages = (("1", "5"), ("2", "5"), ("3", "5"), ("99", "5"), ("0", "5"), ("-1", "5"), ("x", "5"))
    limits = (("1", "0"), ("1", "-1"), ("1", "x"), ("1", "101"))
    for number, size in (*pages, *limits):
        query = f"?{quote(page)}={number}&{quote(limit)}={size}"
        cassette.record(f"{title}: {page}={number} {limit}={size}", "GET", query)


def _page_to_the_end(cassette: Cassette, page: str, limit: str) -> None:
    """Count the users on all pages of five, and the distinct ones."""
    seen: list[object] = []
    for number in range(3):
        at = number * 5 if cassette.dialect.pages_by_offset else number + 1
        shown = cassette.listed(f"?{quote(page)}={at}&{quote(limit)}=5")
        seen += [user[cassette.dialect.id] for user in shown]
    outcome = {"users": len(seen), "different users": len(set(seen))}
    cassette.record_burst("own pages: three pages of five together", [outcome], [])


def patching(cassette: Cassette) -> None:
    """Update users."""
    cassette.given("grace")
    ada = cassette.given("ada")
    cassette.record("patch: name", "PATCH", ada, {"name": "Ada King"})
    cassette.record("patch: name, read back", "GET", ada)
    cassette.record("patch: own email", "PATCH", ada, {"email": "ada@example.com"})
    cassette.record("patch: own email in capitals", "PATCH", ada, {"email": "ADA@EXAMPLE.COM"})
    cassette.record("patch: new email", "PATCH", ada, {"email": "ada.king@example.com"})
    cassette.record("patch: an email given up is free", "POST", body=person("ada", name="Another Ada"))
    cassette.record("patch: unknown", "PATCH", UNKNOWN, {"name": "Nobody"})
    alan = cassette.given("alan")
    cassette.record("patch: taken email", "PATCH", alan, {"email": "grace@example.com"})
    cassette.record("patch: taken email in capitals", "PATCH", alan, {"email": "GRACE@EXAMPLE.COM"})
    _patch_invalid(cassette)
    cassette.record("patch: everyone afterwards", "GET", cassette.dialect.everything)


def _patch_invalid(cassette: Cassette) -> None:
    edsger = cassette.given("edsger")
    cassette.record("patch: empty name", "PATCH", edsger, {"name": ""})
    cassette.record("patch: name of spaces", "PATCH", edsger, {"name": "   "})
    cassette.record("patch: valid name, invalid email", "PATCH", edsger, {"name": "E. W. D.", "email": "no-at"})
    cassette.record("patch: after the invalid ones", "GET", edsger)
    niklaus = cassette.given("niklaus")
    cassette.record("patch: name a number", "PATCH", niklaus, {"name": 42})
    cassette.record("patch: name null", "PATCH", niklaus, {"name": None})
    cassette.record("patch: name 201 characters", "PATCH", niklaus, {"name": LONG_NAME})
    cassette.record("patch: not an object", "PATCH", niklaus, [{"name": "N."}])
    cassette.record("patch: empty body", "PATCH", niklaus, Raw(""))
    cassette.record("patch: after more invalid ones", "GET", niklaus)
    barbara = cassette.given("barbara")
    for value in ("client-chosen", "2001-01-01T00:00:00Z"):
        cassette.keep_as_sent(value)
    cassette.record("patch: time of creation", "PATCH", barbara, {cassette.dialect.created_at: "2001-01-01T00:00:00Z"})
    cassette.record("patch: isAdmin", "PATCH", barbara, {"isAdmin": True})
    cassette.record("patch: as text/plain", "PATCH", barbara, Raw('{"name": "Changed"}', "text/plain"))
    cassette.record("patch: not JSON", "PATCH", barbara, Raw('{"name":'))
    cassette.record("patch: after the server's own fields", "GET", barbara)
    donald = cassette.given("donald")
    cassette.record("patch: id", "PATCH", donald, {cassette.dialect.id: "client-chosen"})
    cassette.record("patch: id, read back under the old one", "GET", donald)


def putting(cassette: Cassette) -> None:
    """Replace users."""
    grace = cassette.given("grace")
    ada = cassette.given("ada")
    cassette.record("put: full", "PUT", ada, {"name": "Ada King", "email": "ada.king@example.com"})
    cassette.record("put: full, read back", "GET", ada)
    alan = cassette.given("alan")
    cassette.record("put: without email", "PUT", alan, {"name": "Alan M. Turing"})
    cassette.record("put: without email, read back", "GET", alan)
    edsger = cassette.given("edsger")
    cassette.record("put: without name", "PUT", edsger, {"email": "edsger@example.org"})
    cassette.record("put: without name, read back", "GET", edsger)
    barbara = cassette.given("barbara")
    cassette.record("put: taken email", "PUT", barbara, person("barbara", email="grace@example.com"))
    cassette.record("put: invalid email", "PUT", barbara, person("barbara", email="no-at"))
    cassette.record("put: as text/plain", "PUT", barbara, Raw('{"name": "B", "email": "b@example.com"}', "text/plain"))
    cassette.record("put: after the refusals", "GET", barbara)
    cassette.record("put: unknown", "PUT", UNKNOWN, person("nobody"))
    cassette.record("put: unknown, read back", "GET", UNKNOWN)
    cassette.record("put: another user meanwhile", "GET", grace)


def deleting(cassette: Cassette) -> None:
    """Delete a user, and use the email again."""
    cassette.given("grace")
    ada = cassette.given("ada")
    cassette.record("delete: known", "DELETE", ada)
    cassette.record("delete: known, read back", "GET", ada)
    cassette.record("delete: list afterwards", "GET")
    cassette.record("delete: again", "DELETE", ada)
    cassette.record("delete: unknown", "DELETE", UNKNOWN)
    cassette.record("delete: email used again", "POST", body=person("ada"))


def access(cassette: Cassette) -> None:
    """Send requests without the right token."""
    ada = cassette.given("ada")
    wrong = {
        "no token": None,
        "another scheme": "Basic YWRhOmFkYQ==",
        "a wrong token": "Bearer wrong",
        "a character more": "Bearer {token}x",
        "a character less": "Bearer {shorter}",
    }
    for what, authorization in wrong.items():
        cassette.record(f"access: read with {what}", "GET", ada, authorization=authorization)
    cassette.record("access: list with no token", "GET", authorization=None)
    cassette.record("access: create with no token", "POST", body=person("mallory"), authorization=None)
    cassette.record("access: patch with no token", "PATCH", ada, {"name": "Mallory"}, authorization=None)
    cassette.record("access: delete with no token", "DELETE", ada, authorization=None)
    cassette.record("access: everyone afterwards", "GET", cassette.dialect.everything)


def methods(cassette: Cassette) -> None:
    """Use a method that the URL of one user does not support."""
    ada = cassette.given("ada")
    cassette.record("method: POST on a user", "POST", ada, person("mallory"))
    cassette.record("method: everyone afterwards", "GET", cassette.dialect.everything)


def unusual(cassette: Cassette) -> None:
    """Send what nobody expects: odd ids, reserved fields, deep nesting, and a body in chunks."""
    ada = cassette.given("ada")
    cassette.record("unusual: an id that is not UTF-8", "GET", "/%FF%FE")
    cassette.record("unusual: the id __proto__", "GET", "/__proto__")
    text = '{"name": "Grace", "email": "grace@example.com"}'
    cassette.record("unusual: a create in chunks", "POST", body=Raw(text, in_chunks=True))
    text = '{"name": "Alan", "email": "alan@example.com", "__proto__": {"name": "x"}}'
    cassette.record("unusual: a create with a field that JavaScript knows", "POST", body=Raw(text))
    cassette.record("unusual: the first user afterwards", "GET", ada)
    text = f'{{"name": "Edsger", "email": "edsger@example.com", "x": {"[" * DEEP}'
    cassette.record("unusual: a create with many lists that never end", "POST", body=Raw(text))


Suite = Callable[[Cassette], None]

SUITES: tuple[Suite, ...] = (
    creating,
    one_email,
    reading,
    paging,
    patching,
    putting,
    deleting,
    access,
    methods,
    bursts_of_creates,
    bursts_on_one_user,
)
SUITES_WITH_LEFTOVERS: tuple[Suite, ...] = (refusing, malformed, unusual)
