"""Chromium without a window, by the W3C WebDriver protocol of chromedriver."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

PATIENCE = 120

ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-prefers-reduced-motion",
    "--window-size=1100,1300",
)


class Browser:
    """A browser with one page. It accepts the certificate that the server signed for itself."""

    def __init__(self) -> None:
        driver, browser = shutil.which("chromedriver"), shutil.which("chromium")
        assert driver, "chromedriver is not installed"
        assert browser, "chromium is not installed"
        with socket.create_server(("127.0.0.1", 0)) as held:
            port = held.getsockname()[1]
        self._profile = tempfile.TemporaryDirectory()
        self._process = subprocess.Popen([driver, f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE, trust_env=False)
        self.until(self._ready)
        arguments = [*ARGUMENTS, f"--user-data-dir={self._profile.name}"]
        options = {"binary": browser, "args": arguments}
        capabilities = {
            "alwaysMatch": {"acceptInsecureCerts": True, "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        }
        self._session = self._call("POST", "/session", {"capabilities": capabilities})["sessionId"]

    def _ready(self) -> bool:
        try:
            return bool(self._http.get("/status").json()["value"]["ready"])
        except httpx.TransportError:
            return False

    @staticmethod
    def until(condition: Callable[[], bool]) -> None:
        """Waits until something holds."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, "nothing happened"
            time.sleep(0.05)

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = self._http.request(method, path, json=body)
        value = answer.json()["value"]
        assert answer.status_code == 200, value
        return value

    def open(self, url: str) -> None:
        self._call("POST", f"/session/{self._session}/url", {"url": url})

    def run(self, script: str) -> Any:
        """The value of a JavaScript expression, or what a promise comes to."""
        return self._call("POST", f"/session/{self._session}/execute/sync", {"script": f"return {script};", "args": []})

    def text(self, selector: str) -> str:
        """The text of the first element that the selector finds, as people see it."""
        return str(self.run(f"document.querySelector({selector!r})?.innerText ?? ''"))

    def texts(self, selector: str) -> list[str]:
        return list(self.run(f"[...document.querySelectorAll({selector!r})].map((found) => found.innerText.trim())"))

    def complaints(self) -> list[str]:
        """What the console of the browser says at the level of warnings and above."""
        entries = self._call("POST", f"/session/{self._session}/se/log", {"type": "browser"})
        return [entry["message"] for entry in entries if entry["level"] in {"WARNING", "SEVERE"}]

    def screenshot(self, path: Path) -> None:
        path.write_bytes(b64decode(self._call("GET", f"/session/{self._session}/screenshot")))

    def close(self) -> None:
        try:
            self._call("DELETE", f"/session/{self._session}")
        finally:
            self._http.close()
            self._process.terminate()
            self._process.wait(PATIENCE)
            self._profile.cleanup()
