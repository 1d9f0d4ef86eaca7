"""Bursts: the statuses of each round, and what the peer stored.

The winner differs from run to run, so rounds are recorded instead of interactions.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from support.models import Answer
from support.peers.record.cassette import Cassette, content, person

Round = dict[str, object]

BURST = 20
CONTENDERS = 10
PATCHERS = 5
ROUNDS = 10
ROUNDS_OF_TWO = 20


def bursts_of_creates(cassette: Cassette) -> None:
    """Create many users at once: each with its own email, all with one email, with one email in ten spellings."""
    _burst(cassette)
    _race(cassette, "race: creates with one email", lambda number: [f"race{number}@example.com"] * CONTENDERS)
    _race(cassette, "race: creates with one email in ten spellings", _spellings)


def _spellings(number: int) -> list[str]:
    word = f"spelled-in-{number}"
    return [f"{word[:at]}{word[at].upper()}{word[at + 1 :]}@example.com" for at in range(CONTENDERS)]


def _burst(cassette: Cassette) -> None:
    people = [person(f"burst{number:02}") for number in range(BURST)]
    answers = cassette.send_burst([cassette.call("POST", body=body) for body in people])
    shown = [content(answer) for answer in answers]
    outcome: Round = {
        "statuses": _statuses(answers),
        "different ids": len({cassette.below(answer) for answer in answers}),
        "answers that show their own request": sum(
            isinstance(user, dict) and user.items() >= body.items() for user, body in zip(shown, people, strict=True)
        ),
        "stored": sum(_holders(cassette, str(body["email"])) for body in people),
    }
    cassette.record_burst(f"burst: {BURST} creates with {BURST} emails", [outcome], answers)


def _race(cassette: Cassette, name: str, emails_of: Callable[[int], list[str]]) -> None:
    rounds: list[Round] = []
    samples: list[Answer] = []
    for number in range(ROUNDS):
        emails = emails_of(number)
        answers = cassette.send_burst([cassette.call("POST", body=person("racer", email=email)) for email in emails])
        rounds.append({"statuses": _statuses(answers), "stored": _holders(cassette, emails[0])})
        samples += answers
    cassette.record_burst(name, rounds, samples)


def bursts_on_one_user(cassette: Cassette) -> None:
    """Send competing requests for users: for one email, against a deletion, for different fields; whole lifecycles."""
    _patches_towards_one_email(cassette)
    _create_against_delete(cassette)
    _patch_against_delete(cassette)
    _patches_of_two_fields(cassette)
    _lifecycles(cassette)


def _patches_towards_one_email(cassette: Cassette) -> None:
    rounds: list[Round] = []
    samples: list[Answer] = []
    for number in range(ROUNDS):
        users = [cassette.given(f"patcher{number}{letter}") for letter in "abcde"[:PATCHERS]]
        wanted = f"wanted{number}@example.com"
        answers = cassette.send_burst([cassette.call("PATCH", user, {"email": wanted}) for user in users])
        rounds.append({"statuses": _statuses(answers), "stored": _holders(cassette, wanted)})
        samples += answers
        for user in users:
            cassette.send(cassette.call("DELETE", user))
    cassette.record_burst("race: patches of five users towards one email", rounds, samples)


def _create_against_delete(cassette: Cassette) -> None:
    rounds: list[Round] = []
    samples: list[Answer] = []
    for number in range(ROUNDS_OF_TWO):
        successor = cassette.given(f"successor{number}")
        create = cassette.call("POST", body=person(f"successor{number}", name="Successor"))
        deleted, created = cassette.send_burst([cassette.call("DELETE", successor), create])
        stored = _holders(cassette, f"successor{number}@example.com")
        rounds.append({"delete": deleted.status, "create": created.status, "stored": stored})
        samples += [deleted, created]
        for user in cassette.everyone():
            if user.get("name") == "Successor":
                cassette.send(cassette.call("DELETE", f"/{user[cassette.dialect.id]}"))
    cassette.record_burst("race: create against delete of one email", rounds, samples)


def _patch_against_delete(cassette: Cassette) -> None:
    rounds: list[Round] = []
    samples: list[Answer] = []
    for number in range(ROUNDS_OF_TWO):
        user = cassette.given(f"torn{number}")
        patch = cassette.call("PATCH", user, {"name": "Changed"})
        deleted, patched = cassette.send_burst([cassette.call("DELETE", user), patch])
        read = cassette.send(cassette.call("GET", user)).status
        rounds.append({"delete": deleted.status, "patch": patched.status, "read afterwards": read})
        samples += [deleted, patched]
    cassette.record_burst("race: patch against delete of one user", rounds, samples)


def _patches_of_two_fields(cassette: Cassette) -> None:
    rounds: list[Round] = []
    user = cassette.given("shared")
    samples: list[Answer] = []
    for number in range(ROUNDS_OF_TWO):
        wanted = {"name": f"Shared {number}", "email": f"shared{number}@example.com"}
        answers = cassette.send_burst([cassette.call("PATCH", user, {field: value}) for field, value in wanted.items()])
        read = content(cassette.send(cassette.call("GET", user)))
        lasting = [field for field, value in wanted.items() if isinstance(read, dict) and read[field] == value]
        rounds.append({"statuses": _statuses(answers), "lasting": len(lasting)})
        samples += answers
    cassette.record_burst("lost update: patches of name and email at once", rounds, samples)


def _lifecycles(cassette: Cassette) -> None:
    """Create ten users at once; ten threads then patch, read and delete one each."""
    people = [person(f"life{number}") for number in range(CONTENDERS)]
    created = cassette.send_burst([cassette.call("POST", body=body) for body in people])

    def lifecycle(number: int) -> tuple[str, bool]:
        user = cassette.below(created[number])
        patched = cassette.send(cassette.call("PATCH", user, {"name": f"Changed {number}"}))
        read = cassette.send(cassette.call("GET", user))
        gone = [cassette.send(cassette.call(method, user)) for method in ("DELETE", "GET")]
        shown, expected = content(read), {**people[number], "name": f"Changed {number}"}
        own = isinstance(shown, dict) and shown.items() >= expected.items()
        answers = (created[number], patched, read, *gone)
        return " ".join(str(answer.status) for answer in answers), own

    with ThreadPoolExecutor(CONTENDERS) as threads:
        lifecycles = list(threads.map(lifecycle, range(CONTENDERS)))
    outcome: Round = {
        "lifecycles": dict(Counter(path for path, _ in lifecycles)),
        "own data": sum(own for _, own in lifecycles),
    }
    cassette.record_burst("burst: ten lifecycles (create, patch, read, delete, read)", [outcome], [])


def _statuses(answers: Sequence[Answer]) -> dict[str, int]:
    return {str(status): count for status, count in sorted(Counter(a.status for a in answers).items())}


def _holders(cassette: Cassette, email: str) -> int:
    """Count the users with an email, in any letter case."""
    return sum(str(user.get("email")).lower() == email.lower() for user in cassette.everyone())
