"""A web page as a client: what the browser lets it do, and the page that describes the requests."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from fsc_world import World

from browser import Browser
from cloakwork.fsc import Settings
from cloakwork.fsc.api.authentication import allow

# What the client in JavaScript does for one computation, and what becomes of an error.
COMPUTATION = """(async () => {
    const url = %r, headers = {"Accept": "application/json", "Content-Type": "application/json"};
    const ask = async (method, path, body) => (await fetch(url + path, {method, headers, body: JSON.stringify(body)})).json();
    const read = async (path) => (await fetch(url + path)).json();
    const simon = await ask("POST", "/representations", {kwargs: {protocol: "Simon"}});
    const compute = await read("/representation/" + simon.uuid + "/compute");
    const network = {nodes: ["http://alone"], uuid: "page", myself: 0};
    const kwargs = {microprotocol: "SecureSum", data: [19, 5, 61], network};
    const result = await ask("PATCH", "/representation/" + compute.uuid, {kwargs});
    const output = await read("/representation/" + result.uuid);
    const released = await (await fetch(url + "/representation/" + result.uuid, {method: "DELETE"})).json();
    const refused = await read("/representation/" + result.uuid);
    return [output, released, refused.code];
})().catch((error) => String(error))"""
DONE = [{"type": "object", "object": {"inputs": 1, "result": {"samples": 1, "sum": 85.0}}}, {"type": "none"}, 404]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a web site of somebody else."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "index.html").write_text("<!doctype html><title>A study</title>")
    (folder / "favicon.ico").write_bytes(b"")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    made = Browser()
    try:
        yield made
    finally:
        made.close()


def test_a_page_of_this_machine_in_development(world: World, browser: Browser, page: int) -> None:
    browser.open(f"http://localhost:{page}/")
    assert browser.run(COMPUTATION % world.urls[0]) == DONE


def test_a_page_that_the_operator_lists(browser: Browser, page: int, tmp_path: Path) -> None:
    """With the token in the path, since fetch takes none in the URL. The other page has the token too, and gets nowhere."""
    token = allow(tmp_path / "clients", "page")
    world = World([Settings(clients=tmp_path / "clients", origins=(f"http://localhost:{page}",))])
    try:
        browser.open(f"http://localhost:{page}/")
        assert browser.run(COMPUTATION % f"{world.urls[0]}/{token}") == DONE
        # Without a token the page is told why, not only that something failed.
        assert browser.run(f"fetch('{world.urls[0]}/representations').then((answer) => answer.status)") == 401
        browser.open(f"http://127.0.0.1:{page}/")
        assert "Failed to fetch" in browser.run(COMPUTATION % f"{world.urls[0]}/{token}")
        browser.complaints()
    finally:
        world.close()


def test_the_page_that_describes_the_requests(world: World, browser: Browser) -> None:
    browser.complaints()
    browser.open(f"{world.urls[0]}/ui/")
    browser.until(lambda: len(browser.texts(".opblock")) == 7)
    assert "Federated Secure Computing" in browser.text(".title")
    operations = " ".join(browser.texts(".opblock"))
    assert "/representation/{representation_uuid}/{attribute_name}" in operations
    # It is the server's own page: what it tries out comes in.
    request = "{method: 'POST', headers: {'Content-Type': 'application/json'}, body: '{}'}"
    assert browser.run(f"fetch('../representations', {request}).then((answer) => answer.status)") == 200
    assert browser.run("performance.getEntriesByType('resource').every((one) => one.name.startsWith(location.origin))") is True
    assert browser.complaints() == []
