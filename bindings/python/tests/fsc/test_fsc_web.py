"""Web pages: which may call, what the document says, and the page that shows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import httpx
import pytest
import schemathesis
from fsc_world import World
from hypothesis import HealthCheck, Phase, given, settings, strategies
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from cloakwork.fsc import Settings
from cloakwork.fsc.api.authentication import allow

PAGE = "https://study.example"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, str]]:
    path = tmp_path_factory.mktemp("clients") / "clients"
    token = allow(path, "page")
    made = World([Settings(clients=path, origins=(PAGE,))])
    yield made, token
    made.close()


def preflight(url: str, origin: str, method: str = "PATCH") -> httpx.Response:
    asked = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": "content-type,authorization"}
    return httpx.options(url, headers={"Origin": origin, **asked})


def test_preflight(study: tuple[World, str]) -> None:
    world, _ = study
    for path in ("/representations", "/representation/x", "/representation/x/compute"):
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            answer = preflight(world.urls[0] + path, PAGE, method)
            assert answer.status_code == 200
            assert answer.headers["access-control-allow-origin"] == PAGE
            assert method in answer.headers["access-control-allow-methods"].split(", ")
            allowed = answer.headers["access-control-allow-headers"].lower().split(", ")
            assert {"content-type", "authorization"} <= set(allowed)
            assert "access-control-allow-credentials" not in answer.headers


def test_answers_to_a_page(study: tuple[World, str]) -> None:
    """The browser hands them to the page, errors too."""
    world, token = study
    url = f"{world.urls[0]}/representations"
    for headers, path, status in (
        ({"Authorization": f"Bearer {token}"}, "", 200),
        ({}, "", 401),
        ({"Authorization": f"Bearer {token}"}, "/x", 404),
    ):
        answer = httpx.get(url + path, headers={"Origin": PAGE, **headers})
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (status, PAGE)
        assert "Origin" in answer.headers["vary"]


@pytest.mark.parametrize(
    "origin", ["https://other.example", "http://study.example", "https://study.example:8443", "null", "http://localhost:3000"]
)
def test_pages_of_other_origins(study: tuple[World, str], origin: str) -> None:
    world, token = study
    answer = preflight(f"{world.urls[0]}/representations", origin)
    assert answer.status_code == 400
    assert "access-control-allow-origin" not in answer.headers
    answer = httpx.post(f"{world.urls[0]}/representations", headers={"Origin": origin, "Authorization": f"Bearer {token}"}, json={})
    assert (answer.status_code, answer.json()["reason"]) == (403, "not-allowed")
    assert "access-control-allow-origin" not in answer.headers


def test_pages_in_development(world: World) -> None:
    url = f"{world.urls[0]}/representations"
    for origin in ("http://localhost:3000", "http://127.0.0.1", "https://localhost", "http://[::1]:8080"):
        assert preflight(url, origin).headers["access-control-allow-origin"] == origin
        assert httpx.post(url, headers={"Origin": origin}, json={}).headers["access-control-allow-origin"] == origin
    for origin in (
        "http://localhost.attacker.example",
        "https://attacker.example",
        "http://localhost:3000.attacker.example",
        "file://",
        "null",
    ):
        assert preflight(url, origin).status_code == 400
        assert httpx.post(url, headers={"Origin": origin}, json={}).status_code == 403


def test_the_document(world: World) -> None:
    answer = httpx.get(f"{world.urls[0]}/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    document = answer.json()
    assert document["openapi"] == "3.1.0"
    operations = {
        operation["operationId"]: (method, path)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    }
    one, named = "/representation/{representation_uuid}", "/representation/{representation_uuid}/{attribute_name}"
    assert operations == {
        "list_representations": ("get", "/representations"),
        "create_representation": ("post", "/representations"),
        "upload_representation": ("put", "/representations"),
        "call_representation": ("patch", one),
        "download_representation": ("get", one),
        "release_representation": ("delete", one),
        "create_attribute": ("get", named),
    }


def test_the_server_does_what_its_document_says(world: World) -> None:
    """Requests made from the document, and from mistakes in them: none is answered in another way than it says."""
    schema = schemathesis.openapi.from_url(f"{world.urls[0]}/openapi.json")
    simon = httpx.post(f"{world.urls[0]}/representations", json={}).json()["uuid"]
    checks = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
    seen: Counter[int] = Counter()
    for found in schema.get_all_operations():
        operation = found.ok()
        for mode in schemathesis.GenerationMode:
            if mode.is_negative and not operation.body:
                # It takes names alone, and every text is one.
                continue
            cases = operation.as_strategy(generation_mode=mode)

            @settings(max_examples=15, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
            @given(case=cases, known=strategies.booleans())
            def conforms(case: schemathesis.Case, known: bool) -> None:
                if known and "representation_uuid" in case.path_parameters:
                    case.path_parameters["representation_uuid"] = simon
                seen[case.call_and_validate(checks=checks).status_code] += 1

            conforms()
    assert {200, 400, 404} <= set(seen)
    assert seen.total() > 100


def test_the_page(world: World) -> None:
    base = f"{world.urls[0]}/ui"
    assert httpx.get(base).headers["location"] == "/ui/"
    index = httpx.get(f"{base}/")
    assert index.headers["content-type"] == "text/html; charset=utf-8"
    policy = index.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    for name in ("swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png", "start.js"):
        answer = httpx.get(f"{base}/{name}")
        assert answer.status_code == 200
        assert len(answer.content) > 100
        assert f'"{name}"' in index.text
    assert "://" not in index.text + httpx.get(f"{base}/start.js").text
    for name in ("swagger-ui.js.map", "..", "../application.py", "%2e%2e%2fapplication.py", "__init__.py", "index.j2"):
        assert httpx.get(f"{base}/{name}").status_code in {404, 307}
