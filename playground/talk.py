"""What the events of the page do: ask, stop, begin anew, and whatever ends when a visitor leaves."""

from collections.abc import AsyncIterator, Mapping

from openai import DefaultAsyncHttpxClient, OpenAIError, Timeout
from polylect import AsyncPolylect, Culture

from playground.aloud import Aloud
from playground.asking import Asking
from playground.names import Names
from playground.trouble import STOPPING, Trouble, explain
from playground.turn import Turn, messages, new_turn
from playground.view.parts import Parts, Shown, trouble_card, turn_parts
from playground.wish import Unasked, read_key, read_wish

NO_KEY = "none"
"""Said outright: the client would look for one in the environment, which is the operator's."""

_PATIENCE = Timeout(3_600, connect=5)


class Talk:
    """Everything that visitors do in this process, each under the id of a session.

    `base_url` is where the service is; a visitor's own key is the only one that is ever sent there.
    """

    def __init__(self, base_url: str) -> None:
        self._names = Names()
        self._cultures: list[Culture] = []
        self._asking: dict[str, Asking] = {}
        # No proxy of the environment stands between this page and the service beside it.
        connections = DefaultAsyncHttpxClient(trust_env=False)
        self._client = AsyncPolylect(
            base_url=base_url, api_key=NO_KEY, timeout=_PATIENCE, max_retries=0, http_client=connections
        )

    async def close(self) -> None:
        """End whatever is still asked."""
        for asking in list(self._asking.values()):
            await asking.stop(STOPPING)
        await self._client.close()

    async def ask(
        self, session: str, turns: list[Turn], sent: Mapping[str, object], locale: str
    ) -> AsyncIterator[tuple[Shown, list[Turn]]]:
        """Ask what the page sent, and come back with each change. `again`: the last question once more."""
        again = sent.get("again") is True and bool(turns)
        try:
            wish = read_wish({**sent, "question": turns[-1].wish.question} if again else sent)
        except Unasked as refusal:
            yield self._refused(turns, str(refusal)), turns
            return
        await self.stop(session)
        turn = new_turn(turns[-1].number + 1 if turns else 1, wish)
        before = turns[:-1] if again else turns
        client = self._for(wish.key, locale)
        asking = self._asking[session] = Asking(turn, client, messages(before, wish.question))
        try:
            async for shown in self._watch(asking, before):
                yield shown, [*before, turn]
        finally:
            await asking.stop()
            if self._asking.get(session) is asking:
                del self._asking[session]

    async def stop(self, session: str) -> None:
        """End what this session asks, if it asks anything."""
        if asking := self._asking.get(session):
            await asking.stop()

    def asks(self, session: str) -> bool:
        """Whether an answer for this session is on its way."""
        return session in self._asking

    async def facts(self, sent: Mapping[str, object], locale: str) -> dict[str, object]:
        """What may be chosen: cultures and backbones; or the trouble that hides them."""
        key = read_key(sent)
        client = self._for(key, locale)
        try:
            models = [model.id async for model in client.models.list()]
            if not self._cultures:  # the same for everybody, as long as the service lives
                self._cultures = await client.cultures()
        except OpenAIError as error:
            return {"cultures": [], "backbones": [], "trouble": _sentence(explain(error, key=key))}
        self._names.learn(self._cultures)
        backbones = [model for model in models if not model.startswith("polylect/")]
        return {"cultures": [_choice(one) for one in self._cultures], "backbones": backbones, "trouble": ""}

    async def _watch(self, asking: Asking, before: list[Turn]) -> AsyncIterator[Shown]:
        earlier: Parts = {}
        for turn in before:
            earlier |= turn_parts(turn, self._names, last=False)
        aloud = Aloud(asking.turn, self._names)
        async for _ in asking.changes():
            parts = earlier | turn_parts(asking.turn, self._names, last=True)
            yield Shown(parts=parts, running=asking.turn.under_way, said=aloud.listen())

    def _refused(self, turns: list[Turn], why: str) -> Shown:
        parts: Parts = {}
        for turn in turns:
            parts |= turn_parts(turn, self._names, last=turn is turns[-1])
        parts["pl-notice"] = {"into": "", "html": trouble_card(Trouble("This was not asked.", why))}
        return Shown(parts=parts, running=False, said=[])

    def _for(self, key: str, locale: str) -> AsyncPolylect:
        """The client with a visitor's key and languages; connections are shared."""
        headers = {"Accept-Language": locale} if locale else {}
        return self._client.with_options(api_key=key or NO_KEY, set_default_headers=headers)


def _choice(culture: Culture) -> dict[str, object]:
    name = culture.names.get("en", culture.id)
    own = dict.fromkeys(told for tag, told in culture.names.items() if tag != "en" and told != name)
    return {"id": culture.id, "name": name, "own": list(own)}


def _sentence(trouble: Trouble | None) -> str:
    return f"{trouble.title} {trouble.advice}" if trouble else ""
