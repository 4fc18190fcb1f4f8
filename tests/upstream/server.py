"""Who may ask, what is where, and which reply a request gets."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from . import chat_completions, errors, models, responses, validation
from .answers import answer
from .background import Jobs, follow
from .cache import PromptCache
from .connection import Ending, Reply, head, json_reply, whole_reply
from .conversation import Conversation
from .errors import ApiError
from .moderations import moderation
from .pacing import Pacer
from .record import Entry, Record
from .script import Script, parse
from .stream import Encoder, play

_KEY = "sk-test"
_UNVERIFIED = "sk-test-unverified"
_FOREGROUND = "sk-test-foreground"
_AZURE = re.compile(r"/openai(?:/v1|/deployments/(?P<deployment>[^/]+))?(?P<rest>/.*)")
_RESPONSE = re.compile(r"/responses/(?P<id>[^/]+)(?P<what>/.*)?")
_GATEWAY = (502, 504)


class Server:
    def __init__(self, record: Record, pacer: Pacer, *, needs_key: bool = True) -> None:
        self._record = record
        self._jobs = Jobs(pacer)
        self._cache = PromptCache()
        self._needs_key = needs_key

    def answer(self, entry: Entry) -> Reply:
        """The reply to a request."""
        headers = {"x-request-id": f"req_{entry.number:08}", "openai-version": "2020-10-01"}
        try:
            return self._answer(entry, headers)
        except ApiError as error:
            return _error_reply(entry, error, headers)

    def _answer(self, entry: Entry, headers: dict[str, str]) -> Reply:
        if entry.path == "/_requests":
            return self._requests(entry)
        self._check_key(entry)
        path, deployment, azure = _place(entry)
        if entry.method == "GET" and path == "/models":
            listing = [model.listing() for model in models.MODELS.values()]
            return json_reply(entry, 200, {"object": "list", "data": listing}, headers)
        if entry.method == "GET" and path.startswith("/models/"):
            name = path.removeprefix("/models/")
            model = models.find(name)
            if model is None:
                raise errors.unknown_model(name)
            return json_reply(entry, 200, model.listing(), headers)
        if entry.method == "POST" and path == "/moderations":
            return json_reply(entry, 200, moderation(entry.number, entry.body), headers)
        kept = _RESPONSE.fullmatch(path)
        if kept is not None:
            return self._kept(entry, kept["id"], kept["what"], headers)
        if entry.method == "POST" and path == "/chat/completions":
            body = entry.body
            if deployment is not None and isinstance(body, dict):
                body = {**body, "model": deployment}
            conversation = validation.chat_completion(body)
            conversation.azure = azure
        elif entry.method == "POST" and path == "/responses":
            key = _key(entry)
            conversation = validation.response(
                entry.body, verified=key != _UNVERIFIED, background=key != _FOREGROUND
            )
        else:
            raise errors.unknown_path(entry.method, entry.path)
        self._cache.look_up(conversation)
        script = parse(conversation.question())
        self._check_script(script, conversation)
        if conversation.body.get("background"):
            job = self._jobs.begin(entry, script, answer(script, conversation), conversation)
            if conversation.stream:
                return follow(entry, job, headers, first=True)
            return json_reply(entry, 200, job.whole(), headers)
        return _reply(entry, path, script, conversation, headers)

    def _kept(
        self, entry: Entry, response_id: str, what: str | None, headers: dict[str, str]
    ) -> Reply:
        """A response in background mode that was begun before."""
        job = self._jobs.find(response_id)
        query = dict(parse_qsl(entry.query))
        if what == "/cancel" and entry.method == "POST":
            job.cancel()
        elif what is not None or entry.method != "GET":
            raise errors.unknown_path(entry.method, entry.path)
        elif query.get("stream") == "true":
            if job.script.unstreamed:
                raise errors.no_longer_streamed()
            return follow(entry, job, headers, after=int(query.get("starting_after", -1)))
        return json_reply(entry, 200, job.whole(), headers)

    def _requests(self, entry: Entry) -> Reply:
        if entry.method == "DELETE":
            self._record.clear()
        return json_reply(entry, 200, list(self._record.entries))

    def _check_key(self, entry: Entry) -> None:
        key = _key(entry)
        if self._needs_key and key != _KEY and not key.startswith(f"{_KEY}-"):
            raise errors.wrong_key_of_azure() if _is_azure(entry) else errors.wrong_key(key)

    def _check_script(self, script: Script, conversation: Conversation) -> None:
        """Raise the error that the script asks for."""
        if script.error is None and not script.quota and not script.context:
            return
        question = conversation.question()
        if script.times is not None and self._record.count(question) >= script.times:
            return
        if script.quota:
            raise errors.quota()
        if script.context:
            raise errors.context_length()
        assert script.error is not None
        raise errors.of_status(script.error, script.code, script.message, script.retry_after)


def _reply(
    entry: Entry, path: str, script: Script, conversation: Conversation, headers: dict[str, str]
) -> Reply:
    said = answer(script, conversation)
    number = entry.number
    chat = path == "/chat/completions"
    if conversation.stream:
        encoder: Encoder = (
            chat_completions.ChatStream(number, conversation, said)
            if chat
            else responses.ResponseStream(number, conversation, said)
        )
        return play(entry, script, said, encoder, headers)
    body = (chat_completions.completion if chat else responses.response)(number, conversation, said)
    wait = script.headers + script.first + script.delay * (len(said.pieces) - 1)
    return _at_once(entry, script, body, headers, max(wait, 0.0))


def _at_once(
    entry: Entry, script: Script, body: dict[str, Any], headers: dict[str, str], wait: float
) -> Reply:
    """The reply without streaming, with those troubles that it can have."""
    content = msgspec.json.encode(body)
    headers = {**headers, "content-type": "application/json"}
    trouble, _ = script.trouble()
    if trouble in ("cut", "stall", "no_terminal"):
        entry.status = 200
        promised = {**headers, "content-length": str(len(content))}
        yield wait, head(200, promised) + content[: len(content) // 2]
        return Ending.STALL if trouble == "stall" else Ending.CUT
    if trouble == "malformed":
        content = content[: len(content) // 2]
    if trouble in ("failed", "error_event"):
        error = errors.of_status(500, script.code, script.message, None)
        return (yield from _error_reply(entry, error, headers))
    return (yield from whole_reply(entry, 200, content, headers, wait))


def _place(entry: Entry) -> tuple[str, str | None, bool]:
    """(path after the base URL, Azure's deployment, whether it is Azure)."""
    if entry.path.startswith("/v1/"):
        return entry.path.removeprefix("/v1"), None, False
    azure = _AZURE.fullmatch(entry.path)
    if azure is None:
        raise errors.unknown_path(entry.method, entry.path)
    if not entry.path.startswith("/openai/v1/") and "api-version=" not in entry.query:
        raise ApiError(404, "Resource not found", code="404")
    return azure["rest"], azure["deployment"], True


def _is_azure(entry: Entry) -> bool:
    return entry.path.startswith("/openai/")


def _key(entry: Entry) -> str:
    """The key that came, in the way of OpenAI or that of Azure; empty: none."""
    scheme, _, token = entry.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else entry.headers.get("api-key", "")


def _error_reply(entry: Entry, error: ApiError, headers: dict[str, str]) -> Reply:
    headers = {**headers, **error.headers}
    if error.status in _GATEWAY:
        page = f"<html><body><h1>{error.status} Bad Gateway</h1></body></html>"
        headers["content-type"] = "text/html"
        return whole_reply(entry, error.status, page.encode(), headers)
    return json_reply(entry, error.status, error.body(), headers)
