"""A JupyterHub whose people have the chat: copy it and change what is marked CHANGE.

People's servers run as these people, who can read all that is in them.  So the address of the
history, the keys that encrypt and the API key for everybody are in the *chat service* only: the
hub's own environment has them, and hands them to the service.  docs/jupyterhub.md says more.
"""

import os
import sys
from pathlib import Path

c = get_config()  # noqa: F821

FOLDER = Path.cwd()
"""The hub's own files: its database, its cookie secret, here also the history."""
PORT = int(os.environ.get("JUPYTER_CHAT_HUB_PORT", "8000"))
ADDRESS = f"http://127.0.0.1:{PORT}"
"""CHANGE: the hub as people's servers and kernels reach it."""
REPLICAS = {
    "chat-1": f"http://127.0.0.1:{PORT + 101}",
    "chat-2": f"http://127.0.0.1:{PORT + 102}",
}
"""The chat service: as many of it as are needed, all the same, and where the proxy reaches each."""
ALLOW_ROOT = ["--allow-root"] if os.geteuid() == 0 else []

c.JupyterHub.bind_url = ADDRESS
c.JupyterHub.hub_port = PORT + 81  # 8081 and 8001, as usual, unless the port is another one
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{PORT + 1}"

# --- Who there is -----------------------------------------------------------------------

# CHANGE: one password for all is for trying; so is a spawner that runs everybody's server as
# the hub's own user, who can read all of the files of the others and of the hub.
c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = os.environ["JUPYTER_CHAT_HUB_PASSWORD"]
c.SharedPasswordAuthenticator.admin_password = os.environ["JUPYTER_CHAT_HUB_ADMIN_PASSWORD"]
c.Authenticator.allowed_users = {"ada", "grace"}
c.Authenticator.admin_users = {"admin"}
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = f"{FOLDER}/home/{{username}}"

# --- Who may do what ----------------------------------------------------------------------

ACCESS = [f"access:services!service={name}" for name in REPLICAS]
c.JupyterHub.load_roles = [
    # people may use the chat with their browsers ...
    {"name": "user", "scopes": ["self", *ACCESS]},
    # ... and their servers may in their names
    {"name": "server", "scopes": ["users:activity!user", "access:servers!server", *ACCESS]},
    # the chat asks the hub who somebody is, and whether they are still there
    {"name": "chat", "scopes": ["list:users", "read:users"], "services": list(REPLICAS)},
]

# --- The chat service ---------------------------------------------------------------------

SECRETS = (
    "JUPYTER_CHAT_KEYS",  # `jupyter chat keys generate`: encrypt people's own API keys
    "JUPYTER_CHAT_STORE_URL",  # mongodb://..., the same for all replicas
    *("OPENAI_API_KEY", "OPENAI_BASE_URL", "JUPYTER_CHAT_MODEL"),
    *("AZURE_OPENAI_API_KEY", "AZURE_OPENAI_ENDPOINT"),
)
SERVICE_ENVIRONMENT = {
    "JUPYTER_CHAT_STORE_URL": f"sqlite:///{FOLDER}/history.sqlite",  # on one machine
    **{name: os.environ[name] for name in SECRETS if os.environ.get(name)},
    "HOME": str(FOLDER),
}
c.JupyterHub.services = [
    {
        "name": name,
        "url": url,
        "command": [sys.executable, "-m", "jupyter_chat", "--service", *ALLOW_ROOT],
        "environment": SERVICE_ENVIRONMENT,
        # nobody is asked whether the chat may know who they are
        "oauth_no_confirm": True,
        # CHANGE, where the hub is root: "user": "jupyter-chat", a user of its own
    }
    for name, url in REPLICAS.items()
]

# --- People's servers ---------------------------------------------------------------------

c.Spawner.cmd = [sys.executable, "-m", "jupyterhub.singleuser"]  # CHANGE: as your spawner needs it
c.Spawner.default_url = "/lab"
c.Spawner.args = ALLOW_ROOT
c.Spawner.environment = {
    # no secret: it says where the chat is
    "JUPYTER_CHAT_SERVICE_URLS": ",".join(f"{ADDRESS}/services/{name}/" for name in REPLICAS),
}
