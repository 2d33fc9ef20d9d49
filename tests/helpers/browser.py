"""A Chromium browser, and pages in it that report whatever a web page must not do."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Request, expect, sync_playwright

from helpers.pages import ROOT

# The first has the same engine without a window, and takes a third of the time.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""The commands by which systems know the browser."""
SCREENSHOTS = ROOT / "build" / "studio"
"""The folder of the screenshots that the tests take."""
AXE = ROOT / "studio" / "node_modules" / "axe-core" / "axe.min.js"
"""The accessibility checker, a development package of the page."""
TIMEOUT = 60_000
"""How long the browser waits for anything, in milliseconds; the machine may be busy."""

# A browser reports violations of its policy to the console too, but not all of them as errors. The second part notices
# markup that was executed; the texts of test_hostile.py call this.
WATCH = """
addEventListener("securitypolicyviolation", (event) => {
  console.error(`policy violation: ${event.violatedDirective} ${event.blockedURI}`);
});
globalThis.__pwn = (how) => { globalThis.__pwned = how ?? true; };
"""


def find_chromium() -> str | None:
    """The path of the browser, if there is one on this machine."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def launch(executable: str) -> Iterator[Browser]:
    """Run a browser that looks up no names and connects to this machine only, until the block ends."""
    flags = [
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-gpu",
        "--disable-quic",
        "--disable-sync",
        "--no-first-run",
        "--autoplay-policy=no-user-gesture-required",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    ]
    # The sandbox needs an ordinary user.
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        flags.append("--no-sandbox")
    expect.set_options(timeout=TIMEOUT)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=flags, timeout=TIMEOUT)
        try:
            yield browser
        finally:
            browser.close()


# Not for the session: as long as Playwright runs, asyncio cannot run another loop in this thread. A package of tests, a
# folder with an `__init__.py`, imports it into its conftest.py; elsewhere it would live until the session ends.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The browser of all tests in a package, one in each process."""
    executable = find_chromium()
    if executable is None:
        pytest.skip("the tests of web pages need Chromium (on Debian: apt install chromium-headless-shell)")
    with launch(executable) as browser:
        yield browser


class Visit:
    """A visit to a server's web page, in a browser profile of its own.

    Args:
        browser: The browser.
        url: The server's URL; requests to other origins are problems.
        options: The arguments of `Browser.new_context`, such as `viewport` and `color_scheme`.

    Attributes:
        page: The page.
        problems: What went wrong: errors in the page, in its console or of its policy, dialogs, windows that opened,
            and requests to other origins.
    """

    def __init__(self, browser: Browser, url: str, **options: Any) -> None:
        self.url = url
        self.problems: list[str] = []
        self._expected: list[str] = []
        self._origin = urlsplit(url).netloc
        self.context: BrowserContext = browser.new_context(
            **{"base_url": url, "viewport": {"width": 1280, "height": 800}, "locale": "en-US", **options}
        )
        self.context.set_default_timeout(TIMEOUT)
        self.context.add_init_script(WATCH)
        self.context.on("request", self._check_request)
        self.context.on("console", lambda message: self._note(message.type, message.text))
        self.context.on("weberror", lambda error: self._note("error", str(error.error)))
        self.page: Page = self.context.new_page()
        self.page.on("popup", lambda popup: self._note("error", f"window: {popup.url}"))
        self.page.on("dialog", self._dismiss)

    def open(self, view: str = "predictions") -> Page:
        """Open a view of the page, and wait until it is there."""
        self.page.goto(f"{self.url}/_mock/ui/#/{view}")
        expect(self.page.get_by_role("main")).to_be_visible()
        return self.page

    def expect_problem(self, pattern: str) -> None:
        """Let problems that match a pattern pass."""
        self._expected.append(pattern)

    def screenshot(self, name: str, **options: Any) -> Path:
        """Take a picture of the page, for people to look at."""
        path = SCREENSHOTS / f"{name}.png"
        self.page.screenshot(path=path, animations="disabled", **options)
        return path

    def violations(self) -> list[str]:
        """What axe-core finds wrong in the page as it is, rule by rule; without it, the test is skipped from here."""
        if not AXE.exists():
            pytest.skip("axe-core is not installed; `make studio` installs it")
        if not self.page.evaluate("'axe' in globalThis"):
            self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate("async () => (await axe.run(document)).violations")
        return [
            f"{rule['id']}: {node['html'][:200]} {node['failureSummary']}" for rule in found for node in rule["nodes"]
        ]

    def close(self) -> None:
        """End the visit; its problems are complete then."""
        self.context.close()

    def check(self) -> None:
        """Fail if there was a problem that was not expected."""
        unexpected = [
            problem for problem in self.problems if not any(re.search(known, problem) for known in self._expected)
        ]
        if unexpected:
            raise AssertionError("The page had problems:\n" + "\n".join(unexpected))

    def _check_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and parts.netloc != self._origin:
            self.problems.append(f"request: {request.method} {request.url}")

    def _dismiss(self, dialog: Dialog) -> None:
        self._note("error", f"dialog: {dialog.message}")
        dialog.dismiss()

    def _note(self, kind: str, text: str) -> None:
        if kind in ("error", "warning", "assert"):
            self.problems.append(f"{kind}: {text}")


_PLAYING = """() => {
  const videos = [...document.querySelectorAll("video")].filter((video) => {
    const { top, bottom } = video.getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
  });
  return videos.length > 0 && videos.every((video) => video.currentTime > 0 && video.videoWidth > 0 && !video.paused);
}"""


def wait_until_playing(page: Page) -> None:
    """Wait until all videos in the window play."""
    page.wait_for_function(_PLAYING)


def wait_until(page: Page, holds: Callable[[], object]) -> None:
    """Wait until something holds on the server, while the page goes on."""
    deadline = time.monotonic() + TIMEOUT / 1000
    while not holds():
        assert time.monotonic() < deadline, "what the test waits for did not come"
        page.wait_for_timeout(20)
