"""A headless Chromium for tests, driven by its DevTools protocol over two pipes.

No library and no port: messages are JSON texts that end in a zero byte. Everything that a page
says, and everything that it asks of the network, is kept.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or ""
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--hide-scrollbars", "--remote-debugging-pipe"),
)
_PATIENCE = 60.0  # seconds; a page of this project takes less than two


class Browser:
    """One running Chromium. ``open`` gives pages; each starts without what another left."""

    def __init__(self, process: subprocess.Popen[bytes], reading: int, writing: int) -> None:
        """Take over the pipes of ``process``."""
        self._process, self._reading, self._writing = process, reading, writing
        self._rest = b""
        self._number = 0
        self.events: list[dict[str, Any]] = []

    def ask(self, method: str, session: str = "", **params: Any) -> dict[str, Any]:
        """Send a command and return its result; what happens meanwhile goes to ``events``."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self._writing, json.dumps(message).encode() + b"\0")
        while (answer := self.read()).get("id") != self._number:
            self.events.append(answer)
        assert "error" not in answer, (method, answer["error"])
        result: dict[str, Any] = answer["result"]
        return result

    def read(self) -> dict[str, Any]:
        """Return the next message."""
        end = time.monotonic() + _PATIENCE
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._reading], [], [], max(0, end - time.monotonic()))
            assert ready, "Chromium does not answer"
            data = os.read(self._reading, 1 << 20)
            assert data, "Chromium has ended"
            self._rest += data
        text, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        return message


@dataclass
class Page:
    """One tab."""

    browser: Browser
    session: str
    requests: list[str] = field(default_factory=list)
    """Addresses that the page asked for, itself first."""
    said: list[str] = field(default_factory=list)
    """What went to the console, and what went wrong."""

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a command of the protocol."""
        return self.browser.ask(method, self.session, **params)

    def run(self, script: str) -> Any:
        """Return what ``script`` is, as JSON gives it; waits for a promise."""
        found = self.ask(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in found, (script, found["exceptionDetails"])
        self.settle()
        return found["result"].get("value")

    def press(self, key: str, text: str = "") -> None:
        """Press and release a key, as a person does."""
        codes = {"Escape": 27, "Enter": 13, "Tab": 9, "ArrowDown": 40, "ArrowRight": 39}
        more = {"windowsVirtualKeyCode": codes[key]} if key in codes else {}
        text = text or {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
        self.ask("Input.dispatchKeyEvent", type="keyDown", key=key, text=text, **more)
        self.ask("Input.dispatchKeyEvent", type="keyUp", key=key, **more)

    def type(self, text: str) -> None:
        """Type into what has the focus."""
        self.ask("Input.insertText", text=text)

    def look(self, width: int, height: int = 900, *, dark: bool = False, media: str = "") -> None:
        """Set the size of the window, and whether it is light, dark or paper."""
        features = {
            "prefers-color-scheme": "dark" if dark else "light",
            "prefers-reduced-motion": "reduce",  # nothing is measured while it moves
        }
        named = [{"name": name, "value": value} for name, value in features.items()]
        self.ask("Emulation.setEmulatedMedia", media=media, features=named)
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.ask("Emulation.setDeviceMetricsOverride", **size)

    def picture(self, *, whole: bool = False) -> bytes:
        """Return a PNG of the window, or of the whole page."""
        found = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        return base64.b64decode(found["data"])

    def settle(self) -> None:
        """Sort what has happened until now."""
        for event in self.browser.events:
            self._take(event["method"], event.get("params", {}))
        self.browser.events.clear()

    def _take(self, method: str, params: dict[str, Any]) -> None:
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.said.append(json.dumps(params["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled":
            self.said.append(json.dumps(params["args"]))
        elif method == "Log.entryAdded":
            self.said.append(params["entry"]["text"])

    def go(self, address: str) -> None:
        """Open ``address`` and wait until it is loaded."""
        assert self.ask("Page.navigate", url=address).get("loaderId"), "only the hash is new"
        while not any(e["method"] == "Page.loadEventFired" for e in self.browser.events):
            self.browser.events.append(self.browser.read())
        self.settle()


@contextmanager
def chromium(profile: Path) -> Iterator[Browser]:
    """Run a browser with an empty ``profile``."""
    (to_read, to_write), (from_read, from_write) = os.pipe(), os.pipe()
    # It reads commands from 3 and writes answers to 4; a shell puts the pipes there.
    command = f'exec "$@" 3<&{to_read} 4>&{from_write}'
    with subprocess.Popen(
        ["bash", "-c", command, "bash", CHROMIUM, *_FLAGS, f"--user-data-dir={profile}"],
        pass_fds=(to_read, from_write),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        os.close(to_read)
        os.close(from_write)
        try:
            yield Browser(process, from_read, to_write)
        finally:
            os.close(to_write)
            os.close(from_read)
            process.terminate()


@contextmanager
def page(browser: Browser) -> Iterator[Page]:
    """Open an empty tab, and close it at the end."""
    target = browser.ask("Target.createTarget", url="about:blank")["targetId"]
    session = browser.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    tab = Page(browser, session)
    for domain in ("Page", "Network", "Runtime", "Log"):
        tab.ask(f"{domain}.enable")
    tab.look(1200)
    yield tab
    browser.ask("Target.closeTarget", targetId=target)
    browser.events.clear()
