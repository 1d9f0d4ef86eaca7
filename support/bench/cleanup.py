"""Measure how long it takes to delete users and see them gone, at once and one by one: deletions show 300 ms late."""

from __future__ import annotations

import argparse
import time

from support.scenario import accounts, bursts, waiting
from support.scenario.session import Session, faulty_session
from support.settings import load

LATE_S = 0.3
FIXED_WAIT_S = 1.0
SAMPLE = 5
PATIENCE_S = 10.0


def main() -> None:
    """Print the seconds that N users take each way; one by one is measured on five users and extrapolated."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=1000)
    count = parser.parse_args().users
    session = faulty_session(load({"log_level": "ERROR"}), PATIENCE_S)
    try:
        at_once_s, one_by_one_s = _all_at_once(session, count), _one_by_one(session)
    finally:
        session.registry.confirm_gone()
        session.close()
    print(f"{count} users deleted and seen gone at once, deletions {LATE_S} s late: {at_once_s:10.1f} s")
    each = one_by_one_s / SAMPLE
    print(f"one by one with a fixed second: {each:.2f} s each, so for {count}: {each * count:10.1f} s")
    print(f"that is {each * count / at_once_s:.0f} times as long (measured on {SAMPLE} users, extrapolated)")


def _all_at_once(session: Session, count: int) -> float:
    session.begin("burst")
    bursts.sign_up(session.scenario, count)
    _delete_late(session)
    begun = time.perf_counter()
    session.registry.confirm_gone()
    took = time.perf_counter() - begun
    gone = len(session.registry.ledger.gone)
    assert gone == count, f"{gone} of {count} were seen gone"
    return took


def _one_by_one(session: Session) -> float:
    session.begin("delete")
    group = ("Ada", "Grace", "Alan", "Barbara", "Edsger")[:SAMPLE]
    for person in group:
        accounts.become_user(session.scenario, session.scenario.actor(person))
    _delete_late(session)
    begun = time.perf_counter()
    for person in group:
        accounts.delete(session.scenario, session.scenario.actor(person))
        time.sleep(FIXED_WAIT_S)
        waiting.is_gone(session.scenario, session.scenario.actor(person))
    return time.perf_counter() - begun


def _delete_late(session: Session) -> None:
    assert session.faults is not None
    session.faults.inject("shows deletions 0.3 s late")


if __name__ == "__main__":
    main()
