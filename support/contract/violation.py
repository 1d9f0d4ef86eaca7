"""Judging: an exchange is held against a rule, and a broken promise speaks so that its cause can be found."""

from __future__ import annotations

from collections.abc import Sequence

from support import statuses
from support.contract.matchers import Matcher, is_within_bounds
from support.errors import ContractViolation, Evidence, Inconclusive
from support.escaping import on_one_line
from support.exchange_text import curl, said
from support.models import Exchange, Failure
from support.redaction import redacted
from support.rules import RULES

SHOWN = 300


def check(exchange: Exchange, rule: str, attempted: str, *matchers: Matcher) -> None:
    """Hold an exchange against everything that a rule asks of it; raises ContractViolation with all mismatches at once.

    Where the first matcher fails because no answer or a refusal came, nothing is said of the fields that it lacks.
    """
    failed = [matcher for matcher in (*matchers, is_within_bounds()) if not matcher.matches(exchange)]
    if failed:
        if failed[0] is matchers[0] and (exchange.status is None or exchange.status >= 400):
            failed = failed[:1]
        wrong = [text for matcher in failed for text in matcher.mismatches(exchange)]
        fail(rule, attempted, [matcher.wanted for matcher in failed], wrong, exchange)


def fail(
    rule: str,
    attempted: str,
    wanted: Sequence[str],
    wrong: Sequence[str],
    exchange: Exchange | None = None,
    drawn: str = "",
) -> None:
    """Raise ContractViolation: which promise, what was attempted, what should have come, what came, how to repeat it.

    `drawn` are lines of ours that show it; all else is brought onto one line, as it may be a target's text.

    A 429 that stayed says nothing of any promise, nor does what came to a call that may have been done and could not
    be sent again, unless it is a fault by itself: they raise Inconclusive.
    """
    if exchange is not None and exchange.attempts[-1].limited:
        raise Inconclusive(_line(_limited(attempted, exchange)))
    if exchange is not None and exchange.undecided and not statuses.is_server_fault(exchange.status):
        raise Inconclusive(_line(_undecided(attempted, exchange)))
    evidence = Evidence(
        _line(attempted),
        tuple(dict.fromkeys(map(_line, wanted))),
        tuple(dict.fromkeys(map(_line, wrong))),
        tuple(redacted(drawn).splitlines()),
        *(_sent_and_came(exchange) if exchange is not None else ()),
    )
    raise ContractViolation(rule, _text(rule, evidence), evidence.actual, evidence)


def _text(rule: str, evidence: Evidence) -> str:
    lines = [
        f"contract broken: {rule} ({RULES[rule].promise})",
        f"  attempted: {evidence.attempted}",
        f"  expected:  {'; '.join(evidence.expected)}",
        *(f"             {line}" for line in evidence.drawn),
        f"  but:       {'; '.join(evidence.actual)}",
    ]
    if evidence.request:
        lines += [
            f"  sent:      {evidence.request}",
            f"  came:      {evidence.response}",
            "  repeat it: " + evidence.curl.replace("\n", "\n             "),
        ]
    return redacted("\n".join(lines))


def _line(text: str) -> str:
    return on_one_line(redacted(text))


def _limited(attempted: str, exchange: Exchange) -> str:
    return (
        f"{attempted}: {exchange.call.method} {exchange.call.url} was still answered by 429 (too many requests) after "
        f"{exchange.seconds:.0f} s and {len(exchange.attempts)} attempts; let the target take more requests from here, "
        "or give RETRY_DEADLINE_S and RETRY_ATTEMPTS more room"
    )


def _undecided(attempted: str, exchange: Exchange) -> str:
    outcome = exchange.attempts[-1].outcome
    came = f"no answer came: {outcome.cause}" if isinstance(outcome, Failure) else f"the answer was {outcome.status}"
    sent = f"{attempted}: {exchange.call.method} {exchange.call.url}"
    if exchange.call.repeatable:
        return f"{sent} may have done its work ({came}), and no read shows that the user is still ours to send it again"
    return (
        f"{sent} may have made a user ({came}), and looking for whoever it made does not tell, such as where others "
        "sign up meanwhile; so it could not be sent again"
    )


def _sent_and_came(exchange: Exchange) -> tuple[str, str, str, bool]:
    """Return what was sent and what came, in short, the command that repeats it, and whether an answer came."""
    call, answer = exchange.call, exchange.answer
    body = f" {_short(_line(call.body.decode('utf-8', 'backslashreplace')))}" if call.body else ""
    tries = f" (attempt {len(exchange.attempts)})" if len(exchange.attempts) > 1 else ""
    came = f"{answer.status} {_short(' '.join(said(answer).split()))}" if answer else "no answer"
    return (
        redacted(f"{call.method} {_line(call.url)}{body}"),
        redacted(came + tries),
        redacted(curl(call)),
        answer is not None,
    )


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]} …"
