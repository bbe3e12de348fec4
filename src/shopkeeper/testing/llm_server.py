"""A server that speaks OpenAI's protocol, good and bad: the name of the model that is asked says how it behaves."""

import json
import zlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import anyio
import numpy as np
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from shopkeeper.tagging.teacher import NONE
from shopkeeper.tagging.words import words_of
from shopkeeper.testing.injections import BRAND, CATEGORY

Answer = dict[str, str]
WIDTH = 16
"""Of its vectors."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question that came in."""

    headers: Mapping[str, str]
    body: dict[str, object]

    @property
    def model(self) -> str:
        """Which behaviour was asked for."""
        return str(self.body["model"])

    @property
    def messages(self) -> list[str]:
        """The texts of system and user."""
        messages = self.body["messages"]
        return [str(one["content"]) for one in messages] if isinstance(messages, list) else []

    @property
    def options(self) -> dict[str, list[str]]:
        """What may be answered, as the schema has it."""
        schema = self.body["response_format"]["json_schema"]["schema"]  # type: ignore[index]  # JSON
        return {name: one.get("enum", []) for name, one in schema["properties"].items()}

    @property
    def product(self) -> str:
        """The product's text."""
        return str(json.loads(self.messages[1])["product"])


@dataclass
class LlmServer:
    """The server; start it with any ASGI server."""

    asked: list[Asked] = field(default_factory=list)

    @property
    def app(self) -> Starlette:
        """What serves."""
        chat = Route("/v1/chat/completions", self._chat, methods=["POST"])
        return Starlette(routes=[chat, Route("/v1/embeddings", self._embeddings, methods=["POST"])])

    async def _chat(self, request: Request) -> Response:
        asked = Asked(dict(request.headers), await request.json())
        self.asked.append(asked)
        if asked.model not in BEHAVIOURS:
            return _error(404, "model_not_found")
        nth = sum(one.model == asked.model for one in self.asked)
        return await BEHAVIOURS[asked.model](asked, request, nth)

    async def _embeddings(self, request: Request) -> Response:
        body = await request.json()
        if body["model"] not in ("vectors", "uneven vectors"):
            return _error(404, "model_not_found")
        width = WIDTH - (body["model"] == "uneven vectors") * (len(body["input"]) % 2)
        vectors = [[float(x) for x in vector(text)[:width]] for text in body["input"]]
        data = [{"object": "embedding", "index": k, "embedding": one} for k, one in enumerate(vectors)]
        # In no order: a client must go by the index.
        return JSONResponse({"object": "list", "model": body["model"], "data": data[::-1], "usage": _usage(1, 0)})


def vector(text: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the vector of a text: as long as it is random, and always the same."""
    return 3 * np.random.default_rng(zlib.crc32(text.encode())).standard_normal(WIDTH)


def best(asked: Asked) -> Answer:
    """Answer as asked: of what is listed what shares most words with the product, else the product's first word."""
    text = asked.product.split("\n", 1)[1]
    has = set(words_of(text))
    answer = {name: text.split()[0] for name in asked.options}
    for name, listed in asked.options.items():
        if listed:
            most = max(listed, key=lambda one: len(has & set(words_of(one))))
            answer[name] = most if has & set(words_of(most)) else NONE
    return answer


def obeyed(asked: Asked) -> Answer:
    """Answer what an order in the product's text wants, where there is one."""
    if CATEGORY not in asked.product and BRAND not in asked.product:
        return best(asked)
    return {name: CATEGORY if CATEGORY in listed else BRAND for name, listed in asked.options.items()}


def completion(asked: Asked, content: str | None, *, finish: str = "stop", refusal: str | None = None) -> JSONResponse:
    """Return an answer in the protocol's form, with what it cost."""
    message = {"role": "assistant", "content": content, "refusal": refusal}
    n_in, n_out = sum(map(len, asked.messages)) // 4, len(content or refusal or "") // 4 + 1
    choice = {"index": 0, "finish_reason": finish, "message": message, "logprobs": None}
    head = {"id": "c", "object": "chat.completion", "created": 0, "model": asked.model}
    return JSONResponse(head | {"choices": [choice], "usage": _usage(n_in, n_out)})


def _usage(n_in: int, n_out: int) -> dict[str, int]:
    return {"prompt_tokens": n_in, "completion_tokens": n_out, "total_tokens": n_in + n_out}


def _error(status: int, code: str, **headers: str) -> JSONResponse:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return JSONResponse({"error": {"message": "not now", "type": code, "code": code}}, status, sent)


Behaviour = Callable[[Asked, Request, int], Awaitable[Response]]


def _says(answer: Callable[[Asked], str | None], *, finish: str = "stop", refusal: str | None = None) -> Behaviour:
    async def behave(asked: Asked, _request: Request, _nth: int) -> Response:
        return completion(asked, answer(asked), finish=finish, refusal=refusal)

    return behave


def _at_first(n_times: int, first: Callable[[], Response]) -> Behaviour:
    async def behave(asked: Asked, _request: Request, nth: int) -> Response:
        return first() if nth <= n_times else completion(asked, json.dumps(best(asked)))

    return behave


async def _late(asked: Asked, _request: Request, _nth: int) -> Response:
    await anyio.sleep(0.2)
    return completion(asked, json.dumps(best(asked)))


async def _never(_asked: Asked, request: Request, _nth: int) -> Response:
    while not await request.is_disconnected():
        await anyio.sleep(0.01)
    return Response()


async def _page(_asked: Asked, _request: Request, _nth: int) -> Response:
    return PlainTextResponse("<html>Welcome to the hotel's network</html>", media_type="text/html")


async def _half(_asked: Asked, _request: Request, _nth: int) -> Response:
    return Response('{"id": "c", "choices": [', media_type="application/json")


def _changed(**changes: object) -> Behaviour:
    async def behave(asked: Asked, _request: Request, _nth: int) -> Response:
        return JSONResponse(json.loads(bytes(completion(asked, json.dumps(best(asked))).body)) | changes)

    return behave


_ALWAYS = 10**9
BEHAVIOURS: Mapping[str, Behaviour] = {
    "follows": _says(lambda asked: json.dumps(best(asked))),
    "slow": _late,
    "hangs": _never,
    "obeys": _says(lambda asked: json.dumps(obeyed(asked))),
    "truncated": _says(lambda asked: json.dumps(best(asked))[:-4], finish="length"),
    "refuses": _says(lambda _: None, refusal="I cannot help with that."),
    "filtered": _says(lambda asked: json.dumps(best(asked)), finish="content_filter"),
    "empty": _says(lambda _: ""),
    "prose": _says(lambda _: "Sure! It is a mug."),
    "fenced": _says(lambda asked: f"```json\n{json.dumps(best(asked))}\n```"),
    "list": _says(lambda asked: json.dumps([best(asked)])),
    "numbers": _says(lambda asked: json.dumps(dict.fromkeys(asked.options, 7))),
    "more keys": _says(lambda asked: json.dumps(best(asked) | {"item_id": "p2"})),
    "fewer keys": _says(lambda asked: json.dumps(dict(list(best(asked).items())[1:]))),
    "wrong enum": _says(lambda asked: json.dumps(dict.fromkeys(asked.options, "Furniture > Thrones"))),
    "invents": _says(lambda asked: json.dumps(best(asked) | {n: "Zebra" for n, o in asked.options.items() if not o})),
    "page": _page,
    "half": _half,
    "untold": _changed(usage=None),
    "odd counts": _changed(usage={"prompt_tokens": -(10**6), "completion_tokens": "few"}),
    "no counts": _changed(usage={}),
    "no choices": _changed(choices=None),
    "odd choices": _changed(choices=[{"message": None}]),
    "busy": _at_first(2, lambda: _error(429, "rate_limit_exceeded", Retry_After="0")),
    "busy for long": _at_first(_ALWAYS, lambda: _error(429, "rate_limit_exceeded", Retry_After="3600")),
    "out of quota": _at_first(_ALWAYS, lambda: _error(429, "insufficient_quota")),
    "broken": _at_first(2, lambda: _error(500, "server_error")),
    "down": _at_first(_ALWAYS, lambda: _error(503, "server_error")),
    "locked": _at_first(_ALWAYS, lambda: _error(401, "invalid_api_key")),
    "picky": _at_first(_ALWAYS, lambda: _error(400, "invalid_request_error")),
}
"""How each model behaves; any other is not there."""
