"""Text that shows a server's internals, and text that only resembles it."""

from __future__ import annotations

import json

import pytest

from support.contract.matchers import leak_mismatches
from support.tests.contract.exchanges import BASE, answered

TRACE, SQL, PATH = "a stack trace", "SQL", "a path of the server"

LEAKING: dict[str, tuple[str, set[str]]] = {
    "Django": (
        "Traceback (most recent call last):\n"
        '  File "/usr/local/lib/python3.11/site-packages/django/core/handlers/exception.py", line 55, in inner\n'
        "    response = get_response(request)\n"
        "django.db.utils.IntegrityError: UNIQUE constraint failed: users_user.email",
        {TRACE, SQL, PATH},
    ),
    "Django, the end of a trace": (
        '  File "manage.py", line 22, in <module>\n    main()\nValueError: no',
        {TRACE},
    ),
    "Express": (
        "TypeError: Cannot read properties of undefined (reading 'email')\n"
        "    at createUser (/home/node/app/src/users.js:42:17)\n"
        "    at Layer.handle [as handle_request] (/app/node_modules/express/lib/router/layer.js:95:5)",
        {TRACE, PATH},
    ),
    "Express, one line": ("    at async Server.<anonymous> (users.controller.ts:7:3)", {TRACE}),
    "Node, an internal frame": ("at JSON.parse (<anonymous>)\n    at parse (node:internal/json:12:3)", {TRACE}),
    "Spring": (
        "org.springframework.dao.DataIntegrityViolationException: could not execute statement\n"
        "\tat com.example.users.UserController.create(UserController.java:48)\n"
        "Caused by: org.postgresql.util.PSQLException: ERROR: duplicate key value violates unique constraint",
        {TRACE, SQL},
    ),
    "Java, a native frame": ("\tat java.base/jdk.internal.reflect.Method.invoke0(Native Method)", {TRACE}),
    "Go": (
        "goroutine 19 [running]:\nmain.(*server).create(0xc000010000)\n\t/srv/users/main.go:57 +0x1d",
        {TRACE, PATH},
    ),
    "PHP": (
        "PHP Fatal error: Uncaught PDOException: SQLSTATE[23000]: Integrity constraint violation: 1062 Duplicate entry "
        "'ada@example.com' for key 'users.email' in /var/www/html/api/users.php:31\nStack trace:\n"
        "#0 /var/www/html/api/users.php(31): PDOStatement->execute()",
        {TRACE, SQL, PATH},
    ),
    "PHP, a warning": ("Warning: Undefined array key in C:\\xampp\\htdocs\\users.php on line 12", {PATH}),
    "Ruby on Rails": ("app/controllers/users_controller.rb:14:in `create'", {TRACE}),
    ".NET": (
        "System.NullReferenceException: Object reference not set\n"
        "   at Users.Api.UsersController.Create(NewUser user) in C:\\src\\Users\\UsersController.cs:line 27",
        {TRACE, PATH},
    ),
    "Rust": ("thread 'main' panicked at src/main.rs:12:5", {TRACE}),
    "SQLAlchemy": (
        '(psycopg2.errors.UniqueViolation) duplicate key value violates unique constraint "users_email_key"\n'
        "[SQL: INSERT INTO users (name, email) VALUES (%(name)s, %(email)s)]\n"
        "(Background on this error at: https://sqlalche.me/e/20/gkpj)",
        {SQL},
    ),
    "Postgres": ('ERROR:  syntax error at or near "\'" at character 43', {SQL}),
    "Postgres, a constraint": ('null value in column "email" violates not-null constraint', {SQL}),
    "Postgres, a foreign key": ('update or delete violates foreign key constraint "orders_user_fkey"', {SQL}),
    "Postgres, a relation": ('relation "users" does not exist', {SQL}),
    "MySQL": (
        "ER_DUP_ENTRY: Duplicate entry 'ada@example.com' for key 'users.email_UNIQUE'",
        {SQL},
    ),
    "MySQL, its manual": (
        "You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version",
        {SQL},
    ),
    "SQLite": ("SQLITE_CONSTRAINT: UNIQUE constraint failed: users.email", {SQL}),
    "SQLite, Python": ("sqlite3.OperationalError: no such table: users", {SQL}),
    "SQLite, a column": ("no such column: nmae", {SQL}),
    "Oracle": ("ORA-00001: unique constraint (APP.USERS_EMAIL) violated", {SQL}),
    "MongoDB": ("E11000 duplicate key error collection: app.users index: email_1", {SQL}),
    "a query": ("select id, name from users where email = 'ada@example.com'", {SQL}),
    "a query in capitals": ("SELECT * FROM users WHERE id = 7", {SQL}),
    "an update": ("update users set name = 'Ada' where id = 7", {SQL}),
    "a delete": ("DELETE FROM users WHERE id = 7", {SQL}),
    "an insert": ("insert into users (name) values ('Ada')", {SQL}),
    "a file of the server": ("cannot open /var/lib/users/data.db", {PATH}),
    "a file of a home": ("ENOENT: no such file or directory, open '/home/ada/app/config.json'", {PATH}),
    "a file of a Mac": ("/Users/ada/src/api/users.py", {PATH}),
    "a file beside the root": ("error in /app/src/users.js", {PATH}),
    "a file of a container": ("EACCES: permission denied, open '/app/data/users.json'", {PATH}),
    "a module of Node": ("at async createUser (file:///app/dist/users.mjs:10:5)", {TRACE}),
    "a module of Elixir": ("(users 0.1.0) lib/users/accounts.ex:42: Users.create/1", {TRACE}),
    "a module of Perl": ("died at Users.pm line 42.", {TRACE}),
    "a select with an alias": ("select u1_0.id from users u1_0 where u1_0.email=?", {SQL}),
    "a delete in small letters": ("delete from users where id = $1", {SQL}),
    "an insert of values": ("insert  into users VALUES ('Ada')", {SQL}),
    "a file of Windows": ("could not read D:\\inetpub\\api\\web.config", {PATH}),
}

HARMLESS: dict[str, str] = {
    "XML": "input:line 1: Start tag expected",
    "a URL of a problem on the web": "https://api.example.rs:8443/problems/404",
    "a URL with a home in it": "http://127.0.0.1:8000/home/users/17",
    "a pointer into the request": "/data/attributes/email",
    "a sentence": "The name must have 1 to 200 characters.",
    "a sentence with an update": "Please update your name to set a new one.",
    "a sentence with a selection": "Select a user from the list where you can see it.",
    "a sentence with a deletion": "This user was deleted from the list; you cannot delete from it again.",
    "a sentence with an insertion": "We could not insert the user into the list (try again).",
    "a sentence with a cause": "This was caused by: an empty name.",
    "a sentence with uniqueness": "The e-mail address must be unique.",
    "a conflict": "A user with this e-mail address exists already.",
    "a duplicate": "duplicate e-mail address",
    "either and or": "name and/or email is missing; he/she must give both",
    "a date": "2024/05/06 is not a date-time",
    "a sentence with at": "The address is looked at (see the documentation: section 3).",
    "a place": "Meet at noon (12:30) at the office (3rd floor).",
    "JSON of Python": "Expecting property name enclosed in double quotes: line 1 column 3 (char 2)",
    "JSON of Python, a value": "Expecting value: line 1 column 1 (char 0)",
    "JSON of Node": "Unexpected token } in JSON at position 5",
    "JSON of Node 20": "Expected ',' or '}' after property value in JSON at position 24 (line 1 column 25)",
    "JSON of Node, cut off": "Unexpected end of JSON input",
    "JSON of Go": "invalid character '}' looking for beginning of object key string",
    "JSON of Rust": "EOF while parsing an object at line 1 column 17",
    "JSON of Java": "Unexpected character ('}' (code 125)): was expecting double-quote at [line: 1, column: 3]",
    "a URL of a type": "https://example.com/problems/out-of-credit",
    "a URL of documentation": "see https://developer.example.com/docs/errors.html#taken for more",
    "a URL with a home": "https://example.com/home/index",
    "a URL with a script": "https://example.com/errors/list.php",
    "a URL with a port": "http://127.0.0.1:8000/users/7",
    "an instance": "/api/v1/users/7",
    "an instance of a problem": "/problems/4711",
    "a path of the API": "/users",
    "a path of the API with usr in it": "/v1/usr-accounts/7",
    "a media type": "application/problem+json is what was sent, application/json is wanted",
    "a uuid": "urn:uuid:4a5f7c00-5c0e-4d43-a9a8-6dd8f3f2d0d1",
    "an email": "o'brien+news@sub.example.com",
    "a token error": "the token at line 1 is not a bearer token",
    "a version": "users-api/1.2.3 (build 4711)",
    "a ratio": "3:45 of 7:30",
    "a name": "Robert'); DROP TABLE users;--",
    "a name that is a path in words": "Ada et al. /her friends/",
    "a pointer": "/email",
    "a pointer into a list": "/data/0/email",
    "a type of a field": "str_type: Input should be a valid string",
    "a class of an error": "ValidationError: name is required",
    "a host": "api.users.example.com",
    "a file that was sent": "photo.py is no picture",
}


def found_in(text: str, url: str = f"{BASE}/7") -> set[str]:
    exchange = answered(400, {"detail": text}, url=url)
    return {mismatch.removeprefix("it shows ").split(": ")[0] for mismatch in leak_mismatches(exchange)}


@pytest.mark.parametrize("server", LEAKING)
def test_a_leak_is_found(server: str) -> None:
    text, kinds = LEAKING[server]
    assert found_in(text) >= kinds


@pytest.mark.parametrize("server", LEAKING)
def test_a_leak_is_found_in_plain_text_too(server: str) -> None:
    text, kinds = LEAKING[server]
    mismatches = leak_mismatches(answered(500, body=text.encode(), media_type="text/plain"))
    assert {mismatch.removeprefix("it shows ").split(": ")[0] for mismatch in mismatches} >= kinds


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS)
def test_harmless_text_is_no_leak(text: str) -> None:
    assert found_in(text) == set()


def test_the_path_of_the_request_may_be_repeated() -> None:
    url = "http://127.0.0.1:8000/srv/api/users.php"
    assert found_in("POST /srv/api/users.php is not offered", url) == set()
    assert found_in("see /srv/api/other.php", url) == {PATH}


def test_the_end_of_the_path_may_be_repeated_by_an_application_that_is_mounted() -> None:
    url = "http://127.0.0.1:8000/v2/Users/a%2Fb"
    assert found_in("nothing is at '/Users/a/b'", url) == set()
    assert found_in("nothing is at '/Users/a/src'", url) == {PATH}


@pytest.mark.parametrize("said", ["/users/..%2F..%2Fetc%2Fpasswd", "/etc/passwd", "/users/../../etc/passwd"])
def test_what_a_path_comes_to_may_be_repeated(said: str) -> None:
    url = "http://127.0.0.1:8000/users/..%2F..%2Fetc%2Fpasswd"
    assert found_in(f"nothing is at {said}", url) == set()
    assert found_in("nothing is at /etc/users.db", url) == {PATH}


def test_a_path_is_found_if_json_escapes_its_slashes() -> None:
    body = json.dumps({"detail": "/var/www/html/users.php"}).replace("/", "\\/").encode()
    assert leak_mismatches(answered(400, body=body)) != []


def test_the_leak_is_shown() -> None:
    (mismatch,) = leak_mismatches(answered(400, {"detail": "cannot open /var/lib/users/data.db now"}))
    assert mismatch == "it shows a path of the server: '/var/lib'"


@pytest.mark.parametrize(
    "text", ["/-" * 500_000, "/app/-" * 150_000, "Duplicate entry '" * 300_000], ids=["path", "app", "SQL"]
)
def test_near_misses_in_a_long_text_take_linear_time(text: str) -> None:
    assert found_in(text) == set()
