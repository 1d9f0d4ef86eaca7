"""Write the README's tables from the verdicts and the recordings, so that neither can say something else."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from support.peers.catalogue import RECIPES
from support.peers.record import recorded
from support.peers.verdicts import Judged, Verdict, judged

README = Path(__file__).parents[1] / "README.md"
LONGEST_BODY = 84
MOST_EVIDENCE = 3

Track = Mapping[str, Any]


def readme_with_tables(text: str) -> str:
    """Return the README's text with each peer's part between its markers written anew."""
    for name in RECIPES:
        head, begin, rest = text.partition(f"<!-- verdicts of {name} -->\n")
        _, end, tail = rest.partition("<!-- end -->")
        if not end:
            raise ValueError(f"the README has no markers for {name}")
        text = f"{head}{begin}\n{_part(judged(name), _tracks(name))}\n{end}{tail}"
    return text


def _tracks(name: str) -> dict[str, Track]:
    chapters = recorded(name)["chapters"]
    assert isinstance(chapters, dict)
    return {track["probe"]: track for chapter in chapters.values() for track in chapter}


def _part(peer: Judged, tracks: Mapping[str, Track]) -> str:
    findings = [
        f"{number}. **{finding.title}.** {finding.says} Shown by: {_evidence(finding.evidence, tracks, '; ')}."
        for number, finding in enumerate(peer.findings, 1)
    ]
    rows = [_row(verdict, tracks) for verdict in peer.verdicts.values()]
    head = ["| rule | strict | with its profile | how it answers | evidence |", "| --- | --- | --- | --- | --- |"]
    return "\n".join(["Faults that its users would suffer from:", "", *findings, "", *head, *rows, ""])


def _row(verdict: Verdict, tracks: Mapping[str, Track]) -> str:
    says = f"{verdict.says}. Fails: {verdict.only}" if verdict.only else verdict.says
    shown = 1 if verdict.strict == "passed" else MOST_EVIDENCE
    evidence = _evidence(verdict.evidence[:shown], tracks, "<br>")
    cells = (f"`{verdict.rule}`", verdict.strict, verdict.profiled, says.replace("|", "\\|"), evidence)
    return f"| {' | '.join(cells)} |"


def _evidence(probes: Iterable[str], tracks: Mapping[str, Track], between: str) -> str:
    return between.join(_exchange(tracks[probe]) for probe in probes)


def _exchange(track: Track) -> str:
    if "rounds" in track:
        rounds = "; ".join(
            f"{each['times']}× {_short({k: v for k, v in each.items() if k != 'times'})}" for each in track["rounds"]
        )
        return f"{track['probe']}: {_code(rounds)}"
    request = track["request"]
    sent = request.get("raw", request.get("body"))
    parts: list[str] = [request["method"], request["path"]]
    if "authorization" in request:
        parts.append(f"({request['authorization'] or 'no token'})")
    if "content-type" in request:
        parts.append(f"({request['content-type'] or 'no media type'})")
    if sent is not None:
        parts.append(_short(sent if "raw" in request else json.dumps(sent, ensure_ascii=False)))
    told = {201: ("location",), 401: ("www-authenticate",), 405: ("allow",)}.get(track["status"], ())
    shown = {name: track["headers"][name] for name in told if name in track["headers"]}
    body = "" if track["body"] == "" else _short(track["body"])
    return f"{_code(' '.join(parts))} → {_code(' '.join([str(track['status']), *_headers(shown), body]).strip())}"


def _headers(headers: Mapping[str, str]) -> list[str]:
    return [f"{name.title()}: {value}" for name, value in headers.items()]


def _short(body: object) -> str:
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    text = re.sub(r"\s*\n\s*", " ", text)
    return text if len(text) <= LONGEST_BODY else f"{text[:LONGEST_BODY]}…"


def _code(text: str) -> str:
    """Quote for a table's cell, also what holds backticks."""
    text = text.replace("|", "\\|")
    return f"`` {text} ``" if "`" in text else f"`{text}`"
