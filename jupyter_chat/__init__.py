"""An OpenAI chat that is native to Jupyter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .kernel.clients import AsyncClient as AsyncClient
    from .kernel.clients import Client as Client
    from .kernel.errors import AnswerFailed as AnswerFailed
    from .kernel.errors import ChatError as ChatError
    from .kernel.errors import Closed as Closed
    from .kernel.errors import ConnectionLost as ConnectionLost
    from .kernel.errors import MaybeSecret as MaybeSecret
    from .kernel.errors import NoServer as NoServer
    from .kernel.errors import Refused as Refused
    from .kernel.widget import ChatWidget as ChatWidget

__version__ = "0.1.0"

_PUBLIC = {
    "AsyncClient": "clients",
    "Client": "clients",
    "AnswerFailed": "errors",
    "ChatError": "errors",
    "Closed": "errors",
    "ConnectionLost": "errors",
    "MaybeSecret": "errors",
    "NoServer": "errors",
    "Refused": "errors",
    "ChatWidget": "widget",
}
"""What is to be had from Python, and the module of `kernel` that has it: the server
extension is imported without any of them."""


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    if name == "ChatWidget":
        try:
            import anywidget  # noqa: F401
        except ImportError:
            raise ImportError(
                'ChatWidget needs two more packages: pip install "jupyter-chat[widget]"'
            ) from None
    return getattr(import_module(f".kernel.{_PUBLIC[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted((*globals(), *_PUBLIC))


def load_ipython_extension(shell: Any) -> None:
    """`%load_ext jupyter_chat`: the magics `%chat` and `%%chat`."""
    from .kernel.magic import load

    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    from .kernel.magic import unload

    unload(shell)


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "jupyter-chat-lab"}]


def _jupyter_server_extension_points() -> list[dict[str, object]]:
    from .app import ChatApp

    return [{"module": "jupyter_chat", "app": ChatApp}]
