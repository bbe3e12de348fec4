from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from shopkeeper.data.tags import Band
from shopkeeper.data.taxonomy import Category, Taxonomy
from shopkeeper.estimator import Config
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.tagging.category import CategoryTagger, CategoryTaggerConfig
from shopkeeper.tagging.tagger import Labelled
from shopkeeper.testing.tagger_suite import TREE, NewTagger, TaggerSuite, shop


class TestCategoryTagger(TaggerSuite):
    @pytest.fixture
    def new(self) -> NewTagger:
        return CategoryTagger  # type: ignore[return-value]  # its config is a Config


class Meanings:
    """Vectors by hand: what is drunk from, and what gives light."""

    def __init__(self, unknown: float = 0.0, name: str = "meanings") -> None:
        self._unknown, self.name = unknown, name

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        kinds = ("mug beaker chalice cup tea", "lamp lantern candle light led", "puzzle jigsaw toys", "拼图")
        found = np.array([[sum(word in text.lower() for word in kind.split()) for kind in kinds] for text in texts])
        vectors = found.reshape(len(texts), len(kinds)).astype(np.float32)
        return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6), np.float32)

    def unknown_share(self, texts: Sequence[str]) -> float:
        return self._unknown


def fitted(known: Labelled | None = None, **options: float) -> CategoryTagger:
    return CategoryTagger(CategoryTaggerConfig.model_validate(options)).fit(TREE, known or shop())


def test_what_is_sure_is_applied() -> None:
    assert fitted().tag(["large red espresso cup"])[0].band is Band.APPLIED


def test_few_labels_apply_nothing() -> None:
    assert fitted(shop(10)).tag(["large red espresso cup"])[0].band is Band.REVIEW


def test_between_two_leaves_the_way_ends_above_them() -> None:
    known = shop(60)
    texts = [*known.texts, *["a gift for the home"] * 40]
    ids = [*known.category_ids, *["Home > Mugs"] * 20, *["Home > Lamps"] * 20]
    tag = CategoryTagger().fit(TREE, Labelled(texts, ids)).tag(["gift for the home"])[0]
    assert (tag.value, tag.band) == ("Home", Band.APPLIED)


def test_an_encoder_knows_words_that_no_label_has() -> None:
    with_meaning = CategoryTagger().fit(TREE, shop(), encoder=Meanings())
    assert with_meaning.candidates(["lantern"], 1)[0][0].category_id == "Home > Lamps"
    assert fitted().candidates(["lantern"], 1)[0][0].probability < 0.6


def test_an_encoder_of_another_language_is_left_out_and_said() -> None:
    tagger = CategoryTagger().fit(TREE, shop(), encoder=Meanings(unknown=0.21))
    assert tagger.notes_ == ("The encoder meanings does not know 21% of the texts' tokens: it was left out.",)
    assert tagger.features_.encoder is None


def test_a_state_wants_the_encoder_it_was_fitted_with() -> None:
    tagger = CategoryTagger().fit(TREE, shop(), encoder=Meanings())
    again = CategoryTagger.from_state(tagger.config, tagger.state(), Meanings())
    assert again.tag(["lantern"]) == tagger.tag(["lantern"])
    for encoder in (None, Meanings(name="others")):
        with pytest.raises(InvalidInput, match="fitted with the encoder meanings"):
            CategoryTagger.from_state(tagger.config, tagger.state(), encoder)


def test_texts_without_a_label_are_learned_from() -> None:
    few = Labelled(["mug", "lamp"], ["Home > Mugs", "Home > Lamps"])
    pool = ["mug of porcelain"] * 30 + ["lamp of brass"] * 30
    more = Labelled([*few.texts, *pool], [*few.category_ids, *[None] * 60])
    sure = [tagger.candidates(["porcelain"], 1)[0] for tagger in (fitted(more), fitted(more, pool_weight=0))]
    assert sure[0][0].category_id == "Home > Mugs"
    assert sure[0][0].probability > sure[1][0].probability


def test_a_correction_may_name_an_inner_category() -> None:
    tagger = fitted()
    tagger.learn(["gift box for the home"] * 3, ["Home"] * 3)
    assert tagger.candidates(["gift box"], 1)[0][0].category_id == "Home"


def test_forms_of_one_product_are_not_measured_on_each_other() -> None:
    texts = [f"thing{k // 5} mark{k // 5}" for k in range(200)]
    ids = [TREE.leaves[k // 5 % 4] for k in range(200)]
    forms = [str(k // 5) for k in range(200)]
    told = [CategoryTagger().fit(TREE, Labelled(texts, ids, groups)) for groups in (None, forms)]
    assert told[0].bands_.applied <= 1 < told[1].bands_.applied


def test_bands_may_be_set_on_texts_that_were_kept_out() -> None:
    tagger = fitted(shop(10))
    before = tagger.version
    tagger.calibrate(shop(20, seed=1))
    assert tagger.tag(["large red espresso cup"])[0].band is Band.APPLIED
    assert tagger.version != before


def test_a_few_texts_calibrate_nothing() -> None:
    with pytest.raises(InvalidInput, match="There are 8 labels to calibrate on; give 50 or more"):
        fitted().calibrate(shop(2))


def test_what_to_ask_about_is_unsure_and_not_the_same_twice() -> None:
    texts = ["red mug cup", "zorbo", "zorbo", "zorbo", "quib quab", "lamp bulb"]
    assert [texts[k] for k in fitted().ask(texts, 2)] in (["zorbo", "quib quab"], ["quib quab", "zorbo"])


def test_what_is_seen_often_is_asked_about_first() -> None:
    texts = ["zorbo", "quib quab"]
    assert [fitted().ask(texts, 1, np.array(seen)) for seen in ([0, 1000], [1000, 0])] == [[1], [0]]


def test_names_of_every_language_are_examples() -> None:
    tree = Taxonomy(
        [Category("1", None, {"en": "Mugs", "zh": "马克杯"}), Category("2", None, {"en": "Lamps", "zh": "台灯"})]
    )
    tagger = CategoryTagger().fit(tree, Labelled([], []))
    assert [one[0].category_id for one in tagger.candidates(["陶瓷马克杯", "blue lamps"], 1)] == ["1", "2"]


def test_two_categories_of_one_name_are_told_apart_by_what_is_above_them() -> None:
    tree = Taxonomy.from_paths(["Women > Shoes", "Men > Shoes"])
    told = CategoryTagger().fit(tree, Labelled([], [])).candidates(["shoes for men"], 1)
    assert told[0][0].category_id == "Men > Shoes"


def test_many_labels_are_measured_on_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shopkeeper.tagging.category._MANY", 100)
    monkeypatch.setattr("shopkeeper.tagging.category._ENOUGH", 80)
    assert fitted().tag(["large red espresso cup"])[0].band is Band.APPLIED


def test_an_empty_tree_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no categories"):
        CategoryTagger().fit(Taxonomy([]), Labelled([], []))


def test_as_many_labels_as_texts() -> None:
    with pytest.raises(InvalidInput, match="as many categories"):
        Labelled(["mug"], [])


def test_options_are_a_config() -> None:
    assert issubclass(CategoryTagger.Config, Config)
