"""Attributes of 1,050 product pages from their names and descriptions, with their specifications as truth.

Seven tenths of each top category are learned from, the rest is asked, with five seeds. A page whose specification says
nothing of an attribute is not asked for it. `rules` know the brands of what is learned from and nothing else of it;
`learned` is `AttributeTagger` with the specifications as labels. Unseen are values that nothing learned from has.

How often each rule is right by meaning is measured on the pages that were not looked at when the rules were written.

    python -m benchmarks.quality.flipkart_attributes
"""

import argparse
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import TypedDict

import duckdb
import numpy as np

from benchmarks.record import Row, peak_mb, write
from shopkeeper.adapters.attribute_files import FileDictionaries
from shopkeeper.data.catalog import Product
from shopkeeper.data.tags import Band, Label
from shopkeeper.tagging.attribute_tagger import AttributeTagger
from shopkeeper.tagging.attributes import AttributeRules
from shopkeeper.tagging.measures import measures
from shopkeeper.tagging.rule import ProductText
from shopkeeper.tagging.trust import Trust

HERE = Path(__file__).parent
COMMAND = "python -m benchmarks.quality.flipkart_attributes"
PAIR = re.compile(r'"key"=>"(.*?)", "value"=>"(.*?)"\}')
AT = datetime(2016, 7, 1, tzinfo=UTC)
DICTIONARIES = FileDictionaries().all()
MEASURES = {one.name: one.measure for one in DICTIONARIES if one.measure}


class Settings(TypedDict):
    """What the .toml holds."""

    seeds: list[int]
    test_share: float
    as_written: list[str]
    keys: dict[str, list[str]]


@dataclass(frozen=True)
class Page:
    """A product as it is read, and what its specification says."""

    product: Product
    text: str
    brand: str | None
    category: str
    truth: Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """What was said of one attribute of one page."""

    is_said: bool
    is_right: bool
    """As it is written."""
    is_meant: bool
    """Whether it means the same."""
    is_applied: bool
    is_unseen: bool
    stands: bool
    """Whether the true value stands in the text, as it is written."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the datasets")
    settings: Settings = tomllib.loads((HERE / "flipkart_attributes.toml").read_text())  # type: ignore[assignment]
    every = pages(parser.parse_args().data, settings["keys"])
    found: dict[tuple[str, str], list[list[Answer]]] = {}
    start = perf_counter()
    for seed in settings["seeds"]:
        learned, asked = split(every, settings["test_share"], seed)
        for name, way, answers in answered(learned, asked, settings["as_written"]):
            found.setdefault((name, way), []).append(answers)
        print(f"seed {seed}: {perf_counter() - start:.0f} s", flush=True)
    seconds = perf_counter() - start
    rows = [row for (name, way), runs in found.items() for row in figures(f"{name}, {way}", runs, settings, seconds)]
    print(
        write("attributes", "flipkart_attributes", rows),
        write("attribute_rules", "flipkart_attributes", measured(every, settings)),
    )


def pages(data: Path, keys: Mapping[str, list[str]]) -> list[Page]:
    """Return all pages; of what a specification says twice the first counts."""
    table = f"'{data / 'flipkart_1050' / 'products.parquet'}'"
    columns = "uniq_id, product_name, coalesce(description, ''), brand, product_specifications, top_category"
    found = []
    for item_id, title, description, brand, specifications, category in duckdb.execute(
        f"SELECT {columns} FROM {table}"
    ).fetchall():
        said = dict(reversed(PAIR.findall(specifications or "")))
        truth = {
            name: next(said[key] for key in own if key in said) for name, own in keys.items() if said.keys() & set(own)
        }
        product = Product(item_id=item_id, title=title, description=description)
        found.append(Page(product, plain(f"{title} {description}"), brand, category, truth))
    return found


def split(every: Sequence[Page], test_share: float, seed: int) -> tuple[list[Page], list[Page]]:
    """Return what is learned from and what is asked, with as large a share of each top category."""
    rng = np.random.default_rng(seed)
    category = np.array([page.category for page in every])
    is_asked = np.zeros(len(every), np.bool_)
    for one in np.unique(category):
        own = rng.permutation(np.flatnonzero(category == one))
        is_asked[own[round((1 - test_share) * len(own)) :]] = True
    parts: tuple[list[Page], list[Page]] = ([], [])
    for page, asked in zip(every, is_asked.tolist(), strict=True):
        parts[asked].append(page)
    return parts


def answered(
    learned: Sequence[Page], asked: Sequence[Page], as_written: Sequence[str]
) -> Iterator[tuple[str, str, list[Answer]]]:
    """Return what rules and learned values say of what is asked."""
    rules = AttributeRules(DICTIONARIES, brands_of(learned))
    told = [
        Label(page.product.item_id, name, page.truth[name], "spec", AT)
        for page in learned
        for name in as_written
        if name in page.truth
    ]
    tagger = AttributeTagger.fit(DICTIONARIES, [page.product for page in learned], told)
    tags = [{tag.name: tag for tag in one} for one in tagger.tag([page.product for page in asked])]
    for name in as_written:
        seen = {plain(page.truth[name]) for page in learned if name in page.truth}
        told_of = [k for k, page in enumerate(asked) if name in page.truth]
        by_rules = []
        for k in told_of:
            said = rules.read_one(name, ProductText.of(asked[k].product))
            by_rules.append(answer(rules, name, asked[k], said.value if said else None, seen, is_applied=False))
        if name in rules.names:
            yield name, "rules", by_rules
        by_labels = []
        for k in told_of:
            tag = tags[k].get(name)
            is_said, is_applied = (
                tag is not None and tag.band is not Band.BLANK,
                tag is not None and tag.band is Band.APPLIED,
            )
            value = tag.value if tag is not None and is_said else None
            by_labels.append(answer(rules, name, asked[k], value, seen, is_applied=is_applied))
        yield name, "learned", by_labels


def brands_of(known: Sequence[Page]) -> set[str]:
    """Return the brands that the catalogue or the specification of pages has."""
    return {brand for page in known for brand in (page.brand, page.truth.get("brand")) if brand}


def answer(
    rules: AttributeRules, name: str, page: Page, value: str | None, seen: set[str], *, is_applied: bool
) -> Answer:
    right = page.truth[name]
    return Answer(
        is_said=value is not None,
        is_right=value is not None and plain(value) == plain(right),
        is_meant=value is not None and rules.same(name, value, right),
        is_applied=is_applied,
        is_unseen=plain(right) not in seen,
        stands=f" {plain(right)} " in f" {page.text} ",
    )


def plain(text: str) -> str:
    return " ".join(text.casefold().split())


def figures(row: str, runs: Sequence[Sequence[Answer]], settings: Settings, seconds: float) -> Iterator[Row]:
    """Return the figures of one attribute."""
    shares = {
        "accuracy": [share(run, lambda one: one.is_right) for run in runs],
        "precision": [share(run, lambda one: one.is_right, lambda one: one.is_said) for run in runs],
        "coverage": [share(run, lambda one: one.is_said) for run in runs],
        "accuracy by meaning": [share(run, lambda one: one.is_meant) for run in runs],
        "accuracy, unseen values": [share(run, lambda one: one.is_right, lambda one: one.is_unseen) for run in runs],
        "share of unseen values": [share(run, lambda one: one.is_unseen) for run in runs],
        "precision, applied": [share(run, lambda one: one.is_right, lambda one: one.is_applied) for run in runs],
        "coverage, applied": [share(run, lambda one: one.is_applied) for run in runs],
        "the text holds the value": [share(run, lambda one: one.stands) for run in runs],
    }
    for metric, of_seeds in shares.items():
        if np.isnan(of_seeds).all() or (metric == "coverage, applied" and not any(of_seeds)):
            continue
        value = float(np.nanmean(of_seeds))
        spread = float(1.96 * np.nanstd(of_seeds, ddof=1) / np.sqrt(len(of_seeds)))
        print(f"{row:20} {metric:25} {value:.4f} ±{spread:.4f}", flush=True)
        yield Row(
            row=row,
            metric=metric,
            value=value,
            spread=spread,
            seeds=tuple(settings["seeds"]),
            of_seeds=tuple(of_seeds),
            seconds=seconds,
            peak_mb=peak_mb(),
            command=COMMAND,
        )


def share(
    run: Sequence[Answer], part: Callable[[Answer], bool], of: Callable[[Answer], bool] = lambda _: True
) -> float:
    all_of_it = [one for one in run if of(one)]
    return sum(map(part, all_of_it)) / len(all_of_it) if all_of_it else float("nan")


def measured(every: Sequence[Page], settings: Settings) -> list[Row]:
    """Return how often each rule is right, by meaning, on the pages that were not looked at when it was written."""
    first, _ = split(every, settings["test_share"], 0)
    looked_at = first[1::2]
    rules = AttributeRules(DICTIONARIES, brands_of(looked_at))
    ids = {page.product.item_id for page in looked_at}
    looks = []
    for page in every:
        text = ProductText.of(page.product)
        for name, right in page.truth.items() if page.product.item_id not in ids else ():
            is_told = not MEASURES.get(name) or any(measures(MEASURES[name], right))
            if is_told and (said := rules.read_one(name, text)) is not None:
                looks.append((f"{name} {said.rule}", rules.same(name, said.value, right)))
    rows = []
    for kind, (n_right, n) in sorted(Trust.of(looks).seen.items()):
        print(f"{kind:24} {n_right:4} of {n:4}")
        counts = (("right", n_right), ("of", n))
        rows += [Row(row=kind, metric=metric, value=float(count), command=COMMAND) for metric, count in counts]
    return rows


if __name__ == "__main__":
    main()
