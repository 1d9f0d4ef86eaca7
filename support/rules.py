"""The rules of the Users contract, by id: a scenario that shows a rule has the tag `@rule.<id>`."""

from __future__ import annotations

from dataclasses import dataclass

CONTRACT = "1.1"
"""The version of the contract."""


@dataclass(frozen=True)
class Rule:
    """A rule in one sentence, the standard that it comes from, and the version of the contract that brought it."""

    id: str
    promise: str
    source: str = "the Users contract"
    since: str = "1.0"


_ALL = (
    Rule(
        "user-shape",
        "A user is an object with the strings id, name and email, and with createdAt, a time with its UTC offset",
        "RFC 3339 §5.6",
    ),
    Rule(
        "no-secrets",
        "No answer shows a secret that was sent, or a field named password, passwordHash, secret or token",
    ),
    Rule("json-media-type", "An answer with a body declares application/json or a +json type", "RFC 9110 §8.3"),
    Rule("exact-text", "A name comes back exactly as it was sent; so does an email, apart from letter case"),
    Rule(
        "problem",
        "A refusal has a JSON object that says what is wrong and reveals nothing about the server's internals",
        "RFC 9457 §3",
    ),
    Rule(
        "create-201",
        "A valid sign-up gives 201 and the user, and a read right afterwards shows the same user",
        "RFC 9110 §15.3.2",
    ),
    Rule("create-location", "A 201 has a Location that leads to the user", "RFC 9110 §10.2.2"),
    Rule("create-invalid", "An invalid sign-up gives 400 or 422 and creates no user", "RFC 9110 §15.5.1"),
    Rule(
        "malformed-json",
        "A body that is not JSON gives 400 and changes nothing; 422 will do if it is empty, is not UTF-8, or has NaN "
        "or Infinity, and 415 if it is empty",
        "RFC 8259 §2",
    ),
    Rule(
        "media-type",
        "A body whose Content-Type is not JSON gives 415, or 400 if the body is not JSON either, and changes nothing",
        "RFC 9110 §15.5.16",
    ),
    Rule(
        "server-owned", "An id, a createdAt or an unknown field that a client sends is ignored or refused, never kept"
    ),
    Rule(
        "email-unique",
        "A taken email, in any letter case, gives 409 and leaves the user who has it unchanged",
        "RFC 9110 §15.5.10",
    ),
    Rule("read-200", "A known id gives 200 and the user", "RFC 9110 §9.3.1"),
    Rule("read-404", "An unknown id gives 404", "RFC 9110 §15.5.5"),
    Rule("head", "HEAD gives the status of GET and no body", "RFC 9110 §9.3.2"),
    Rule("list", "The list is a JSON array that shows every user once, new ones immediately, and no deleted ones"),
    Rule(
        "filter-email",
        "?email= gives exactly the user with that email, in any letter case, or an empty list; a text that is no email "
        "may be refused",
    ),
    Rule(
        "pages",
        "No page is larger than its limit, no user is on two pages, and all pages together are the list; "
        "an invalid page or limit gives 400 or 422",
    ),
    Rule(
        "patch",
        "PATCH changes only the fields it names and gives 200 and the whole user, as a read shows them afterwards",
        "RFC 5789 §2",
    ),
    Rule(
        "put",
        "PUT replaces name and email, keeps id and createdAt and gives 200; without a name or an email it is refused",
        "RFC 9110 §9.3.4",
    ),
    Rule("update-invalid", "An invalid change gives 400 or 422 and changes nothing, not even its valid part"),
    Rule("update-404", "PUT and PATCH on an unknown id give 404 and create no user"),
    Rule(
        "update-taken",
        "Changing to an email that another user has gives 409 and changes neither user; an email that was given "
        "up is free",
    ),
    Rule("isolation", "No request changes a user other than the one it is for"),
    Rule(
        "delete",
        "DELETE gives 200, 202 or 204, and within the deadline for deletions (10 s by default) no read and no list "
        "shows the user",
        "RFC 9110 §9.3.5",
    ),
    Rule("delete-again", "A second DELETE, or a DELETE of an unknown id, gives 404 or 204", "RFC 9110 §9.2.2"),
    Rule("delete-frees", "The email of a deleted user is free again; their id is never given to another user"),
    Rule("method-405", "POST to the URL of one user gives 405 with Allow", "RFC 9110 §15.5.6"),
    Rule(
        "auth-401",
        "Without the right token a valid request gives 401 with WWW-Authenticate and changes nothing",
        "RFC 9110 §11.6.1",
    ),
    Rule("burst", "N concurrent sign-ups create N users, each with their own data and all of them readable"),
    Rule("burst-workflow", "N users who sign up, change, read and delete concurrently do not affect each other"),
    Rule(
        "race-email",
        "Of N concurrent requests for one email exactly one wins, the others get 409, and none a 500; a sign-up and "
        "the deletion of the user who has the email end as if one had come before the other",
    ),
    Rule(
        "lost-update",
        "Of two concurrent PATCHes on different fields neither is lost; a PUT and a PATCH end as if one had come "
        "before the other",
    ),
    Rule(
        "race-delete",
        "A user whose DELETE is confirmed stays deleted, whatever comes at the same moment, and no request gives a 500",
        "RFC 9110 §9.3.5",
        since="1.1",
    ),
    Rule(
        "conditional",
        "An ETag stands for one version of a user: it changes with the user, and an old one in If-Match gives 412",
        "RFC 9110 §13",
        since="1.1",
    ),
    Rule(
        "robust",
        "No request, however unusual, makes the API fail or hang or changes a user whom it does not name, now or later",
        "RFC 9110 §15.6",
        since="1.1",
    ),
    Rule(
        "own-answer",
        "Every request on a kept-alive connection gets its own whole answer, whatever came before it, whether or not "
        "its body is in chunks, and however its headers are spelled",
        "RFC 9112 §6",
        since="1.1",
    ),
)

RULES = {rule.id: rule for rule in _ALL}
