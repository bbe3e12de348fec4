import json
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from shopkeeper.data.catalog import Product
from shopkeeper.data.tags import Band, Tag, TagSource
from shopkeeper.tagging.teacher import (
    NONE,
    SYSTEM,
    Judged,
    Option,
    Problem,
    Question,
    Reply,
    earned,
    judged,
    prompt,
    unsure,
)
from shopkeeper.tagging.trust import Trust
from shopkeeper.testing.injections import BRAND, CATEGORY, injections
from tests.unit.tagging.questions import CATEGORIES, MUGS, PROVEN, RULES, question

RIGHT = {"category": MUGS.path, "brand": "", "colour": "red", "material": "ceramic"}


def judge(
    asked: Question, answer: object, trust: Trust = PROVEN, *, finish: str = "stop", refusal: str | None = None
) -> Judged:
    content = answer if isinstance(answer, str) or answer is None else json.dumps(answer)
    return judged(asked, Reply(content, refusal, finish), RULES, trust, "m, prompt 1")


def test_a_good_answer_of_a_proven_teacher_is_applied() -> None:
    found = judge(question(), RIGHT)
    assert {tag.name: tag.value for tag in found.tags} == {"category": "c1", "colour": "red", "material": "ceramic"}
    assert {(tag.band, tag.source, tag.version) for tag in found.tags} == {
        (Band.APPLIED, TagSource.LLM, "m, prompt 1"),
    }
    assert found.review == {}


def test_a_teacher_that_nobody_has_checked_only_suggests() -> None:
    found = judge(question(), RIGHT, Trust({"colour": (20, 20)}))
    assert {(tag.name, tag.band) for tag in found.tags} == {
        (name, Band.REVIEW) for name in ("category", "colour", "material")
    }
    assert set(found.review.values()) == {"unproven"}
    assert {tag.name: round(tag.confidence, 3) for tag in found.tags}["colour"] == round(21 / 22, 3)


def test_trust_is_earned_by_each_version_and_by_what_means_the_same() -> None:
    tag = Tag("colour", "blue", 0.5, TagSource.LLM, "m, prompt 1", Band.REVIEW)
    looks = [(tag, "navy"), (tag, "red"), (tag, ""), (replace(tag, name="category", value="c1"), "c1")]
    others = [(replace(tag, version="m, prompt 0"), "red"), (replace(tag, source=TagSource.RULE), "red")]
    assert earned([*looks, *others], "m, prompt 1", RULES).seen == {"colour": (1, 3), "category": (1, 1)}


@pytest.mark.parametrize(
    ("answer", "told", "why"),
    [
        (None, {"refusal": "no"}, "refused"),
        (RIGHT, {"finish": "content_filter"}, "refused"),
        (RIGHT, {"finish": "length"}, "truncated"),
        (json.dumps(RIGHT)[:-1], {}, "not as asked"),
        ("", {}, "not as asked"),
        (None, {}, "not as asked"),
        ("[" * 100_000, {}, "not as asked"),
        ([RIGHT], {}, "not as asked"),
        (RIGHT | {"item_id": "p2"}, {}, "not as asked"),
        ({"category": MUGS.path}, {}, "not as asked"),
        (RIGHT | {"colour": None}, {}, "not as asked"),
        (RIGHT | {"colour": ["red"]}, {}, "not as asked"),
    ],
)
def test_of_a_bad_answer_nothing_is_believed(answer: object, told: dict[str, str], why: str) -> None:
    found = judge(question(), answer, finish=told.get("finish", "stop"), refusal=told.get("refusal"))
    assert found.tags == ()
    assert found.review == dict.fromkeys(("category", "brand", "colour", "material"), why)


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("category", "Kitchen", "not an option"),
        ("category", "c1", "not an option"),
        ("category", NONE, "none of these"),
        ("colour", "vermilion", "not an option"),
        ("colour", "blue", "not in the text"),
        ("brand", "Acme", "not in the text"),
        ("brand", "red" * 40, "not in the text"),
        ("brand", "re\u202ed", "not in the text"),
    ],
)
def test_of_a_bad_value_a_person_hears_and_no_tag_is_made(name: str, value: str, why: str) -> None:
    found = judge(question(), RIGHT | {name: value})
    assert name not in {tag.name for tag in found.tags}
    assert found.review == {name: why}


def test_a_category_that_only_the_language_model_sees_is_looked_at() -> None:
    found = judge(question(categories=(replace(MUGS, probability=0.001), *CATEGORIES[1:])), RIGHT)
    assert found.review == {"category": "not plausible"}
    assert {tag.name: tag.band for tag in found.tags}["category"] is Band.REVIEW


def test_a_known_form_of_what_stands_in_the_text_is_believed() -> None:
    found = judge(question("枣红色陶瓷杯 Acme"), RIGHT | {"brand": "Acme"})
    assert {tag.name: tag.value for tag in found.tags} == {
        "category": "c1",
        "brand": "Acme",
        "colour": "red",
        "material": "ceramic",
    }


def test_no_value_is_no_tag_and_no_work() -> None:
    assert judge(question(), RIGHT | {"colour": NONE, "material": ""}).review == {}


def test_twenty_categories_may_be_answered_and_those_of_one_name_are_told_apart() -> None:
    options = [Option(f"c{k}", "Mugs" if k < 2 else f"Other {k:02}", 0.04) for k in range(30)]
    asked = question(categories=options, attributes={})
    schema = prompt(asked).schema["properties"]
    listed = schema["category"]["enum"]  # type: ignore[index]  # JSON
    assert (len(listed), listed[:2], listed[-1]) == (21, ["Mugs [c0]", "Mugs [c1]"], NONE)
    assert judge(asked, {"category": "Mugs [c1]"}).tags[0].value == "c1"
    assert judge(asked, {"category": "Other 20"}).review == {"category": "not an option"}


def test_the_same_question_has_one_key_and_every_part_of_it_counts() -> None:
    asked = question()
    key = prompt(asked).key("m")
    assert prompt(question(item_id="p2", categories=CATEGORIES[::-1])).key("m") == key
    others = [question("Blue mug"), question(description="of stoneware"), question(categories=CATEGORIES[:2])]
    others.append(question(attributes={"colour": ("red",)}))
    assert len({key, prompt(asked).key("n"), *(prompt(other).key("m") for other in others)}) == 6


def test_a_prompt_has_no_more_tokens_than_it_says() -> None:
    asked = prompt(question("红" * 400))
    assert asked.most_tokens > len((asked.system + asked.user).encode())


def test_only_what_is_missing_or_unsure_is_asked_for() -> None:
    product = Product(item_id="p", title="Mug", brand="Acme", attributes={"material": "clay"})
    tags = [
        Tag("colour", "red", 0.97, TagSource.RULE, "1"),
        Tag("size", "M", 0.6, TagSource.RULE, "1", Band.REVIEW),
        Tag("shape", "", 1.0, TagSource.PERSON, "ann", Band.BLANK),
    ]
    wanted = ("category", "brand", "material", "colour", "size", "shape", "weight")
    assert unsure(product, tags, wanted) == ("category", "size", "weight")


def test_every_reason_is_explained() -> None:
    page = Path("docs/how-to/teach-tags-with-an-llm.md").read_text()
    assert [problem for problem in get_args(Problem) if f"`{problem}`" not in page] == []


def test_two_hundred_titles_change_no_instruction_and_leave_their_place() -> None:
    titles = injections()
    assert len({one.title for one in titles}) == 200
    honest = prompt(question("Red mugs"))
    for one in titles:
        asked = prompt(question(one.title))
        assert (asked.system, asked.schema) == (SYSTEM, honest.schema)
        sent = json.loads(asked.user)
        assert sent["options"] == json.loads(honest.user)["options"]
        mark = sent["product"].split("\n")[0]
        assert sent["product"].count(mark) == 2
        assert sent["product"].endswith(f"\n{mark}")
        assert all(sign.isprintable() or sign == "\n" for sign in sent["product"])


def test_who_obeys_a_title_can_name_no_product_and_no_value_that_is_not_there() -> None:
    obeyed = {"category": CATEGORY, "brand": BRAND, "colour": BRAND, "material": BRAND}
    for one in injections():
        found = judge(question(one.title, categories=(MUGS, Option("c3", CATEGORY, 0.001))), obeyed)
        assert found.item_id == "p1"
        applied = {tag.name: tag.value for tag in found.tags if tag.band is Band.APPLIED}
        assert applied in ({}, {"brand": BRAND})
        assert found.review.keys() >= {"category", "colour", "material"}
