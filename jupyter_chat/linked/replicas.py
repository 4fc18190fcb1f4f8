"""The replicas of the chat service, and which of them serves whom."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from urllib.parse import urlsplit

from msgspec import Struct


class Replica(Struct, frozen=True):
    """One process of the service; its base URL as users' servers and kernels reach it, and as
    browsers do."""

    url: str
    public_url: str


def base_url(written: str) -> str:
    """What an administrator has written, with a slash at its end; raises :class:`ValueError`."""
    url = written.strip()
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"`{written}` is no address such as http://hub:8000/services/chat-1/")
    return _plain(written, url, parts.username, parts.query, parts.fragment)


def public_url(written: str) -> str:
    """The same, or a path on the host of the page."""
    url = written.strip()
    if not url.startswith("/") or url.startswith("//"):
        return base_url(written)
    parts = urlsplit(url)
    return _plain(written, url, None, parts.query, parts.fragment)


def _plain(written: str, url: str, *unwanted: str | None) -> str:
    if any(unwanted):
        raise ValueError(f"`{written}` must be a base URL: no user name, no `?`, no `#`")
    return url if url.endswith("/") else url + "/"


def replicas(urls: Sequence[str], public_urls: Sequence[str]) -> list[Replica]:
    """Of what :func:`base_url` has looked at; raises :class:`ValueError`."""
    if public_urls and len(public_urls) != len(urls):
        raise ValueError(
            f"there are {len(public_urls)} public addresses for {len(urls)} replicas: give one "
            "for each, in the same order, or none"
        )
    public = public_urls or [urlsplit(url).path for url in urls]
    return [Replica(*each) for each in zip(urls, public, strict=True)]


def in_order(user: str, known: Sequence[Replica]) -> list[Replica]:
    """The replica of this user first, then those that take its place, one after the other.

    By rendezvous hashing: everybody who knows the same replicas comes to the same order, each
    gets its share of people, and those of one that is taken away are spread over the others.
    """

    def weight(replica: Replica) -> bytes:
        return hashlib.sha256(f"{replica.url}\n{user}".encode()).digest()

    return sorted(known, key=weight, reverse=True)
