"""The rules that a Users API keeps, by id: the scenario that shows one carries it as `@rule.<id>`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """A promise in one sentence, and the standard behind it where there is one."""

    id: str
    promise: str
    source: str = "the Users contract"


_ALL = (
    Rule("user-shape", "a user is an object with id, name, email and createdAt, each of its form", "RFC 3339 §5.6"),
    Rule("no-secrets", "no answer holds a field named password, passwordHash, secret or token, at any depth"),
    Rule("json-media-type", "an answer with a body says application/json or a +json type", "RFC 9110 §8.3"),
    Rule("exact-text", "a name comes back exactly as it was sent, an address but for letter case"),
    Rule(
        "problem",
        "a refusal has a JSON object that says what is wrong, and shows nothing of the server's inside",
        "RFC 9457 §3",
    ),
    Rule(
        "create-201",
        "a valid newcomer gives 201 and the user; reading it back at once gives the same user",
        "RFC 9110 §15.3.2",
    ),
    Rule("create-location", "201 has a Location that resolves to the user", "RFC 9110 §10.2.2"),
    Rule("create-invalid", "an invalid newcomer gives 400 or 422, and no user appears", "RFC 9110 §15.5.1"),
    Rule("malformed-json", "a body that is not JSON gives 400, and no user appears", "RFC 8259 §2"),
    Rule("media-type", "a body whose Content-Type is not JSON gives 415 and changes nothing", "RFC 9110 §15.5.16"),
    Rule("server-owned", "a client's id, createdAt or unknown field is ignored or refused with 400 or 422, never kept"),
    Rule(
        "email-unique",
        "an address that is taken, in any letter case, gives 409, and its holder is unchanged",
        "RFC 9110 §15.5.10",
    ),
    Rule("read-200", "a known id gives 200 and the user", "RFC 9110 §9.3.1"),
    Rule("read-404", "an unknown id gives 404", "RFC 9110 §15.5.5"),
    Rule("head", "HEAD gives the status of GET and no body", "RFC 9110 §9.3.2"),
    Rule("list", "the list is a JSON array, newest users included, deleted ones not"),
    Rule(
        "filter-email", "?email= gives exactly the user with that address, whatever the letter case, or an empty list"
    ),
    Rule(
        "pages",
        "pages hold at most their limit, do not overlap, together are the list; a wrong page or limit gives 400 or 422",
    ),
    Rule(
        "patch", "PATCH changes only what is named, gives 200 and the whole user; a read shows the same", "RFC 5789 §2"
    ),
    Rule(
        "put",
        "PUT replaces name and email and gives 200; id and createdAt stay; without one of the two 400 or 422",
        "RFC 9110 §9.3.4",
    ),
    Rule("update-invalid", "an invalid update gives 400 or 422 and changes nothing, its valid part included"),
    Rule("update-404", "PUT and PATCH on an unknown id give 404 and create nothing"),
    Rule("update-taken", "an address of another user gives 409 and changes neither; one that was given up is free"),
    Rule("isolation", "no request changes another user"),
    Rule(
        "delete",
        "DELETE gives 200, 202 or 204; within the deletion deadline the user is gone from GET and list",
        "RFC 9110 §9.3.5",
    ),
    Rule("delete-again", "deleting again, or an unknown id, gives 404 or 204", "RFC 9110 §9.2.2"),
    Rule("delete-frees", "the address of a deleted user can be used again; the id is not given to another user"),
    Rule("method-405", "POST on one user's address gives 405 with Allow", "RFC 9110 §15.5.6"),
    Rule(
        "auth-401",
        "without the right token every request gives 401 with WWW-Authenticate, and nothing changes",
        "RFC 9110 §11.6.1",
    ),
    Rule("burst", "N creates at once give N users, each with its own data, all of them readable"),
    Rule("burst-workflow", "create, patch, read and delete for N users at once do not disturb each other"),
    Rule("race-email", "of N requests at once for one address exactly one wins, the others get 409, none a 5xx"),
    Rule("lost-update", "two PATCHes at once on different fields of one user both last"),
)

RULES = {rule.id: rule for rule in _ALL}
