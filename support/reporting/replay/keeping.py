"""Keep the script of a failed scenario, and name it in the evidence."""

from __future__ import annotations

import os
import re
import shlex
import sys
import zlib
from dataclasses import dataclass, replace
from pathlib import Path

from behave.model import Scenario

from support.errors import ContractViolation, Evidence
from support.escaping import on_one_line
from support.exchange_text import curl, in_brief
from support.redaction import redacted
from support.reporting.replay.checks import Unclear
from support.reporting.replay.choosing import (
    Step,
    damage_before,
    depends_on_others,
    made_an_unknown_user,
    stands_alone,
    steps_to,
)
from support.reporting.replay.script import Wrong, script
from support.reporting.results import relative
from support.scenario.session import Session
from support.settings import ROOT

LONGEST_NAME = 80
NOT_JUDGED = ("burst", "burst-workflow", "create-location")
"""Rules about concurrent requests, or about following an answer, which single requests in turn do not show."""
TRIES = 3
CONCURRENCY = "concurrency"
PLAYED = """\
cd {root} || exit 2
export BASE_URL TARGET
REPORTS_DIR={reports} {python} -m behave --no-color -D exit_codes=detailed {options} {location}
code=$?
if grep -q 'fixed: the target no longer' {reports}/summary.json; then
  echo '# The fault is not there any more, and the profile still lists it.'
  exit 0
fi
is_broken() {{ grep -q '"broken_rule": "{rule}"' {reports}/summary.json; }}
if is_broken && [ "$code" = 0 ]; then
  echo '# The profile knows the fault by now, which is still there.'
  exit 1
fi
case $code in
  0) echo '# The scenario passes: the fault did not show.' ;;
  1)
    if is_broken; then
      echo '# The scenario still fails.'
    else
      echo '# The scenario fails for another reason, shown above: nothing can be said about {rule}.'
      code=2
    fi ;;
  *) echo '# Nothing can be said about the fault.'; code=2 ;;
esac
exit "$code"
"""


@dataclass(frozen=True)
class Failed:
    """A scenario that has failed, and the violation."""

    scenario: Scenario
    violation: ContractViolation
    evidence: Evidence

    @property
    def location(self) -> str:
        return f"{Path(self.scenario.filename).as_posix()}:{self.scenario.line}"

    @property
    def name(self) -> str:
        """The name of its script: the same in each run, and harmless in a shell."""
        title, _, row = self.scenario.name.partition(" -- @")
        words = "-".join(re.findall(r"[a-z0-9]+", f"{title} {row}".lower()))
        name = f"{Path(self.scenario.filename).stem}-{words}"
        return name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}-{zlib.crc32(name.encode()):08x}"


def keep(scenario: Scenario, violation: ContractViolation, session: Session, folder: Path) -> None:
    """Write the script of a failed scenario into a folder, and complete the evidence of its violation."""
    if violation.evidence is None:
        return
    failed = Failed(scenario, violation, violation.evidence)
    steps = steps_to(violation, session.recorder.exchanges, session.profile)
    path = folder / f"{failed.name}.sh"
    text = _header(failed, path) + _body(failed, steps, session, path)
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    scenario.replay_script = text
    shown = f"sh {shlex.quote(relative(path))}"
    damage = damage_before(steps) if steps else None
    alone = bool(steps) and stands_alone(violation, steps, session.profile)
    command = redacted(curl(steps[-1].exchange.call)) if alone else ""
    after = redacted(in_brief(damage)) if damage is not None else ""
    violation.evidence = replace(violation.evidence, after=after, curl=command, replay=shown)
    violation.args = ("\n".join([str(violation), *_lines(violation.evidence)]),)


def _lines(evidence: Evidence) -> list[str]:
    command = evidence.curl.replace("\n", "\n             ")
    rows = {"after": evidence.after, "repeat": evidence.replay, "or": command}
    return [f"  {label + ':':<10} {text}" for label, text in rows.items() if text]


def _header(failed: Failed, path: Path) -> str:
    rows = {
        failed.violation.rule: failed.scenario.name.partition(" -- @")[0],
        "attempted": failed.evidence.attempted,
        "expected": "; ".join(failed.evidence.expected),
        "got": "; ".join(failed.evidence.actual),
        "from": failed.location,
    }
    lines = [f"# {label}: {on_one_line(redacted(text))}" for label, text in rows.items()]
    usage = (
        f"# Set TOKEN, unless .env has it for this BASE_URL, and other $NAMES that it uses; then: sh {relative(path)}",
        "# It exits with 1 while the fault is there, with 0 when it is not, with 2 if that cannot be said.",
        "# It tests the API at BASE_URL, by default that of the run, and deletes the users that it makes.",
    )
    return "\n".join(["#!/bin/sh", *lines, "", *usage, "", ""])


def _body(failed: Failed, steps: list[Step], session: Session, path: Path) -> str:
    """Return the requests as a script, or else the command that plays the scenario itself."""
    violation = failed.violation
    differs = made_an_unknown_user(violation, session.profile) or depends_on_others(violation)
    waits = any(" later" in step.name for step in failed.scenario.steps)
    if steps and violation.rule not in NOT_JUDGED and not differs and not waits:
        wrong = Wrong(failed.violation.claims, "; ".join(failed.evidence.expected), "; ".join(failed.evidence.actual))
        slow = steps[-1].polls or failed.violation.rule.startswith("delete")
        patience_s = round(session.poll_policy.deadline_s) if slow else 0
        try:
            return script(steps, wrong, session.profile, session.api.base_url, patience_s)
        except Unclear:
            pass
    url = redacted(session.api.base_url)
    repeated = f" -D repeat={TRIES}" if CONCURRENCY in failed.scenario.effective_tags else ""
    own = session.settings.base_url is not None and "$" not in url
    return "\n".join(
        [
            "# Requests in turn may not show the fault, so this runs the scenario itself, with the same seed.",
            f': "${{BASE_URL:={url}}}"' if own else "",
            f': "${{TARGET:={session.settings.target}}}"',
            PLAYED.format(
                root=shlex.quote(os.fspath(ROOT)),
                reports=shlex.quote(os.fspath(path.with_suffix(""))),
                python=shlex.quote(sys.executable),
                options=f"-D data_seed={session.factory.seed}" + repeated,
                location=shlex.quote(failed.location),
                rule=violation.rule,
            ),
        ]
    )
