"""The report as an HTML page, opened in a browser."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from helpers.browser import Visit
from helpers.failures import HOSTILE, TOKEN, exchange, faulty_report, make_results, report_of
from helpers.pages import ROOT
from zeroscope_conformance import Baseline, DocumentSource, Report, to_har, to_html, to_json, to_sarif
from zeroscope_conformance.coverage import Coverage, Point
from zeroscope_conformance.recorded import RecordedReport
from zeroscope_conformance.recorded.drift import Drift

SOURCE = DocumentSource.load(folder=ROOT)
NARROW = {"width": 360, "height": 740}


def coverage() -> Coverage:
    """Return the coverage of a made-up run."""
    points = [Point("parameters", "listPredictions", f"/paths/{number}", f"{HOSTILE}{number}") for number in range(4)]
    return Coverage(tuple(points[:2]), {points[2]: "", points[3]: "no server sends it"})


def reports() -> list[Report]:
    """Return two runs with everything that a page may show."""
    first = replace(faulty_report(), errors=[f"completion:\n{HOSTILE}"], coverage=coverage())
    first.results[-1].inapplicable = "there are no webhooks"
    return [first, faulty_report(dialect="published")]


class Tags(HTMLParser):
    """The tags of a page, with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag."""
        self.tags.append((tag, dict(attrs)))


def open_page(browser: Browser, folder: Path, shown: list[Report], **options: Any) -> tuple[Visit, Page]:
    """Write the page of reports to a file and open that."""
    path = folder / "report.html"
    path.write_text(to_html(shown, SOURCE), encoding="utf-8")
    visit = Visit(browser, path.as_uri(), **options)
    visit.page.goto(path.as_uri())
    return visit, visit.page


def test_page__needs_nothing_else() -> None:
    """It loads no file, and its policy forbids everything but its own style and script."""
    page = to_html(reports(), SOURCE)
    tags = Tags(page).tags

    policies = [one["content"] or "" for tag, one in tags if one.get("http-equiv") == "Content-Security-Policy"]
    assert len(policies) == 1 and policies[0].startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policies[0]
    assert not {"img", "link", "iframe", "video"} & {tag for tag, _ in tags}
    assert not {"src", "style", "action"} & {name for _, one in tags for name in one}
    assert not any(name.startswith("on") for _, one in tags for name in one)
    assert [tag for tag, _ in tags].count("script") == 1
    addresses = [one["href"] or "" for tag, one in tags if tag == "a"]
    assert addresses and all(address.startswith("#") for address in addresses)
    ids = [one["id"] for _, one in tags if "id" in one]
    assert len(ids) == len(set(ids)) and {address[1:] for address in addresses} <= set(ids)


def test_page__has_all_of_a_failure() -> None:
    """The rule, the request, the response, the curl command, the lines of the document, and how to repeat it."""
    report = faulty_report()
    page = to_html([report], SOURCE)
    finding = next(result for result in report.results if result.rule.name == "bounds-enforced").findings[0]

    assert f'id="run-1-{finding.id}"' in page and f"zeroscope conformance replay {finding.id}" in page
    article = page.partition(f'id="run-1-{finding.id}"')[2].partition("</article>")[0]
    line = SOURCE.line(finding.pointer)
    for text in (
        "A bound that is off by one, or ignored, costs money.",
        "POST http://127.0.0.1:8000/v1/predictions\naccept: */*\nauthorization: Bearer [token]\n",
        "&quot;width&quot;: 1",
        "content-type: application/json\n\n{&quot;id&quot;: &quot;po2g7p53azaep4nnnum54pimzo&quot;",
        "curl -i -H",
        f"openapi.yaml, line {line}",
        f'<span class="here"><span class="number">{line:5} </span>          minimum: 256</span>',
    ):
        assert text in article, text
    assert TOKEN not in page and "\x1b" not in page


def test_page__marks_known_failures() -> None:
    """A failure of the baseline is known, and so is a cause with no other."""
    report = faulty_report()
    known = Baseline().updated([report]).ids

    assert ", known" not in to_html([report], SOURCE)
    assert to_html([report], SOURCE, known).count(", known</span></summary>") == 3


def test_page__without_a_failure() -> None:
    """A run that passed says so."""
    results = make_results()
    for name in results.by_name:
        results.check(name, True, "", "")
    page = to_html([report_of(results)], SOURCE)

    assert "<title>Conformance: passed</title>" in page and "No rule failed." in page


@pytest.mark.parametrize("window", [{"width": 1280, "height": 900}, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page__is_for_everyone(browser: Browser, tmp_path: Path, scheme: Literal["light", "dark"], window: Any) -> None:
    """axe-core finds nothing wrong, nothing is wider than the window, and the color scheme is the system's."""
    visit, page = open_page(browser, tmp_path, reports(), color_scheme=scheme, viewport=window)
    page.get_by_role("button", name="Open all").click()
    visit.screenshot(f"conformance-{scheme}-{window['width']}", full_page=True)

    assert visit.violations() == []
    wider = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    color = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert wider <= 0 and (sum(map(int, re.findall(r"\d+", color)[:3])) > 600) is (scheme == "light")
    visit.close()
    visit.check()


def test_drift__fits_a_phone(browser: Browser, tmp_path: Path) -> None:
    """Its rows are below each other, each cell with its name."""
    drift = [
        Drift("schema", "createPrediction", "/components", "The property `num_frames` of the input", "81", 12_345),
        Drift("operation", "", "/paths", "GET /v1/collections/text-to-video", "200 application/json: {}", 1),
    ]
    recorded = RecordedReport(**{**vars(faulty_report()), "drift": drift})
    visit, page = open_page(browser, tmp_path, [recorded], viewport=NARROW)
    visit.screenshot("conformance-drift-360", full_page=True)

    assert page.evaluate("() => document.documentElement.scrollWidth") <= NARROW["width"]
    row = page.locator("table.stacked tbody tr").first
    tops = [box["y"] for cell in row.locator("td").all() if (box := cell.bounding_box()) is not None]
    assert tops == sorted(set(tops)) and len(tops) == 5
    visit.close()
    visit.check()


def test_recording__has_the_command_of_each_failure() -> None:
    """A failure of recorded traffic, which no step found, is repeated, too."""
    results = make_results()
    results.check("cancel-ends", False, "x", "y", exchange())
    report = RecordedReport(**vars(report_of(results)))
    page = to_html([report], SOURCE)

    assert f"zeroscope conformance replay {results.by_name['cancel-ends'].findings[0].id}" in page
    assert "<p>1 failure with 1 cause, seen once." in page


def test_page__is_used_with_the_keyboard(browser: Browser, tmp_path: Path) -> None:
    """The skip link comes first, / goes to the filter, j and k go through the causes, and Enter opens one."""
    visit, page = open_page(browser, tmp_path, reports())
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("/")
    field = page.get_by_role("searchbox")
    expect(field).to_be_focused()
    page.keyboard.type("minimum")
    expect(page.get_by_role("status")).to_contain_text(re.compile(r"^2 of \d+ shown"))
    expect(page.locator("details.cause:visible")).to_have_count(2)
    page.keyboard.press("Escape")
    expect(page.locator("details.cause:visible")).to_have_count(6)
    causes = page.locator("details.cause > summary")
    for key, number in (("j", 0), ("j", 1), ("k", 0), ("k", 0), ("j", 1)):
        page.keyboard.press(key)
        expect(causes.nth(number)).to_be_focused()
    outline = causes.nth(1).evaluate("(summary) => getComputedStyle(summary).outlineStyle")
    assert outline != "none"
    page.keyboard.press("Enter")
    expect(page.locator("details.cause").nth(1).get_by_text("curl -i").first).to_be_visible()
    visit.close()
    visit.check()


def test_page__opens_the_failure_of_a_link(browser: Browser, tmp_path: Path) -> None:
    """A link to a failure opens the cause that it is in."""
    visit, page = open_page(browser, tmp_path, reports())
    id = next(finding.id for result in reports()[0].results for finding in result.findings)
    page.evaluate("(id) => { location.hash = id; }", f"run-2-{id}")
    expect(page.locator(f"[id='run-2-{id}']")).to_be_in_viewport()
    visit.close()
    visit.check()


def test_page__does_not_run_what_a_server_sent(browser: Browser, tmp_path: Path) -> None:
    """Markup in responses, errors and labels is text, and the policy blocks what would be loaded."""
    visit, page = open_page(browser, tmp_path, reports())
    page.get_by_role("button", name="Open all").click()

    assert page.evaluate("() => globalThis.__pwned") is None
    assert page.locator("img").count() == 0
    expect(page.get_by_text("onerror=__pwn()").first).to_be_visible()
    visit.close()
    visit.check()
    visit, page = open_page(browser, tmp_path, reports())
    visit.expect_problem("policy|Policy|request: ")
    page.evaluate("() => { const one = new Image(); one.src = 'https://example.test/'; document.body.append(one); }")
    page.evaluate(
        "() => { const one = document.createElement('script'); one.text = '__pwn()'; document.body.append(one); }"
    )
    assert page.evaluate("() => globalThis.__pwned") is None
    visit.close()
    assert any("olicy" in problem for problem in visit.problems)


def test_reports__of_thousands_of_failures() -> None:
    """All formats of 2,000 exchanges, each with a failure, take seconds, and the page has a few megabytes."""
    results = make_results()
    body = {"id": "a", "status": "starting", "logs": "x" * 20_000}
    exchanges = [exchange(body=body) for _ in range(2_000)]
    names = list(results.by_name)
    for number, shown in enumerate(exchanges):
        cause = f"It is broken in way {number}"
        results.check(names[number % len(names)], False, "x", shown.summary, shown, cause=cause)
    report = report_of(results, exchanges)
    # Of the processor, as the machine may be busy.
    start = time.process_time()
    page = to_html([report], SOURCE)
    for write in (to_json, to_har):
        write([report])
    to_sarif([report], SOURCE)

    assert time.process_time() - start < 20
    assert 1_000_000 < len(page.encode()) < 8_000_000
    assert sum(len(result.findings) for result in report.results) == 2_000
    assert "Bodies are cut to 375 bytes" in page and "cut; the body has 20,0" in page
