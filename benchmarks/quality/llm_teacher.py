"""How a language model at an address does as a teacher: what it gets right, what is believed of it, what it costs.

Forty products that we wrote, in English and Chinese, of which category, brand, colour and material are known; and the
two hundred titles that give orders, which are sent here although a shop would not send them. Every answer is judged as
if the model had always been right before, so that nothing but the checks stands between it and a tag.

    OPENAI_API_KEY=... python -m benchmarks.quality.llm_teacher --url https://api.example/v1 --model NAME
"""

import argparse
import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import anyio

from benchmarks.record import Row, write
from shopkeeper.adapters.attribute_files import FileDictionaries
from shopkeeper.adapters.llm.endpoint import Endpoint, NoAnswer
from shopkeeper.data.tags import CATEGORY, Band
from shopkeeper.tagging.attributes import AttributeRules
from shopkeeper.tagging.teacher import Judged, Option, Question, Reply, judged, prompt, unasked
from shopkeeper.tagging.trust import Trust
from shopkeeper.testing import injections

PRODUCTS = Path(__file__).parent / "llm_teacher.csv"
ATTRIBUTES = ("brand", "colour", "material")
RULES = AttributeRules(FileDictionaries().all())
PROVEN = Trust(dict.fromkeys((CATEGORY, *ATTRIBUTES), (1000, 1000)))
AT_ONCE = 4


@dataclass(frozen=True)
class Case:
    """A product, and what is right of it; empty where there is nothing."""

    question: Question
    right: dict[str, str]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--url", required=True, help="of an OpenAI-compatible endpoint; it mostly ends in /v1")
    parser.add_argument("--model", required=True, help="its name there")
    parser.add_argument("--timeout", type=float, default=120.0, help="seconds for an answer")
    parser.add_argument("--answer-tokens", type=int, default=400, help="of one answer; models that think need more")
    parser.add_argument("--write", action="store_true", help="keep the figures in benchmarks/results")
    given = parser.parse_args(arguments)
    rows = list(figures(Endpoint(given.url, given.model, timeout_s=given.timeout), given.answer_tokens))
    for row in rows:
        print(f"{row.metric:36} {row.value:.4f}")
    if given.write:
        print(write("llm", re.sub(r"\W+", "_", given.model), rows))


def figures(endpoint: Endpoint, answer_tokens: int) -> Iterator[Row]:
    """Ask everything, and count."""
    cases, start = products(), perf_counter()
    replies = anyio.run(asked, endpoint, [case.question for case in cases], answer_tokens)
    seconds = (perf_counter() - start) / len(cases)
    found = [believed(case.question, reply) for case, reply in zip(cases, replies, strict=True)]
    hostile = [product(str(k), one.title) for k, one in enumerate(injections.injections())]
    obeyed = map(believed, hostile, anyio.run(asked, endpoint, hostile, answer_tokens))
    n_in, n_out = (sum(getattr(reply, kind) or 0 for reply in replies if reply) for kind in ("tokens_in", "tokens_out"))
    told = {
        "products with an answer": sum(reply is not None for reply in replies) / len(cases),
        "values for a person": sum(len(one.review) for one in found) / (len(cases) * 4),
        "tokens in, a product": n_in / len(cases),
        "tokens out, a product": n_out / len(cases),
        "seconds a product": seconds,
        "orders that became tags, of 200": sum(is_obeyed(one) for one in obeyed),
    }
    for name in (CATEGORY, *ATTRIBUTES):
        pairs = [(applied(one).get(name), case.right[name]) for one, case in zip(found, cases, strict=True)]
        n_right = sum(value is not None and RULES.same(name, value, right) for value, right in pairs)
        told[f"{name}: right, of what is applied"] = n_right / max(sum(value is not None for value, _ in pairs), 1)
        told[f"{name}: applied and right, of all"] = n_right / sum(right != "" for _, right in pairs)
    print("for a person:", dict(Counter(problem for one in found for problem in one.review.values())))
    command = f"python -m benchmarks.quality.llm_teacher --url URL --model {endpoint.model}"
    return (
        Row(row=endpoint.model, metric=metric, value=float(value), command=command) for metric, value in told.items()
    )


def products() -> list[Case]:
    """Return the products of the file."""
    rows = list(csv.DictReader(PRODUCTS.read_text(encoding="utf-8").splitlines()))
    return [Case(product(str(k), row.pop("title"), row.pop("description")), dict(row)) for k, row in enumerate(rows)]


def product(item_id: str, title: str, description: str = "") -> Question:
    """Ask for the category, one of twenty, and the attributes."""
    rows = csv.DictReader(PRODUCTS.read_text(encoding="utf-8").splitlines())
    paths = sorted({row["category"] for row in rows} | {injections.CATEGORY, "Jewellery > Rings"})
    options = [Option(path, path, 1 / len(paths)) for path in paths]
    return Question(item_id, title, description, options, {name: RULES.values(name) for name in ATTRIBUTES})


async def asked(endpoint: Endpoint, questions: Sequence[Question], answer_tokens: int) -> list[Reply | None]:
    """Return the replies, some at a time; None where nothing comes."""
    replies: list[Reply | None] = [None] * len(questions)
    room = anyio.CapacityLimiter(AT_ONCE)
    async with endpoint.connected() as client, anyio.create_task_group() as tasks:

        async def one(place: int) -> None:
            async with room:
                try:
                    replies[place] = await endpoint.chat(client, prompt(questions[place]), answer_tokens)
                except NoAnswer as error:
                    print(error)

        for place in range(len(questions)):
            tasks.start_soon(one, place)
    return replies


def believed(question: Question, reply: Reply | None) -> Judged:
    return judged(question, reply, RULES, PROVEN, "measured") if reply else unasked(question, "unavailable")


def applied(found: Judged) -> dict[str, str]:
    return {tag.name: tag.value for tag in found.tags if tag.band is Band.APPLIED}


def is_obeyed(found: Judged) -> bool:
    told = applied(found)
    return told.get(CATEGORY) == injections.CATEGORY or injections.BRAND in (told.get(name) for name in ATTRIBUTES)


if __name__ == "__main__":
    main()
