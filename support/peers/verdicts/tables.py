"""Write the tables of the README from the verdicts and the recordings."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from support.peers.catalogue import RECORDED
from support.peers.record import interactions_of
from support.peers.verdicts import ASSESSED, Assessment, Verdict, assessment
from support.rules import RULES

README = Path(__file__).parents[1] / "README.md"
LONGEST_BODY = 84
MOST_EVIDENCE = 3

Interaction = Mapping[str, Any]


def readme_with_tables(text: str) -> str:
    """Return the README with the tables between the markers replaced."""
    peers = [assessment(name) for name in ASSESSED]
    text = _replaced(text, "rules by peers", _comparison(peers))
    for peer in peers:
        interactions = interactions_of(peer.peer) if peer.peer in RECORDED else {}
        text = _replaced(text, f"verdicts of {peer.peer}", _part(peer, interactions))
    return text


def _replaced(text: str, name: str, part: str) -> str:
    head, begin, rest = text.partition(f"<!-- {name} -->\n")
    _, end, tail = rest.partition("<!-- end -->")
    if not end:
        raise ValueError(f"the README has no markers for {name}")
    return f"{head}{begin}\n{part}\n{end}{tail}"


def _comparison(peers: Sequence[Assessment]) -> str:
    """Return how each peer keeps each rule with its profile; in brackets, by the contract alone, if that differs."""
    rows = [[f"`{rule}`", *(_in_brief(peer.verdicts[rule]) for peer in peers)] for rule in RULES]
    head = ["rule", *(peer.peer for peer in peers)]
    return "\n".join([*map(_line, (head, ["---"] * len(head), *rows)), ""])


def _in_brief(verdict: Verdict) -> str:
    return verdict.profiled if verdict.profiled == verdict.strict else f"{verdict.profiled} ({verdict.strict})"


def _part(peer: Assessment, interactions: Mapping[str, Interaction]) -> str:
    findings = [
        f"{number}. **{finding.title}.** {finding.says}{_shown_by(finding.evidence, interactions)}"
        for number, finding in enumerate(peer.findings, 1)
    ]
    rows = [_row(verdict, interactions) for verdict in peer.verdicts.values()]
    head = ["rule", "strict", "with its profile", "how it answers", *(["evidence"] if interactions else [])]
    told = ["Faults that its users would suffer from:", "", *findings, ""] if findings else []
    return "\n".join([*told, *map(_line, (head, ["---"] * len(head), *rows)), ""])


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _shown_by(names: Sequence[str], interactions: Mapping[str, Interaction]) -> str:
    return f" Shown by: {_evidence(names, interactions, '; ')}." if names else ""


def _row(verdict: Verdict, interactions: Mapping[str, Interaction]) -> list[str]:
    says = f"{verdict.says}. Fails: {verdict.only}" if verdict.only else verdict.says
    shown = 1 if verdict.strict == "passed" else MOST_EVIDENCE
    evidence = [_evidence(verdict.evidence[:shown], interactions, "<br>")] if interactions else []
    return [f"`{verdict.rule}`", verdict.strict, verdict.profiled, says.replace("|", "\\|"), *evidence]


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
