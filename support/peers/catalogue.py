"""The peers: what each is, and how it starts."""

import json
from collections.abc import Mapping
from urllib.parse import urlencode
from urllib.request import ProxyHandler, build_opener

from support.peers.recipe import HOST, Dialect, Launch, Plan, Recipe

LOGIN_TIMEOUT_S = 10.0


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


def _fastapi_users(launch: Launch) -> Plan:
    python = str(launch.home / "venv" / "bin" / "python")
    return Plan(
        command=(python, "-m", "uvicorn", "app:app", "--host", HOST, "--port", str(launch.port)),
        environment={
            "DATABASE_URL": f"sqlite+aiosqlite:///{launch.scratch / 'db.sqlite3'}",
            "SECRET": launch.token,
            "ADMIN_PASSWORD": launch.token,
        },
    )


def _log_in_to_fastapi_users(launch: Launch) -> str:
    """Return the token of the administrator, who may read, change and delete every user."""
    form = urlencode({"username": "admin@example.com", "password": launch.token}).encode()
    login = f"http://{HOST}:{launch.port}/auth/jwt/login"
    with build_opener(ProxyHandler({})).open(login, form, LOGIN_TIMEOUT_S) as answer:
        token: str = json.load(answer)["access_token"]
    return token


def _nestjs(launch: Launch) -> Plan:
    return Plan(
        command=("node", "-r", "@swc-node/register", "src/main.ts"),
        environment={"PORT": str(launch.port), "API_KEY": launch.token},
    )


def _express(launch: Launch) -> Plan:
    return Plan(
        command=("node", "app.js"),
        environment={
            "PORT": str(launch.port),
            "API_TOKEN": launch.token,
            "DATABASE_URL": f"file:{launch.scratch / 'users.db'}",
        },
    )


def _fastify(launch: Launch) -> Plan:
    return Plan(
        command=("sh", "start.sh", str(launch.scratch)),
        environment={"PORT": str(launch.port), "API_TOKEN": launch.token},
    )


def _eve(launch: Launch) -> Plan:
    python = str(launch.home / "venv" / "bin" / "python")
    server = ("-m", "gunicorn", "run:app", "--bind", f"{HOST}:{launch.port}", "--no-control-socket")
    return Plan(
        command=(python, *server, "--threads", "8", "--graceful-timeout", "2"),
        environment={"API_TOKEN": launch.token},
    )


def _scim2(launch: Launch) -> Plan:
    binary = str(launch.home / "venv" / "bin" / "scim2-server")
    where = ("--hostname", HOST, "--port", str(launch.port))
    return Plan(command=(binary, *where, "--bearer-token", launch.token))


RECIPES: Mapping[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            name="django-rest",
            summary="Django REST framework on SQLite behind gunicorn: a ModelViewSet with bearer tokens",
            packages="pip",
            plan=_django_rest,
            recorded=True,
            dialect=Dialect(created_at="created_at", items="results", limit="page_size", everything="?page_size=1000"),
            main="djangorestframework",
        ),
        Recipe(
            name="json-server",
            summary="json-server on a file: no checks, no access control",
            packages="npm",
            plan=_json_server,
            recorded=True,
            dialect=Dialect(page="_page", limit="_limit"),
            has_access_control=False,
        ),
        Recipe(
            name="mockoon",
            summary="Mockoon's CRUD route: no checks; PUT, PATCH or DELETE on its collection wipes its data",
            packages="npm",
            plan=_mockoon,
            recorded=True,
            dialect=Dialect(filter="?email_eq={email}"),
            has_access_control=False,
            main="@mockoon/cli",
        ),
        Recipe(
            name="feathers",
            summary="Feathers 5 on NeDB: schemas, a real unique index and bearer tokens",
            packages="npm",
            plan=_feathers,
            recorded=True,
            dialect=Dialect(
                id="_id",
                items="data",
                page="$skip",
                limit="$limit",
                everything="?%24limit=50",
                pages_by_offset=True,
                ordered=False,
            ),
            main="@feathersjs/feathers",
        ),
        Recipe(
            name="fastapi-users",
            summary="FastAPI Users on SQLite: registration with a password, a login that gives a JWT, no list",
            packages="pip",
            plan=_fastapi_users,
            dialect=Dialect(
                sign_up={"name": "{name}", "email": "{email}", "password": "Sesame12"},
                register="/auth/register",
                created_at="created_at",
                has_list=False,
            ),
            ready="/openapi.json",
            login=_log_in_to_fastapi_users,
        ),
        Recipe(
            name="nestjs",
            summary="NestJS with TypeORM on SQLite: an API key in its own header, and more required fields",
            packages="npm",
            plan=_nestjs,
            dialect=Dialect(
                sign_up={"firstName": "{name}", "lastName": "King", "email": "{email}", "role": "member"},
                items="items",
                page="offset",
                everything="?limit=100",
                pages_by_offset=True,
            ),
            main="@nestjs/core",
            path="/api/v1/users",
            credentials=("X-API-Key", "{token}"),
        ),
        Recipe(
            name="express",
            summary="Express with zod and Drizzle on libSQL: each answer is wrapped in data",
            packages="npm",
            plan=_express,
            dialect=Dialect(
                sign_up={"fullName": "{name}", "email": "{email}", "password": "Sesame12"},
                user="data",
                items="data",
                limit="perPage",
                everything="?perPage=100",
            ),
            path="/api/users",
        ),
        Recipe(
            name="fastify",
            summary="Fastify on PostgreSQL: schemas, a unique index and pages by cursor",
            packages="npm",
            plan=_fastify,
            dialect=Dialect(created_at="created_at", items="users", page="cursor", everything="?limit=100"),
        ),
        Recipe(
            name="eve",
            summary="Eve on MongoDB in memory: _items, _id, _etag, and If-Match for each change",
            packages="pip",
            plan=_eve,
            dialect=Dialect(
                id="_id",
                created_at="_created",
                items="_items",
                limit="max_results",
                everything="?max_results=50",
                filter='?where={"email": "{email}"}',
            ),
            main="Eve",
        ),
        Recipe(
            name="scim2",
            summary="scim2-server, in memory: users as SCIM 2.0 names them",
            packages="pip",
            plan=_scim2,
            dialect=Dialect(
                sign_up={"displayName": "{name}", "userName": "{email}"},
                created_at="/meta/created",
                items="Resources",
                page="startIndex",
                limit="count",
                filter='?filter=userName eq "{email}"',
                pages_by_offset=True,
            ),
            main="scim2-server",
            path="/v2/Users",
        ),
    )
}

RECORDED: Mapping[str, Dialect] = {recipe.name: recipe.dialect for recipe in RECIPES.values() if recipe.recorded}
"""The peers whose answers are recorded, and how they name things."""
