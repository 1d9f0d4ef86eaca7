"""How a variant or a defect is installed: it wraps one decision of the API.

A wrapper gets the sandbox, the decision that it wraps, and the arguments of the decision. A twist that needs more than
one decision has no point (`at` None) and installs its wrappers itself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from support.sandbox.api import Api
from support.sandbox.app import App
from support.sandbox.faults import Faults
from support.sandbox.stats import Stats
from support.sandbox.store import Store

Decision = Callable[..., Any]


@dataclass
class Sandbox:
    """The parts of a sandbox that is about to serve. `window_s` is how long a racy defect's gap is open."""

    app: App
    api: Api
    store: Store
    faults: Faults
    stats: Stats
    window_s: float = 0.001
    keep_alive_s: float = 75.0

    def around(self, point: str, wrapper: Decision) -> None:
        """Wrap a decision: `create` of the API, `store.insert`, `app.write`, and so on."""
        owner, _, name = point.rpartition(".")
        part = getattr(self, owner or "api")
        setattr(part, name, partial(wrapper, self, getattr(part, name)))


@dataclass(frozen=True)
class Twist:
    """A named change to the API. `rule` is the rule that it breaks, None for a variant."""

    name: str
    says: str
    rule: str | None
    at: str | None
    function: Decision

    def apply(self, sandbox: Sandbox) -> None:
        """Install the twist in a sandbox."""
        if self.at is None:
            self.function(sandbox)
        else:
            sandbox.around(self.at, self.function)


VARIANTS: dict[str, Twist] = {}
DEFECTS: dict[str, Twist] = {}


def variant(at: str | None = None) -> Callable[[Decision], Decision]:
    """Register a function as a variant, under its name in kebab-case; its docstring is the description."""
    return partial(_register, VARIANTS, None, at)


def defect(rule: str, at: str | None = None) -> Callable[[Decision], Decision]:
    """Register a function as a defect that breaks a rule of the contract."""
    return partial(_register, DEFECTS, rule, at)


def _register(registry: dict[str, Twist], rule: str | None, at: str | None, function: Decision) -> Decision:
    name = function.__name__.replace("_", "-")
    says = (function.__doc__ or "").strip().partition("\n")[0]
    if name in registry or not says:
        raise ValueError(f"{name} exists already, or has no docstring")
    registry[name] = Twist(name, says, rule, at, function)
    return function
