"""An OpenAI chat that is native to Jupyter."""

from __future__ import annotations

__version__ = "0.1.0"


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "jupyter-chat-lab"}]


def _jupyter_server_extension_points() -> list[dict[str, object]]:
    from .app import ChatApp

    return [{"module": "jupyter_chat", "app": ChatApp}]
