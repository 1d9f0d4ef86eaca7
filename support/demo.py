"""The shortest story: five users come, are looked at, one is renamed, all leave. `python -m support.demo`"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable

from support import settings as settings_module
from support.errors import ContractViolation, SuiteError
from support.reporting.logs import set_up_logs
from support.signals import Interrupts
from support.transport.escaping import on_one_line
from support.transport.transcript import redacted
from support.world import World

log = logging.getLogger("acceptance.demo")
CAST = ("Ada", "Grace", "Alan", "Barbara", "Edsger")
BROKEN = 1
FAULT = 2


def main() -> int:
    """Tell the story; return 0 where it went well, 1 where a promise was broken, 2 where it could not be told."""
    interrupts = Interrupts()
    interrupts.install()
    try:
        settings = settings_module.load()
        set_up_logs(settings.log_level)
        world = World(settings)
    except SuiteError as error:
        sys.stderr.write(redacted(f"{error.outcome}: {error}\n"))
        return FAULT
    try:
        told = _went(_tell, world)
    finally:
        interrupts.shield()
        cleaned_up = _went(_clean_up, world)
    return told or cleaned_up


def _went(act: Callable[[World], None], world: World) -> int:
    """Do a part of the story, and say what went wrong; return the exit code that it is worth."""
    try:
        act(world)
    except ContractViolation as broken:
        log.error("%s", broken)
        return BROKEN
    except SuiteError as error:
        log.error("%s", f"{error.outcome}: {error}")
        return FAULT
    except KeyboardInterrupt:
        return FAULT
    return 0


def _tell(world: World) -> None:
    log.info("%s", f"the users are at {world.target.base_url}; everybody of this story has {world.mark} in her address")
    world.begin("create-201")
    for person in CAST:
        member = world.accounts.become(person)
        log.info("%s", f"{member.newcomer.name} signed up and was given the id {on_one_line(str(member.id))}")
    world.scene.attempted = "each of them is looked at"
    for member in world.scene.users:
        world.outcomes.shown_as(member, member.shown)
    log.info("%s", f"all {len(world.scene.users)} were fetched again, each as she signed up")
    before = world.scene.member("Ada").newcomer.name
    world.accounts.renew("Ada", "name")
    world.outcomes.changed("Ada")
    log.info("%s", f"{before} is called {world.scene.member('Ada').newcomer.name} now; the others stay as they are")
    world.outcomes.everybody_is_as_before(except_for=["Ada"])
    for person in CAST:
        world.accounts.delete(person)
        world.gone.from_reading(world.scene.member(person))
        log.info("%s", f"{person} left, and is seen to be gone")


def _clean_up(world: World) -> None:
    try:
        world.registry.prove_nothing_is_left(world.settings.cleanup_deadline_s)
        world.registry.check_ids_were_right()
        world.registry.close()
        log.info("%s", f"nothing is left: {world.registry.in_brief()}")
    finally:
        world.close()


if __name__ == "__main__":
    sys.exit(main())
