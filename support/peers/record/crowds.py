"""Many requests at once: what came, and what was stored afterwards.

Which contender wins differs from run to run, so rounds are kept, not exchanges.
"""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from support.peers.record.tape import Tape, person
from support.peers.record.wire import Answer, Call, connection_to, held

Round = dict[str, object]

BURST = 20
CONTENDERS = 10
PATCHERS = 5
ROUNDS = 10
ROUNDS_OF_TWO = 20
TIMEOUT_S = 20.0


def crowds_that_create(tape: Tape) -> None:
    """Create many users at once: with an address each, with one address, with one in ten spellings."""
    _burst(tape)
    _race(tape, "race: creates with one address", lambda number: [f"race{number}@example.com"] * CONTENDERS)
    _race(tape, "race: creates with one address in ten spellings", _spellings)


def _spellings(number: int) -> list[str]:
    word = f"spelled-in-{number}"
    return [f"{word[:at]}{word[at].upper()}{word[at + 1 :]}@example.com" for at in range(CONTENDERS)]


def _burst(tape: Tape) -> None:
    people = [person(f"burst{number:02}") for number in range(BURST)]
    answers = at_once(tape, [tape.call("POST", body=body) for body in people])
    shown = [answer.body for answer in answers]
    outcome: Round = {
        "statuses": _statuses(answers),
        "different ids": len({tape.below(answer) for answer in answers}),
        "answers that show their own request": sum(
            isinstance(user, dict) and user.items() >= body.items() for user, body in zip(shown, people, strict=True)
        ),
        "stored": sum(_holders(tape, str(body["email"])) for body in people),
    }
    tape.record_crowd(f"burst: {BURST} creates with {BURST} addresses", [outcome], answers)


def _race(tape: Tape, probe: str, addresses_of: Callable[[int], list[str]]) -> None:
    rounds: list[Round] = []
    samples: list[Answer] = []
    for number in range(ROUNDS):
        addresses = addresses_of(number)
        answers = at_once(tape, [tape.call("POST", body=person("racer", email=a)) for a in addresses])
        rounds.append({"statuses": _statuses(answers), "stored": _holders(tape, addresses[0])})
        samples += answers
    tape.record_crowd(probe, rounds, samples)


def crowds_on_one_user(tape: Tape) -> None:
    """Work on users at once: towards one address, against a deletion, on different fields, all of a life."""
    _patches_towards_one_address(tape)
    _create_against_delete(tape)
    _patch_against_delete(tape)
    _patches_of_two_fields(tape)
    _lives(tape)


def _patches_towards_one_address(tape: Tape) -> None:
    rounds: list[Round] = []
    samples: list[Answer] = []
    for number in range(ROUNDS):
        users = [tape.given(f"patcher{number}{letter}") for letter in "abcde"[:PATCHERS]]
        wanted = f"wanted{number}@example.com"
        answers = at_once(tape, [tape.call("PATCH", user, {"email": wanted}) for user in users])
        rounds.append({"statuses": _statuses(answers), "stored": _holders(tape, wanted)})
        samples += answers
        for user in users:
            tape.send(tape.call("DELETE", user))
    tape.record_crowd("race: patches of five users towards one address", rounds, samples)


def _create_against_delete(tape: Tape) -> None:
    rounds: list[Round] = []
    samples: list[Answer] = []
    for number in range(ROUNDS_OF_TWO):
        leaving = tape.given(f"leaving{number}")
        create = tape.call("POST", body=person(f"leaving{number}", name="Successor"))
        deleted, created = at_once(tape, [tape.call("DELETE", leaving), create])
        stored = _holders(tape, f"leaving{number}@example.com")
        rounds.append({"delete": deleted.status, "create": created.status, "stored": stored})
        samples += [deleted, created]
        for user in tape.everyone():
            if user.get("name") == "Successor":
                tape.send(tape.call("DELETE", f"/{user[tape.dialect.id]}"))
    tape.record_crowd("race: create against delete of one address", rounds, samples)


def _patch_against_delete(tape: Tape) -> None:
    rounds: list[Round] = []
    samples: list[Answer] = []
    for number in range(ROUNDS_OF_TWO):
        user = tape.given(f"torn{number}")
        patch = tape.call("PATCH", user, {"name": "Changed"})
        deleted, patched = at_once(tape, [tape.call("DELETE", user), patch])
        read = tape.send(tape.call("GET", user)).status
        rounds.append({"delete": deleted.status, "patch": patched.status, "read afterwards": read})
        samples += [deleted, patched]
    tape.record_crowd("race: patch against delete of one user", rounds, samples)


def _patches_of_two_fields(tape: Tape) -> None:
    rounds: list[Round] = []
    user = tape.given("shared")
    samples: list[Answer] = []
    for number in range(ROUNDS_OF_TWO):
        wanted = {"name": f"Shared {number}", "email": f"shared{number}@example.com"}
        answers = at_once(tape, [tape.call("PATCH", user, {field: value}) for field, value in wanted.items()])
        read = tape.send(tape.call("GET", user)).body
        lasting = [field for field, value in wanted.items() if isinstance(read, dict) and read[field] == value]
        rounds.append({"statuses": _statuses(answers), "lasting": len(lasting)})
        samples += answers
    tape.record_crowd("lost update: patches of name and address at once", rounds, samples)


def _lives(tape: Tape) -> None:
    """Create ten users at once; let ten threads each patch, read and delete one of them."""
    people = [person(f"life{number}") for number in range(CONTENDERS)]
    created = at_once(tape, [tape.call("POST", body=body) for body in people])

    def live(number: int) -> tuple[str, bool]:
        user = tape.below(created[number])
        patched = tape.send(tape.call("PATCH", user, {"name": f"Changed {number}"}))
        read = tape.send(tape.call("GET", user))
        gone = [tape.send(tape.call(method, user)) for method in ("DELETE", "GET")]
        own = (
            isinstance(read.body, dict)
            and read.body.items()
            >= {
                **people[number],
                "name": f"Changed {number}",
            }.items()
        )
        answers = (created[number], patched, read, *gone)
        return " ".join(str(answer.status) for answer in answers), own

    with ThreadPoolExecutor(CONTENDERS) as threads:
        lives = list(threads.map(live, range(CONTENDERS)))
    outcome: Round = {"lives": dict(Counter(path for path, _ in lives)), "own data": sum(own for _, own in lives)}
    tape.record_crowd("burst: ten lives at once (create, patch, read, delete, read)", [outcome], [])


def at_once(tape: Tape, calls: Sequence[Call]) -> list[Answer]:
    """Send all calls but for their ends, each on a connection of its own, then all ends; answers in order."""
    start = threading.Barrier(len(calls), timeout=TIMEOUT_S)

    def one(call: Call) -> Answer:
        connection = connection_to(tape.peer.url)
        try:
            release = held(connection, call)
            start.wait()
            return release()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(one, calls))


def _statuses(answers: Sequence[Answer]) -> dict[str, int]:
    return {str(status): count for status, count in sorted(Counter(a.status for a in answers).items())}


def _holders(tape: Tape, email: str) -> int:
    """Count the users with an address, whatever its letter case."""
    return sum(str(user.get("email")).lower() == email.lower() for user in tape.everyone())
