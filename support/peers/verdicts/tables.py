"""Write the tables of the README from the verdicts and the recordings."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from support.peers.catalogue import RECORDED
from support.peers.record import interactions_of
from support.peers.verdicts import Assessment, Verdict, assessment

README = Path(__file__).parents[1] / "README.md"
LONGEST_BODY = 84
MOST_EVIDENCE = 3

Interaction = Mapping[str, Any]


def readme_with_tables(text: str) -> str:
    """Return the README with the tables between the markers replaced."""
    for name in RECORDED:
        head, begin, rest = text.partition(f"<!-- verdicts of {name} -->\n")
        _, end, tail = rest.partition("<!-- end -->")
        if not end:
            raise ValueError(f"the README has no markers for {name}")
        text = f"{head}{begin}\n{_part(assessment(name), interactions_of(name))}\n{end}{tail}"
    return text


def _part(peer: Assessment, interactions: Mapping[str, Interaction]) -> str:
    findings = [
        f"{number}. **{finding.title}.** {finding.says} Shown by: {_evidence(finding.evidence, interactions, '; ')}."
        for number, finding in enumerate(peer.findings, 1)
    ]
    rows = [_row(verdict, interactions) for verdict in peer.verdicts.values()]
    head = ["| rule | strict | with its profile | how it answers | evidence |", "| --- | --- | --- | --- | --- |"]
    return "\n".join(["Faults that its users would suffer from:", "", *findings, "", *head, *rows, ""])


def _row(verdict: Verdict, interactions: Mapping[str, Interaction]) -> str:
    says = f"{verdict.says}. Fails: {verdict.only}" if verdict.only else verdict.says
    shown = 1 if verdict.strict == "passed" else MOST_EVIDENCE
    evidence = _evidence(verdict.evidence[:shown], interactions, "<br>")
    cells = (f"`{verdict.rule}`", verdict.strict, verdict.profiled, says.replace("|", "\\|"), evidence)
    return f"| {' | '.join(cells)} |"


def _evidence(names: Iterable[str], interactions: Mapping[str, Interaction], between: str) -> str:
    return between.join(_exchange(interactions[name]) for name in names)


def _exchange(interaction: Interaction) -> str:
    if "rounds" in interaction:
        rounds = "; ".join(
            f"{each['times']}× {_short({k: v for k, v in each.items() if k != 'times'})}"
            for each in interaction["rounds"]
        )
        return f"{interaction['name']}: {_code(rounds)}"
    request = interaction["request"]
    sent = request.get("raw", request.get("body"))
    parts: list[str] = [request["method"], request["path"]]
    if "authorization" in request:
        parts.append(f"({request['authorization'] or 'no token'})")
    if "content-type" in request:
        parts.append(f"({request['content-type'] or 'no media type'})")
    if sent is not None:
        parts.append(_short(sent if "raw" in request else json.dumps(sent, ensure_ascii=False)))
    names = {201: ("location",), 401: ("www-authenticate",), 405: ("allow",)}.get(interaction["status"], ())
    shown = {name: interaction["headers"][name] for name in names if name in interaction["headers"]}
    body = "" if interaction["body"] == "" else _short(interaction["body"])
    return f"{_code(' '.join(parts))} → {_code(' '.join([str(interaction['status']), *_headers(shown), body]).strip())}"


def _headers(headers: Mapping[str, str]) -> list[str]:
    return [f"{name.title()}: {value}" for name, value in headers.items()]


def _short(body: object) -> str:
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    text = re.sub(r"\s*\n\s*", " ", text)
    return text if len(text) <= LONGEST_BODY else f"{text[:LONGEST_BODY]}…"


def _code(text: str) -> str:
    """Quote a text for a cell, also one with backticks."""
    text = text.replace("|", "\\|")
    return f"`` {text} ``" if "`" in text else f"`{text}`"
