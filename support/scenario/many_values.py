"""Whole classes of values at once: many users each write a value, by every method, and every view is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from support.contract.matchers import has_an_id, has_status, shows
from support.contract.normalizers import user_of
from support.contract.violation import check, fail
from support.errors import ContractViolation
from support.models import Exchange, NewUser
from support.scenario import accounts, directory, outcomes
from support.scenario.context import ScenarioContext
from support.scenario.paging import read_page_of, read_pages_with
from support.scenario.protocol import update_methods
from support.scenario.user_checks import RULE_OF_METHOD
from support.scenario.value_classes import may_be_refused
from support.scenario.views import View, view_of, wrong_in_view
from support.scenario.waiting import MUCH_LATER_S, let_pass
from support.statuses import is_success


@dataclass
class Writer:
    """A user who writes one value after another; `data` is what the API should show after the last of them."""

    id: str
    data: NewUser


@dataclass
class Written:
    """One value that was written: by whom, with which answer, and how each view shows it afterwards."""

    method: str
    sent: NewUser
    answer: Exchange
    writer: Writer | None = None
    before: NewUser | None = None
    views: dict[str, View] = field(default_factory=dict)
    """What each view showed, by the rule that says that the view shows the user."""

    @property
    def is_refused(self) -> bool:
        """Whether the API refused a name that it may refuse."""
        return not is_success(self.answer.status) and may_be_refused(self.sent.name)


def write_each(scenario: ScenarioContext, field_name: str, rounds: Sequence[Sequence[NewUser]]) -> None:
    """Sign up the users of the first round, then give each a value from a later round by each method of changing users.

    Each later round is rotated, so that a user writes another value of the class every time.
    """
    first, *later = rounds
    scenario.written = sign_up(scenario, first)
    _read_views(scenario, scenario.written, 0)
    writers = [written.writer for written in scenario.written if written.writer is not None]
    for turn, (method, data) in enumerate(zip(update_methods(scenario), later, strict=False), start=1):
        changed = _change(scenario, writers, method, field_name, [*data[turn:], *data[:turn]])
        _read_views(scenario, changed, turn)
        scenario.written += changed


def read_again_later(scenario: ScenarioContext) -> None:
    """Read the users once more after a while, with what they were given last."""
    let_pass(MUCH_LATER_S)
    last = [each for each in scenario.written if each.writer is not None and each.writer.data == each.sent]
    _read_views(scenario, last, 0)


def sign_up(scenario: ScenarioContext, new_users: Sequence[NewUser]) -> list[Written]:
    """Sign up users at once; return what each sent, and who they are then."""
    scenario.registry.make_room(len(new_users))
    exchanges = scenario.run_few_at_once([accounts.signing_up(scenario, one) for one in new_users])
    written = [Written("POST", one, exchange) for one, exchange in zip(new_users, exchanges, strict=True)]
    for each in written:
        user = user_of(each.answer.answer, scenario.profile)
        if user is not None and is_success(each.answer.status):
            each.writer = Writer(user.id, each.sent)
    return written


def _change(
    scenario: ScenarioContext, writers: Sequence[Writer], method: str, field_name: str, data: Sequence[NewUser]
) -> list[Written]:
    pairs = list(zip(writers, data, strict=False))
    sent = [replace(writer.data, **{field_name: one.as_json()[field_name]}) for writer, one in pairs]
    operations = [
        scenario.registry.change(
            scenario.api.call(method, scenario.api.url_of(writer.id), fields=fields), fields.get("email")
        )
        for (writer, _), one in zip(pairs, sent, strict=True)
        for fields in [accounts.complete(method, {field_name: one.as_json()[field_name]}, one)]
    ]
    exchanges = scenario.run_few_at_once(operations)
    changed = [
        Written(method, one, exchange, writer, writer.data)
        for (writer, _), one, exchange in zip(pairs, sent, exchanges, strict=True)
    ]
    for each in changed:
        if each.writer is not None and is_success(each.answer.status):
            each.writer.data = each.sent
    return changed


def _read_views(scenario: ScenarioContext, written: Sequence[Written], turn: int) -> None:
    """Read the list, its pages except in turn 0, a third of the users by id, and another third by a search."""
    shown = [each for each in written if each.writer is not None]
    searched = shown[(turn + 1) % 3 :: 3] if scenario.profile.capabilities.email_filter else []
    asked = [("read-200", each, scenario.api.read(each.writer.id)) for each in shown[turn::3] if each.writer]
    asked += [("filter-email", each, scenario.api.find(each.sent.email)) for each in searched]
    exchanges = scenario.run_few_at_once([operation for _, _, operation in asked])
    for (rule, each, _), exchange in zip(asked, exchanges, strict=True):
        each.views[rule] = view_of(scenario, rule, [exchange], {each.writer.id} if each.writer else set())
    user_ids = {each.writer.id for each in shown if each.writer}
    read = {"list": [directory.read_list(scenario)]} if directory.reads_list(scenario) else {}
    read |= {"pages": pages} if turn and (pages := read_pages_with(scenario, user_ids)) else {}
    views = {rule: view_of(scenario, rule, exchanges, user_ids) for rule, exchanges in read.items()}
    for each in shown:
        each.views |= views


# Checks


def check_each(scenario: ScenarioContext, field_name: str) -> None:
    """Check that every value is kept, in every view; raises ContractViolation of the rule that is broken.

    To find that rule, one user alone writes a wrong value again, first by itself and then after all earlier values of
    its writer; then a refused request is sent again, or each view of an accepted value is read again. If nothing of
    this goes wrong, `burst` or `burst-workflow` is broken.
    """
    for place, each in enumerate(scenario.written, start=1):
        wrong = list(_wrong(scenario, each, field_name))
        before = [one for one in scenario.written[:place] if one.writer is each.writer is not None]
        if wrong:
            with _blaming_the_values(scenario, [each], field_name):
                _write_alone(scenario, [each], field_name)
            with _blaming_the_values(scenario, before or [each], field_name):
                _write_alone(scenario, before or [each], field_name)
                if not is_success(each.answer.status):
                    _send_again(scenario, each, field_name)
                elif each.writer is not None:
                    _look_again(scenario, each.writer, list(each.views), field_name)
            attempted = f"{scenario.attempted}: {each.method} with {each.sent.as_json()[field_name]!r}"
            rule = "burst" if each.method == "POST" else "burst-workflow"
            fail(rule, attempted, ["what one user alone gets"], wrong, each.answer)


def _wrong(scenario: ScenarioContext, each: Written, field_name: str) -> Iterator[str]:
    """Yield what is wrong with the answer and with each view."""
    kept = (each.before if each.is_refused else each.sent) or each.sent
    expected, statuses = {field_name: kept.as_json()[field_name]}, _accepted(scenario, each)
    if each.answer.status not in statuses:
        yield f"the status was {each.answer.status}"
    elif is_success(each.answer.status):
        yield from shows(expected, scenario.names).mismatches(each.answer)
    if each.writer is None:
        return
    for rule, view in each.views.items():
        yield from (f"{rule}: {text}" for text in wrong_in_view(scenario, each.writer.id, expected, rule, view))


def _accepted(scenario: ScenarioContext, each: Written) -> tuple[int, ...]:
    refused = scenario.answers.invalid if may_be_refused(each.sent.name) else ()
    return (*(scenario.answers.created if each.method == "POST" else (200,)), *refused)


@contextmanager
def _blaming_the_values(scenario: ScenarioContext, writes: Sequence[Written], field_name: str) -> Iterator[None]:
    """Report a violation of another rule under the scenario's rule if the API keeps usual names in the same writes.

    For a 5xx answer to a name that the API may refuse, the rule is `robust`.
    """
    try:
        yield
    except ContractViolation as broken:
        if field_name == "name" and broken.evidence and broken.rule != scenario.rule:
            _write_alone(scenario, [replace(each, sent=scenario.factory.new_user()) for each in writes], field_name)
            said, crashes = broken.evidence, (writes[-1].answer.status or 0) >= 500
            rule = "robust" if crashes and may_be_refused(writes[-1].sent.name) else scenario.rule
            fail(rule, said.attempted, said.expected, said.actual, broken.exchange, claims=broken.claims)
        raise


def _write_alone(scenario: ScenarioContext, writes: Sequence[Written], field_name: str) -> None:
    """Write values once more, one request after another; raises ContractViolation if the last is not kept either."""
    actor = scenario.replace_actor("Radia")
    if writes[0].method != "POST":
        accounts.become_user(scenario, actor)
        directory.see_in_every_view(scenario, actor)
    for each in writes:
        actor.shown = actor.expected or actor.shown
        fields = {field_name: _again(scenario, each, field_name)}
        if each.method == "POST":
            accounts.sign_up(scenario, actor, **fields)
        else:
            accounts.change(scenario, actor, each.method, **fields)
    exchange = scenario.exchange
    rule = _rule_of(scenario, exchange)
    attempted = f"{scenario.attempted}: {each.method} with {fields[field_name]!r}, alone"
    if exchange.status in scenario.answers.invalid and may_be_refused(each.sent.name):
        if each.method != "POST":
            outcomes.is_unchanged(scenario, actor)
        return
    check(exchange, rule, attempted, has_status(_accepted(scenario, each)), has_an_id(scenario.names))
    before, scenario.attempted = scenario.attempted, attempted
    try:
        outcomes.every_view_shows(scenario, field_name)
        if scenario.profile.capabilities.pages:
            outcomes.views_show(scenario, actor, fields, {"pages": read_page_of(scenario, actor)})
    finally:
        scenario.attempted = before


def _send_again(scenario: ScenarioContext, each: Written, field_name: str) -> None:
    """Send a refused request again, now alone; raises ContractViolation if it is refused again."""
    if each.writer is None:
        exchange = accounts.sign_up(scenario, scenario.actor("Radia"), **each.sent.as_json())
    else:
        fields = accounts.complete(each.method, {field_name: each.sent.as_json()[field_name]}, each.sent)
        exchange = accounts.send_change_to(scenario, each.writer.id, each.method, fields)
    attempted = f"{scenario.attempted}: {each.method} with {each.sent.as_json()[field_name]!r}, alone"
    check(exchange, _rule_of(scenario, exchange), attempted, has_status(_accepted(scenario, each)))


def _rule_of(scenario: ScenarioContext, exchange: Exchange) -> str:
    """Return the rule that a wrongly answered write breaks: usually the rule of its method.

    In a scenario about `email-unique`, a sign-up whose free email is refused as taken breaks that rule.
    """
    if scenario.rule == "email-unique" and exchange.status in scenario.answers.taken and exchange.call.method == "POST":
        return scenario.rule
    return RULE_OF_METHOD[exchange.call.method]


def _look_again(scenario: ScenarioContext, writer: Writer, rules: Sequence[str], field_name: str) -> None:
    """Read views again, now that nobody writes; raises ContractViolation of the rule of a view that is still wrong."""
    expected = {field_name: writer.data.as_json()[field_name]}
    read: Mapping[str, Callable[[], Sequence[Exchange]]] = {
        "read-200": lambda: [scenario.run(scenario.api.read(writer.id))],
        "filter-email": lambda: [scenario.run(scenario.api.find(writer.data.email))],
        "list": lambda: [directory.read_list(scenario)],
        "pages": lambda: read_pages_with(scenario, {writer.id}),
    }
    for rule in rules:
        exchanges = read[rule]()
        view = view_of(scenario, rule, exchanges, {writer.id})
        wrong = wrong_in_view(scenario, writer.id, expected, rule, view)
        if wrong:
            fail(rule, scenario.attempted, [f"the user with {expected}"], wrong, exchanges[-1])


def _again(scenario: ScenarioContext, each: Written, field_name: str) -> str:
    """Return the value to write again; an email gets another number, because the original email is taken."""
    number = re.sub(r"\D", "", scenario.factory.new_user().email.partition("@")[0])
    return each.sent.name if field_name == "name" else re.sub(r"\d{4,}", number, each.sent.email, count=1)
