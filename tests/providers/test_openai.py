"""Replies over real connections, from a server that misbehaves on demand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing

import msgspec
import pytest

from jupyter_chat.protocol import Api, Code, Effort, ImagePart, Role, Source, Usage
from jupyter_chat.providers.interface import Endpoint, Finish, Prompt, ProviderError, ReplyRequest
from jupyter_chat.providers.openai import OpenAI
from tests.upstream import Upstream

APIS = [Api.RESPONSES, Api.CHAT]


@pytest.fixture
async def openai() -> AsyncIterator[OpenAI]:
    openai = OpenAI(idle_seconds=20)
    yield openai
    await openai.close()


@pytest.fixture(params=APIS, ids=lambda api: api.value)
def endpoint(request: pytest.FixtureRequest, upstream: Upstream) -> Endpoint:
    """OpenAI, where each API is what it is asked for."""
    return Endpoint(Source.OPENAI, api=request.param, base_url=upstream.url, key=upstream.key)


class Reply:
    """All that came of a reply."""

    def __init__(self) -> None:
        self.text = ""
        self.reasoning = ""
        self.finish: Finish | None = None
        self.error: ProviderError | None = None

    @property
    def code(self) -> Code | None:
        return self.error.problem.code if self.error else None


def asking(question: str, **fields: object) -> ReplyRequest:
    request = ReplyRequest("any-model", [Prompt(Role.USER, question)])
    return msgspec.structs.replace(request, **fields)


async def ask(openai: OpenAI, endpoint: Endpoint, question: str, **fields: object) -> Reply:
    reply = Reply()
    try:
        async for chunk in openai.stream(endpoint, asking(question, **fields)):
            assert reply.finish is None, "nothing comes after the finish"
            reply.reasoning += chunk.reasoning
            reply.text += chunk.text
            reply.finish = chunk.finish
    except ProviderError as error:
        reply.error = error
    return reply


async def test_an_answer_comes_whole_and_with_its_usage(openai, endpoint):
    reply = await ask(openai, endpoint, "[[chunks=50 size=7]]")
    assert len(reply.text) == 350
    assert reply.finish is not None
    assert reply.finish.reason == "stop"
    assert reply.finish.problem is None
    assert reply.finish.usage is not None
    assert reply.finish.usage.output_tokens == 88


@pytest.mark.parametrize("how", ["split_unicode", "split_unicode chunks=40 size=3", "markdown"])
async def test_no_character_is_lost_between_packets(openai, endpoint, how):
    reply = await ask(openai, endpoint, f"[[{how}]]")
    assert "\ufffd" not in reply.text
    assert any(ord(character) > 127 for character in reply.text)


async def test_text_is_exactly_what_was_sent(openai, endpoint):
    text = 'Line\r\none\n\n"two" \\ \x07 \u2028 𝄞 👩‍👩‍👧‍👦 end'
    reply = await ask(openai, endpoint, f"[[text={json.dumps(text)}]]")
    assert reply.text == text


async def test_the_conversation_is_sent_in_order(openai, endpoint):
    request = ReplyRequest(
        "any-model",
        [
            Prompt(Role.USER, "One"),
            Prompt(Role.ASSISTANT, "Two"),
            Prompt(Role.USER, "Three\n[[echo=all]]"),
        ],
        instructions="Be brief.",
    )
    text = "".join([chunk.text async for chunk in openai.stream(endpoint, request)])
    seen = json.loads(text)
    assert seen["instructions"] == "Be brief."
    assert [message["role"] for message in seen["messages"]] == ["user", "assistant", "user"]


async def test_pictures_go_with_their_question(openai, endpoint, upstream):
    upstream.clear()
    dot = ImagePart("image/png", "iVBORw==")
    request = ReplyRequest("any-model", [Prompt(Role.USER, "What is this?", (dot,))])
    assert [chunk async for chunk in openai.stream(endpoint, request)]
    body = upstream.requests()[-1]["body"]
    ((picture, text),) = [message["content"] for message in body.get("input") or body["messages"]]
    assert text["text"] == "What is this?"
    shown = picture["image_url"]
    assert (shown if isinstance(shown, str) else shown["url"]) == "data:image/png;base64,iVBORw=="


STRICT = {
    "type": "object",
    "properties": {"a": {"type": "integer"}},
    "required": ["a"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("schema", "strict"),
    [(STRICT, True), ({"type": "object", "properties": {"a": {"type": "integer"}}}, False)],
)
async def test_an_answer_has_the_form_that_was_asked_for(
    openai, endpoint, upstream, schema, strict
):
    upstream.clear()
    reply = await ask(openai, endpoint, "Count", json_schema=schema)
    assert (json.loads(reply.text), reply.error) == ({"a": 0}, None)
    body = upstream.requests()[-1]["body"]
    asked = body["text"]["format"] if "text" in body else body["response_format"]["json_schema"]
    assert asked["strict"] is strict


async def test_reasoning_comes_before_the_text_and_apart(openai, endpoint):
    reply = await ask(
        openai,
        endpoint,
        '[[reasoning="First this.\\n\\nThen that." text="Done."]]',
        reasons=True,
        effort=Effort.LOW,
    )
    assert (reply.reasoning, reply.text) == ("First this.\n\nThen that.", "Done.")


async def test_without_summaries_for_this_key_the_answer_comes_all_the_same(openai, upstream):
    endpoint = Endpoint(Source.OPENAI, base_url=upstream.url, key="sk-test-unverified")
    for _ in range(2):
        reply = await ask(openai, endpoint, "[[echo]] Hi", reasons=True)
        assert (reply.text, reply.error) == ("Hi", None)


async def test_settings_go_where_each_api_wants_them(openai, endpoint, upstream):
    upstream.clear()
    settings = ReplyRequest(
        "gpt-5.5",
        [Prompt(Role.USER, "Hi")],
        temperature=0.3,
        max_output_tokens=77,
        effort=Effort.NONE,
        user_tag="tag",
        cache_key="thread",
    )
    async for _ in openai.stream(endpoint, settings):
        pass
    body = upstream.requests()[-1]["body"]
    assert body["temperature"] == 0.3
    assert body["store"] is False
    assert body["safety_identifier"] == "tag"
    assert body["prompt_cache_key"] == "thread"
    if endpoint.api is Api.RESPONSES:
        assert (body["max_output_tokens"], body["reasoning"]) == (77, {"effort": "none"})
    else:
        assert (body["max_completion_tokens"], body["reasoning_effort"]) == (77, "none")


async def test_other_servers_get_the_plain_request_only(openai, upstream):
    upstream.clear()
    endpoint = Endpoint(Source.COMPATIBLE, base_url=upstream.url, key=upstream.key)
    await ask(openai, endpoint, "Hi", instructions="Be brief.", max_output_tokens=5, user_tag="t")
    request = upstream.requests()[-1]
    assert request["path"] == "/v1/chat/completions"
    assert set(request["body"]) == {
        "model",
        "messages",
        "max_tokens",
        "stream",
        "stream_options",
    }
    assert request["body"]["messages"][0]["role"] == "system"


async def test_a_reasoning_model_gets_the_newer_names_behind_any_address(openai, upstream):
    upstream.clear()
    endpoint = Endpoint(Source.COMPATIBLE, base_url=upstream.url, key=upstream.key)
    reply = await ask(
        *(openai, endpoint, "[[echo]] Hi"),
        model="gpt-6-luna",
        instructions="Be brief.",
        max_output_tokens=500,
        reasoning_model=True,
    )
    assert (reply.text, reply.error) == ("Hi", None)
    body = upstream.requests()[-1]["body"]
    assert body["max_completion_tokens"] == 500
    assert body["messages"][0]["role"] == "developer"
    assert set(body) == {"model", "messages", "max_completion_tokens", "stream", "stream_options"}


@pytest.mark.parametrize("api", APIS)
async def test_azure_is_spoken_to_in_its_own_way(openai, upstream, api):
    upstream.clear()
    endpoint = Endpoint(Source.AZURE, api=api, base_url=upstream.origin, key=upstream.key)
    reply = await ask(openai, endpoint, "[[echo]] Hi", model="any-deployment")
    assert (reply.text, reply.error) == ("Hi", None)
    request = upstream.requests()[-1]
    assert request["headers"]["api-key"] == upstream.key
    assert "authorization" not in request["headers"]
    assert "api-version" in request["query"]


# --- what goes wrong -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ("quota", Code.NO_QUOTA),
        ("context", Code.CONTEXT_TOO_LONG),
        ("error=429", Code.RATE_LIMITED),
        ("error=401", Code.WRONG_KEY),
        ("error=400", Code.REQUEST_REFUSED),
        ("error=400 code=content_policy_violation", Code.CONTENT_REFUSED),
        ("error=500", Code.PROVIDER_DOWN),
        ("error=502", Code.PROVIDER_DOWN),
        ("error=503", Code.PROVIDER_DOWN),
    ],
)
async def test_error_statuses_become_something_to_do(openai, endpoint, how, code):
    reply = await ask(openai, endpoint, f"[[{how}]]")
    assert (reply.code, reply.text) == (code, "")


async def test_the_upstream_says_when_to_ask_again(openai, endpoint):
    reply = await ask(openai, endpoint, "[[error=429 retry_after=3]]")
    assert reply.error is not None
    assert reply.error.retry_after == 3


async def test_it_never_asks_twice_by_itself(openai, endpoint, upstream):
    upstream.clear()
    await ask(openai, endpoint, "[[error=500]]")
    assert len(upstream.requests()) == 1


async def test_a_wrong_key_is_said_and_not_repeated(openai, endpoint):
    wrong = msgspec.structs.replace(endpoint, key="sk-wrong-0123456789")
    reply = await ask(openai, wrong, "Hi")
    assert reply.error is not None
    assert reply.code is Code.WRONG_KEY
    assert "0123456789" not in repr(reply.error.problem)


async def test_without_a_key_nothing_is_sent(openai):
    reply = await ask(openai, Endpoint(Source.OPENAI), "Hi")
    assert reply.code is Code.NO_KEY


async def test_an_unknown_model_is_said(openai, endpoint):
    assert (await ask(openai, endpoint, "Hi", model="no-such")).code is Code.MODEL_UNKNOWN


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/v1", "http://no-such-host.invalid/v1", "x:/"])
async def test_a_server_that_is_not_there_is_said(openai, endpoint, url):
    reply = await ask(openai, msgspec.structs.replace(endpoint, base_url=url), "Hi")
    assert reply.error is not None
    assert reply.code is Code.PROVIDER_DOWN
    assert reply.error.retry_after is not None


@pytest.mark.parametrize("how", ["cut=0", "no_terminal=0", "malformed=0"])
async def test_a_stream_that_breaks_before_the_first_token_may_be_asked_for_again(
    openai, endpoint, upstream, how
):
    upstream.clear()
    reply = await ask(openai, endpoint, f"[[{how}]]")
    assert reply.error is not None
    assert reply.code is Code.STREAM_CUT
    assert reply.error.retry_after is not None
    assert len(upstream.requests()) == 1


async def test_a_connection_that_breaks_before_the_headers_may_have_asked(openai, endpoint):
    """Unlike one that was never made: that is told apart."""

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        asked.append(1)
        writer.close()

    asked: list[int] = []
    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        reply = await ask(openai, msgspec.structs.replace(endpoint, base_url=url), "Hi")
    assert reply.code is Code.STREAM_CUT
    assert len(asked) == 1


async def test_what_makes_no_sense_is_not_called_a_broken_connection(openai, endpoint):
    reply = await ask(openai, endpoint, "[[chunks=9 malformed=3]]")
    assert reply.error is not None
    assert "makes no sense" in reply.error.problem.message


@pytest.mark.parametrize("how", ["cut=3", "no_terminal=3", "malformed=3"])
async def test_a_broken_stream_is_an_interruption_that_keeps_what_came(openai, endpoint, how):
    whole = await ask(openai, endpoint, "[[chunks=6 size=5]]")
    reply = await ask(openai, endpoint, f"[[chunks=6 size=5 {how}]]")
    assert reply.code is Code.STREAM_CUT
    assert (reply.text, reply.finish) == (whole.text[:15], None)


@pytest.mark.parametrize("how", ["failed=3", "error_event=3"])
async def test_a_failure_in_mid_stream_keeps_what_came(openai, endpoint, how):
    reply = await ask(openai, endpoint, f"[[chunks=6 size=5 {how}]]")
    assert reply.code is Code.PROVIDER_DOWN
    assert (len(reply.text), reply.finish) == (15, None)


async def test_a_failure_in_mid_stream_keeps_its_meaning(openai, endpoint):
    reply = await ask(openai, endpoint, "[[failed=0 code=rate_limit_exceeded]]")
    assert reply.code is Code.RATE_LIMITED


async def test_silence_is_not_waited_for_for_ever(openai, endpoint):
    openai._idle_seconds = 2.0
    reply = await ask(openai, endpoint, "[[chunks=6 size=5 stall=2]]")
    assert (reply.code, len(reply.text)) == (Code.PROVIDER_TIMEOUT, 10)
    assert (await ask(openai, endpoint, "[[headers=60]]")).code is Code.PROVIDER_TIMEOUT


async def test_a_slow_stream_is_not_silent(openai, endpoint):
    reply = await ask(openai, endpoint, "[[chunks=5 size=4 delay=0.4]]")
    assert (reply.error, len(reply.text)) == (None, 20)


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ("length", Code.OUTPUT_LIMIT),
        ("filter", Code.CONTENT_REFUSED),
        ("refuse", Code.CONTENT_REFUSED),
    ],
)
async def test_an_answer_that_is_not_whole_says_why(openai, endpoint, how, code):
    reply = await ask(openai, endpoint, f"[[{how}]]")
    assert reply.error is None
    assert reply.finish is not None
    assert reply.finish.problem is not None
    assert reply.finish.problem.code is code


# --- connections ---------------------------------------------------------------------


async def test_closing_the_iterator_closes_the_connection(openai, endpoint, upstream):
    upstream.clear()
    async with aclosing(openai.stream(endpoint, asking("[[chunks=1000 delay=0.05]]"))) as stream:
        async for _ in stream:
            break
    request = await upstream.wait_for_async(lambda request: request["ended"] is not None)
    assert request["outcome"] == "closed by client"


async def test_cancelling_before_the_first_token_closes_the_connection(openai, endpoint, upstream):
    upstream.clear()
    asked = asyncio.create_task(ask(openai, endpoint, "[[headers=30]]"))
    await upstream.wait_for_async(lambda request: True)
    asked.cancel()
    request = await upstream.wait_for_async(lambda request: request["ended"] is not None)
    assert request["outcome"] == "closed by client"
    await asyncio.wait({asked})


async def test_a_connection_serves_one_reply_after_the_other(openai, endpoint, upstream):
    upstream.clear()
    for _ in range(3):
        await ask(openai, endpoint, "Hi")
        await asyncio.wait(openai._afterwards)
    connections = {request["connection"] for request in upstream.requests()}
    assert len(connections) == 1


async def test_many_replies_run_at_once_and_do_not_mix(openai, endpoint):
    questions = [f"Question {number} [[echo delay=0.001]]" for number in range(50)]
    replies = await asyncio.gather(*(ask(openai, endpoint, text) for text in questions))
    assert [reply.text for reply in replies] == [text.split(" [[")[0] for text in questions]


async def test_models_are_listed(openai, endpoint):
    listed = [model.id for model in await openai.models(endpoint)]
    assert "gpt-6-luna" in listed


async def test_the_usage_is_taken_as_reported(openai, endpoint):
    reply = await ask(openai, endpoint, "[[reasoning=4 chunks=2 size=8]]", effort=Effort.LOW)
    assert reply.finish is not None
    usage = reply.finish.usage
    assert isinstance(usage, Usage)
    assert usage.reasoning_tokens > 0
    assert usage.output_tokens == usage.reasoning_tokens + 4


@pytest.mark.parametrize(
    ("status", "kind", "body"),
    [
        (b"200 OK", b"text/html", b"<html>"),
        (b"404 Not Found", b"text/html", b"<html>"),
        (b"404 Not Found", b"application/json", b'{"detail":"Not Found"}'),
        (b"200 OK", b"application/json", b'{"hello":1}'),
    ],
)
async def test_what_is_no_server_of_models_is_named_so(openai, status, kind, body):
    async def page(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        length = str(len(body)).encode()
        writer.write(
            b"HTTP/1.1 " + status + b"\r\nContent-Type: " + kind + b"\r\n"
            b"Content-Length: " + length + b"\r\nConnection: close\r\n\r\n" + body
        )
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(page, "127.0.0.1", 0) as site:
        port = site.sockets[0].getsockname()[1]
        endpoint = Endpoint(Source.COMPATIBLE, base_url=f"http://127.0.0.1:{port}")
        with pytest.raises(ProviderError) as refused:
            await openai.models(endpoint)
    assert refused.value.problem.code is Code.PROVIDER_DOWN
    assert "/v1" in refused.value.problem.message
