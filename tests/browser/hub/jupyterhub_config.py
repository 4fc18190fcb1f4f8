"""The example's configuration, with ports that are free and what the tests want to reach."""

import json
import os

c = get_config()  # noqa: F821
given = json.loads(os.environ["JUPYTER_CHAT_TEST_HUB"])
load_subconfig(given["example"])  # noqa: F821

c.JupyterHub.hub_port = given["hub_port"]
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{given['proxy_port']}"
c.JupyterHub.cleanup_servers = False  # a hub that is started again finds them

for service, port in zip(c.JupyterHub.services, given["replica_ports"], strict=True):
    service["url"] = f"http://127.0.0.1:{port}"
    command = service["command"]
    at = command.index("jupyter_chat")
    service["command"] = [
        *(*command[:at], "tests.browser.hub.service", *command[at + 1 :]),
        "--ChatApp.model_titles=False",
    ]

c.JupyterHub.services.append({"name": "tests", "api_token": given["token"]})
c.JupyterHub.load_roles.append(
    {"name": "tests", "scopes": ["admin:users", "admin:servers"], "services": ["tests"]}
)
c.Authenticator.allow_all = True
c.LocalProcessSpawner.interrupt_timeout = 2

c.Spawner.environment.update(given["environment"])
c.Spawner.args = [
    *c.Spawner.args,
    "--LabApp.extension_manager=readonly",
    "--LabApp.expose_app_in_browser=True",
]
