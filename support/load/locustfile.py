"""What Locust plays. Each worker opens a population of its own; the master adds up which rules were broken.

Importing Locust patches sockets and threads, so only Locust's own processes import this module.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from typing import Any

from locust import User, between, events, task
from locust.runners import MasterRunner

from support import profile_files
from support.errors import SuiteError
from support.load import acts
from support.load.population import Population
from support.load.telling import Told
from support.load.verdict import FAULT, RulesBroken, Verdict, known_rules
from support.redaction import redacted
from support.reporting.logs import set_up_logs
from support.settings import ROOT, load

broken = RulesBroken()
population: Population


class Client(User):
    """One of many clients; most of the time, each plays the whole life of an account."""

    wait_time = between(0, 1)

    @task(20)
    def live(self) -> None:
        """Sign up, be found, change, delete, and be gone."""
        acts.live(population, self._tell)

    @task(1)
    def sign_up_in_a_burst(self) -> None:
        """Sign up many users at once."""
        acts.sign_up_in_a_burst(population, self._tell)

    @task(1)
    def race_for_one_email(self) -> None:
        """Sign up several users at once with one email."""
        acts.race_for_one_email(population, self._tell)

    def _tell(self, told: Told) -> None:
        if told.violation is not None:
            broken.note(told.violation)
        self.environment.events.request.fire(
            request_type=told.method,
            name=told.name,
            response_time=told.seconds * 1000,
            response_length=told.size,
            exception=told.failure or None,
            context={},
        )


@events.init.add_listener
def open_the_target(runner: Any, **_: Any) -> None:
    """Open the target in a process that plays users; if that fails, print one line that says why, and exit."""
    global population
    try:
        settings = load()
        set_up_logs(settings.log_level)
        if not isinstance(runner, MasterRunner):
            population = Population(settings)
    except SuiteError as error:
        sys.stderr.write(redacted(f"{error.outcome}: {error}\n"))
        os._exit(FAULT)
    Client.host = "$BASE_URL" if settings.hide_base_url else settings.base_url


@events.report_to_master.add_listener
def report_broken_rules(data: dict[str, Any], **_: Any) -> None:
    """Send the master what was broken since the last report."""
    data["broken"] = broken.taken()


@events.worker_report.add_listener
def add_broken_rules(data: dict[str, Any], **_: Any) -> None:
    """Add the broken rules that a worker reports."""
    broken.counts.update(Counter(data.get("broken", {})))


@events.quitting.add_listener
def write_verdict(environment: Any, **_: Any) -> None:
    """Write the verdict on the load, from which the command that started the master takes its exit code."""
    if isinstance(environment.runner, MasterRunner):
        settings, total = load(), environment.stats.total
        known = known_rules(profile_files.load(settings.target), settings.strict)
        errors = sum(one["count"] for one in environment.runner.exceptions.values())
        verdict = Verdict.of(total.num_requests, total.num_failures, broken.counts, known, errors)
        verdict.write(ROOT / settings.reports_dir)
        environment.process_exit_code = 0
