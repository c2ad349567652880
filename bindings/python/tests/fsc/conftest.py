"""Three servers in development, for all tests of a file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fsc_world import World

from cloakwork.fsc import Settings


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    made = World([Settings()] * 3)
    yield made
    made.close()
