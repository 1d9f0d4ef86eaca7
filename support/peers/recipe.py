"""The description of a peer: its packages, how it starts, and how it names things."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

SERVERS = Path(__file__).parent / "servers"
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Launch:
    """The parameters of one start: the installation, an empty folder, a port and a token."""

    home: Path
    scratch: Path
    port: int
    token: str


@dataclass(frozen=True)
class Plan:
    """The steps of one start: files to write, a command that creates the empty data set, and the server."""

    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    before: tuple[str, ...] = ()


@dataclass(frozen=True)
class Dialect:
    """How a peer names things.

    `sign_up` is the body that creates a user, with `{name}` and `{email}`, and `register` the path to send it to, if
    not the collection. `user` and `items` are the keys of a wrapped user and list, or None. `page` and `limit` are
    query parameters. `everything` is the query that lists at least 50 users, unless there is no list. `filter` is the
    query that finds one email, `{email}`. `pages_by_offset` says that `page` counts users, not pages; `ordered` that a
    list has a stable order.
    """

    sign_up: Mapping[str, str] = field(default_factory=lambda: {"name": "{name}", "email": "{email}"})
    register: str | None = None
    id: str = "id"
    created_at: str = "createdAt"
    user: str | None = None
    items: str | None = None
    page: str = "page"
    limit: str = "limit"
    has_list: bool = True
    everything: str = ""
    filter: str = "?email={email}"
    pages_by_offset: bool = False
    ordered: bool = True


@dataclass(frozen=True)
class Recipe:
    """One peer.

    `recorded` says whether its answers are recorded. `main` is the package whose version counts, if it is not called
    like the peer. `path` is the path of the collection, `ready` a path that answers 200 as soon as the server is up,
    and `credentials` the header that carries the token. `login` gets the token from a server that issues its own.
    """

    name: str
    summary: str
    packages: Literal["pip", "npm"]
    plan: Callable[[Launch], Plan]
    dialect: Dialect
    recorded: bool = False
    has_access_control: bool = True
    main: str = ""
    path: str = "/users"
    ready: str = ""
    credentials: tuple[str, str] = ("Authorization", "Bearer {token}")
    login: Callable[[Launch], str] | None = None

    def headers(self, token: str) -> dict[str, str]:
        """Return the header that carries the token."""
        name, value = self.credentials
        return {name: value.format(token=token)}

    @property
    def sources(self) -> Path:
        """The committed files of the peer: its pins and its code."""
        return SERVERS / self.name


def pinned_version(recipe: Recipe) -> str:
    """Return the version of the peer's main package from its pins."""
    main = recipe.main or recipe.name
    if recipe.packages == "pip":
        pins = (recipe.sources / "requirements.txt").read_text().splitlines()
        return next(pin for pin in pins if pin.startswith(f"{main}=="))
    versions: dict[str, str] = json.loads((recipe.sources / "package.json").read_text())["dependencies"]
    return f"{main}@{versions[main]}"
