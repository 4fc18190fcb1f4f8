"""Where replies come from, for whom, and what of it a browser may see."""

from __future__ import annotations

import pytest

from jupyter_chat.engine.limits.rules import Allowed
from jupyter_chat.engine.roles import USER
from jupyter_chat.ids import new_id
from jupyter_chat.protocol import (
    AccountPatch,
    Api,
    Code,
    Effort,
    InvalidFrame,
    Problem,
    Source,
    ThreadSettings,
    User,
    encode,
)
from jupyter_chat.providers.interface import Endpoint, ProviderError

from .conftest import make_engine

ADA = User("ada", "Ada", "A")
EVE = User("eve", "Eve", "E")
KEY = "sk-0123456789abcdef"


@pytest.fixture
async def bare(tmp_path):
    """An engine whose environment names no model's server."""
    async for made in make_engine(tmp_path, endpoint=None):
        yield made


async def endpoint(engine, user_id: str) -> Endpoint:
    return await engine.accounts.endpoint(user_id, await engine.accounts.settings(user_id))


async def test_with_nothing_set_up_the_first_run_screen_shows(bare):
    account = await bare.accounts.describe(ADA)
    assert account.source is None
    with pytest.raises(ProviderError) as refused:
        await endpoint(bare, "ada")
    assert refused.value.problem.code is Code.NO_KEY


TWO_WAYS = "Enter an OpenAI key or the address of a compatible server."
THREE_WAYS = (
    "Enter an OpenAI key, enter the address of a compatible server, or choose the local model."
)


@pytest.mark.parametrize(("local", "ways"), [(False, TWO_WAYS), (True, THREE_WAYS)])
async def test_with_nothing_set_up_the_picker_says_what_can_be_done(tmp_path, local, ways):
    async for engine in make_engine(tmp_path, endpoint=None, local_available=local):
        listed = await engine.accounts.models("ada")
        assert listed.problem is not None
        assert listed.problem.message == f"No model is set up yet. {ways}"
        with pytest.raises(ProviderError) as refused:
            await endpoint(engine, "ada")
        assert refused.value.problem.message.endswith(", and retry.")


async def test_a_key_is_used_by_its_owner_only_and_never_shown(bare):
    account = await bare.accounts.change(ADA, AccountPatch(source=Source.OPENAI, key=f" {KEY}\n"))
    assert account.key_hint == KEY[-4:]
    assert KEY.encode() not in encode(account)
    assert (await endpoint(bare, "ada")).key == KEY
    assert KEY not in repr(await endpoint(bare, "ada"))
    with pytest.raises(ProviderError):
        await endpoint(bare, "eve")
    kept = await bare.store.get_settings("ada")
    assert kept.key is not None
    assert KEY not in kept.key


async def test_another_persons_ciphertext_is_of_no_use(bare):
    await bare.accounts.change(ADA, AccountPatch(source=Source.OPENAI, key=KEY))
    await bare.store.put_settings("eve", await bare.store.get_settings("ada"))
    models = await bare.accounts.models("eve")
    assert models.problem is not None
    assert models.problem.code is Code.NO_KEY


async def test_a_short_key_shows_no_hint(bare):
    account = await bare.accounts.change(ADA, AccountPatch(source=Source.OPENAI, key="short"))
    assert account.key_hint is None


async def test_a_key_can_be_forgotten(bare):
    await bare.accounts.change(ADA, AccountPatch(source=Source.OPENAI, key=KEY))
    account = await bare.accounts.change(ADA, AccountPatch(key=None))
    assert account.key_hint is None
    assert (await endpoint(bare, "ada")).key is None


async def test_fields_left_out_stay(bare):
    await bare.accounts.change(
        ADA, AccountPatch(source=Source.COMPATIBLE, base_url="http://127.0.0.1:1/v1", key=KEY)
    )
    account = await bare.accounts.change(ADA, AccountPatch(api=Api.RESPONSES))
    assert account.base_url == "http://127.0.0.1:1/v1"
    used = await endpoint(bare, "ada")
    assert (used.api, used.key) == (Api.RESPONSES, KEY)


@pytest.mark.parametrize(
    "patches",
    [
        [AccountPatch(base_url="http://127.0.0.1:2/v1")],
        [AccountPatch(source=Source.OPENAI)],
        [AccountPatch(source=Source.COMPATIBLE, base_url="http://127.0.0.1:1.evil.example/v1")],
        [AccountPatch(source=None), AccountPatch(source=Source.OPENAI)],
        [
            AccountPatch(source=None),
            AccountPatch(base_url="http://127.0.0.1:2/v1"),
            AccountPatch(source=Source.COMPATIBLE),
        ],
    ],
)
async def test_a_key_goes_to_no_other_server_than_it_was_entered_for(bare, patches):
    entered = AccountPatch(source=Source.COMPATIBLE, base_url="http://127.0.0.1:1/v1/", key=KEY)
    await bare.accounts.change(ADA, entered)
    bare.provider.asked.clear()
    for patch in patches:
        account = await bare.accounts.change(ADA, patch)
    assert account.key_hint is None
    assert (await endpoint(bare, "ada")).key is None
    assert all(each.key is None for each in bare.provider.asked)


async def test_a_key_is_there_again_with_the_server_that_it_was_entered_for(bare):
    entered = AccountPatch(source=Source.COMPATIBLE, base_url="http://127.0.0.1:1", key=KEY)
    await bare.accounts.change(ADA, entered)
    await bare.accounts.change(ADA, AccountPatch(source=None))
    back = AccountPatch(source=Source.COMPATIBLE, base_url="http://127.0.0.1:1/v1")
    account = await bare.accounts.change(ADA, back)
    assert account.key_hint == KEY[-4:]
    assert (await endpoint(bare, "ada")).key == KEY


async def test_ones_own_source_comes_before_the_environments(engine):
    account = await engine.accounts.describe(ADA)
    assert account.from_environment
    account = await engine.accounts.change(ADA, AccountPatch(source=Source.LOCAL))
    assert (account.source, account.from_environment) == (Source.LOCAL, False)
    assert (await engine.accounts.describe(EVE)).from_environment
    account = await engine.accounts.change(ADA, AccountPatch(source=None))
    assert account.from_environment


async def test_ones_defaults_are_used_where_a_thread_says_nothing(engine):
    defaults = ThreadSettings(model="mine", effort=Effort.LOW)
    await engine.accounts.change(ADA, AccountPatch(defaults=defaults))
    assert (await engine.accounts.models("ada")).default == "mine"
    assert (await engine.accounts.models("eve")).default == "puppet"


async def test_a_model_that_one_names_is_used_whatever_its_name_says(engine):
    defaults = ThreadSettings(model="chatty-whisper")
    await engine.accounts.change(ADA, AccountPatch(defaults=defaults))
    models = await engine.accounts.models("ada")
    assert models.default == "chatty-whisper"
    assert "chatty-whisper" in [model.id for model in models.models]
    assert "chatty-whisper" not in [
        model.id for model in (await engine.accounts.models("eve")).models
    ]


async def test_a_compatible_server_is_asked_once_which_model_comes_first(engine):
    settings = await engine.accounts.settings("ada")
    server = Endpoint(Source.COMPATIBLE, base_url="http://gpu/v1")
    for _ in range(3):
        assert await engine.accounts.default_model(server, settings, Allowed(USER)) == "puppet"
    assert engine.provider.times_listed == 1


async def test_a_default_model_goes_with_the_source_it_was_chosen_for(engine):
    chosen = ThreadSettings(model="gpt-5.5", system_prompt="Be brief.")
    await engine.accounts.change(ADA, AccountPatch(source=Source.OPENAI, key=KEY, defaults=chosen))
    await engine.accounts.change(ADA, AccountPatch(key=KEY[::-1]))
    assert (await engine.accounts.settings("ada")).defaults == chosen
    await engine.accounts.change(ADA, AccountPatch(source=Source.LOCAL, key=None))
    assert (await engine.accounts.settings("ada")).defaults == ThreadSettings(
        system_prompt="Be brief."
    )


async def test_a_source_that_does_not_let_us_in_replaces_none_that_works(engine):
    await engine.accounts.change(ADA, AccountPatch(source=Source.OPENAI, key=KEY))
    engine.provider.refusal = ProviderError(Problem(Code.WRONG_KEY, "Wrong."))
    account = await engine.accounts.change(ADA, AccountPatch(key="mistyped-key-1234"))
    assert account.problem is not None
    assert account.problem.code is Code.WRONG_KEY
    assert (await endpoint(engine, "ada")).key == KEY
    account = await engine.accounts.change(ADA, AccountPatch(key=None))
    assert (await endpoint(engine, "ada")).key is None


@pytest.mark.parametrize("address", ["", "not a url", "file:///etc/passwd", "http://", "ftp://x/"])
async def test_what_is_no_address_of_a_server_is_refused_by_name(engine, address):
    patch = AccountPatch(source=Source.COMPATIBLE, base_url=address)
    with pytest.raises(InvalidFrame) as refused:
        await engine.accounts.change(ADA, patch)
    assert refused.value.problem.field == "base_url"
    assert (await engine.accounts.settings("ada")).source is None


async def test_who_wants_it_has_answers_that_go_on_upstream(engine):
    await engine.ask("One?", new_id())
    assert not (await engine.provider.call()).request.durable
    account = await engine.accounts.change(ADA, AccountPatch(durable_replies=True))
    assert account.durable_replies
    await engine.ask("Two?", new_id())
    assert (await engine.provider.call()).request.durable
    assert not (await engine.accounts.describe(EVE)).durable_replies


@pytest.mark.parametrize("key", ["sk-…abcd", "   ", "sk-a\nb-0123456789"])
async def test_what_is_no_key_is_refused_by_name(engine, key):
    with pytest.raises(InvalidFrame) as refused:
        await engine.accounts.change(ADA, AccountPatch(source=Source.OPENAI, key=key))
    assert refused.value.problem.field == "key"
    assert (await engine.accounts.settings("ada")).source is None


async def test_an_address_without_its_v1_is_completed(engine):
    """Only where the longer one works, and the shorter one does not."""
    asked = []

    async def models(endpoint):
        asked.append(endpoint.base_url)
        if not endpoint.base_url.endswith("/v1"):
            raise ProviderError(Problem(Code.PROVIDER_DOWN, "Nothing there."))
        return []

    engine.provider.models = models
    patch = AccountPatch(source=Source.COMPATIBLE, base_url="http://gpu:8000/")
    account = await engine.accounts.change(ADA, patch)
    assert (account.base_url, account.problem) == ("http://gpu:8000/v1", None)
    assert asked == ["http://gpu:8000/", "http://gpu:8000/v1"]
    wrong = AccountPatch(base_url="http://gpu:8000/v1/chat")
    assert (await engine.accounts.change(ADA, wrong)).base_url == "http://gpu:8000/v1/chat/v1"


async def test_in_the_settings_no_question_is_said_to_be_kept(engine):
    problem = Problem(
        Code.WRONG_KEY, "OpenAI refused it. Your question is kept: enter another key and retry."
    )
    engine.provider.refusal = ProviderError(problem)
    account = await engine.accounts.change(ADA, AccountPatch(source=Source.OPENAI, key=KEY))
    assert account.problem is not None
    assert account.problem.message == "OpenAI refused it. Enter another key."


async def test_what_is_known_of_a_default_that_the_server_does_not_list_is_told(engine):
    await engine.accounts.change(ADA, AccountPatch(defaults=ThreadSettings(model="gpt-5.5")))
    models = await engine.accounts.models("ada")
    first = models.models[0]
    assert (models.default, first.id, first.known) == ("gpt-5.5", "gpt-5.5", True)
    assert [model.id for model in models.models[1:]] == ["puppet"]
