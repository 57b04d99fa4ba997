"""OpenAI's client, with Polylect's address and what only a Polylect can be asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal, Unpack, overload

from openai import (
    DEFAULT_MAX_RETRIES,
    NOT_GIVEN,
    APIError,
    APIStatusError,
    NotGiven,
    OpenAI,
    Timeout,
)

from polylect import address
from polylect.answer import Answer
from polylect.context import Context
from polylect.culture import Culture, Cultures
from polylect.errors import explained, is_doubtful, ours_alone
from polylect.options import Mode, Options, Question, chat_request, detect_request
from polylect.reading import read_told, read_whole
from polylect.score import Score
from polylect.stream import AnswerStream

if TYPE_CHECKING:
    import httpx  # for its types alone: newer clients of OpenAI's have httpx2 instead


class Polylect(OpenAI):
    """OpenAI's client before a Polylect service: all that it can do, and `steer`, `council`, `detect` ….

    `base_url`: else POLYLECT_BASE_URL, else the local service; `/v1` is added where a path is missing.
    `api_key`: else POLYLECT_API_KEY, else none. OpenAI's own environment variables are not read. The other
    arguments, `copy` and `with_options` are OpenAI's, and so are the errors, save `NotPolylect`.

    >>> from polylect import Polylect
    >>> client = Polylect()
    >>> answer = client.chat.completions.create(
    ...     model="polylect/auto", messages=[{"role": "user", "content": "What is 2 + 2?"}]
    ... )
    >>> bool(answer.choices[0].message.content)
    True
    """

    def __init__(
        self,
        *,
        base_url: str | httpx.URL | None = None,
        api_key: str | Callable[[], str] | None = None,
        timeout: float | Timeout | NotGiven | None = NOT_GIVEN,
        max_retries: int = DEFAULT_MAX_RETRIES,
        default_headers: Mapping[str, str] | None = None,
        default_query: Mapping[str, object] | None = None,
        http_client: httpx.Client | None = None,
        **more: Any,
    ) -> None:
        super().__init__(
            base_url=address.base_url(base_url),
            api_key=api_key if callable(api_key) else address.api_key(api_key),
            timeout=timeout,
            max_retries=max_retries,
            default_headers=default_headers,
            default_query=default_query,
            http_client=http_client,
            **more,
        )
        address.forget_openai(self, default_headers, more)

    @overload
    def steer(
        self,
        question: Question,
        *,
        mode: Mode = "auto",
        stream: Literal[False] = False,
        **options: Unpack[Options],
    ) -> Answer: ...

    @overload
    def steer(
        self, question: Question, *, mode: Mode = "auto", stream: Literal[True], **options: Unpack[Options]
    ) -> AnswerStream: ...

    @overload
    def steer(
        self, question: Question, *, mode: Mode = "auto", stream: bool, **options: Unpack[Options]
    ) -> Answer | AnswerStream: ...

    def steer(
        self,
        question: Question,
        *,
        mode: Mode = "auto",
        stream: bool = False,
        **options: Unpack[Options],
    ) -> Answer | AnswerStream:
        """Ask in a mode; `auto` leaves to the service whether and how the question is steered.

        `question`: a text, or OpenAI's messages. `options`: see `Options`. With `stream` the events come as
        they happen, in an `AnswerStream`.

        Raises:
            openai.OpenAIError: as OpenAI's client does; `NotPolylect` where no Polylect answers.
            TypeError: the question is neither, or an option is unknown.

        >>> from polylect import Polylect
        >>> Polylect().steer("Why do people in Kyoto bow to their guests?").mode
        'contextual'
        """
        request = chat_request(question, mode, stream, options)
        try:
            if stream:
                return AnswerStream(self.chat.completions.create(**request), self.base_url)
            return read_whole(self.chat.completions.with_raw_response.create(**request), self.base_url)
        except APIStatusError as error:
            if is_doubtful(error):
                with suppress(APIError):
                    self.with_options(max_retries=0).cultures()
            raise

    @overload
    def council(
        self,
        question: Question,
        *,
        debate: bool = False,
        stream: Literal[False] = False,
        **options: Unpack[Options],
    ) -> Answer: ...

    @overload
    def council(
        self, question: Question, *, debate: bool = False, stream: Literal[True], **options: Unpack[Options]
    ) -> AnswerStream: ...

    @overload
    def council(
        self, question: Question, *, debate: bool = False, stream: bool, **options: Unpack[Options]
    ) -> Answer | AnswerStream: ...

    def council(
        self, question: Question, *, debate: bool = False, stream: bool = False, **options: Unpack[Options]
    ) -> Answer | AnswerStream:
        """Ask one voice a culture, and get one answer out of them. `debate`: they hear each other once.

        Everything else is as in `steer`. Without `cultures` the service chooses whom to ask.

        >>> from polylect import Polylect
        >>> answer = Polylect().council("How should a child address an elder?", cultures=["JP", "KE"])
        >>> [(one.culture, one.language, one.status) for one in answer.perspectives]
        [('JP', 'ja', 'spoke'), ('KE', 'en', 'spoke')]
        """
        return self.steer(question, mode="debate" if debate else "multiplex", stream=stream, **options)

    def detect(self, text: Question, *, audience: str | None = None) -> Context:
        """The cultural context of a text or a conversation. No model is asked.

        `audience`: the asker's own culture, an id, a name or a language tag.

        >>> from polylect import Polylect
        >>> context = Polylect().detect("Why do people in Kyoto bow?", audience="PE")
        >>> [one.id for one in context.cultures], [one.id for one in context.audience]
        (['JP'], ['PE'])
        """
        body = detect_request(text, audience)
        with ours_alone(self.base_url):
            return read_told(
                self.post("/polylect/detect", cast_to=Context, body=body), "cultural", self.base_url
            )

    def score(self, text: str) -> Score:
        """The Perspectives Distribution Score of a text of at most 100,000 characters. No model is asked.

        >>> from polylect import Polylect
        >>> Polylect().score("Kyoto, Osaka and Nara.").distribution
        {'east-asian': 1.0}
        """
        with ours_alone(self.base_url):
            told = self.post("/polylect/score", cast_to=Score, body={"text": text})
            return read_told(told, "entropy", self.base_url)

    def cultures(self) -> list[Culture]:
        """The curated cultures; every ISO 3166 code works too.

        >>> from polylect import Polylect
        >>> {"JP", "KE", "MX"} <= {culture.id for culture in Polylect().cultures()}
        True
        """
        with ours_alone(self.base_url):
            return read_told(self.get("/polylect/cultures", cast_to=Cultures), "data", self.base_url).data

    def request(self, *args: Any, **kwargs: Any) -> Any:
        """OpenAI's, for every call of this client; a connection error names the address and the cure.

        >>> import openai
        >>> from polylect import Polylect
        >>> try:
        ...     Polylect(base_url="http://127.0.0.1:9", max_retries=0).models.list()
        ... except openai.APIConnectionError as error:
        ...     print(str(error)[:42])
        No server answers at http://127.0.0.1:9/v1
        """
        with explained(self.base_url):
            return super().request(*args, **kwargs)
