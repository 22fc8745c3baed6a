"""The Odoo of each case: the sandbox as 18 and 19 over HTTP, and a real one where the environment names it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from gateway.sandbox.odoo import Settings, running
from tests.destinations.world import Person, Remembering, World, real_world, seed_file

REAL = [pytest.param("real", marks=pytest.mark.odoo)] if "ODOO_URL" in os.environ else []


@pytest_asyncio.fixture(params=["18", "19", *REAL])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """A furnished Odoo, for cases that any Odoo must pass."""
    if request.param == "real":
        made = await real_world()
        await made.furnish()
        yield made
        await made.close()
        return
    async with _sandbox(int(request.param), tmp_path) as made:
        yield made


@pytest_asyncio.fixture(params=["18", "19"])
async def sandbox(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """A furnished sandbox, for cases that need faults or users of their own."""
    async with _sandbox(int(request.param), tmp_path) as made:
        yield made


class _sandbox:
    def __init__(self, version: Any, folder: Path) -> None:
        self.version, self.folder = version, folder

    async def __aenter__(self) -> World:
        settings = Settings(version=self.version, db="testdb", seed=seed_file(self.folder))
        self.running = running(settings)
        url = await self.running.__aenter__()
        self.world = World(url, "testdb", self.version, Person(url))
        await self.world.furnish()
        return self.world

    async def __aexit__(self, *failure: Any) -> None:
        await self.world.close()
        await self.running.__aexit__(*failure)


@pytest.fixture
def inlet() -> Remembering:
    return Remembering()
