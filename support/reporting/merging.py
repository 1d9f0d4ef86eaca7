"""Several runs, or parts of one, as one run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple, replace

from support.reporting.summary import Requests, Summary, Users, with_results


def merge(summary: Summary, others: Sequence[Summary]) -> Summary:
    """Return a summary with the scenarios, failures and counts of others added; the rest stays as it is."""
    parts = [summary, *others]
    scenarios = [scenario for part in parts for scenario in part.scenarios]
    failures = list(dict.fromkeys(failure for part in parts for failure in part.failures))
    counted = replace(
        summary,
        users=Users(*(sum(numbers) for numbers in zip(*(astuple(part.users) for part in parts), strict=True))),
        requests=sum_of_requests([part.requests for part in parts]),
        bursts=[line for part in parts for line in part.bursts],
    )
    return with_results(counted, scenarios, failures)


def sum_of_requests(counts: Sequence[Requests]) -> Requests:
    """Return the counts of several processes as one."""
    causes = sum((Counter(one.retried_causes) for one in counts), Counter[str]())
    slowest = max(counts, key=lambda one: one.slowest_s)
    return Requests(
        sum(one.calls for one in counts),
        sum(one.sent for one in counts),
        sum(one.retried_calls for one in counts),
        dict(causes.most_common()),
        slowest.slowest_s,
        slowest.slowest,
        max(one.waited_s for one in counts),
        next((one.limit for one in counts if one.limit), ""),
    )


def merged_text(texts: Sequence[str]) -> str:
    """Join texts; several lists in JSON become one list."""
    try:
        return json.dumps([each for text in texts for each in json.loads(text)], indent=2)
    except (TypeError, ValueError):
        return "".join(texts)
