"""Hostile texts in everything that the page shows: they stay texts."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import Page, expect

from helpers.busy_server import TEXT, VIDEO, Api
from studio.conftest import Open, Serve
from zeroscope_mock import MockServer

# Whatever is taken for markup makes an element with the attribute data-pwn, or calls `__pwn`.
TEXTS = {
    "script": "<script data-pwn>__pwn()</script>",
    "script after JSON": '"}</script><script data-pwn>__pwn()</script>',
    "event handler": "<img data-pwn src=x onerror=__pwn()>",
    "SVG with onload": "<svg data-pwn xmlns='http://www.w3.org/2000/svg' onload=__pwn()></svg>",
    "end of an attribute": '"><details data-pwn open ontoggle=__pwn()>',
    "attribute": "' autofocus tabindex=1 onfocus=__pwn() data-pwn='",
    "javascript URL": "javascript:__pwn()",
    "javascript URL with a tab": "java\tscript:__pwn()//.mp4",
    "link": "<a data-pwn href=javascript:__pwn()>Open</a>",
    "page as a data URL": "data:text/html,<script>(parent.__pwn||alert)(1)</script>",
    "SVG as a data URL": "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "templates": "{{constructor.constructor('__pwn()')()}} ${__pwn()} <%= __pwn() %> #{__pwn()}",
    "comment without end": "<!-- <b data-pwn>",
    "raw text elements": "</textarea></title></style><iframe data-pwn srcdoc='<script>parent.__pwn()</script>'>",
    "nested namespaces": "<math><mtext><table><mglyph><style><img data-pwn src=x onerror=__pwn()>",
    "styles": "<style data-pwn>* { display: none !important }</style>",
    "URL in styles": "red;background:url(http://foreign.test/a.png)}@import 'http://foreign.test/a.css';",
    "base and refresh": "<base data-pwn href=//foreign.test/><meta data-pwn http-equiv=refresh content=0>",
    "entities": "&lt;b data-pwn&gt; &#x3c;b data-pwn&#x3e; &amp;lt; &nbsp;|&copy",
    "foreign picture": "http://foreign.test/picture.png",
    "foreign video without a scheme": "//foreign.test/video.mp4",
    "names of JavaScript": "__proto__.constructor.prototype",
    "control characters": "a\0b\x01c\x08d\x1b[31me\x7ff\x85g\u2028h",
    "right-to-left override": "\u202egpj.exe\u2066 \u200f abc \u202d",
    "half a pair": "half \ud83d of a pair \udc00",
    "a megabyte": "<b data-pwn>long</b> " * 50_000,
}

# Elements that no view makes, and attributes that run or load something. Only links may lead to other hosts.
_MARKUP = r"""() => {
  const found = new Set(document.querySelectorAll(
    "[data-pwn], iframe, frame, object, embed, base, style, template, math, meta[http-equiv]"
  ));
  for (const element of document.querySelectorAll("*")) {
    for (const { name, value } of element.attributes) {
      if (name.startsWith("on")) found.add(element);
      if (!["href", "src", "action", "formaction", "poster", "srcdoc", "data", "xlink:href"].includes(name)) continue;
      const { protocol, origin } = new URL(value, document.baseURI);
      const link = element.tagName === "A" && /^(https?|blob):$/.test(protocol);
      const media = ["IMG", "VIDEO", "AUDIO", "LINK"].includes(element.tagName) &&
        /^data:(image|video|audio)\//.test(value);
      if (!link && !media && origin !== location.origin) found.add(element);
    }
  }
  return [...found].map((element) => element.outerHTML.slice(0, 300));
}"""
_SHOWN = """(text) => document.querySelector("main").textContent.includes(text)
  || [...document.querySelectorAll("main input, main textarea")].some(({ value }) => value.includes(text))"""


def check(page: Page, text: str | None = None) -> None:
    """Fail if a text became markup or was executed, or is not shown as it is."""
    expect(page.get_by_role("main")).to_be_visible()
    if text is not None:
        page.wait_for_function(_SHOWN, arg=text)
    assert page.evaluate("() => globalThis.__pwned ?? null") is None
    assert page.evaluate(_MARKUP) == []


class Answers:
    """A receiver of webhooks that answers with a text."""

    def __init__(self, text: str) -> None:
        self._text = text.encode("utf-8", "replace")

    def __call__(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(500, content=self._text, headers={"content-type": "text/html"})


def spread(server: MockServer, text: str) -> dict[str, Any]:
    """Put a text wherever a program or a person can put one; returns the predictions by what holds it."""
    api = Api(server)
    # No request may hold half a surrogate pair.
    prompt = text.encode("utf-8", "replace").decode()
    scripts: dict[str, dict[str, Any]] = {
        "log": {"outcome": "failed", "error": text, "logs": [text]},
        "output": {"output": text},
    }
    made = {}
    for name, script in scripts.items():
        server.scripts.add({"model": TEXT, "run": 1, **script})
        _, made[name] = api(
            "POST",
            f"/v1/models/{TEXT}/predictions",
            {"input": {"prompt": prompt}, "webhook": f"https://my.app/{quote(text[:1000], errors='replace')}"},
        )
    server.scripts.add({"model": VIDEO, "run": 1, "output": [text]})
    _, made["url"] = api("POST", f"/v1/models/{VIDEO}/predictions", {"input": {"prompt": prompt}})
    server.clock.advance(60)
    name = quote(text[:1000], safe="", errors="replace")
    for method, path, query, header, body in [
        ("GET", f"/v1/{name}", name, text, ""),
        (
            "POST",
            f"/v1/models/{name}/{name}/predictions",
            "",
            text,
            json.dumps({"input": {"prompt": prompt, prompt: prompt}}),
        ),
        ("POST", "/v1/predictions", "", text, json.dumps({"version": prompt, "input": {prompt: prompt}})),
        ("POST", "/v1/predictions", "", text, text),
    ]:
        api.send(method, path, body.encode("utf-8", "replace"), query, (("x-text", header),))
    server.faults.add(operation="listPredictions", status=500, body=text, content_type="text/html")
    api.send("GET", "/v1/predictions")
    server.scripts.add({"model": TEXT, "error": text, "outcome": "failed"})
    return made


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_text__is_never_markup(text: str, visits: Open, serve: Serve) -> None:
    """Prompts, names, logs, errors, outputs, headers, paths, bodies and answers are texts on every view."""
    server, url = serve(clock="virtual", receiver=Answers(text), any_model=True, json_limit=8 << 20)
    made = spread(server, text)
    visit = visits(url)
    visit.expect_problem(r"status of 4(04|22)|ERR_INVALID_URL")
    sent = text.encode("utf-8", "replace").decode()
    page = visit.open("predictions")
    expect(page.get_by_role("article").first).to_be_visible()
    check(page, sent[:100])
    for name in made:
        visit.open(f"predictions/{made[name]['id']}")
        expect(page.get_by_role("region", name="Timeline")).to_be_visible()
        check(page, sent[:100])
        for closed in page.locator("main details:not([open])").all():
            closed.evaluate("(details) => { details.open = true; }")
        check(page)
    visit.open("exchanges")
    # A row has a space for control characters.
    check(page, max(re.split("[^ -~]+", sent[:100]), key=len).strip())
    page.get_by_label("Filter exchanges").fill(sent[:1000])
    # The address follows a moment later, which would end the next visit.
    expect(page).to_have_url(re.compile(r"\?q="))
    check(page)
    # One create, and all that were refused or changed by a fault.
    for exchange in server.journal[2:]:
        visit.open(f"exchanges/{exchange.number}")
        expect(page.get_by_role("region", name="Request", exact=True)).to_be_visible()
        for kind in ("curl", "httpx", "pytest"):
            page.get_by_role("button", name=f"Copy as {kind}", exact=True).click()
        check(page)
    visit.open("webhooks")
    page.locator(".delivery-head").first.click()
    expect(page.locator(".attempt").first).to_be_visible()
    check(page, sent[:100])
    for view in ("clock", "faults", "state"):
        visit.open(view)
        check(page)
    for view in ("predictions", "exchanges", "webhooks"):
        visit.open(f"{view}/{quote(sent[:200], safe='')}")
        check(page)
    visit.open(f"exchanges?q={quote(sent[:200], safe='')}")
    check(page)
