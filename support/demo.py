"""The shortest story: five users come, are looked at, one is renamed, all leave. `python -m support.demo`"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable

from support import settings as settings_module
from support.errors import ContractViolation, SuiteError
from support.escaping import on_one_line
from support.redaction import redacted
from support.reporting.logs import set_up_logs
from support.scenario.session import Session
from support.signals import Interrupts

log = logging.getLogger("acceptance.demo")
PERSONAS = ("Ada", "Grace", "Alan", "Barbara", "Edsger")
BROKEN = 1
FAULT = 2


def main() -> int:
    """Tell the story; return 0 where it went well, 1 where a promise was broken, 2 where it could not be told."""
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
        told = _went(_tell, session)
    finally:
        interrupts.shield()
        cleaned_up = _went(_clean_up, session)
    return told or cleaned_up


def _went(act: Callable[[Session], None], session: Session) -> int:
    """Do a part of the story, and say what went wrong; return the exit code that it is worth."""
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


def _tell(session: Session) -> None:
    log.info(
        "%s", f"the users are at {session.target.base_url}; everybody of this story has {session.mark} in her address"
    )
    session.begin("create-201")
    for person in PERSONAS:
        actor = session.accounts.become(person)
        log.info("%s", f"{actor.new_user.name} signed up and was given the id {on_one_line(str(actor.id))}")
    session.scenario.attempted = "each of them is looked at"
    for actor in session.scenario.users:
        session.outcomes.shown_as(actor, actor.shown)
    log.info("%s", f"all {len(session.scenario.users)} were fetched again, each as she signed up")
    before = session.scenario.actor("Ada").new_user.name
    session.accounts.renew("Ada", "name")
    session.outcomes.changed("Ada")
    log.info("%s", f"{before} is called {session.scenario.actor('Ada').new_user.name} now; the others stay as they are")
    session.outcomes.everybody_is_as_before(except_for=["Ada"])
    for person in PERSONAS:
        session.accounts.delete(person)
        session.waiting.from_reading(session.scenario.actor(person))
        log.info("%s", f"{person} left, and is seen to be gone")


def _clean_up(session: Session) -> None:
    try:
        session.registry.prove_nothing_is_left(session.settings.cleanup_deadline_s)
        session.registry.ownership.check_answers()
        session.registry.ledger.close()
        log.info("%s", f"nothing is left: {session.registry.ledger.in_brief()}")
    finally:
        session.close()


if __name__ == "__main__":
    sys.exit(main())
