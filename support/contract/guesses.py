"""The names that targets use: which to try, and how to recognise the fields of a user in an answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

IDS = ("id", "_id", "uuid", "userId", "user_id", "uid", "key", "objectId", "object_id")
NAMES = ("name", "username", "fullName", "full_name", "displayName", "display_name", "userName", "user_name")
EMAILS = ("email", "emailAddress", "email_address", "mail", "e_mail", "userPrincipalName")
FULL_NAMES = ("name", "fullName", "full_name", "fullname", "displayName", "display_name")
GIVEN_NAMES = (
    *("firstName", "first_name", "firstname", "givenName", "given_name", "username", "userName", "user_name", "login"),
)
LOGINS = ("username", "userName", "user_name", "login")
"""Fields that hold the name of an account, not of a person."""
WRAPPERS = ("user", "data", "account", "member", "person")
"""Names of an object around what is sent, in small letters."""
CREATE_PATHS = (
    "/register",
    "/signup",
    "/auth/register",
    "/auth/signup",
    "/sign-up",
    "/registration",
    "/create",
    "/new",
)
"""Where users are created if the collection takes no POST."""
CREATED = (
    *("createdAt", "created_at", "created", "createdOn", "created_on", "createdDate", "creationDate"),
    *("dateCreated", "date_created", "dateJoined", "date_joined", "joinedAt", "joined_at", "insertedAt", "inserted_at"),
)
LISTS = ("data", "results", "items", "content", "users", "value", "records", "rows", "hits", "member", "docs")

LIST_SIZES = (100, 50, 20, 10)
"""Sizes of pages, the largest first."""
BY_PAGE = (
    *("page limit", "_page _limit", "page page_size", "page per_page", "page size", "page pageSize", "page perPage"),
    *("page _limit", "_page _per_page", "pageNumber pageSize", "page[number] page[size]"),
    *("pagination[page] pagination[pageSize]", "page max_results", "page per", "page count", "p limit", "page $top"),
)
BY_OFFSET = (
    *("offset limit", "$skip $limit", "skip limit", "skip take", "_start _limit", "page[offset] page[limit]"),
    *(
        "startIndex count",
        "first max",
        "$skip $top",
        "start limit",
        "start count",
        "pagination[start] pagination[limit]",
        "filter[skip] filter[limit]",
    ),
)
"""Parameters for the place and the size of a page; those of the contract come first."""

FILTERS = (
    *("{}_eq", "filter[{}]", "{}__iexact", "{}__exact", "{}[eq]", "filters[{}][$eqi]", "filters[{}][$eq]"),
    *("filter[{}][_eq]", "filter[{}][eq]", "where[{}][equals]", "q[{}_eq]", "search[{}]", "q"),
)
"""Parameters that search by email, as in json-server, JSON:API, Django, Strapi, Directus, Payload and Ransack."""
QUERIES = (
    *(("$", "eq.{email}"), ("where", '{"$": "{email}"}'), ("filter", '{"$": "{email}"}')),
    *(("filter", '{"where": {"$": "{email}"}}'), ("filter", '$ eq "{email}"'), ("$filter", "$ eq '{email}'")),
    *(
        ("filter", "$ eq '{email}'"),
        ("filter", "$='{email}'"),
        ("filter", "$||$eq||{email}"),
        ("q", '$:"{email}"'),
        ("search", '$ eq "{email}"'),
    ),
    ("q", "$:{email}"),
)
"""Parameters with queries, $ being the field: PostgREST, Eve, LoopBack, SCIM, OData, PocketBase, Lucene."""


def pointers(document: Any, prefix: str = "", deep: int = 3) -> Iterator[tuple[str, list[Any]]]:
    """Yield the JSON pointer and the entries of every list in an answer; the likely names come first."""
    if isinstance(document, list):
        yield prefix, document
    elif isinstance(document, Mapping) and deep:
        for key in sorted(document, key=lambda key: (LISTS.index(key) if key in LISTS else len(LISTS), key)):
            if "/" not in key:
                yield from pointers(document[key], f"{prefix}/{key}", deep - 1)


def list_in(document: Any) -> tuple[str, list[Any]] | None:
    """Return the likeliest list of users with its pointer: the first list of objects, else the first empty list."""
    found = list(pointers(document))
    of_objects = [one for one in found if any(isinstance(entry, Mapping) for entry in one[1])]
    return next(iter([*of_objects, *(one for one in found if not one[1])]), None)


def searches_by(email: str) -> Iterator[tuple[str, str]]:
    """Yield the parameters that may select users by the email field of this name or pointer, each with its value."""
    whole, email = email.removeprefix("/").replace("/", "."), email.rpartition("/")[2]
    yield from ((name, "{email}") for name in dict.fromkeys([email, "email", *(f.format(email) for f in FILTERS)]))
    yield from ((name, text.replace("$", one)) for one in dict.fromkeys([email, whole]) for name, text in QUERIES)


def first_of(names: Sequence[str], fields: Mapping[str, Any]) -> str | None:
    """Return the first of these names that is a field of the user."""
    return next((name for name in names if name in fields), None)
