"""What a browser tells of a page beside what is seen: broken policies, foreign requests, and
whether anything ran that had no business to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Route

CANARY = "__fired"
"""What hostile texts call; a page on which it has been called has lost."""

_WATCH = f"""
  window.__refused = [];
  document.addEventListener('securitypolicyviolation', event => {{
    window.__refused.push(`${{event.effectiveDirective}} ${{event.blockedURI}} ${{event.sample}}`);
  }});
  const fired = [];
  Object.defineProperty(window, '{CANARY}', {{ value: what => void fired.push(what) }});
  Object.defineProperty(window, '__seen', {{ get: () => fired }});
  for (const name of ['alert', 'confirm', 'prompt', 'print']) {{
    window[name] = () => {{ fired.push(name); return null; }};
  }}
"""


@dataclass
class Watched:
    """Everything about the pages of one context."""

    foreign: list[str] = field(default_factory=list)
    """What was fetched from anywhere but the server."""
    errors: list[str] = field(default_factory=list)
    """What broke a policy, in the browser's words."""

    def refused(self, context: BrowserContext) -> list[str]:
        found = [page.evaluate("window.__refused ?? []") for page in context.pages]
        return [each for one in found for each in one] + self.errors

    def fired(self, context: BrowserContext) -> list[Any]:
        frames = [frame for page in context.pages for frame in page.frames]
        return [each for frame in frames for each in frame.evaluate("window.__seen ?? []")]


def watch(context: BrowserContext, answer: bytes = b"") -> Watched:
    """From now on; whoever asks a foreign server is answered with `answer`."""
    watched = Watched()

    def on_console(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text or "Refused to" in message.text:
            watched.errors.append(message.text)

    def away(route: Route) -> None:
        watched.foreign.append(route.request.url)
        route.fulfill(status=200, body=answer, content_type="image/png")

    context.add_init_script(_WATCH)
    context.on("console", on_console)
    context.route(lambda url: urlsplit(url).hostname not in ("127.0.0.1", None), away)
    return watched
