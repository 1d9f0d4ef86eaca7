"""The peers: what each is, how it starts, and how it names things."""

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

    `items` is the key of a wrapped list, or None. `page` and `limit` are query parameters. `everything` is the query
    that lists at least 50 users. `filter` is the query that finds one email, `{email}`. `pages_by_offset` says that
    `page` counts users, not pages; `ordered` that a list has a stable order.
    """

    id: str = "id"
    created_at: str = "createdAt"
    items: str | None = None
    page: str = "page"
    limit: str = "limit"
    everything: str = ""
    filter: str = "?email={email}"
    pages_by_offset: bool = False
    ordered: bool = True


@dataclass(frozen=True)
class Recipe:
    """One peer."""

    name: str
    summary: str
    packages: Literal["pip", "npm"]
    plan: Callable[[Launch], Plan]
    dialect: Dialect
    has_access_control: bool

    @property
    def sources(self) -> Path:
        """The committed files of the peer: its pins and its code."""
        return SERVERS / self.name


def _django_rest(launch: Launch) -> Plan:
    python = str(launch.home / "venv" / "bin" / "python")
    server = ("-m", "gunicorn", "config.wsgi", "--bind", f"{HOST}:{launch.port}", "--no-control-socket")
    return Plan(
        before=(python, "manage.py", "bootstrap", launch.token),
        command=(python, *server, "--workers", "2", "--threads", "8", "--graceful-timeout", "2"),
        environment={"DATABASE_PATH": str(launch.scratch / "db.sqlite3")},
    )


def _json_server(launch: Launch) -> Plan:
    binary = str(launch.home / "node_modules" / ".bin" / "json-server")
    database = launch.scratch / "db.json"
    return Plan(
        files={str(database): '{"users": []}'},
        command=(binary, "--host", HOST, "--port", str(launch.port), str(database)),
        environment={"NO_UPDATE_NOTIFIER": "1"},
    )


def _mockoon(launch: Launch) -> Plan:
    binary = str(launch.home / "node_modules" / ".bin" / "mockoon-cli")
    where = ("--hostname", HOST, "--port", str(launch.port))
    quiet = ("--disable-log-to-file", "--disable-admin-api")
    return Plan(command=(binary, "start", "--data", "users.json", *where, *quiet))


def _feathers(launch: Launch) -> Plan:
    return Plan(
        command=("node", "src/index.js"),
        environment={
            "HOST": HOST,
            "PORT": str(launch.port),
            "API_TOKEN": launch.token,
            "DATABASE_FILE": str(launch.scratch / "users.nedb"),
        },
    )


def pinned_version(recipe: Recipe) -> str:
    """Return the version of the peer's main package from its pins."""
    if recipe.packages == "pip":
        return (recipe.sources / "requirements.txt").read_text().splitlines()[1]
    pins: dict[str, str] = json.loads((recipe.sources / "package.json").read_text())["dependencies"]
    main = {"feathers": "@feathersjs/feathers", "mockoon": "@mockoon/cli"}.get(recipe.name, recipe.name)
    return f"{main}@{pins[main]}"


RECIPES: Mapping[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            name="django-rest",
            summary="Django REST framework on SQLite behind gunicorn: a ModelViewSet with bearer tokens",
            packages="pip",
            plan=_django_rest,
            dialect=Dialect(created_at="created_at", items="results", limit="page_size", everything="?page_size=1000"),
            has_access_control=True,
        ),
        Recipe(
            name="json-server",
            summary="json-server on a file: no checks, no access control",
            packages="npm",
            plan=_json_server,
            dialect=Dialect(page="_page", limit="_limit"),
            has_access_control=False,
        ),
        Recipe(
            name="mockoon",
            summary="Mockoon's CRUD route: no checks; PUT, PATCH or DELETE on its collection wipes its data",
            packages="npm",
            plan=_mockoon,
            dialect=Dialect(filter="?email_eq={email}"),
            has_access_control=False,
        ),
        Recipe(
            name="feathers",
            summary="Feathers 5 on NeDB: schemas, a real unique index and bearer tokens",
            packages="npm",
            plan=_feathers,
            dialect=Dialect(
                id="_id",
                items="data",
                page="$skip",
                limit="$limit",
                everything="?%24limit=50",
                pages_by_offset=True,
                ordered=False,
            ),
            has_access_control=True,
        ),
    )
}
