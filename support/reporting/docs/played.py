"""An example of each rule: the exchanges of a scenario that is played on the embedded API while the pages are made."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from behave.model import Scenario, ScenarioOutline

from support.rules import CONTRACT
from support.settings import ROOT, load
from support.target.embedded import EmbeddedApi, Target

MOST = 3
LONGEST_TEXT = 1_500
LONG = {"scenario", "slow"}
SECTION = re.compile(r"^# (Send it again|Request|Answer)\n", re.MULTILINE)


@dataclass(frozen=True)
class Shown:
    """An exchange as text: in a few words, as a curl command, the request, and the answer."""

    title: str
    curl: str
    request: str
    answer: str


@dataclass(frozen=True)
class Example:
    """A scenario, and the exchanges of a step: of its last action with a request, or else of its last step with one."""

    scenario: Scenario
    step: str
    exchanges: Sequence[Shown]


def chosen(examples: Sequence[Scenario]) -> Scenario | None:
    """Return the first short scenario of a rule; of an outline, the first row."""
    rows = [one.scenarios[0] if isinstance(one, ScenarioOutline) else one for one in examples]
    return next((one for one in rows if not LONG & set(one.effective_tags)), None)


def play(examples: Mapping[str, Sequence[Scenario]]) -> dict[str, Example]:
    """Play a scenario of each rule; return the example of each rule whose scenario sent a request."""
    scenarios = {rule: one for rule, of_rule in examples.items() if (one := chosen(of_rule)) is not None}
    api = EmbeddedApi()
    try:
        with tempfile.TemporaryDirectory() as folder:
            places = sorted({f"{one.filename}:{one.line}" for one in scenarios.values()})
            subprocess.run(_command(api.target, places, Path(folder)), cwd=ROOT, capture_output=True, check=False)
            return dict(_examples(scenarios, Path(folder)))
    finally:
        api.close()


def _command(target: Target, places: Sequence[str], folder: Path) -> list[str]:
    """Return the command of a run that no setting of this machine can lead to another API."""
    token = ("token_command", f"echo {target.token}") if load().token_command else ("token", target.token)
    settings: dict[str, object] = {
        "base_url": target.base_url,
        token[0]: token[1],
        "target": "contract",
        "contract": CONTRACT,
        "attach": "all",
        "hide_base_url": True,
        "race_contenders": 2,
        "race_rounds": 1,
        "repeat": 1,
        "shard": "1/1",
        "workers": 1,
        "reports_dir": folder,
        "state_dir": folder / "state",
    }
    defined = [word for name, value in settings.items() for word in ("-D", f"{name}={value}")]
    return [sys.executable, "-m", "behave", *places, "--format", "allure", "--outfile", f"{folder}/results", *defined]


def _examples(scenarios: Mapping[str, Scenario], folder: Path) -> Iterator[tuple[str, Example]]:
    for path in (folder / "results").glob("*-result.json"):
        result = json.loads(path.read_text(encoding="utf-8"))
        rule = next((label["value"] for label in result["labels"] if label["name"] == "rule"), "")
        steps = [step for step in result["steps"] if step.get("attachments")]
        action = [step for step in steps if step["name"].startswith("When ")] or steps
        if rule in scenarios and action:
            yield rule, Example(scenarios[rule], action[-1]["name"], _exchanges(action[-1], path.parent))


def _exchanges(step: Mapping[str, Any], folder: Path) -> list[Shown]:
    """Return the last exchange of a step for each method and status, at most three."""
    pages = {_kind(one["name"]): folder / one["source"] for one in step["attachments"] if "->" in one["name"]}
    return [_shown(name, page.read_text(encoding="utf-8")) for name, page in list(pages.items())[-MOST:]]


def _kind(title: str) -> str:
    return " ".join(re.findall(r"^\w+|-> .*", title))


def _shown(title: str, page: str) -> Shown:
    _, *parts = SECTION.split(page)
    texts = dict(zip(parts[::2], map(str.strip, parts[1::2]), strict=True))
    return Shown(title, *(_cut(texts.get(name, "")) for name in ("Send it again", "Request", "Answer")))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]} … ({len(text):,} characters)"
