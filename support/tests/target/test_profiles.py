"""A profile is read, or refused in one line that names the file, the place and what is wrong."""

import json
import re
from datetime import date
from pathlib import Path

import pytest

from support import profile_files
from support.errors import SettingsError
from support.profile import Capabilities, Deadlines, Deviation, Exclusion, Profile
from support.profile_answers import Lookup, Shape, StatusInBody
from support.profile_files import PROFILES
from support.rules import RULES
from support.settings import ROOT
from support.tests.target.conftest import NewProfile, NewTarget, Play

SHIPPED = sorted(path.stem for path in PROFILES.glob("*.toml"))
DEVIATION = 'reason = "r"\nlink = "https://example.com/42"\nsince = 2026-01-31\n'


def refusal(path: str) -> str:
    """Return the one line in which a profile is refused."""
    with pytest.raises(SettingsError) as refused:
        profile_files.load(path)
    text = str(refused.value)
    assert "\n" not in text
    assert text.startswith("TARGET: ")
    return text


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_profile_is_valid_and_has_the_name_of_its_file(name: str) -> None:
    profile = profile_files.load(name)
    assert profile.name == name
    assert all(known.rule in RULES for known in profile.deviations)
    assert all(known.since <= date.today() for known in profile.deviations)


def test_the_default_is_the_contract_and_nothing_else() -> None:
    assert profile_files.load("contract") == Profile()


def test_values_are_read_into_their_places(profile: NewProfile) -> None:
    read = profile_files.load(
        profile(
            "trailing_slash = true\nproduction = true\n"
            "[answers]\ntaken = [400, 422]\n"
            "[capabilities]\nput = false\n"
            '[names]\nid = "_id"\nlist_pointer = "/data/users"\n'
            '[shape]\nid = "integer"\ncreated_at = false\ncreated = "location"\n'
            '[[errors]]\npointer = "/error/code"\nvalue = "USER_*"\nstatus = 404\n'
            "[lookup]\ncase_sensitive = true\n"
            '[pages]\nsize = 50\ncounts = "users"\n'
            "[caps]\nusers = 90\nconcurrency = 20\n"
            "[deadlines]\ndelete_deadline_s = 30\n"
            f'[[deviations]]\nrule = "put"\n{DEVIATION}review = 2027-01-31\nscenarios = ["A *"]\nshows = ["x"]\n'
            "sometimes = true\n"
            '[[excluded]]\nreason = "no"\nscenarios = ["B"]\n'
        )
    )
    assert (read.trailing_slash, read.production) == (True, True)
    assert read.answers.taken == (400, 422)
    assert read.answers.created == (201,)
    assert (read.capabilities.put, read.capabilities.patch) == (False, True)
    assert (read.names.id, read.names.name, read.names.list_pointer) == ("_id", "name", "/data/users")
    assert read.shape == Shape(id="integer", created_at=False, created="location")
    assert read.errors == (StatusInBody("/error/code", "USER_*", 404),)
    assert read.lookup.case_sensitive
    assert (read.pages.size, read.pages.counts, read.pages.begin) == (50, "users", 0)
    assert (read.caps.users, read.caps.concurrency) == (90, 20)
    assert read.deadlines == Deadlines(delete_deadline_s=30.0)
    assert read.deadlines.as_settings() == {"delete_deadline_s": 30}
    known = Deviation(
        "put", "r", "https://example.com/42", date(2026, 1, 31), date(2027, 1, 31), ("A *",), ("x",), True
    )
    assert read.deviations == (known,)
    assert read.excluded == (Exclusion("no", ("B",)),)


@pytest.mark.parametrize(
    ("text", "place", "wish"),
    [
        ("[answers]\ngonne = [404]\n", "answers", "there is no 'gonne'; the nearest is 'gone'."),
        ("[answers]\ntaken = []\n", "answers.taken", "[] should have at least 1 item"),
        ("[answers]\ntaken = 409\n", "answers.taken", "409 should be a list"),
        ("[answers]\ntaken = [42]\n", "answers.taken[0]", "42 should be greater than or equal to 200"),
        ('[capabilities]\nput = "no"\n', "capabilities.put", '"no" should be true or false'),
        ('[names]\nlist_pointer = "data"\n', "names.list_pointer", "it must be a JSON pointer such as /data/users"),
        ('[shape]\nid = "number"\n', "shape.id", '"number" should be "string", "integer", "any" or "link"'),
        ('[pages]\ncounts = "rows"\n', "pages.counts", '"rows" should be "pages", "users", "cursor" or "last_id"'),
        ("[caps]\nusers = 0\n", "caps.users", "0 should be greater than or equal to 1"),
        ("[deadlines]\nrace_window_s = 1\n", "deadlines", "there is no 'race_window_s'"),
        ("colour = 1\n", "its top level", "there is no 'colour'; it may hold name, description, "),
        ('[[deviations]]\nrule = "put"\n', "deviations[0]", "'reason' is missing"),
        (f'[[deviations]]\nrule = "putt"\n{DEVIATION}', "deviations[0].rule", "the nearest is put."),
        (
            '[[deviations]]\nrule = "put"\nreason = "r"\nlink = "https://example.com/42"\nsince = "2026-02-30"\n',
            "deviations[0].since",
            "'2026-02-30' is not a day such as 2026-11-23",
        ),
        (
            f'[[deviations]]\nrule = "put"\n{DEVIATION}scenarios = []\n',
            "deviations[0].scenarios",
            "[] should have at least 1 item",
        ),
        ('[[excluded]]\nscenarios = ["A"]\n', "excluded[0]", "'reason' is missing"),
        ("[deadlines]\nrequest_timeout_s = nan\n", "deadlines.request_timeout_s", "NaN should be a finite number"),
        ("[deadlines]\ndelete_deadline_s = inf\n", "deadlines.delete_deadline_s", "Infinity should be a finite number"),
        ("[deadlines]\nretry_deadline_s = 1e400\n", "deadlines.retry_deadline_s", "Infinity should be a finite number"),
        (f"[deadlines]\nretry_deadline_s = {'9' * 400}\n", "deadlines.retry_deadline_s", "should be a finite number"),
        ("[deadlines]\nretry_deadline_s = 1000001\n", "deadlines.retry_deadline_s", "less than or equal to 1000000"),
        ("[caps]\nusers = 1e300\n", "caps.users", "1e+300 should be a whole number"),
        ("[answers]\ntaken = [409.0]\n", "answers.taken[0]", "409.0 should be a whole number"),
        (
            '[shape]\ncreated_at = "days"\n',
            "shape.created_at",
            '"days" should be true, false, "local", "spaced", "seconds" or',
        ),
        ("[lookup]\nformat = 'mail eq'\n", "lookup.format", "it must hold {email} once"),
        ("[[errors]]\nvalue = 'x'\n", "errors[0]", "'pointer' is missing"),
        ("[[errors]]\npointer = '/code'\nstatus = 200\n", "errors[0].status", "200 should be greater than or equal"),
        ('[pages]\ncounts = "cursor"\n', "its top level", "set capabilities.pages = false"),
        ("[pages]\nfirst = 0.0\n", "pages.first", "0.0 should be a whole number"),
        ("[pages]\nfirst = false\n", "pages.first", "false should be a whole number"),
        ('[deviations]\nrule = "put"\n', "deviations", "write [[deviations]], with two brackets"),
        ("[headers]\nAuthorization = 'x'\n", "headers.Authorization", "authentication goes under [auth]"),
        ("names = 1\n", "names", "1 should be a table"),
        ("[names]\nid = ''\n", "names.id", '"" should have at least 1 character'),
        (
            f'[[deviations]]\nrule = "put"\n{DEVIATION}'.replace("2026-01-31", "86400"),
            "deviations[0].since",
            "86400 should be a date",
        ),
        (
            f'[[deviations]]\nrule = "put"\n{DEVIATION}'.replace("2026-01-31", '"86400"'),
            "deviations[0].since",
            "'86400' is not a day such as 2026-11-23",
        ),
        (
            f'[[deviations]]\nrule = "put"\n{DEVIATION}sicne = 1\n',
            "deviations[0]",
            "there is no 'sicne'; the nearest is 'since'.",
        ),
        ("[has]\nput = false\n", "its top level", "[has] is now [capabilities]"),
        ('[[left_out]]\nreason = "r"\nscenarios = ["A"]\n', "its top level", "[[left_out]] is now [[excluded]]"),
        (f"x = {'[' * 300}{']' * 300}\n", "its top level", "it is nested too deeply"),
    ],
)
def test_an_invalid_value_is_named_with_its_place(profile: NewProfile, text: str, place: str, wish: str) -> None:
    path = profile(text)
    refused = refusal(path)
    assert f"{path} at {place}: " in refused
    assert wish in refused


def test_invalid_toml_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "broken.toml"
    path.write_text("name = \n", encoding="utf-8")
    assert "line 1" in refusal(str(path))
    path.write_bytes(b"name = '\xff'\n")
    assert f"{path} cannot be read as TOML" in refusal(str(path))


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "data:text/html,hello",
        "//example.com/42",
        "http://",
        "https:///42",
        "https://example.com/ 42",
        "https://ada:pear-tree@example.com/42",
        "https://example.com/42\\n",
        " https://example.com/42",
    ],
)
def test_a_link_that_is_no_web_url_is_refused(profile: NewProfile, link: str) -> None:
    path = profile(f'[[deviations]]\nrule = "put"\n{DEVIATION}'.replace("https://example.com/42", link))
    refused = refusal(path)
    assert f"{path} at deviations[0].link: " in refused
    assert "it must be an http:// or https:// URL" in refused
    assert "pear-tree" not in refused


@pytest.mark.parametrize(
    "bomb",
    [
        "x = " + "[" * 100_000,
        "x = " + "{a=" * 5_000 + "1" + "}" * 5_000,
        "a" + ".a" * 5_000 + " = 1",
        "x = " + "9" * 5_000,
        "x = 0x" + "f" * 100_000,
    ],
    ids=["open arrays", "tables in tables", "a long key", "a long number", "a long hexadecimal number"],
)
def test_toml_that_python_cannot_parse_is_refused(profile: NewProfile, bomb: str) -> None:
    path = profile(f"{bomb}\n")
    refused = refusal(path)
    assert refused.startswith(f"TARGET: {path} cannot be read as TOML: ")
    assert len(refused) < len(path) + 300


def test_a_long_value_is_shortened(profile: NewProfile) -> None:
    path = profile(f"[capabilities]\nput = '{'no' * 50_000}'\n")
    assert len(refusal(path)) < len(path) + 400


def test_a_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "ours.toml"
    folder.mkdir()
    assert f"TARGET: {folder} is not a file. It wants " in refusal(str(folder))


def test_an_unreadable_file_is_refused(profile: NewProfile, monkeypatch: pytest.MonkeyPatch) -> None:
    path = profile("")

    def refused(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refused)
    assert f"TARGET: {path} cannot be read: Permission denied." in refusal(path)


@pytest.mark.parametrize("target", ["a" * 5_000, f"{'a' * 5_000}.toml", "a\0.toml", f"{__file__}/ours.toml"])
def test_an_impossible_path_is_refused(target: str) -> None:
    refused = refusal(target)
    assert len(refused) < 500
    assert "\0" not in refused


def test_an_unknown_profile_is_refused_with_a_list_of_the_known_ones() -> None:
    refused = refusal("mokapi")
    assert "'mokapi'" in refused
    assert all(name in refused for name in SHIPPED)
    assert "there is no profile 'no/such.toml'" in refusal("no/such.toml")


def test_a_profile_needs_a_name_and_a_description(tmp_path: Path) -> None:
    path = tmp_path / "empty.toml"
    path.write_text("", encoding="utf-8")
    assert "at its top level: 'name' is missing" in refusal(str(path))


def test_patterns_fit_the_names_of_scenarios_without_their_row() -> None:
    known = Deviation("put", "r", "https://example.com/42", date(2026, 1, 1), scenarios=("A replacement without *",))
    assert known.covers("A replacement without a name is refused -- @1.1 ")
    assert not known.covers("Ada is replaced")
    assert Deviation("put", "r", "https://example.com/42", date(2026, 1, 1)).covers("Ada is replaced")


def test_a_deviation_has_to_explain_all_mismatches() -> None:
    known = Deviation("auth-401", "r", "https://example.com/42", date(2026, 1, 1), shows=("there is no *",))
    assert known.explains(["there is no WWW-Authenticate"])
    assert not known.explains(["there is no WWW-Authenticate", "the status was 200"])
    assert Deviation("auth-401", "r", "https://example.com/42", date(2026, 1, 1)).explains(["the status was 200"])


@pytest.mark.parametrize(
    "example", re.findall(r"```toml\n(.*?)```", (ROOT / "docs/profiles.md").read_text(), re.DOTALL)
)
def test_what_the_documentation_shows_is_understood(profile: NewProfile, example: str) -> None:
    profile_files.load(profile(example.replace("${GATEWAY_KEY}", "secret")))


@pytest.mark.parametrize(("text", "pin"), [('contract = "1.0"\n', "contract="), ('contract = "1.1"\n', "contract=1.0")])
def test_a_target_of_an_earlier_contract_is_not_checked_against_later_rules(
    play: Play, new_target: NewTarget, profile: NewProfile, text: str, pin: str
) -> None:
    ended = play(
        new_target("--defect", "if-match-is-ignored"),
        profile(text),
        "-D",
        pin,
        "features/protocol/conditional.feature",
        "features/users/lifecycle.feature",
    )
    assert ended.code == 0
    assert ended.summary.contract == "1.0"
    skipped = [one for one in ended.summary.scenarios if one.rule == "conditional"]
    assert skipped
    assert {one.result for one in skipped} == {"skipped"}
    assert "conditional came with 1.1" in skipped[0].reason


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("eq.{email}", "eq.o'neil@example.com"),
        ("email eq '{email}'", "email eq 'o''neil@example.com'"),
        ('{"email": "{email}"}', '{"email": "o\'neil@example.com"}'),
    ],
)
def test_an_email_is_escaped_where_a_search_has_it_in_quotes(text: str, sent: str) -> None:
    assert Lookup(format=text).text_for("o'neil@example.com") == sent


def test_quotes_in_an_email_do_not_end_the_text_of_a_search() -> None:
    assert json.loads(Lookup(format='{"email": "{email}"}').text_for('"a b"@example.com')) == {
        "email": '"a b"@example.com'
    }


def test_where_there_is_no_list_there_are_no_pages_of_it() -> None:
    offered = Capabilities(list=False).offered
    assert (offered["pages"], offered["page_sizes"], offered["email_filter"]) == (False, False, True)
