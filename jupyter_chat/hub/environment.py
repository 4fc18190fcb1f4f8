"""What a hub tells its services, in their environment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

SERVICE_URL = "JUPYTERHUB_SERVICE_URL"
SERVICE_PREFIX = "JUPYTERHUB_SERVICE_PREFIX"
API_TOKEN = "JUPYTERHUB_API_TOKEN"  # noqa: S105 - the name of a variable
API_URL = "JUPYTERHUB_API_URL"
SERVICE_NAME = "JUPYTERHUB_SERVICE_NAME"
CLIENT_ID = "JUPYTERHUB_CLIENT_ID"
ACCESS_SCOPES = "JUPYTERHUB_OAUTH_ACCESS_SCOPES"

_NEEDED = (API_TOKEN, API_URL, SERVICE_NAME, SERVICE_PREFIX, CLIENT_ID)


class HubMissing(Exception):
    """A process that is no service of a hub: these variables are not set."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(", ".join(names))
        self.names = names


class HubEnvironment(Struct, frozen=True):
    api_url: str
    api_token: str
    """The service's own."""
    service_name: str
    prefix: str
    """The path of the service; it ends with a slash."""
    client_id: str
    access_scopes: frozenset[str]
    """Of these somebody needs one, to be let in."""

    def __repr__(self) -> str:  # the token stays out of logs and tracebacks
        return f"HubEnvironment({self.service_name!r}, {self.api_url!r})"


def read(environment: Mapping[str, str]) -> HubEnvironment:
    """Raises :class:`HubMissing`."""
    missing = [name for name in _NEEDED if not environment.get(name)]
    if missing:
        raise HubMissing(missing)
    name = environment[SERVICE_NAME]
    scopes = environment.get(ACCESS_SCOPES, "")
    return HubEnvironment(
        api_url=environment[API_URL].rstrip("/"),
        api_token=environment[API_TOKEN],
        service_name=name,
        prefix=environment[SERVICE_PREFIX].rstrip("/") + "/",
        client_id=environment[CLIENT_ID],
        access_scopes=frozenset(
            json.loads(scopes) if scopes else [f"access:services!service={name}"]
        ),
    )


def server_settings(environment: Mapping[str, str]) -> dict[str, Any]:
    """The settings of the Jupyter server by which it is a service: reached through the hub's
    proxy, at the address that the hub says."""
    settings: dict[str, Any] = {
        "identity_provider_class": "jupyter_chat.hub.provider.HubIdentityProvider",
        "authorizer_class": "jupyter_chat.auth.authorizer.ChatOnlyAuthorizer",
        "allow_unauthenticated_access": False,
        "allow_remote_access": True,
        "trust_xheaders": True,
        "open_browser": False,
        "port_retries": 0,
    }
    if prefix := environment.get(SERVICE_PREFIX):
        settings["base_url"] = prefix
    address = urlsplit(environment.get(SERVICE_URL, ""))
    if address.hostname:
        settings["ip"] = address.hostname
        settings["port"] = address.port or (443 if address.scheme == "https" else 80)
    return settings
