"""Run the suite against a peer with the peer's profile."""

from __future__ import annotations

from dataclasses import dataclass

from support.peers.launching import Peer
from support.prove.runner import Runner
from support.reporting.summary import Summary

LIMIT_S = 900.0
SMALLER = {"BURST": "20", "RACE_ROUNDS": "20"}
"""Smaller bursts and fewer rounds, so that a peer can be checked while other tests run."""


class NoResult(Exception):
    """A run wrote no summary."""


@dataclass(frozen=True)
class Run:
    """The summary and the exit code of a run."""

    summary: Summary
    exit_code: int


def run_suite(runner: Runner, peer: Peer, strict: bool) -> Run:
    """Run the contract with the peer's profile; raises NoResult with the end of the output."""
    settings = {**SMALLER, "TARGET": peer.name, "STRICT": str(int(strict))}
    run = runner.run(peer.url, peer.token, settings, limit_s=LIMIT_S)
    if run.exit_code is None:
        raise NoResult(f"the run took longer than {LIMIT_S:.0f} s")
    if run.summary is None:
        raise NoResult(f"the run wrote no summary; its output ends with: {run.last_words}")
    return Run(run.summary, run.exit_code)
