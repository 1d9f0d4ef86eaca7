"""The living documentation: true to the features and to the last run, and safe whatever a feature says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from behave.model import Scenario
from behave.parser import parse_file

from support.compat import row_of
from support.contract.tags import TAGS, meaning_of
from support.reporting.docs.features import Capabilities, examples, examples_by_rule, read_features, sections
from support.reporting.docs.last_run import LastRun, read_results
from support.reporting.docs.site import badge, slots, write_site
from support.reporting.results import Result
from support.rules import RULES
from support.settings import ROOT
from support.tests.reporting.conftest import Run

NASTY = """
@contract @negative
Feature: <script>alert(1)</script> & "quotes"
  Why it <b>matters</b>.

  @rule.list
  Rule: A rule <img src=x onerror=alert(2)>
    A reason & another.

    @smoke
    Example: An example </h3><script>alert(3)</script>
      Given something <i>happens</i>
        | a <cell> | b |
        | &amp;    | c |

    Scenario Outline: A new user called <name>
      When a new user called "<name>" and <other> signs up

      Examples:
        | name                        | why   |
        | <b onmouseover=alert(4)>Bob | first |
        | Grace                       | next  |
"""


class Outline(HTMLParser):
    """The tags, texts, ids and URLs of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.urls: list[str] = []
        self.handlers: list[str] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attributes:
            if name == "id":
                self.ids.append(value or "")
            if name in ("href", "src"):
                self.urls.append(value or "")
            if name.startswith("on"):
                self.handlers.append(name)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def nasty_features(folder: Path) -> Capabilities:
    path = folder / "features" / "users" / "one.feature"
    path.parent.mkdir(parents=True)
    path.write_text(NASTY, encoding="utf-8")
    return read_features(folder, folder / "features")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, smoke_run: Run) -> Path:
    output = tmp_path_factory.mktemp("site") / "docs"
    arguments = ["--results", os.fspath(smoke_run.reports / "summary.json"), "--output", os.fspath(output)]
    subprocess.run([sys.executable, "-m", "support.reporting.docs", *arguments], cwd=ROOT, check=True)
    return output


def pages(site: Path) -> dict[str, Outline]:
    return {path.name: Outline(path.read_text(encoding="utf-8")) for path in site.glob("*.html")}


def test_every_feature_has_a_page_with_its_rules_and_examples(site: Path) -> None:
    for path in ROOT.glob("features/**/*.feature"):
        feature = parse_file(str(path))
        page = (site / f"{path.parent.name}-{path.stem}.html").read_text(encoding="utf-8")
        text = " ".join("".join(Outline(page).texts).split())
        assert feature.name in text
        for rule in feature.iter_rules():
            assert rule.name in text
        for scenario in feature.walk_scenarios():
            if row_of(scenario) is None:
                assert scenario.name in text


def test_every_link_leads_somewhere(site: Path) -> None:
    found = pages(site)
    for name, page in found.items():
        for url in page.urls:
            parts = urlsplit(url)
            if parts.scheme in ("https", "data"):
                continue
            target = parts.path or name
            assert (site / target).is_file(), f"{name} links to {url}"
            assert not parts.fragment or parts.fragment in found[target].ids, f"{name} links to {url}"


def test_no_page_needs_a_script_or_loads_anything_from_elsewhere(site: Path) -> None:
    for path in site.glob("*.html"):
        page = path.read_text(encoding="utf-8")
        assert not {"script", "iframe", "img", "object", "form"} & set(Outline(page).tags)
        assert re.findall(r'<link[^>]+href="(?!style\.css|data:,)', page) == []
    assert re.findall(r"url\(|@import", (site / "style.css").read_text(encoding="utf-8")) == []


def test_no_id_stands_twice_on_a_page(site: Path) -> None:
    for name, page in pages(site).items():
        assert sorted(page.ids) == sorted(set(page.ids)), name


def test_the_results_of_the_last_run_are_shown(site: Path, smoke_run: Run) -> None:
    page = (site / "users-reading.html").read_text(encoding="utf-8")
    assert re.search(r'Ada(\'|&#39;|&#x27;)s account is shown</bdi> <span class="badge passed">passed</span>', page)
    assert re.search(r'Each id shows its own user</bdi> <span class="badge none">no result</span>', page)
    index = "".join(Outline((site / "index.html").read_text(encoding="utf-8")).texts)
    assert smoke_run.summary["why"] in index
    assert str(smoke_run.summary["started"])[:4] in index


def test_the_matrix_has_every_rule_with_its_standard_and_its_examples(site: Path) -> None:
    page = (site / "rules.html").read_text(encoding="utf-8")
    assert set(RULES) <= set(Outline(page).ids)
    assert "no example shows it" not in page
    row = page.split('<tr id="read-404">')[1].split("</tr>")[0]
    assert 'href="https://www.rfc-editor.org/rfc/rfc9110#section-15.5.5"' in row
    assert 'href="users-reading.html#line-' in row


def test_known_deviations_stand_under_their_target(site: Path) -> None:
    section = (site / "targets.html").read_text(encoding="utf-8").split(">mockapi</h2>")[1].split("</section>")[0]
    assert 'href="rules.html#email-unique"' in section
    assert "no field can be made unique" in section
    assert "It does not offer: access." in section


def test_the_targets_are_compared_rule_by_rule(site: Path) -> None:
    page = (site / "targets.html").read_text(encoding="utf-8")
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in page.split("</table>")[0].split("<tr>")[1:]]
    targets, *rules = [[re.sub("<.*?>", "", cell) for cell in row] for row in rows]
    said = {(target, rule): cell for rule, *cells in rules for target, cell in zip(targets[1:], cells, strict=True)}
    assert [rule for rule, *_ in rules] == list(RULES)
    assert {said["contract", rule] for rule in RULES} == {"kept"}
    assert said["mockoon", "auth-401"] == "not offered"
    assert said["feathers", "method-405"] == "broken"
    assert said["django-rest", "media-type"] == "broken in part"
    assert said["django-rest", "lost-update"] == "broken sometimes"


def test_whatever_a_feature_says_is_text(tmp_path: Path) -> None:
    write_site(tmp_path / "docs", nasty_features(tmp_path), LastRun())
    for page in pages(tmp_path / "docs").values():
        assert not {"script", "img", "b", "i", "cell"} & set(page.tags)
        assert page.handlers == []
    text = "".join(pages(tmp_path / "docs")["users-one.html"].texts)
    for said in (
        "<script>alert(1)</script>",
        "onerror=alert(2)",
        "</h3>",
        "a <cell>",
        "&amp;",
        "<b onmouseover=alert(4)>Bob",
    ):
        assert said in text


def test_a_result_is_found_by_location_and_name(tmp_path: Path) -> None:
    place = "features/users/one.feature"
    results = {
        (f"{place}:11", "An example </h3><script>alert(3)</script>"): (Result.PASSED, ""),
        (f"{place}:22", "A name from before the file was changed"): (Result.PASSED, ""),
    }
    last = LastRun(results=results)
    (section,) = sections(nasty_features(tmp_path)["Users"][0])
    example, outline = examples(section)
    assert last.worst([example]) is Result.PASSED
    assert last.worst(outline.scenarios) is None


def test_examples_are_found_by_their_rule(tmp_path: Path) -> None:
    shown = examples_by_rule(nasty_features(tmp_path)["Users"])
    assert len(shown["list"]) == 2
    assert shown["read-200"] == []


def test_the_json_of_behave_is_understood(tmp_path: Path) -> None:
    element = {"type": "scenario", "name": "Ada is shown", "location": "features/a.feature:3", "status": "failed"}
    path = tmp_path / "behave.json"
    path.write_text(json.dumps([{"elements": [element, {"type": "background"}]}]), encoding="utf-8")
    scenario = Scenario("features/a.feature", 3, "Scenario", "Ada is shown")
    assert read_results(path).worst([scenario]) is Result.FAILED


@pytest.mark.parametrize("content", ["[1]", '[{"elements": [{}]}]', "{}", "nothing"])
def test_what_holds_no_results_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=re.escape(str(path))):
        read_results(path)


def test_a_missing_file_of_results_ends_with_one_line(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "support.reporting.docs",
        "--results",
        "nowhere.json",
        "--output",
        str(tmp_path / "d"),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "nowhere.json cannot be read" in done.stderr


def test_each_tag_of_the_features_is_on_the_closed_list() -> None:
    features = [parse_file(str(path)) for path in ROOT.glob("features/**/*.feature")]
    used = {
        str(tag) for feature in features for scenario in feature.walk_scenarios() for tag in scenario.effective_tags
    }
    assert {tag for tag in used if meaning_of(tag) is None} == set()


def test_each_tag_of_the_closed_list_is_in_use() -> None:
    features = [parse_file(str(path)) for path in ROOT.glob("features/**/*.feature")]
    used = {
        str(tag) for feature in features for scenario in feature.walk_scenarios() for tag in scenario.effective_tags
    }
    assert set(TAGS) - used == {"wip"}


def test_only_what_the_rows_fill_in_is_marked() -> None:
    assert str(slots("<name> has <b> & <x>", {"name"})) == "<var>name</var> has &lt;b&gt; &amp; &lt;x&gt;"


def test_an_outcome_is_shown_in_words_not_by_colour_alone() -> None:
    assert [re.sub("<[^>]+>", "", badge(one)) for one in ("passed", "contract broken", None, "<x>")] == [
        "passed",
        "contract broken",
        "no result",
        "&lt;x&gt;",
    ]
