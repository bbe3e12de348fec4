"""What every tagger must do; shipped, so that yours can be held to it too."""

from collections.abc import Callable

import numpy as np

from shopkeeper.data.tags import CATEGORY, Band, TagSource
from shopkeeper.data.taxonomy import Taxonomy
from shopkeeper.estimator import Config
from shopkeeper.kit.errors import InvalidInput, NotFitted
from shopkeeper.tagging.tagger import Labelled, Tagger

NewTagger = Callable[[], Tagger[Config]]

TREE = Taxonomy.from_paths(["Home > Mugs", "Home > Lamps", "Toys > Puzzles", "玩具 > 拼图"])
_WORDS = {
    "Home > Mugs": "mug cup tea espresso handle",
    "Home > Lamps": "lamp bulb led shade light",
    "Toys > Puzzles": "puzzle pieces jigsaw riddle board",
    "玩具 > 拼图": "儿童拼图 益智拼图玩具 木质拼图 地图拼图 拼图板",
}
ODD = ("", " ", "x", "🎁", "<b></b>", "<p>mug", "mug 杯子 кружка 🎁", "\ud83d mug", "\u202emug\u0000", "mug " * 30_000)
"""Texts that files have, and nobody meant."""


def shop(n: int = 40, seed: int = 0) -> Labelled:
    """Return n texts of each leaf, each of two words of its own and two that all have."""
    rng, texts, ids = np.random.default_rng(seed), list[str](), list[str]()
    for category_id, words in _WORDS.items():
        for _ in range(n):
            texts.append(" ".join([*rng.choice(words.split(), 2), *rng.choice("red blue large small new".split(), 2)]))
            ids.append(category_id)
    return Labelled(texts, ids)


class TaggerSuite:
    """Subclass with a pytest fixture `new` that returns a function making a tagger that is not fitted."""

    def test_every_option_is_documented(self, new: NewTagger) -> None:
        """The reference shows the docstring under each option."""
        assert [name for name, field in type(new()).Config.model_fields.items() if not field.description] == []

    def test_fit_returns_the_tagger_itself(self, new: NewTagger) -> None:
        """So that making and fitting are one line."""
        tagger = new()
        assert tagger.fit(TREE, shop()) is tagger

    def test_progress_rises_to_one(self, new: NewTagger) -> None:
        """A progress bar ends full and never runs backwards."""
        seen: list[float] = []
        new().fit(TREE, shop(), on_progress=seen.append)
        assert seen == sorted(seen)
        assert seen[-1] == 1.0

    def test_the_same_seed_gives_the_same_bytes(self, new: NewTagger) -> None:
        """Two fits on the same labels cannot be told apart."""
        first, second = (new().fit(TREE, shop(), rng=np.random.default_rng(7)).state() for _ in range(2))
        assert {k: v.tobytes() for k, v in first.items()} == {k: v.tobytes() for k, v in second.items()}

    def test_fitting_again_forgets(self, new: NewTagger) -> None:
        """A tagger fitted twice is what the second labels made of it."""
        again = new().fit(TREE, shop(seed=1)).fit(TREE, shop(), rng=np.random.default_rng(7)).state()
        fresh = new().fit(TREE, shop(), rng=np.random.default_rng(7)).state()
        assert {k: v.tobytes() for k, v in again.items()} == {k: v.tobytes() for k, v in fresh.items()}

    def test_asking_before_fitting_is_refused(self, new: NewTagger) -> None:
        """The error says what to do."""
        tagger = new()
        asks = (tagger.state, lambda: tagger.tag(["mug"]), lambda: tagger.candidates(["mug"]), lambda: tagger.version)
        for ask in asks:
            try:
                ask()
            except NotFitted as error:
                assert "fit" in str(error)
            else:
                raise AssertionError("an unfitted tagger answered")

    def test_texts_are_filed_where_their_words_are(self, new: NewTagger) -> None:
        """In English as in Chinese, and with a source, a version and a confidence."""
        tagger = new().fit(TREE, shop())
        tags = tagger.tag(["a large espresso cup", "新款木质拼图"])
        assert [tag.value for tag in tags] == ["Home > Mugs", "玩具 > 拼图"]
        assert {(tag.name, tag.source, tag.version) for tag in tags} == {(CATEGORY, TagSource.MODEL, tagger.version)}

    def test_names_alone_answer_and_nothing_is_applied(self, new: NewTagger) -> None:
        """From no label on there is an answer, which a person looks at."""
        tag = new().fit(TREE, Labelled([], [])).tag(["blue mugs"])[0]
        assert (tag.value, tag.band) == ("Home > Mugs", Band.REVIEW)

    def test_a_text_is_answered_alone_as_among_others(self, new: NewTagger) -> None:
        """What is said of a text does not depend on what else is asked."""
        tagger, texts = new().fit(TREE, shop()), shop(5, seed=1).texts
        together, alone = tagger.tag(texts), [tagger.tag([text])[0] for text in texts]
        assert [(tag.value, tag.band) for tag in together] == [(tag.value, tag.band) for tag in alone]

    def test_candidates_are_the_likeliest_first(self, new: NewTagger) -> None:
        """At most n, each once, with probabilities that sum to no more than 1."""
        told = new().fit(TREE, shop()).candidates(["jigsaw board"], 3)[0]
        assert (len(told), told[0].category_id) == (3, "Toys > Puzzles")
        assert [one.probability for one in told] == sorted((one.probability for one in told), reverse=True)
        assert sum(one.probability for one in told) <= 1 + 1e-5

    def test_a_correction_is_known_at_once(self, new: NewTagger) -> None:
        """And gives what was learned another version."""
        tagger = new().fit(TREE, shop())
        before = tagger.version
        tagger.learn(["zorbo"], ["Toys > Puzzles"])
        assert tagger.candidates(["zorbo"], 1)[0][0].category_id == "Toys > Puzzles"
        assert tagger.version != before

    def test_a_class_with_one_example_is_learned(self, new: NewTagger) -> None:
        """One label is enough to be said."""
        known = shop()
        tagger = new().fit(
            TREE, Labelled([*known.texts[:80], "zorbo puzzle"], [*known.category_ids[:80], "Toys > Puzzles"])
        )
        assert tagger.candidates(["zorbo"], 1)[0][0].category_id == "Toys > Puzzles"

    def test_odd_texts_have_an_answer(self, new: NewTagger) -> None:
        """Each alone and all together, before labels and after."""
        for known in (
            Labelled([], []),
            shop(),
            Labelled([*shop().texts, *ODD], [*shop().category_ids, *[None] * len(ODD)]),
        ):
            tags = new().fit(TREE, known).tag(ODD)
            assert all(0 <= tag.confidence <= 1 and tag.band in Band for tag in tags)
            assert [(tag.value, tag.band) for tag in tags[:2]] == [("", Band.BLANK)] * 2

    def test_labels_of_odd_texts_are_learned_from(self, new: NewTagger) -> None:
        """A label of an empty text tells how common a category is, and breaks nothing."""
        tagger = new().fit(TREE, Labelled(ODD, ["Home > Mugs"] * len(ODD)))
        assert tagger.tag(["mug"])[0].value == "Home > Mugs"

    def test_nothing_asked_is_nothing_answered(self, new: NewTagger) -> None:
        """A list without texts has an answer without tags."""
        tagger = new().fit(TREE, shop())
        assert (tagger.tag([]), tagger.candidates([])) == ([], [])

    def test_what_is_not_in_the_tree_is_refused(self, new: NewTagger) -> None:
        """As a label, and as a correction; nothing is learned of it."""
        tagger = new().fit(TREE, shop())
        before = tagger.version
        for ask in (
            lambda: new().fit(TREE, Labelled(["mug"], ["Home > Mug"])),
            lambda: tagger.learn(["mug"], ["Home > Mug"]),
        ):
            try:
                ask()
            except InvalidInput as error:
                assert "Home > Mugs" in str(error)
            else:
                raise AssertionError("an unknown category was learned")
        assert tagger.version == before

    def test_state_is_all_that_was_learned(self, new: NewTagger) -> None:
        """A tagger rebuilt from its state says the same, corrections too."""
        tagger = new().fit(TREE, shop())
        tagger.learn(["zorbo"], ["Toys > Puzzles"])
        again = type(tagger).from_state(tagger.config, tagger.state())
        texts = [*shop(5, seed=1).texts, "zorbo", *ODD]
        assert again.tag(texts) == tagger.tag(texts)
