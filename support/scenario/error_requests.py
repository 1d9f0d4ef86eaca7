"""Wrong requests whose answers are built in unusual ways: quoted input, another language, debugging output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from support.models import Exchange
from support.scenario import accounts, directory, values
from support.scenario.context import Actor, ScenarioContext

IN_JSON = ('"', "\\", "\n", '"},{"', "\b\t")
LANGUAGES = ("de-AT, de;q=0.9", "fr", "ja", "ru", "pl", "zh-TW", "ar", "tr")
DEBUGGING = (("debug", "true"), ("trace", "true"), ("stacktrace", "true"), ("verbose", "1"), ("pretty", "true"))


def send_signs_that_json_escapes(scenario: ScenarioContext, _: Actor) -> list[Exchange]:
    """Send emails whose signs would break JSON that quotes them without escapes."""
    new_users = scenario.factory.new_users(len(IN_JSON))
    bodies = [
        {"name": f"{one.name} {scenario.factory.mark}", "email": f"{sign} {one.email}"}  # either shows whose user it is
        for sign, one in zip(IN_JSON, new_users, strict=True)
    ]
    accounts.send_sign_ups(scenario, bodies)
    return list(scenario.exchanges)


def ask_in_languages(scenario: ScenarioContext, _: Actor) -> list[Exchange]:
    """Send wrong requests with several preferred languages."""
    return _ask_wrongly(scenario, [{"Accept-Language": language} for language in LANGUAGES], [{}])


def ask_to_debug(scenario: ScenarioContext, _: Actor) -> list[Exchange]:
    """Send wrong requests with what makes some frameworks show their insides."""
    return _ask_wrongly(scenario, [{"X-Debug": "1"}], [{name: value} for name, value in DEBUGGING])


def _ask_wrongly(
    scenario: ScenarioContext, headers: Sequence[Mapping[str, str]], queries: Sequence[Mapping[str, str]]
) -> list[Exchange]:
    """Read an unknown user and sign up without a name, each with each of these headers, and then of these queries."""
    api, unused = scenario.api, values.unused_id(scenario)
    directory.remember_list(scenario)
    operations = []
    for header, query in [*((one, {}) for one in headers), *(({}, one) for one in queries)]:
        operations.append(api.send(api.call("GET", api.url_of(unused), query=query, headers=header)))
        nameless = Actor("Mallory", scenario.factory.new_user("Mallory"))
        body = {"email": nameless.new_user.email}
        operations.append(accounts.sending_sign_up(scenario, nameless, body, header, query))
    return scenario.run_few_at_once(operations)
