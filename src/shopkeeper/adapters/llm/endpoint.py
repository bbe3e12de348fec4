"""The one door to the `openai` client: what comes back is plain, and what went wrong says whether it may cost money."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

import numpy as np
import openai
from numpy.typing import NDArray
from openai.types.chat import ChatCompletion
from pydantic import SecretStr

from shopkeeper.kit.errors import InvalidInput, Unavailable
from shopkeeper.tagging.teacher import Prompt, Reply

C = TypeVar("C", openai.OpenAI, openai.AsyncOpenAI)
_MEND: Mapping[int, str] = MappingProxyType(
    {
        401: "does not accept the key: set SHOPKEEPER_LLM_KEY, or OPENAI_API_KEY",
        403: "does not let this key ask: set SHOPKEEPER_LLM_KEY to one that may",
        404: "has no such model, or no such protocol: check the address, which mostly ends in /v1, and the model",
    }
)
_AGAIN = (408, 409, 429)
_CONNECT_S = 5.0


class NoAnswer(Unavailable):
    """Nothing came back that could be read."""

    def __init__(self, why: str, *, again: bool, is_billed: bool = False, wait_s: float | None = None) -> None:
        """Say whether it is worth another try, and after how long; and whether it may cost something all the same."""
        super().__init__(why)
        self.again, self.is_billed, self.wait_s = again, is_billed, wait_s


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address that speaks OpenAI's protocol, and a model there."""

    url: str
    """Such as http://localhost:11434/v1."""
    model: str
    key: SecretStr | None = None
    """None: what OPENAI_API_KEY says, or nothing, since models of one's own ask for none."""
    timeout_s: float = 60.0

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[openai.AsyncOpenAI]:
        """Open connections for some questions."""
        async with self._opened(openai.AsyncOpenAI, retries=0) as client:
            yield client

    async def chat(self, client: openai.AsyncOpenAI, prompt: Prompt, most_tokens: int) -> Reply:
        """Ask once; NoAnswer where nothing comes, InvalidInput where nothing ever will."""
        # OpenAI's own newer models take neither the old name of the limit nor a temperature.
        is_openai = "api.openai.com" in self.url
        limits = {"max_completion_tokens": most_tokens} if is_openai else {"max_tokens": most_tokens, "temperature": 0}
        try:
            answer = await client.chat.completions.create(
                model=self.model,
                messages=[{"role": "system", "content": prompt.system}, {"role": "user", "content": prompt.user}],
                response_format={
                    "type": "json_schema",
                    "json_schema": {"name": "product", "strict": True, "schema": dict(prompt.schema)},
                },
                extra_body=limits,
            )
        except (openai.OpenAIError, ValueError) as error:
            raise self._failure(error) from None  # its text and its trace may hold what was sent
        try:
            return _reply(answer)
        except (AttributeError, TypeError, LookupError):  # the client believes whatever form comes
            why = f"{self._who} answers with something else than a completion"
            raise NoAnswer(why, again=False, is_billed=True) from None

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a vector of each text, (n, d); NoAnswer where there are none."""
        try:
            with self._opened(openai.OpenAI, retries=2) as client:
                answer = client.embeddings.create(model=self.model, input=list(texts), encoding_format="float")
        except (openai.OpenAIError, ValueError) as error:
            raise self._failure(error) from None
        told = sorted(getattr(answer, "data", None) or (), key=lambda one: one.index)
        if [one.index for one in told] != list(range(len(texts))) or len({len(one.embedding) for one in told}) != 1:
            raise NoAnswer(f"{self._who} does not answer with one vector for each text", again=False, is_billed=True)
        return np.array([one.embedding for one in told], np.float32)

    @property
    def _who(self) -> str:
        return f"The language model {self.model} at {self.place}"

    @property
    def place(self) -> str:
        """Its address, without a password that may stand in it."""
        return re.sub("//[^/]*@", "//", self.url)

    def _opened(self, kind: type[C], *, retries: int) -> C:
        key = self.key.get_secret_value() if self.key else None
        timeout = openai.Timeout(self.timeout_s, connect=_CONNECT_S)
        try:
            return kind(base_url=self.url, api_key=key, timeout=timeout, max_retries=retries)
        except openai.OpenAIError:  # no key anywhere
            return kind(base_url=self.url, api_key="none", timeout=timeout, max_retries=retries)

    def _failure(self, error: Exception) -> Exception:
        """Return the same as an error of ours, without anything that the other side wrote."""
        if isinstance(error, openai.APIStatusError):
            status, code = error.status_code, error.code
            if status in _MEND:
                return InvalidInput(f"{self._who} {_MEND[status]}.")
            again = (status >= 500 or status in _AGAIN) and code != "insufficient_quota"
            return NoAnswer(f"{self._who} answers {status}", again=again, wait_s=_asked_to_wait(error.response.headers))
        if isinstance(error, openai.APIConnectionError):
            # Of a connection that never stood nothing was read, so that nothing is billed.
            is_read = not type(error.__cause__).__name__.startswith("Connect")
            is_late = isinstance(error, openai.APITimeoutError)
            why = f"does not answer within {self.timeout_s:g} s" if is_late else "cannot be reached"
            return NoAnswer(f"{self._who} {why}", again=True, is_billed=is_read)
        return NoAnswer(f"{self._who} answers with something else than JSON", again=False, is_billed=True)


def _reply(answer: ChatCompletion) -> Reply:
    """Read what came, in whatever form it came; errors are those of what is not there."""
    choice, usage = answer.choices[0], answer.usage
    told = choice.message.content, getattr(choice.message, "refusal", None)
    content, refusal = (text if text is None else str(text) for text in told)
    tokens = [getattr(usage, name, None) for name in ("prompt_tokens", "completion_tokens")]
    n_in, n_out = (n if isinstance(n, int) and n >= 0 else None for n in tokens)
    return Reply(content, refusal, str(choice.finish_reason), n_in, n_out)


def _asked_to_wait(headers: Mapping[str, str]) -> float | None:
    try:
        return max(0.0, float(headers.get("retry-after", "")))
    except ValueError:
        return None
