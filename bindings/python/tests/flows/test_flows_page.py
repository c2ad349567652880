"""The page of the server, in a browser: runs, parties, phases, who is waited for; live, and closed to those without the token."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flows_world import World, until

from browser import Browser
from cloakwork.controller import Controller
from cloakwork.ledger import Budget, Ledger
from cloakwork.privacy import Unit, choose
from cloakwork.secagg import Config, Identity


@pytest.fixture
def browser(world: World) -> Iterator[Browser]:
    made = Browser()
    try:
        yield made
    finally:
        made.close()


def test_the_page_says_that_a_run_is_private(world: World, browser: Browser, tmp_path: Path) -> None:
    plan = choose(clients=5, honest=3, dimension=50, clip=4.0, epsilon=8, delta=1e-6, unit=Unit.client(), bits=24)
    ledger = Ledger(tmp_path / "ledger.sqlite")
    ledger.open_dataset("all", Budget(8, 1e-6, "client"))
    controller = Controller(world.url, world.fingerprint, world.admin, ca=world.ca, ledger=ledger)
    roster = {f"party {number}": Identity.generate().fingerprint for number in range(1, 6)}
    handle = controller.create("private", roster, Config.private(plan.mechanism, plan.bits), dataset="all")
    open_run = world.run("open", 3)
    browser.open(f"{world.url}/#token={world.settings.view_token}")
    until(lambda: sorted(browser.texts("article h2")) == ["open", "private"])
    text = browser.text(f"[data-run='{handle.run.run_id.hex()}'] .noise")
    assert f"noise of deviation {plan.mechanism.sigma:#.4g}" in text
    assert "at least 3 honest parties" in text
    assert browser.run(f"document.querySelector(\"[data-run='{open_run.run.run_id.hex()}'] .noise\").hidden") is True
    for run in (handle, open_run):
        run.close()


def test_the_page_follows_a_run(world: World, browser: Browser, tmp_path: Path) -> None:
    release = tmp_path / "release"
    browser.open(f"{world.url}/#token={world.settings.view_token}")
    until(lambda: browser.text("#connection") == "Live")
    assert "no runs yet" in browser.text("#empty")
    # The token does not stay in the address bar.
    assert browser.run("location.href") == f"{world.url}/"

    handle = world.run("<b>Study<b> & more", 5, step_seconds=60)
    until(lambda: browser.texts("article h2") == ["<b>Study<b> & more"])
    assert browser.texts(".parties tbody td:first-child") == [f"party {number}" for number in range(1, 6)]
    until(lambda: browser.texts(".parties .mark") == ["waited for"] * 5)
    assert browser.text("[aria-current]") == "Keys"
    assert "Waiting for party 1, party 2" in browser.text(".now")
    assert browser.text(".run-hash") == handle.run.hash.hex()
    assert browser.text("#fingerprint") == world.fingerprint

    world.join(handle, 1, 2, 3, 4)
    world.join(handle, 5, options=("--hold", "masked", str(release)))
    number = handle.start_round()
    until(lambda: browser.text("[aria-current]") == "Masked vectors")
    until(lambda: browser.texts(".parties .mark") == ["answered"] * 4 + ["waited for"])
    until(lambda: "Round 1: parties send their masked vectors. Waiting for party 5, at most" in browser.text(".now"))
    assert browser.texts(".rounds tbody .mark") == ["in progress"]
    # What a screen reader is told is the step, without seconds that change all the time.
    assert "Waiting for party 5." in browser.run("document.getElementById('news').textContent")

    release.touch()
    handle.result(number)
    until(lambda: browser.texts(".rounds tbody .mark") == ["sum opened"])
    assert browser.texts(".rounds tbody td:nth-child(3)") == ["5 of 5"]
    until(lambda: browser.texts(".parties .mark") == ["ready"] * 5)
    browser.screenshot(tmp_path / "page.png")

    world.kill()
    until(lambda: browser.text("#connection").startswith("Connection lost"))
    world.start()
    until(lambda: browser.text("#connection") == "Live")
    handle.close()
    until(lambda: browser.text("article .state") == "closed")
    assert browser.text(".now") == "This run is closed."
    lost = ("net::ERR_", "Failed to load resource")
    assert [line for line in browser.complaints() if not any(text in line for text in lost)] == []


def test_refusals_and_aborts_are_told(world: World, browser: Browser, tmp_path: Path) -> None:
    handle = world.run("study", 3, step_seconds=2)
    hold = ("--hold", "masked", str(tmp_path / "never"))
    world.join(handle, 1, 2)
    world.join(handle, 3, options=hold)
    browser.open(f"{world.url}/#token={world.settings.view_token}")
    number = handle.start_round()
    until(lambda: handle.about()["step"] == "finished")
    assert number == 1
    until(lambda: browser.texts(".rounds tbody .mark") != [] and browser.text(".rounds tbody .mark").startswith("ended: fewer parties"))
    assert browser.run("getComputedStyle(document.querySelector('.refusals-part')).display") == "none"


def test_the_page_is_for_those_with_the_token(world: World, browser: Browser) -> None:
    world.run("secret name", 3)
    browser.open(f"{world.url}/")
    until(lambda: "view token" in browser.text("#connection"))
    assert browser.texts("article") == []
    for token in ("-", "wrong", world.settings.view_token[:-1]):
        assert world.get("/v1/status", Authorization=f"Bearer {token}").status_code == 401
    assert world.get("/v1/status", Authorization=f"Bearer {world.settings.view_token}").json()["runs"][0]["name"] == "secret name"


def test_the_page_loads_nothing_from_elsewhere(world: World, browser: Browser) -> None:
    browser.open(f"{world.url}/#token={world.settings.view_token}")
    until(lambda: browser.text("#connection") == "Live")
    loaded = browser.run("performance.getEntriesByType('resource').map((entry) => new URL(entry.name).origin)")
    assert set(loaded) == {world.url}
    for target in ("/", "/page/page.css", "/page/page.js", "/page/icon.svg"):
        answer = world.get(target)
        assert answer.status_code == 200
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "no-referrer"
    # Markup and script from outside would be refused by the policy.
    assert browser.run("(() => { try { document.body.innerHTML = '<b>x</b>'; return 'set' } catch { return 'refused' } })()") == "refused"
