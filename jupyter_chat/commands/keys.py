"""`jupyter chat keys`: the keys that encrypt, and the API key for everybody."""

from __future__ import annotations

import asyncio
import getpass
import sys

from traitlets import Bool, Unicode

from ..engine.audit import Audit, Event
from ..engine.keys.reencrypting import Reencryption, reencrypt
from ..protocol import Source
from ..store.vault import EVERYBODY, new_key
from .command import Command, by_whom

_MOST_NAMED = 20
_SOURCES = (Source.OPENAI, Source.AZURE, Source.COMPATIBLE)


class Generate(Command):
    """Make a key for JUPYTER_CHAT_KEYS."""

    name = "jupyter chat keys generate"
    description = __doc__

    async def act(self) -> None:
        self.say(new_key())


class Rotate(Command):
    """Put a new key in front of the one in the key file or the keyring.

    Servers that run take it up by themselves; let `jupyter chat keys reencrypt` encrypt
    everything with it then.
    """

    name = "jupyter chat keys rotate"
    description = __doc__

    async def act(self) -> None:
        vault = self.chat.open_vault()
        async with self.history() as store:
            await Audit(store).note("", Event.KEYS_CHANGED, "", by_whom())
            await vault.rotate()
        self.say(
            "There is a new key in front of the others, which servers that run take up by "
            "themselves. Give `jupyter chat keys reencrypt` now."
        )


class ForgetOld(Command):
    """Take all keys but the first out of the key file or the keyring.

    Only where nothing needs them any more.
    """

    name = "jupyter chat keys forget-old"
    description = __doc__

    async def act(self) -> None:
        vault = self.chat.open_vault()
        async with self.history() as store:
            seen = await reencrypt(store, vault, only_look=True)
            if seen.older:
                self.fail(
                    f"So many secrets need an older key still: {seen.older}. Nothing was "
                    "changed: give `jupyter chat keys reencrypt` first."
                )
            await Audit(store).note("", Event.KEYS_CHANGED, "", by_whom())
            count = await vault.forget_older()
        self.say(f"Forgotten: {count}.")


class Reencrypt(Command):
    """Encrypt everything again with the first of the keys.

    Servers may run meanwhile, and it may be stopped and begun again at any time. Give all
    servers the new key first, in front of the old one, and start them again; take the old
    key away when this says that nothing needs it any more.
    """

    name = "jupyter chat keys reencrypt"
    description = __doc__
    only_look = Bool(False, help="Say what there is, and change nothing.").tag(config=True)
    flags = {  # noqa: RUF012
        **Command.flags,
        "only-look": ({"Reencrypt": {"only_look": True}}, "Say what there is; change nothing."),
    }

    async def act(self) -> None:
        vault = self.chat.open_vault()
        async with self.history() as store:
            if not self.only_look:
                await Audit(store).note("", Event.REENCRYPTED, "", by_whom())
            done = await reencrypt(store, vault, only_look=self.only_look)
        self.say(_report(done))
        for secret in done.unreadable[:_MOST_NAMED]:
            whose = "the one for everybody" if secret.user_id == EVERYBODY else secret.user_id
            self.say(f"  {secret.purpose}: {whose}")
        if len(done.unreadable) > _MOST_NAMED:
            self.say(f"  and {len(done.unreadable) - _MOST_NAMED} more")
        if done.unreadable or done.older:
            self.exit(1)


class Share(Command):
    """Store an API key for everybody who has entered none.

    It is asked for, or read from the standard input, and stored encrypted. Servers use it
    a few seconds later. Nobody is ever shown more of it than that it is there.
    """

    name = "jupyter chat keys share"
    description = __doc__
    source = Unicode("openai", help="`openai`, `azure` or `compatible`.").tag(config=True)
    base_url = Unicode("", help="The address of the server, if not OpenAI's.").tag(config=True)
    aliases = {  # noqa: RUF012
        **Command.aliases,
        "source": "Share.source",
        "base-url": "Share.base_url",
    }

    async def act(self) -> None:
        source = next((each for each in _SOURCES if each.value == self.source), None)
        if source is None:
            self.fail("--source is `openai`, `azure` or `compatible`. Nothing was changed.")
        elif source is not Source.OPENAI and not self.base_url:
            self.fail(f"--base-url must say where the server is ({source.value}).")
        else:
            key = await asyncio.to_thread(_read_key)
            chat = self.chat
            async with self.history() as store:
                shared = chat.shared_sources(store, chat.open_vault())
                await Audit(store).note("", Event.SHARED_KEY_SET, source.value, by_whom())
                await shared.put(source, key, self.base_url or None)
            self.say("Stored. Servers that run use it within a few seconds.")


class Unshare(Command):
    """Forget the stored API key for everybody."""

    name = "jupyter chat keys unshare"
    description = __doc__

    async def act(self) -> None:
        chat = self.chat
        async with self.history() as store:
            await Audit(store).note("", Event.SHARED_KEY_REMOVED, "", by_whom())
            await chat.shared_sources(store, chat.open_vault()).remove()
        self.say("Forgotten. Servers that run do so within a few seconds.")


class Keys(Command):
    """The keys that encrypt what people enter, and the API key for everybody."""

    name = "jupyter chat keys"
    description = __doc__
    subcommands = {  # noqa: RUF012
        "generate": (Generate, "Make a key for JUPYTER_CHAT_KEYS."),
        "rotate": (Rotate, "Put a new key in front of those in the key file or the keyring."),
        "reencrypt": (Reencrypt, "Encrypt everything again with the first of the keys."),
        "forget-old": (ForgetOld, "Take all keys but the first out of there again."),
        "share": (Share, "Store an API key for everybody who has entered none."),
        "unshare": (Unshare, "Forget the stored API key for everybody."),
    }


def _read_key() -> str:
    if sys.stdin.isatty():
        return getpass.getpass("API key: ")
    return sys.stdin.readline()


def _report(done: Reencryption) -> str:
    lines = [f"Encrypted with the first key: {done.newest}, of these just now: {done.renewed}."]
    if done.older:
        lines.append(f"Encrypted with an older key still: {done.older}.")
    if done.unreadable:
        lines.append(
            f"No key opens these {len(done.unreadable)}. They were left as they are: give the "
            "server the key that encrypted them, or let their owners enter them again."
        )
    elif not done.older:
        lines.append("Nothing needs any other key.")
    return "\n".join(lines)
