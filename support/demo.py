"""The demo, `python -m support.demo`: five users sign up, one changes their name, all are deleted."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable

from support import settings as settings_module
from support.errors import ContractViolation, SuiteError
from support.escaping import on_one_line
from support.redaction import redacted
from support.reporting.logs import set_up_logs
from support.scenario import accounts, outcomes, waiting
from support.scenario.session import Session
from support.signals import Interrupts

log = logging.getLogger("acceptance.demo")
PERSONAS = ("Ada", "Grace", "Alan", "Barbara", "Edsger")
BROKEN = 1
FAULT = 2


def main() -> int:
    """Run the demo; return 0 if it passes, 1 if the contract is broken, 2 if it cannot run."""
    interrupts = Interrupts()
    interrupts.install()
    try:
        settings = settings_module.load()
        set_up_logs(settings.log_level)
        session = Session(settings)
    except SuiteError as error:
        sys.stderr.write(redacted(f"{error.outcome}: {error}\n"))
        return FAULT
    try:
        code = _code_of(_run, session)
    finally:
        interrupts.shield()
        cleanup_code = _code_of(_clean_up, session)
    return code or cleanup_code


def _code_of(act: Callable[[Session], None], session: Session) -> int:
    """Run a part of the demo, and log its failure; return its exit code."""
    try:
        act(session)
    except ContractViolation as broken:
        log.error("%s", broken)
        return BROKEN
    except SuiteError as error:
        log.error("%s", f"{error.outcome}: {error}")
        return FAULT
    except KeyboardInterrupt:
        return FAULT
    return 0


def _run(session: Session) -> None:
    log.info(
        "%s", f"the users are at {session.target.base_url}; the email of each user of this demo has {session.mark}"
    )
    session.begin("create-201")
    for person in PERSONAS:
        actor = accounts.become_user(session.scenario, session.scenario.actor(person))
        log.info("%s", f"{actor.new_user.name} signed up and got the id {on_one_line(str(actor.id))}")
    session.scenario.attempted = "each user is fetched"
    for actor in session.scenario.users:
        outcomes.is_unchanged(session.scenario, actor)
    log.info("%s", f"all {len(session.scenario.users)} were fetched again, each as they signed up")
    ada = session.scenario.actor("Ada")
    before = ada.new_user.name
    accounts.change(session.scenario, ada, **accounts.new_values(session.scenario, ada, "name"))
    outcomes.is_changed(session.scenario, ada)
    log.info("%s", f"{before} is called {ada.new_user.name} now; the others are unchanged")
    for actor in session.scenario.users:
        outcomes.is_unchanged(session.scenario, actor)
    for person in PERSONAS:
        accounts.delete(session.scenario, session.scenario.actor(person))
        waiting.is_gone(session.scenario, session.scenario.actor(person))
        log.info("%s", f"{person} was deleted and is gone")


def _clean_up(session: Session) -> None:
    try:
        session.registry.prove_nothing_is_left(session.settings.cleanup_deadline_s)
        session.registry.ownership.check_answers()
        session.registry.ledger.close()
        log.info("%s", f"no user is left: {session.registry.ledger.in_brief()}")
    finally:
        session.close()


if __name__ == "__main__":
    sys.exit(main())
