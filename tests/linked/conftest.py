"""Linked servers before a scripted service of two replicas."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .service import Replica, Service


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def replicas(service: Service) -> Iterator[list[Replica]]:
    made = [Replica(service, name) for name in ("chat-1", "chat-2")]
    for replica in made:
        replica.start()
    yield made
    for replica in made:
        replica.close()
