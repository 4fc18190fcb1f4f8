"""Access to the service: kept, renewed, shared, and taken from the replica that answers."""

from __future__ import annotations

import asyncio
import logging
import socket

import pytest

from jupyter_chat.linked import trading
from jupyter_chat.linked.replicas import replicas as known_replicas
from jupyter_chat.linked.trading import NoAccess, Trader
from jupyter_chat.protocol import Code, Problem, Side

from .service import HUB_TOKEN, Replica, Service

LOG = logging.getLogger("tests")


class Clock:
    """The time as the trader sees it."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def time(self) -> float:
        return self.now

    monotonic = time

    def pass_by(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(trading, "time", clock)
    return clock


@pytest.fixture
def trader(replicas: list[Replica], clock: Clock) -> Trader:
    return Trader(known_replicas([each.url for each in replicas], []), HUB_TOKEN, LOG)


async def test_access_is_kept_until_the_last_third_of_its_life(
    trader: Trader, service: Service, clock: Clock
):
    first = await trader.access(Side.BROWSER)
    clock.pass_by(599)
    assert await trader.access(Side.BROWSER) is first
    assert first.access(for_browser=True).seconds_left == pytest.approx(301)
    clock.pass_by(2)
    renewed = await trader.access(Side.BROWSER)
    assert renewed.token != first.token
    assert renewed.access(for_browser=True).seconds_left == pytest.approx(900)
    assert len(service.traded) == 2


async def test_kernels_have_access_of_their_own_at_the_same_replica(
    trader: Trader, replicas: list[Replica], service: Service, clock: Clock
):
    page, kernel = await trader.access(Side.BROWSER), await trader.access(Side.KERNEL)
    assert page.replica == kernel.replica
    assert service.sides == {page.token: "browser", kernel.token: "kernel"}
    assert await trader.access(Side.KERNEL) is kernel
    replicas[0].stop()
    clock.pass_by(2)
    page = await trader.anew(Side.BROWSER)
    assert page.replica.url == replicas[1].url
    assert (await trader.access(Side.KERNEL)).replica == page.replica


async def test_access_that_ended_while_the_computer_slept_is_not_handed_out(
    trader: Trader, clock: Clock
):
    first = await trader.access(Side.BROWSER)
    clock.pass_by(3600)
    assert (await trader.access(Side.BROWSER)).token != first.token


async def test_all_who_ask_at_once_share_one_trade(trader: Trader, service: Service):
    tokens = {
        each.token for each in await asyncio.gather(*(trader.anew(Side.BROWSER) for _ in range(20)))
    }
    assert len(tokens) == len(service.traded) == 1


async def test_it_is_traded_once_a_second_at_most(trader: Trader, service: Service, clock: Clock):
    first = await trader.anew(Side.BROWSER)
    assert (await trader.anew(Side.BROWSER)).token == first.token
    clock.pass_by(1.1)
    assert (await trader.anew(Side.BROWSER)).token != first.token
    assert len(service.traded) == 2


async def test_the_next_replica_takes_the_place_of_one_that_is_away_and_keeps_it(
    trader: Trader, replicas: list[Replica], service: Service, clock: Clock
):
    assert (await trader.access(Side.BROWSER)).access(for_browser=False).url == replicas[0].url
    replicas[0].stop()
    clock.pass_by(2)
    moved = await trader.anew(Side.BROWSER)
    assert moved.access(for_browser=False).url == replicas[1].url
    assert moved.access(for_browser=True).url == "/services/chat-2/"
    replicas[0].start()
    clock.pass_by(800)
    assert (await trader.access(Side.BROWSER)).access(for_browser=False).url == replicas[1].url
    assert service.traded == ["chat-1", "chat-2", "chat-2"]


async def test_one_that_says_nothing_is_passed_over(
    trader: Trader, replicas: list[Replica], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(trading, "_ANSWER_SECONDS", 0.2)
    silent = socket.create_server(("127.0.0.1", 0))
    port = silent.getsockname()[1]
    urls = [f"http://127.0.0.1:{port}/services/chat-0/", replicas[0].url]
    patient = Trader(known_replicas(urls, []), HUB_TOKEN, LOG)
    assert (await patient.access(Side.BROWSER)).replica.url == replicas[0].url
    silent.close()


async def test_a_service_that_is_away_does_not_end_access_that_is_still_good(
    trader: Trader, replicas: list[Replica], clock: Clock
):
    first = await trader.access(Side.BROWSER)
    for replica in replicas:
        replica.stop()
    clock.pass_by(700)
    assert await trader.access(Side.BROWSER) is first
    clock.pass_by(201)
    with pytest.raises(NoAccess) as away:
        await trader.access(Side.BROWSER)
    problem = away.value.problem
    assert problem.code is Code.SERVICE_DOWN
    assert "does not answer" in problem.message
    assert "is sent when it is back" in problem.message
    assert problem.detail is not None
    assert all(replica.url in problem.detail for replica in replicas)
    assert trader.problem == problem
    replicas[1].start()
    clock.pass_by(2)
    assert (await trader.access(Side.BROWSER)).replica.url == replicas[1].url
    assert trader.problem is None


async def test_a_hub_that_is_away_is_said_in_the_words_of_the_service(
    trader: Trader, service: Service
):
    service.refusal = (503, Problem(Code.HUB_DOWN, "The hub does not answer."))
    with pytest.raises(NoAccess) as away:
        await trader.access(Side.BROWSER)
    assert away.value.problem.message == "The hub does not answer."
    assert not away.value.is_final
    assert service.traded == ["chat-1", "chat-2"]
    assert trader.replica.public_url == "/services/chat-1/"


async def test_who_is_refused_loses_access_and_is_told_why(
    trader: Trader, service: Service, clock: Clock
):
    await trader.access(Side.BROWSER)
    service.refusal = (403, Problem(Code.FORBIDDEN, "The hub does not know you."))
    clock.pass_by(700)
    for _ in range(2):
        with pytest.raises(NoAccess, match="The hub does not know you") as refused:
            await trader.access(Side.BROWSER)
        assert refused.value.problem.code is Code.FORBIDDEN
    assert service.traded == ["chat-1", "chat-1"]
    service.refusal = (503, Problem(Code.HUB_DOWN, "The hub does not answer."))
    clock.pass_by(2)
    with pytest.raises(NoAccess, match="hub does not answer"):  # though it would be good yet
        await trader.access(Side.BROWSER)


async def test_a_refusal_without_words_gets_some(replicas: list[Replica], service: Service):
    service.refusal = (401, Problem(Code.INVALID, "no"))
    trader = Trader(known_replicas([replicas[0].url], []), HUB_TOKEN, LOG)
    with pytest.raises(NoAccess) as refused:
        await trader.access(Side.BROWSER)
    assert refused.value.is_final


async def test_without_a_hub_nobody_is_asked(replicas: list[Replica], service: Service):
    trader = Trader(known_replicas([replicas[0].url], []), "", LOG)
    with pytest.raises(NoAccess, match="JUPYTERHUB_API_TOKEN"):
        await trader.access(Side.BROWSER)
    assert service.traded == []


async def test_the_token_is_not_taken_along_to_another_address(
    replicas: list[Replica], service: Service, clock: Clock
):
    async def lead_elsewhere(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        to = f"{replicas[0].url}jupyter-chat/api/hub/access"
        writer.write(f"HTTP/1.1 307 Over there\r\nLocation: {to}\r\n\r\n".encode())
        writer.close()
        await writer.wait_closed()

    leading = await asyncio.start_server(lead_elsewhere, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{leading.sockets[0].getsockname()[1]}/"
    with pytest.raises(NoAccess):
        await Trader(known_replicas([url], []), HUB_TOKEN, LOG).access(Side.BROWSER)
    leading.close()
    assert service.traded == []


async def test_neither_token_is_in_a_log_or_a_repr(
    trader: Trader,
    replicas: list[Replica],
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
):
    caplog.set_level(logging.DEBUG)
    traded = await trader.access(Side.BROWSER)
    shown = [repr(traded), repr(traded.access(for_browser=True)), repr(trader)]
    for replica in replicas:
        replica.stop()
    clock.pass_by(1000)
    with pytest.raises(NoAccess) as away:
        await trader.access(Side.BROWSER)
    shown += [repr(away.value), repr(away.value.problem), caplog.text]
    assert "does not answer" in caplog.text
    for secret in (traded.token, HUB_TOKEN):
        assert not any(secret in text for text in shown)
