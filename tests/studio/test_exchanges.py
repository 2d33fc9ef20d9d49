"""The views of the exchanges: the table, its query line, and the page of one."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from statistics import median

import httpx
import pytest
from playwright.sync_api import Page, expect

from helpers.browser import Visit
from helpers.busy_server import EXCHANGES, TOKENS, VIDEO, Api, client
from zeroscope_mock import Exchange, MockServer
from zeroscope_mock.tenants import tenant_of

SECOND = tenant_of(TOKENS[1])
QUERIES: dict[str, Callable[[Exchange], bool]] = {
    "status:422": lambda exchange: exchange.status == 422,
    "status:4xx": lambda exchange: exchange.status is not None and exchange.status // 100 == 4,
    "op:createModelPrediction": lambda exchange: exchange.operation == "createModelPrediction",
    "prompt:horse": lambda exchange: "horse" in (exchange.prompt or "").lower(),
    'prompt:"on the moon"': lambda exchange: "on the moon" in (exchange.prompt or ""),
    f"tenant:{SECOND}": lambda exchange: exchange.tenant == SECOND,
    "method:POST": lambda exchange: exchange.method == "POST",
    "path:/cancel": lambda exchange: "/cancel" in exchange.path,
    "fault:yes": lambda exchange: exchange.fault is not None,
    "-status:200": lambda exchange: exchange.status != 200,
    "status:422 prompt:horse": lambda exchange: exchange.status == 422 and "horse" in (exchange.prompt or ""),
    "op:createModelPrediction status:201 WHALE": lambda exchange: (
        exchange.operation == "createModelPrediction" and exchange.status == 201 and "whale" in (exchange.prompt or "")
    ),
}
# Types into the filter and returns how long it takes until the page says how many match, in milliseconds.
_TYPE = """async (text) => {
  const field = document.getElementById("filter");
  const hint = document.getElementById("filter-hint");
  const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set;
  const type = (text) => new Promise((resolve) => {
    const before = hint.textContent;
    const start = performance.now();
    const observer = new MutationObserver(() => {
      if (hint.textContent === before) return;
      observer.disconnect();
      resolve(performance.now() - start);
    });
    observer.observe(hint, { childList: true, characterData: true, subtree: true });
    set.call(field, text);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  const times = [];
  for (let run = 0; run < 7; run += 1) {
    times.push(await type(text));
    await type("");
  }
  return times;
}"""
# How long the machine may be busy with something else, in seconds.
PATIENCE = 60


def open_table(visit: Visit) -> Page:
    page = visit.open("exchanges")
    expect(page.get_by_role("heading", level=1).locator("..")).to_contain_text(f"{EXCHANGES:,}")
    return page


@pytest.mark.parametrize("query", QUERIES)
def test_query__finds_what_matches(query: str, busy: Visit, busy_server: tuple[MockServer, str]) -> None:
    """The query line leaves exactly the matching ones of 10,000 exchanges, the newest first, and is in the address."""
    expected = [exchange.number for exchange in busy_server[0].journal if QUERIES[query](exchange)][::-1]
    assert 0 < len(expected) < EXCHANGES
    page = open_table(busy)
    page.get_by_label("Filter exchanges").fill(query)
    expect(page.get_by_text(f"{len(expected):,} of {EXCHANGES:,} match")).to_be_visible()
    shown = [int(link.get_attribute("data-number") or 0) for link in page.locator("main a[data-number]").all()]
    assert shown
    assert shown == expected[: len(shown)]


def test_query__is_part_of_the_address(server: MockServer, visit: Visit) -> None:
    """A page opened at the address of a filtered table is filtered alike."""
    api = Api(server)
    api.create(VIDEO, "A lighthouse")
    api("GET", "/v1/predictions/unknown")
    page = visit.open("exchanges")
    page.get_by_label("Filter exchanges").fill('prompt:"a lighthouse"')
    expect(page.get_by_text("1 of 2 match")).to_be_visible()
    # The address follows a little later than the table.
    expect(page).to_have_url(re.compile("lighthouse"))
    page.reload()
    expect(page.get_by_label("Filter exchanges")).to_have_value('prompt:"a lighthouse"')
    expect(page.get_by_text("1 of 2 match")).to_be_visible()


@pytest.mark.parametrize("query", ["status:422", "prompt:horse", "horse moon", "-op:getPrediction"])
def test_query__is_fast(query: str, busy: Visit, record_property: Callable[[str, object], None]) -> None:
    """A query of 10,000 exchanges is answered within 50 ms, from the key to the page."""
    page = open_table(busy)
    times: list[float] = []
    end = time.monotonic() + PATIENCE
    # The fastest counts, of more while the machine is busy: no query of a slow page is fast.
    while min(times, default=50) >= 50 and time.monotonic() < end:
        times += page.evaluate(_TYPE, query)
    record_property(f"page: 10,000 exchanges filtered by {query}", f"{median(times):.0f} ms")
    assert min(times) < 50, times


@pytest.mark.parametrize(("query", "hint"), [("staus:422", "did you mean status:"), ("status:abc", "is no status")])
def test_query__explains_a_mistake(query: str, hint: str, busy: Visit) -> None:
    """A mistyped key or value is named under the line."""
    page = open_table(busy)
    page.get_by_label("Filter exchanges").fill(query)
    expect(page.locator("#filter-hint")).to_contain_text(hint)


def test_table__shows_what_an_exchange_was(busy: Visit) -> None:
    """A row has time, method, path, operation, status, duration, prompt, tenant and fault, and few rows are drawn."""
    page = open_table(busy)
    rows = page.get_by_role("main").get_by_role("row")
    for name in ("Time", "Status", "Method", "Path", "Operation", "What", "Took", "Tenant", "Fault"):
        expect(page.get_by_role("columnheader", name=name, exact=True)).to_be_visible()
    page.get_by_label("Filter exchanges").fill('op:createModelPrediction prompt:"take 120"')
    row = rows.filter(has_text="take 120")
    for word in ("POST", f"/v1/models/{VIDEO}/predictions", "createModelPrediction", "201", tenant_of(TOKENS[0])[:8]):
        expect(row).to_contain_text(word)
    expect(row).to_contain_text(re.compile(r"\d\d:\d\d:\d\d"))
    expect(row).to_contain_text(re.compile(r"\d (ms|s|µs)"))
    page.get_by_label("Filter exchanges").fill("fault:yes")
    expect(rows.nth(1)).to_contain_text("503")
    page.get_by_label("Filter exchanges").fill("")
    assert rows.count() < 200
    busy.screenshot("exchanges")


def test_table__reaches_the_oldest(busy: Visit) -> None:
    """The End key reaches the first of 10,000 exchanges."""
    page = open_table(busy)
    page.keyboard.press("End")
    expect(page.locator("main a[data-number='1']")).to_be_focused()


def test_exchange__is_on_the_page_at_once(visit: Visit, record_property: Callable[[str, object], None]) -> None:
    """A request is in the table as soon as it is answered, without a reload."""
    page = visit.open("exchanges")
    delays = []
    with client(visit.url) as api:
        for number in range(8):
            prompt = f"A lighthouse, number {number}"
            waiting = page.evaluate_handle(
                """(text) => ({ promise: new Promise((resolve) => {
                  const look = () => document.querySelector("main").textContent.includes(text);
                  const observer = new MutationObserver(() => { if (look()) resolve(Date.now() / 1000); });
                  observer.observe(document.body, { childList: true, characterData: true, subtree: true });
                }) })""",
                prompt,
            )
            assert api.post(f"/models/{VIDEO}/predictions", json={"input": {"prompt": prompt}}).status_code == 201
            answered = time.time()
            delays.append(waiting.evaluate("(waiting) => waiting.promise") - answered)
    record_property("page: from an answer to its row", f"{median(delays) * 1000:.0f} ms")
    # The machine may be busy; a page that asked once a second would rarely be faster than this.
    assert min(delays) < 0.5, delays


def test_pause__holds_new_exchanges_back(server: MockServer, visit: Visit) -> None:
    """While paused, the table stays as it is, and counts what waits."""
    api = Api(server)
    api.create(VIDEO, "The first lighthouse")
    page = visit.open("exchanges")
    main = page.get_by_role("main")
    expect(main.get_by_text("The first lighthouse")).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    api.create(VIDEO, "The second lighthouse")
    expect(page.get_by_role("button", name="Resume (1 new)")).to_be_visible()
    expect(main.get_by_text("The second lighthouse")).to_have_count(0)
    page.get_by_role("button", name="Resume (1 new)").click()
    expect(main.get_by_text("The second lighthouse")).to_be_visible()


def test_table__keeps_its_place_when_exchanges_come_in(server: MockServer, visit: Visit) -> None:
    """New exchanges at the top do not move the rows that are being read."""
    api = Api(server)
    for number in range(300):
        api.create(VIDEO, f"A lighthouse, number {number}")
    page = visit.open("exchanges")
    expect(page.get_by_text("number 299", exact=False)).to_be_visible()
    box = page.locator(".table-box")
    box.evaluate("(box) => { box.scrollTop = 3400; }")
    row = page.get_by_text("A lighthouse, number 195", exact=True)
    expect(row).to_be_visible()
    before = row.bounding_box()
    for number in range(20):
        api.create(VIDEO, f"A new lighthouse, number {number}")
    expect(page.get_by_role("heading", level=1).locator("..")).to_contain_text("320")
    assert row.bounding_box() == before


def test_page_of_one__has_headers_and_bodies_in_full(server: MockServer, visit: Visit) -> None:
    """The page of an exchange has the headers and bodies of both messages, without the token."""
    story = "a very long story " * 2000
    with client(visit.url, "secret-token-4711") as api:
        created = api.post(
            f"/models/{VIDEO}/predictions",
            json={"input": {"prompt": f"Begin {story}end"}},
            headers={"X-My-Header": "my own value"},
        ).json()
    page = visit.open("exchanges/1")
    request = page.get_by_role("region", name="Request", exact=True)
    expect(request).to_contain_text("my own value")
    expect(request).to_contain_text("[token]")
    assert f"Begin {story}end" in (page.get_by_label("Body of the request").text_content() or "")
    answer = page.get_by_label("Body of the response")
    expect(answer).to_contain_text(f'"id": "{created["id"]}"')
    expect(page.get_by_role("region", name="Response", exact=True)).to_contain_text("application/json")
    expect(page.get_by_role("main")).to_contain_text(created["id"])
    assert "secret-token-4711" not in page.content()


def test_number_that_is_none__shows_the_list(visit: Visit) -> None:
    """An address with something else in place of a number leads to all exchanges."""
    page = visit.open("exchanges/abc")

    expect(page.get_by_role("heading", level=1)).to_have_text("Exchanges")


def test_page_of_one__tells_why_it_was_refused(server: MockServer, visit: Visit) -> None:
    """The page of a refused request has each field, what was sent, the problem, and the place in the spec."""
    with client(visit.url) as api:
        body = {"input": {"prompt": "A small horse", "width": 100, "height": 100}}
        assert api.post(f"/models/{VIDEO}/predictions", json=body).status_code == 422
    page = visit.open("exchanges")
    page.get_by_label("Filter exchanges").fill("status:422")
    page.locator("main a[data-number]").first.click()
    refusal = page.get_by_role("region", name="Why it was refused")
    row = refusal.get_by_role("row").filter(has_text="input.width")
    expect(row).to_contain_text("100")
    expect(row).to_contain_text("Must be greater than or equal to 256")
    expect(row).to_contain_text(re.compile(r"openapi\.yaml#/\S+/width/minimum"))
    expect(refusal.get_by_role("row").filter(has_text="input.height")).to_be_visible()
    visit.screenshot("exchange")


def test_har__is_downloaded(server: MockServer, visit: Visit) -> None:
    """The exchanges can be downloaded as HAR."""
    Api(server).create(VIDEO, "A lighthouse")
    page = visit.open("exchanges")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download HAR").click()
    har = httpx.get(f"{visit.url}/_mock/journal.har").json()
    assert download.value.path().read_bytes()
    assert len(har["log"]["entries"]) == 1


def test_clear__empties_the_table(server: MockServer, visit: Visit) -> None:
    """The button clears the request journal."""
    Api(server).create(VIDEO, "A lighthouse")
    page = visit.open("exchanges")
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(page.get_by_text("No request yet")).to_be_visible()
    assert len(server.journal) == 0
