"""A run that checked nothing, or could not check, never passes, and says in one line why."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from support.errors import SettingsError
from support.reporting.run_report import failed_to_start
from support.target.embedded import EmbeddedApi, Target
from support.tests.conftest import Script
from support.tests.runs.conftest import ADA_SIGNS_UP, Ended, Project
from support.tests.scripted import answer
from support.tests.target.odd_server import Asked, OddServer, Reply

READING = """
    Example: Ada reads their account a {number}. time
      Given Ada is a user
      When Ada reads their account
      Then Ada sees their own account
"""


def ended_with_one_line(run: Ended) -> str:
    """Return the one line with which a run ended before its first scenario."""
    assert run.code != 0
    assert "Traceback" not in run.said
    assert "Ada signs up" not in run.out, "a scenario was begun"
    assert len(run.last_words) == 1, run.err
    return run.last_words[0]


def test_a_run_without_failures_passes(project: Project) -> None:
    run = project.behave("--tags=@contract")
    assert run.code == 0, run.said
    assert "Traceback" not in run.said


class TestNothingSelected:
    @pytest.mark.parametrize(
        "chosen",
        [
            ["--tags=@no-such-tag"],
            ["--tags=@contract", "--tags=@resilience"],
            ["--name=no scenario has this name"],
        ],
        ids=" ".join,
    )
    def test_it_fails_and_says_so(self, project: Project, chosen: list[str]) -> None:
        run = project.behave(*chosen)
        assert run.code != 0
        assert "no scenario was selected" in run.said

    def test_a_run_of_skipped_scenarios_fails_and_says_why_they_are(self, project: Project) -> None:
        run = project.behave("--tags=@wip")
        assert run.code != 0
        assert "every selected scenario was skipped: work in progress" in run.said


class TestWorkInProgress:
    @pytest.mark.parametrize("chosen", [[], ["--tags=@contract"], ["--tags=@contract or @wip"]], ids=" ".join)
    def test_it_is_skipped_whatever_is_selected(self, project: Project, chosen: list[str]) -> None:
        run = project.behave(*chosen)
        assert run.code == 0, run.said

    def test_it_would_have_failed(self, project: Project) -> None:
        """The skipped scenario is wrong: without its tag the run fails."""
        project.write_feature(ADA_SIGNS_UP.replace("@wip", "@edge"))
        assert project.behave("--tags=@contract").code != 0


class TestHooks:
    @pytest.mark.parametrize(
        "hook",
        [
            "before_all(context)",
            "before_feature(context, feature)",
            "before_scenario(context, scenario)",
            "before_step(context, step)",
            "after_step(context, step)",
            "after_scenario(context, scenario)",
            "after_feature(context, feature)",
            "after_all(context)",
            "before_tag(context, tag)",
            "after_rule(context, rule)",
        ],
    )
    def test_one_that_breaks_fails_the_run(self, project: Project, hook: str) -> None:
        name = hook.split("(")[0]
        call = f"{name}_of_the_suite({hook.split('(')[1]}"
        project.write_hooks(
            f"{name}_of_the_suite = globals().get({name!r}, lambda *_: None)\n"
            f"def {hook}:\n    {call}\n    raise RuntimeError('the hook broke')"
        )
        assert project.behave("--tags=@contract").code != 0

    def test_a_cleanup_that_breaks_fails_the_run(self, project: Project) -> None:
        project.write_hooks(
            "before_scenario_of_the_suite = before_scenario\n"
            "def broken():\n    raise RuntimeError('the cleanup broke')\n"
            "def before_scenario(context, scenario):\n"
            "    before_scenario_of_the_suite(context, scenario)\n"
            "    context.add_cleanup(broken)"
        )
        assert project.behave("--tags=@contract").code != 0

    def test_an_undefined_step_fails_the_run(self, project: Project) -> None:
        project.write_feature(ADA_SIGNS_UP.replace("When Ada signs up", "When Ada sings"))
        assert project.behave("--tags=@contract").code != 0


class TestPreflight:
    """Whole runs; the table of wrong set-ups is in support/tests/target."""

    @pytest.mark.parametrize("workers", ["1", "2"])
    def test_a_wrong_set_up_ends_the_run_before_its_first_scenario(self, project: Project, workers: str) -> None:
        server = OddServer(lambda _server, asked: Reply(405) if asked.method == "PATCH" else None)
        with closing(server):
            (project.folder / "features" / "two.feature").write_text(ADA_SIGNS_UP, encoding="utf-8")
            run = project.behave(target=Target(server.url, "t", "odd"), WORKERS=workers)
        line = ended_with_one_line(run)
        assert run.code == 2
        assert line.startswith(f"configuration error: PATCH {server.url}/")
        assert "set patch = false under [capabilities] in a profile" in line
        assert server.left == []
        summary = json.loads((run.folder / "reports" / "summary.json").read_text(encoding="utf-8"))
        assert (summary["outcome"], summary["target"]) == ("configuration error", server.url)
        assert len([one for one in server.asked if one.method == "POST"]) == 1

    def test_what_it_learned_is_in_the_summary(self, project: Project) -> None:
        with closing(OddServer()) as server:
            run = project.behave("--tags=@contract", target=Target(server.url, "t", "odd"))
        assert "HEAD gives 200 where GET gives 200" in run.out

    def test_the_run_ends_when_its_first_creates_are_all_refused(self, project: Project) -> None:
        """The preflight gets through, as on a target whose limit of users is nearly reached."""
        project.write_feature(ADA_SIGNS_UP + "".join(READING.format(number=number) for number in range(9)))

        def full_after_one(server: OddServer, asked: Asked) -> Reply | None:
            posts = [one for one in server.asked if one.method == "POST"]
            return Reply(403, {"title": "full"}) if asked.method == "POST" and len(posts) > 1 else None

        with closing(OddServer(full_after_one)) as server:
            run = project.behave("--tags=@contract", target=Target(server.url, "t", "odd"))
        assert run.code != 0
        assert "the first 5 creates of valid users were all refused alike: POST" in run.out.splitlines()[-1]
        assert server.left == []


class TestTarget:
    def test_one_that_cannot_be_reached_ends_it(self, project: Project, unused_port: int) -> None:
        nowhere = Target(f"http://127.0.0.1:{unused_port}/users", "t", "nowhere")
        line = ended_with_one_line(project.behave(target=nowhere, RETRY_ATTEMPTS="2"))
        assert line.startswith(
            f"target down: http://127.0.0.1:{unused_port}/users cannot be reached: connection refused"
        )
        assert "BASE_URL" in line

    def test_one_that_does_not_exist_ends_it(self, project: Project) -> None:
        nowhere = Target("http://no-such-host.invalid/users", "t", "nowhere")
        line = ended_with_one_line(project.behave(target=nowhere, RETRY_ATTEMPTS="2"))
        assert "cannot be reached: cannot connect (" in line

    def test_a_proxy_that_cannot_be_reached_ends_it_and_is_named(self, project: Project, unused_port: int) -> None:
        proxy = f"http://ada:pear-tree@127.0.0.1:{unused_port}"
        behind = Target("http://users.invalid/users", "t", "behind")
        line = ended_with_one_line(project.behave(target=behind, RETRY_ATTEMPTS="2", HTTP_PROXY=proxy, NO_PROXY=""))
        assert line == (
            f"target down: cannot reach the proxy http://127.0.0.1:{unused_port} (from HTTP_PROXY): connection refused"
            ". Correct HTTP_PROXY, or name the host of the API in NO_PROXY."
            " (target: http://users.invalid/users)"
        )

    def test_one_that_refuses_the_token_ends_it(self, project: Project, embedded: Target) -> None:
        line = ended_with_one_line(project.behave(target=replace(embedded, token="a-wrong-token")))
        assert "refuses the token (status 401)" in line
        assert "a-wrong-token" not in line

    def test_one_that_asks_for_a_token_despite_token_none_ends_it(self, project: Project, embedded: Target) -> None:
        assert "401" in ended_with_one_line(project.behave(target=replace(embedded, token=None)))

    def test_one_that_redirects_ends_it(self, project: Project, script: Script) -> None:
        server = script(*[answer(302, headers={"Location": "http://127.0.0.1:1/login"})] * 9)
        line = ended_with_one_line(project.behave(target=Target(server.url, "t", "redirects")))
        assert "redirects to http://127.0.0.1:1/login" in line

    def test_one_that_puts_the_token_into_a_url_ends_it_without_showing_it(
        self, project: Project, script: Script
    ) -> None:
        server = script(*[answer(302, headers={"Location": "/login?token=never-show-this"})] * 9)
        line = ended_with_one_line(project.behave(target=Target(server.url, "never-show-this", "redirects")))
        assert "/login, put that URL into BASE_URL" in line
        assert "never-show-this" not in line

    @pytest.mark.parametrize("file", ["is-not-there.pem", "is-no-certificate.pem"])
    def test_a_missing_or_invalid_file_of_certificates_ends_it(
        self, project: Project, tmp_path: Path, file: str
    ) -> None:
        (tmp_path / "is-no-certificate.pem").write_text("no certificate")
        secure = Target("https://127.0.0.1:1/users", "t", "secure")
        line = ended_with_one_line(project.behave(target=secure, REQUESTS_CA_BUNDLE=str(tmp_path / file)))
        assert "REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE: no certificates can be read from " in line

    def test_one_whose_certificate_does_not_verify_ends_it(
        self, project: Project, script: Script, certificate: Path
    ) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate / "certificate.pem", certificate / "key.pem")
        server = script(answer(200, []), tls=context)
        line = ended_with_one_line(project.behave(target=Target(server.url, "t", "unknown")))
        assert "the certificate cannot be verified (" in line
        assert "Set REQUESTS_CA_BUNDLE to " in line
        assert server.arrived == []

    def test_one_that_is_down_ends_it(self, project: Project, script: Script) -> None:
        server = script(*[answer(503, {"title": "down"})] * 9)
        run = project.behave(target=Target(server.url, "t", "down"), RETRY_ATTEMPTS="2", RETRY_BASE_S="0.01")
        assert "answers 503; the request was sent 2 times" in ended_with_one_line(run)

    def test_one_that_looks_like_production_ends_it(self, project: Project) -> None:
        live = Target("http://users.prod.invalid/users", "t", "live")
        assert "ALLOW_PRODUCTION" in ended_with_one_line(project.behave(target=live))


def test_deletions_without_effect_break_the_contract(project: Project) -> None:
    with closing(EmbeddedApi(["--defect", "delete-does-nothing"])) as api:
        run = project.behave(target=api.target, DELETE_DEADLINE_S="1", CLEANUP_DEADLINE_S="3")
    assert run.code == 1
    assert run.out.strip().splitlines()[-1].startswith("contract broken: delete (")
    assert "could not be confirmed as deleted" in run.said


class TestRetries:
    @pytest.fixture
    def unreliable(self) -> Iterator[Target]:
        """An API that answers half of the requests with 503."""
        faults = json.dumps([{"kind": "status", "status": 503, "share": 0.5, "seed": 1}])
        with closing(EmbeddedApi(["--faults", faults])) as api:
            yield api.target

    def test_a_run_with_too_many_retried_calls_fails(self, project: Project, unreliable: Target) -> None:
        run = project.behave(target=unreliable, RETRY_ATTEMPTS="20", RETRY_BASE_S="0.01", MAX_RETRIED_SHARE="0.05")
        assert run.code != 0
        assert "), and MAX_RETRIED_SHARE allows 5.0%" in " ".join(run.said.split())
        assert "contract broken" not in run.said

    def test_it_passes_without_a_limit(self, project: Project, unreliable: Target) -> None:
        run = project.behave(target=unreliable, RETRY_ATTEMPTS="20", RETRY_BASE_S="0.01")
        assert run.code == 0, run.said


class TestSettings:
    @pytest.mark.parametrize(
        ("argument", "line"),
        [
            ("retry_attempts=none", "RETRY_ATTEMPTS (from -D retry_attempts): it got 'none'; it wants a whole number."),
            ("retry_base_s=-1", "RETRY_BASE_S (from -D retry_base_s): it got '-1'; it wants a number greater than 0."),
            ("retry_attempt=3", "-D retry_attempt: there is no such setting. Did you mean retry_attempts?"),
            ("target=unknown", "TARGET: there is no profile 'unknown'."),
        ],
    )
    def test_a_wrong_one_ends_it(self, project: Project, argument: str, line: str) -> None:
        assert line in ended_with_one_line(project.behave("-D", argument))

    def test_a_base_url_without_a_token_ends_it(self, project: Project) -> None:
        assert "TOKEN: it is not set, and this is not the embedded API." in ended_with_one_line(
            project.behave(TOKEN="")
        )

    def test_a_journal_that_cannot_be_written_ends_it(self, project: Project, tmp_path: Path) -> None:
        (tmp_path / "taken").write_text("")
        assert "STATE_DIR" in ended_with_one_line(project.behave("-D", f"state_dir={tmp_path / 'taken'}"))

    def test_reports_that_cannot_be_written_end_it(self, project: Project, tmp_path: Path) -> None:
        (tmp_path / "reports").write_text("")
        line = ended_with_one_line(project.behave())
        assert "REPORTS_DIR: the suite cannot write reports into" in line
        assert "Name a folder that it can write to." in line

    def test_an_unwritable_report_hides_no_other_error(self, tmp_path: Path) -> None:
        (tmp_path / "taken").write_text("")
        failed_to_start(SettingsError("TARGET: there is no profile 'unknown'."), tmp_path / "taken")


def test_a_summary_that_cannot_be_written_in_the_end_fails_the_run(project: Project) -> None:
    project.write_hooks(
        "import shutil\n"
        "after_all_of_the_suite = after_all\n"
        "def after_all(context):\n"
        "    after_all_of_the_suite(context)\n"
        "    reports = context.run._report.folder\n"
        "    shutil.rmtree(reports)\n"
        "    reports.write_text('')"
    )
    run = project.behave("--tags=@contract")
    assert run.code == 1, run.said
    assert "Traceback" not in run.said
    assert "1 passed" in run.out
    last = run.out.rstrip().splitlines()[-1]
    assert last.startswith("configuration error: REPORTS_DIR: the suite cannot write the summary into")


class TestContractBroken:
    def test_it_fails_names_the_rule_and_shows_no_token(self, project: Project) -> None:
        api = EmbeddedApi(["--defect", "create-answers-200"])
        run = project.behave("--tags=@contract", "-D", "log_level=DEBUG", target=api.target)
        api.close()
        assert run.code != 0
        assert "create-201" in run.said
        assert "the status was 200" in run.said
        assert "repeat     sh " in run.said
        assert api.token not in run.said
        written = [path.read_bytes() for path in run.folder.rglob("*") if path.is_file() and not path.is_symlink()]
        assert written
        assert all(api.token.encode() not in content for content in written)
