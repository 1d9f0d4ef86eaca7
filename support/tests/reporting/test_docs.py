"""The living documentation: true to the features and to the last run, and safe whatever a feature says."""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from behave.parser import parse_file

from support.compat import row_of
from support.contract.tags import LACKING, TAGS, meaning_of
from support.profile import Capabilities
from support.reporting.docs.features import examples, examples_by_rule, sections
from support.reporting.docs.last_run import LastRun
from support.reporting.docs.pieces import badge, message, slots
from support.reporting.docs.played import Example, Shown
from support.reporting.docs.site import write_site
from support.rules import RULES
from support.settings import ROOT
from support.tests.reporting.conftest import Run
from support.tests.reporting.nasty import nasty_features


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


def section_of(page: str, anchor: str) -> str:
    return page.split(f'<h2 id="{anchor}">')[1].split("</section>")[0]


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


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    for path in site.glob("*.html"):
        page = path.read_text(encoding="utf-8")
        assert not {"iframe", "img", "object"} & set(Outline(page).tags)
        assert re.findall(r"<script[^>]*>", page) == ['<script src="site.js">']
        assert re.findall(r'<link[^>]+href="(?!style\.css|data:,)', page) == []
    assert re.findall(r"url\(|@import", (site / "style.css").read_text(encoding="utf-8")) == []
    assert re.findall(r"https?:|fetch\(|innerHTML", (site / "site.js").read_text(encoding="utf-8")) == []


def test_no_id_stands_twice_on_a_page(site: Path) -> None:
    for name, page in pages(site).items():
        assert sorted(page.ids) == sorted(set(page.ids)), name


def test_the_results_of_the_last_run_are_shown(site: Path, smoke_run: Run) -> None:
    page = (site / "users-reading.html").read_text(encoding="utf-8")
    assert re.search(r'Ada(\'|&#39;|&#x27;)s account is shown</bdi>\s+<span class="badge passed">passed</span>', page)
    assert re.search(r'Each id shows its own user</bdi>\s+<span class="badge none">no result</span>', page)
    index = "".join(Outline((site / "index.html").read_text(encoding="utf-8")).texts)
    assert smoke_run.summary["why"] in index
    assert str(smoke_run.summary["started"])[:4] in index


def test_the_contract_has_every_rule_with_its_standard_version_and_examples(site: Path) -> None:
    page = (site / "contract.html").read_text(encoding="utf-8")
    assert set(RULES) <= set(Outline(page).ids)
    assert "no example shows it" not in page
    rule = section_of(page, "read-404")
    assert 'href="https://www.rfc-editor.org/rfc/rfc9110#section-15.5.5"' in rule
    assert 'href="users-reading.html#reading-by-ids-that-resemble-adas"' in rule
    assert "since version 1.0" in rule
    assert "since version 1.1" in section_of(page, "robust")


def test_each_rule_has_a_request_and_an_answer_that_were_really_sent(site: Path) -> None:
    page = (site / "contract.html").read_text(encoding="utf-8")
    assert [rule for rule in RULES if '<div class="exchange">' not in section_of(page, rule)] == []
    text = html.unescape(section_of(page, "read-200"))
    text = re.sub("</?(?:strong|span)[^>]*>", "", text)
    assert re.search(r">GET \$BASE_URL/[0-9a-f-]+\nAuthorization: Bearer \$TOKEN\n", text)
    assert re.search(r">200 after \d+ ms\n[^<]*\"createdAt\"", text)
    both = html.unescape(section_of(page, "race-email"))
    assert ">201 after" in both
    assert ">409 after" in both


def test_known_deviations_stand_under_their_target(site: Path) -> None:
    section = (site / "targets.html").read_text(encoding="utf-8").split(">mockapi</h2>")[1].split("</section>")[0]
    assert 'href="contract.html#email-unique"' in section
    assert "no field can be made unique" in section
    assert "It does not offer: access." in section


def test_the_targets_are_compared_rule_by_rule(site: Path) -> None:
    page = re.sub('<span class="mark.*?</span>', "", (site / "targets.html").read_text(encoding="utf-8"))
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
    shown = Shown("GET -> 200", "<b>curl", "<i>GET", "<script>200")
    features = nasty_features(tmp_path)
    example = Example(examples(sections(features["Users"][0])[0])[0], "<b>When", [shown])
    write_site(tmp_path / "docs", features, LastRun(), {"list": example})
    for page in pages(tmp_path / "docs").values():
        assert not {"img", "b", "i", "cell"} & set(page.tags)
        assert page.tags.count("script") == 1
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


def test_every_page_leads_to_the_one_before_and_the_one_after(site: Path) -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in site.glob("*.html")}
    page, visited = "index.html", []
    while page:
        visited.append(page)
        found = re.search(r'rel="next" href="([^"]+)"', texts[page])
        page = found.group(1) if found else ""
        assert not page or f'rel="prev" href="{visited[-1]}"' in texts[page]
    assert sorted(visited) == sorted(texts)


def test_the_search_knows_titles_steps_and_rules(site: Path) -> None:
    text = (site / "search.js").read_text(encoding="utf-8")
    entries = json.loads(text.removeprefix("window.entries = ").removesuffix(";\n"))
    found = {at: (title, words) for at, title, _, words in entries}
    assert found["contract.html#create-201"][0] == "create-201"
    title, words = found["users-reading.html#adas-account-is-shown"]
    assert title == "Ada's account is shown"
    assert "support reads Ada's account" in words
    ids = {f"{name}#{one}" for name, page in pages(site).items() for one in page.ids} | set(pages(site))
    assert set(found) <= ids


def test_examples_are_found_by_their_rule(tmp_path: Path) -> None:
    shown = examples_by_rule(nasty_features(tmp_path)["Users"])
    assert len(shown["list"]) == 2
    assert shown["read-200"] == []


def test_each_capability_has_words_for_an_api_that_lacks_it() -> None:
    assert LACKING.keys() == Capabilities().offered.keys()


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


def test_an_exchange_is_text_with_its_names_marked() -> None:
    shown = str(message('GET /<b>\nAccept: a/b\n\n{\n  "<i>": "x: y"\n}'))
    assert shown == (
        "<strong>GET /&lt;b&gt;</strong>\n"
        '<span class="name">Accept</span>: a/b\n\n{\n<span class="name">  &#34;&lt;i&gt;&#34;</span>: &#34;x: y&#34;\n}'
    )


@pytest.mark.sampled
@pytest.mark.parametrize("token", ["TOKEN", "TOKEN_COMMAND"])
def test_the_examples_are_played_on_the_embedded_api_whatever_the_settings_name(tmp_path: Path, token: str) -> None:
    others = {
        "BASE_URL": "http://127.0.0.1:9/users",
        token: "echo",
        "TARGET": "mockapi",
        "CONTRACT": "1.0",
        "STRICT": "1",
    }
    command = [sys.executable, "-m", "support.reporting.docs", "--output", str(tmp_path / "docs")]
    environment = {**os.environ, **others, "REPORTS_DIR": str(tmp_path)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert (tmp_path / "docs" / "contract.html").read_text(encoding="utf-8").count('<div class="exchange">') > len(
        RULES
    )
