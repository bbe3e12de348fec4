"""The one door to the `openai` client: what comes back is plain, and what went wrong says whether it may cost money."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import openai
from numpy.typing import NDArray
from pydantic import SecretStr

from shopkeeper.kit.errors import InvalidInput, Unavailable
from shopkeeper.tagging.teacher import Prompt, Reply

_MEND: Mapping[int, str] = MappingProxyType(
    {
        401: "does not accept the key: set SHOPKEEPER_LLM_KEY, or OPENAI_API_KEY",
        403: "does not let this key ask: set SHOPKEEPER_LLM_KEY to one that may",
        404: "has no such model, or no such protocol: check the address, which mostly ends in /v1, and the model",
    }
)
_AGAIN = (408, 409, 429)


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
        try:
            client = openai.AsyncOpenAI(base_url=self.url, api_key=self._key(), timeout=self.timeout_s, max_retries=0)
        except openai.OpenAIError:
            client = openai.AsyncOpenAI(base_url=self.url, api_key="none", timeout=self.timeout_s, max_retries=0)
        async with client:
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
        if not getattr(answer, "choices", None):
            raise NoAnswer(f"{self._who} answers with something else than a completion", again=False, is_billed=True)
        choice, usage = answer.choices[0], answer.usage
        return Reply(
            choice.message.content,
            getattr(choice.message, "refusal", None),
            str(choice.finish_reason),
            usage.prompt_tokens if usage else None,
            usage.completion_tokens if usage else None,
        )

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a vector of each text, (n, d); NoAnswer where there are none."""
        try:
            client = openai.OpenAI(base_url=self.url, api_key=self._key(), timeout=self.timeout_s, max_retries=2)
        except openai.OpenAIError:
            client = openai.OpenAI(base_url=self.url, api_key="none", timeout=self.timeout_s, max_retries=2)
        try:
            with client:
                answer = client.embeddings.create(model=self.model, input=list(texts), encoding_format="float")
        except (openai.OpenAIError, ValueError) as error:
            raise self._failure(error) from None
        told = sorted(getattr(answer, "data", None) or (), key=lambda one: one.index)
        if [one.index for one in told] != list(range(len(texts))) or len({len(one.embedding) for one in told}) != 1:
            raise NoAnswer(f"{self._who} does not answer with one vector for each text", again=False, is_billed=True)
        return np.array([one.embedding for one in told], np.float32)

    @property
    def _who(self) -> str:
        return f"The language model {self.model} at {self.url}"

    def _key(self) -> str | None:
        return self.key.get_secret_value() if self.key else None

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


def _asked_to_wait(headers: Mapping[str, str]) -> float | None:
    try:
        return max(0.0, float(headers.get("retry-after", "")))
    except ValueError:
        return None
