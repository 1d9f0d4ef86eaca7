"""What views show of a few users among many."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from support.contract.matchers import field_mismatches, shows
from support.models import Exchange
from support.scenario.context import ScenarioContext
from support.scenario.directory import entries_of, id_of


@dataclass(frozen=True)
class View:
    """What a read, a search, the list or its pages show of some users: a list may be too long to keep with each value.

    `refused` are the statuses other than 200; `entries` has, by the id of each user, all that is shown under that id.
    """

    refused: Sequence[int | None]
    entries: Mapping[str, Sequence[Any]]


def view_of(scenario: ScenarioContext, rule: str, exchanges: Sequence[Exchange], user_ids: Collection[str]) -> View:
    """Return what a view shows of these users; a read counts for the user who was asked for, whatever id it shows."""
    refused = [exchange.status for exchange in exchanges if exchange.status != 200]
    if rule == "read-200":
        return View(refused, {user_id: [exchanges[0]] for user_id in user_ids})
    entries: dict[str, list[Any]] = {user_id: [] for user_id in user_ids}
    for exchange in exchanges:
        for entry in entries_of(scenario, exchange):
            if (user_id := id_of(scenario, entry)) in entries:
                entries[user_id].append(entry)
    return View(refused, entries)


def wrong_in_view(
    scenario: ScenarioContext, user_id: str, expected: Mapping[str, Any], rule: str, view: View
) -> list[str]:
    """Return what is wrong with a user in a view."""
    refused = [f"the status was {status}" for status in view.refused]
    entries = view.entries[user_id]
    if refused or rule == "read-200":
        return refused or shows(expected, scenario.names).mismatches(entries[0])
    if len(entries) != 1:
        return [f"the user is shown {len(entries)} times"]
    return field_mismatches(entries[0], expected, scenario.names)
