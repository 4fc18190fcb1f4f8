"""Limits are kept on both stores."""

from tests.store.conftest import mongodb_server, mongodb_url, sqlite_url, store_url

__all__ = ["mongodb_server", "mongodb_url", "sqlite_url", "store_url"]
