"""A person at a real browser: what they do everywhere, what the browser finds wrong with our pages, how pages look.

The fixtures of browser stories are made of these; a story that shares one running product makes its own of them.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pyotp
import pytest
import uvicorn
from axe_playwright_python.base import AXE_SCRIPT, AxeResults  # type: ignore[import-untyped]  # it brings no types
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from tests.system_parts import find_part

SHOTS = os.environ.get("ALERTVEIL_TEST_SHOTS")
"""The folder for screenshots, named by page, colours and width. Without one none is taken: they hold nothing by
themselves, and each is an eighth of a second of CPU."""

PASSWORD = "a few words do well"
_STEP, _TYPING = 30, 4  # seconds that a code is the newest for, and that a person of ours may take to send one
Look = tuple[Literal["light", "dark"], int]
LOOKS: tuple[Look, ...] = (("light", 1280), ("dark", 1280), ("light", 320))
"""Colours and width in pixels of what is looked at."""

_OFF = (
    # Playwright's own list, which the browser forgets for a second one.
    "AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,"
    "LensOverlay,MediaRouter,PaintHolding,ThirdPartyStoragePartitioning,AvoidCorsURLLoaderRestartOnRedirect,"
    "TcpPortRandomizationWin,OptimizationHints,NetworkTimeServiceQuerying,AimEnabled,PreconnectToSearch,"
    # Two pages of the browser itself, below an address line that nobody sees: a second of CPU for each person.
    "WebUIOmniboxPopup,WebUIOmniboxAimPopup"
)
_WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_ONLY = {"resultTypes": ["violations"], "runOnly": _WCAG}
RULES: dict[Look, dict[str, Any]] = {
    LOOKS[0]: _ONLY,
    LOOKS[1]: {**_ONLY, "runOnly": ["color-contrast"]},
    LOOKS[2]: {**_ONLY, "rules": {"color-contrast": {"enabled": False}}},
}
"""What axe looks for: all at a desk; in the dark what the dark changes; on a phone what width can change.

Contrast takes three quarters of its time, and no colour of ours depends on the width.
"""

Stop = tuple[str, str, str]
"""A page that a story looks at: its route, where it is (with `{names}` for the ids of the story), what to call it.

Each module of browser stories has them in `LOOKED_AT`; test_every_page.py holds that no route of the pages is missing.
"""

_FIT = """() => {
    const [areas, who] = [".areas", ".who"].map(each => document.querySelector(each)?.getBoundingClientRect());
    const rows = !!areas && (areas.height > 48 || who.top >= areas.bottom || areas.top >= who.bottom);
    return [document.documentElement.scrollWidth, innerWidth >= 1280 && rows];
}"""
_ANSWERED = re.compile(r"status of (4\d\d|303)")  # a refusal that a story asks for is no complaint


@dataclass
class Person:
    """Somebody at the browser; `complaints` is what the browser itself found wrong with our pages."""

    context: BrowserContext
    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    """Every address that the browser asked for."""

    def goes_to(self, path: str) -> Page:
        self.page.goto(self.url + path)
        return self.page

    def signs_in_with(self, code: str) -> Page:
        self.goes_to("/sign-in")
        self.page.get_by_role("textbox", name="One-time code").fill(code)
        self.page.get_by_role("button", name="Sign in with the code").click()
        return self.page

    def proves_it_with(self, code: str) -> None:
        """Answer the question for a fresh proof; the page that asked comes back."""
        self.page.get_by_role("textbox", name="One-time code").fill(code)
        self.page.get_by_role("button", name="Confirm with the code").click()

    def adds_the_app(self) -> str:
        """Set up an authenticator app as a person does; its key."""
        self.goes_to("/account").get_by_role("button", name="Add an authenticator app").click()
        self.page.get_by_text("No camera?").click()
        key = "".join(self.page.locator("code.key").inner_text().split())
        assert self.page.locator(".picture svg path").count() >= 1
        left = _STEP - time.time() % _STEP
        if left < _TYPING:  # the code of the step before is refused as soon as the next one begins
            self.page.wait_for_timeout(left * 1000)
        self.page.get_by_label("Six digits").fill(pyotp.TOTP(key).at(time.time(), counter_offset=-1))
        self.page.get_by_role("button", name="Use this app").click()
        assert "counts from now on" in self.page.get_by_role("status").inner_text()
        return key

    def sets_a_password(self) -> None:
        self.page.get_by_label("New password").fill(PASSWORD)
        self.page.get_by_label("The same again").fill(PASSWORD)
        self.page.get_by_role("button", name="Set the password").click()
        assert "Your password is set" in self.page.get_by_role("status").inner_text()

    def signs_out(self) -> None:
        self.page.get_by_role("button", name="Sign out").click()
        assert self.page.url.endswith("/sign-in")

    def reads(self) -> str:
        """The words of what the page says, without its header."""
        return " ".join(self.page.locator("main").inner_text().split())

    def history(self) -> list[Any]:
        """Every entry of this tab's history as the browser keeps it: address and title."""
        device = self.context.new_cdp_session(self.page)
        entries: list[Any] = device.send("Page.getNavigationHistory")["entries"]
        device.detach()
        return entries

    def keeps(self, name: str, looks: Sequence[Look] = (("light", 1280), ("light", 360))) -> list[str]:
        """What does not fit a screen of that width; screenshots of the whole page, kept where a folder is named."""
        return self._in_each(looks, lambda look: self._fits(name, look))

    def looks_well(self, name: str) -> list[str]:
        """What is wrong with the page in all looks: its width, what the browser complains of, what axe finds."""
        return self._in_each(LOOKS, lambda look: self._fits(name, look) + self._pleases(name, look))

    def pleases(self, name: str, look: Look = LOOKS[0]) -> list[str]:
        """What the browser and axe find wrong with the page in this look."""
        return self._in_each((look,), lambda look: self._pleases(name, look))

    def _in_each(self, looks: Sequence[Look], faults_in: Callable[[Look], list[str]]) -> list[str]:
        """What is found in each look; the screen is as wide afterwards as it was."""
        faults, before = [], self.page.viewport_size
        for look in looks:
            scheme, width = look
            self._is_shown_at({"width": width, "height": 900})
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            faults += faults_in(look)
        if before is not None:
            self._is_shown_at(before)
        return faults

    def _is_shown_at(self, size: ViewportSize) -> None:
        if self.page.viewport_size != size:  # to be given the size that it has is as much work for a browser
            self.page.set_viewport_size(size)

    def _fits(self, name: str, look: Look) -> list[str]:
        scheme, width = look
        if SHOTS:
            self.page.screenshot(path=Path(SHOTS) / f"{name}-{scheme}-{width}.png", full_page=True)
        wide, two_rows = self.page.evaluate(_FIT)
        faults = [f"{name} is {wide} px wide on a screen of {width}"] if wide > width else []
        return faults + ([f"the header of {name} takes two rows"] if two_rows else [])

    def _pleases(self, name: str, look: Look) -> list[str]:
        scheme, width = look
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE_SCRIPT)
        found = AxeResults(self.page.evaluate("options => axe.run(options)", RULES[look]))
        faults = [f"{name}: {said}" for said in self.complaints]
        self.complaints.clear()  # axe itself is a script that our policy refuses now and then
        return faults + ([f"{name}-{scheme}-{width}: {found.generate_report()}"] if found.violations_count else [])


Arrive = Callable[..., Person]


@contextmanager
def chromium(program: Path) -> Iterator[Browser]:
    """A browser. While it is open this thread runs Playwright's event loop and can run no other."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", f"--disable-features={_OFF}"]
        )
        yield started
        started.close()


@pytest.fixture
def browser(system_part: Callable[[str], Path]) -> Iterator[Browser]:
    """This test's own, for modules where other tests need the event loop."""
    with chromium(system_part("chromium")) as started:
        yield started


@pytest.fixture(scope="module", name="browser")
def shared_browser() -> Iterator[Browser]:
    """One for a module whose every test is of the browser: to start it is more work than a short story is."""
    program = find_part("chromium")
    assert program is not None
    with chromium(program) as started:
        yield started


@contextmanager
def serving(app: Any, *, lifespan: Literal["on", "off"] = "off") -> Iterator[str]:  # noqa: ANN401 - any ASGI application
    """The application on a port of localhost, where browsers take passkeys; its address."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, lifespan=lifespan))
    started = threading.Event()

    async def startup(sockets: Any = None) -> None:  # noqa: ANN401 - uvicorn's
        await original(sockets)
        started.set()

    original, server.startup = server.startup, startup  # type: ignore[method-assign]  # to know when it listens
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert started.wait(30)
    yield f"http://localhost:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@contextmanager
def arriving(browser: Browser, url: str) -> Iterator[Arrive]:
    """`arrive(java_script_enabled=False)`: a person with a browser of their own. At the end nobody has complaints."""
    people: list[Person] = []

    def make(**how: Any) -> Person:  # noqa: ANN401 - Playwright's own
        context = browser.new_context(**how)
        found = Person(context, context.new_page(), url)
        context.on(
            "console",
            lambda said: (
                found.complaints.append(said.text)
                if said.type in {"error", "warning"} and not _ANSWERED.search(said.text)
                else None
            ),
        )
        context.on("weberror", lambda error: found.complaints.append(str(error.error)))
        context.on("request", lambda request: found.asked.append(request.url))
        people.append(found)
        return found

    yield make
    assert [person.complaints for person in people if person.complaints] == []
    for person in people:
        person.context.close()
