import numpy as np
import pytest

from shopkeeper.data.tags import CATEGORY, Band, TagSource
from shopkeeper.data.taxonomy import Taxonomy
from shopkeeper.kit.errors import InvalidInput, NotFitted, UnknownName
from shopkeeper.tagging.category import CategoryTagger
from shopkeeper.tagging.tagger import Labelled

TREE = Taxonomy.from_paths(["Home > Mugs", "Home > Lamps", "Toys > Puzzles"])
WORDS = {
    "Home > Mugs": ["mug", "cup", "tea", "espresso", "handle"],
    "Home > Lamps": ["lamp", "bulb", "led", "shade", "light"],
    "Toys > Puzzles": ["puzzle", "pieces", "jigsaw", "riddle", "board"],
}


def shop(n: int = 40, seed: int = 0) -> Labelled:
    rng = np.random.default_rng(seed)
    colours = ["red", "blue", "green", "large", "small", "new"]
    texts, ids = [], []
    for category_id, own in WORDS.items():
        for _ in range(n):
            texts.append(" ".join([*rng.choice(own, 2), *rng.choice(colours, 2)]))
            ids.append(category_id)
    return Labelled(texts, ids)


def fitted(known: Labelled | None = None) -> CategoryTagger:
    return CategoryTagger().fit(TREE, known or shop())


def test_a_text_is_filed_where_its_words_are() -> None:
    tag = fitted().tag(["large red espresso cup"])[0]
    assert (tag.name, tag.value, tag.source, tag.band) == (CATEGORY, "Home > Mugs", TagSource.MODEL, Band.APPLIED)
    assert 0.9 < tag.confidence <= 1


def test_names_alone_answer_for_review() -> None:
    tag = fitted(Labelled([], [])).tag(["a blue mug"])[0]
    assert (tag.value, tag.band) == ("Home > Mugs", Band.REVIEW)


def test_candidates_are_the_likeliest_first_and_sum_to_one() -> None:
    told = fitted().candidates(["jigsaw board"])[0]
    assert told[0].category_id == "Toys > Puzzles"
    assert [one.probability for one in told] == sorted((one.probability for one in told), reverse=True)
    assert sum(one.probability for one in told) == pytest.approx(1, abs=1e-5)


def test_a_correction_is_known_at_once() -> None:
    tagger = fitted()
    before = tagger.version
    tagger.learn(["zorbo"], ["Toys > Puzzles"])
    assert tagger.candidates(["zorbo"], 1)[0][0].category_id == "Toys > Puzzles"
    assert tagger.version == f"{before}+1"


def test_a_correction_may_name_an_inner_category() -> None:
    tagger = fitted()
    tagger.learn(["gift box for the home"] * 3, ["Home"] * 3)
    assert tagger.candidates(["gift box"], 1)[0][0].category_id == "Home"


@pytest.mark.parametrize("text", ["", " ", "🎁", "<b></b>", "???"])
def test_nothing_is_said_of_a_text_without_words(text: str) -> None:
    tagger = fitted()
    tag = tagger.tag([text])[0]
    assert (tag.value, tag.confidence, tag.band) == ("", 0.0, Band.BLANK)
    assert tagger.candidates([text]) == [[]]


@pytest.mark.parametrize("text", ["x", "mug " * 30_000, "<p>mug</p>", "mug 杯子 кружка 🎁", "\ud83d mug"])
def test_every_text_has_an_answer(text: str) -> None:
    tag = fitted().tag([text])[0]
    assert tag.band in Band
    assert 0 <= tag.confidence <= 1


def test_an_unknown_category_is_refused() -> None:
    with pytest.raises(UnknownName, match="did you mean Home > Mugs"):
        fitted(Labelled(["mug"], ["Home > Mug"]))


def test_as_many_labels_as_texts() -> None:
    with pytest.raises(InvalidInput, match="as many categories"):
        Labelled(["mug"], [])


def test_asking_before_fitting_is_refused() -> None:
    with pytest.raises(NotFitted, match="fit"):
        CategoryTagger().tag(["mug"])


def test_an_empty_tree_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no categories"):
        CategoryTagger().fit(Taxonomy([]), Labelled([], []))


def test_state_is_all_that_was_learned() -> None:
    tagger = fitted()
    tagger.learn(["zorbo"], ["Toys > Puzzles"])
    again = CategoryTagger.from_state(tagger.config, tagger.state())
    texts = [*shop(5, seed=1).texts, "zorbo", ""]
    assert again.tag(texts) == tagger.tag(texts)


def test_the_same_seed_gives_the_same_bytes() -> None:
    first, second = (fitted().state() for _ in range(2))
    assert {k: v.tobytes() for k, v in first.items()} == {k: v.tobytes() for k, v in second.items()}
