"""Check exchanges against rules; a violation says enough to find its cause and to repeat it."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import Any, NoReturn

from support import statuses
from support.bounds import TOGETHER
from support.contract.claims import Claim
from support.contract.matchers import Matcher, body_of, is_within_bounds, schema_mismatches
from support.errors import ContractViolation, Evidence, Inconclusive, number_of
from support.escaping import on_one_line
from support.exchange_text import curl, said, status_of
from support.models import OVERRIDES, Answer, Exchange, Failure
from support.profile_answers import Names
from support.redaction import redacted
from support.rules import RULES
from support.timeline import TimelineRow, drawn, status_counts

LONGEST = 300
BEFORE = 20
WHOLE = 10_000_000
TELLING = ("if-match", "if-none-match", "if-modified-since", *OVERRIDES)
WIDTH = 64
ACCESS = "auth-401"
SUBJECT, SHORT = re.compile(r" (?=does not match|is )"), 40


def check(exchange: Exchange, rule: str, attempted: str, *matchers: Matcher) -> None:
    """Check an exchange against all that a rule demands; raises ContractViolation with all mismatches at once.

    If the first matcher fails on a refusal or a missing answer, the mismatches of the others are not listed.
    """
    failed = [matcher for matcher in (*matchers, is_within_bounds()) if not matcher.matches(exchange)]
    if not failed:
        return
    if failed[0] is matchers[0] and (exchange.status is None or exchange.status >= 400):
        failed = failed[:1]
    wrong = [mismatch for matcher in failed for mismatch in matcher.mismatches(exchange)]
    claims = [claim for matcher in failed for claim in matcher.claims]
    fail(rule, attempted, list(map(str, failed)), wrong, exchange, claims=claims)


def is_cut(answer: Answer | None) -> bool:
    """Whether a successful answer ends in the middle of its JSON."""
    if answer is None or not statuses.is_success(answer.status) or answer.excess:
        return False
    if not body_of(answer, whole=True)[1]:  # parsed once, as the body may be large
        return False
    text = answer.body.decode("utf-8", "ignore").strip()
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return text[:1] in ("{", "[") and (error.pos >= len(text) or error.msg.startswith("Unterminated string"))
    except RecursionError:
        pass
    return False


def fail(
    rule: str,
    attempted: str,
    wanted: Sequence[str],
    wrong: Sequence[str],
    exchange: Exchange | None = None,
    contenders: Sequence[TimelineRow] = (),
    claims: Sequence[Claim] = (),
) -> NoReturn:
    """Raise ContractViolation: the rule, what was attempted, what should have come, what came, how to repeat it.

    Each text is put on one line, as it may come from a target. `contenders` are those of a race, and `claims` say
    what the answer of `exchange` should have shown.

    Raises Inconclusive if the last answer is a 429 or asks for a longer wait than there is time for, or if the
    work may have been done and the call could not be sent again, unless the answer is a fault of the server; or if
    all the answers that the suite holds are too many.
    """
    if exchange is not None:
        raise_if_inconclusive(attempted, exchange)
    for text in (*wrong, exchange.answer.excess if exchange is not None and exchange.answer is not None else ""):
        if text.startswith(TOGETHER):
            raise Inconclusive(_line(f"{attempted}: {text}; give MAX_ANSWER_MB more room"))
    evidence = Evidence(
        _line(attempted),
        tuple(dict.fromkeys(map(_line, wanted))),
        tuple(dict.fromkeys(map(_line, wrong))),
        tuple(replace(row, label=_line(row.label)) for row in contenders),
        *(_sent_and_came(exchange, _id_of_entry(claims), rule == ACCESS) if exchange is not None else ()),
    )
    raise ContractViolation(rule, _text(rule, evidence), evidence, exchange, claims)


def told_together(violations: Sequence[ContractViolation], names: Names) -> ContractViolation:
    """Return the first violation whose answer is a success, or else the first, with all mismatches of its rule.

    Its request says for how many more it is the same, and which of their fields are invalid.
    """
    first = min(violations, key=lambda one: one.exchange is None or not statuses.is_success(one.exchange.status))
    others = [one for one in violations if one is not first and one.rule == first.rule]
    alike = [one.evidence for one in (first, *others) if one.evidence is not None]
    actual = dict.fromkeys(chain.from_iterable(evidence.actual for evidence in alike))
    evidence = replace(alike[0], actual=tuple(actual), request=alike[0].request + _and_more(others, names))
    return ContractViolation(first.rule, _text(first.rule, evidence), evidence, first.exchange, first.claims)


def _and_more(others: Sequence[ContractViolation], names: Names) -> str:
    if not others:
        return ""
    mismatches = chain.from_iterable(schema_mismatches("user", _document_sent(one), names) for one in others)
    invalid = dict.fromkeys(_in_brief(_line(text)) for text in mismatches if text.startswith("/"))
    return f"; the same for {len(others)} more{': ' * bool(invalid)}{_short(', '.join(invalid))}"


def _in_brief(mismatch: str) -> str:
    """Return what was invalid: the value if it is short, or else what is wrong with it."""
    value, *wrong = SUBJECT.split(mismatch, maxsplit=1)
    return f"{value.partition(':')[0]} {wrong[0]}" if wrong and len(value) > SHORT else value


def _document_sent(violation: ContractViolation) -> Any:
    """Return the JSON that a request has sent; None if there is none that can be read."""
    with contextlib.suppress(ValueError, RecursionError):
        return json.loads(violation.exchange.call.body or b"") if violation.exchange is not None else None
    return None


def raise_if_inconclusive(attempted: str, exchange: Exchange) -> None:
    """Raise Inconclusive if an exchange proves nothing about the target, such as one that ended at a limit."""
    outcome = exchange.attempts[-1].outcome
    sent = f"{attempted}: {exchange.call.method} {exchange.call.url}"
    if exchange.gave_up:
        raise Inconclusive(_line(f"{sent} was answered by {exchange.status} and not sent again: {exchange.gave_up}"))
    if exchange.attempts[-1].limited:
        raise Inconclusive(
            _line(
                f"{sent} was still answered by 429 (too many requests) after {exchange.seconds:.0f} s and "
                f"{number_of(len(exchange.attempts), 'attempt')}; let the target take more requests from this machine, "
                "or give RETRY_DEADLINE_S and RETRY_ATTEMPTS more room"
            )
        )
    if exchange.undecided and not statuses.is_server_fault(exchange.status):
        came = (
            f"no answer came: {outcome.cause}" if isinstance(outcome, Failure) else f"the answer was {outcome.status}"
        )
        reason = (
            f"may have done its work ({came}), and no read shows that the user still belongs to this run"
            if exchange.call.repeatable
            else f"may have created a user ({came}), and a search cannot tell, for example because others sign up too"
        )
        raise Inconclusive(_line(f"{sent} {reason}, so it was not sent again"))


def _text(rule: str, evidence: Evidence) -> str:
    actual = [*status_counts(evidence.contenders), *evidence.actual]
    lines = [
        f"contract broken: {rule} ({RULES[rule].promise})",
        f"  attempted: {evidence.attempted}",
        f"  expected:  {'; '.join(evidence.expected)}",
        f"  actual:    {'; '.join(actual)}",
        *(f"             {line}" for line in drawn(evidence.contenders, WIDTH)),
    ]
    if evidence.request:
        lines += [
            f"  request:   {evidence.request}",
            f"  response:  {evidence.response}",
        ]
    return redacted("\n".join(lines))


def _id_of_entry(claims: Sequence[Claim]) -> str:
    """Return the id of the user whom a list shows wrongly, to show that part of the list."""
    return next((str(claim.values[0]) for claim in claims if claim.kind in ("entry", "shown") and claim.values[0]), "")


def _sent_and_came(exchange: Exchange, around: str, tells_token: bool) -> tuple[str, str, str, bool]:
    """Return the request and the response in short, the command that repeats the request, and whether an answer came.

    Of a long response, the part around the quoted text `around` is shown, or else the beginning. `tells_token` says
    whether the request is shown with the place of its token.
    """
    call, answer = exchange.call, exchange.answer
    body = f" {_short(_line(call.body.decode('utf-8', 'backslashreplace')))}" if call.body else ""
    tries = f" (attempt {len(exchange.attempts)})" if len(exchange.attempts) > 1 else ""
    whole = _line(said(answer, WHOLE, one_line=True))
    came = f"{status_of(exchange)} {_short(whole, around)}" if answer else "no answer"
    if answer and answer.read is not None:
        came += f"; a read of the user then gave {answer.read.status} {_short(_line(said(answer.read, one_line=True)))}"
    headers = (f" ({name}: {_line(text)})" for name, text in call.headers.items() if name.lower() in TELLING)
    token = f" ({call.credential.in_print if call.credential.shown is not None else 'no token'})" * tells_token
    request = redacted(f"{call.method} {_line(call.url)}{token}{body}{''.join(headers)}")
    return request, redacted(came + tries), redacted(curl(call)), answer is not None


def _line(text: str) -> str:
    return on_one_line(redacted(text))


def _short(text: str, around: str = "") -> str:
    found = text.find(f'"{around}"')  # in quotes, as a number could be found anywhere
    begin = found - BEFORE if found > LONGEST // 2 else 0
    return f"{'… ' * (begin > 0)}{text[begin : begin + LONGEST]}{' …' * (len(text) > begin + LONGEST)}"
