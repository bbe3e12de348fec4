"""What every model must do; the tests run this for each file in `models/`."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from shopkeeper.data.catalog import Product
from shopkeeper.data.dataset import Dataset
from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.items import Exclude
from shopkeeper.estimator import Config, Embedder, Scorer
from shopkeeper.kit.errors import InvalidInput, NotFitted
from shopkeeper.testing.checkerboard import checkerboard, random_shop, smallest_shops

_DAY_US = 86_400_000_000
NewModel = Callable[[], Scorer[Config]]


def spread(histories: HistoryBatch) -> HistoryBatch:
    """Return the same, a day where there was a microsecond."""
    return replace(histories, at=histories.at * _DAY_US, as_of=histories.as_of * _DAY_US)


def spread_out(data: Dataset) -> Dataset:
    """Return the same shop, slower."""
    return data.with_histories(spread(data.histories))


def shop_with_texts(*more: Product) -> Dataset:
    """Return a shop of red and blue mugs, and more products that nobody took."""
    mugs = [Product(item_id=f"i{item}", title=f"{'red' if item % 2 else 'blue'} mug") for item in range(40)]
    return random_shop().with_products([*mugs, *more])


def _refused(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except InvalidInput as error:
        return bool(str(error))
    return False


class EstimatorSuite:
    """Subclass with a pytest fixture `new` that returns a function making a model that is not fitted."""

    def test_the_class_is_found_by_its_file_name(self, new: NewModel) -> None:
        """A model is called what its file is called."""
        model = new()
        assert type(model).__module__.rpartition(".")[2] == model.name

    def test_every_option_is_documented(self, new: NewModel) -> None:
        """`--help` and the reference show the docstring under each option."""
        fields = type(new()).Config.model_fields
        assert [name for name, field in fields.items() if not field.description] == []

    def test_fit_returns_the_model_itself(self, new: NewModel) -> None:
        """So that `create(name).fit(data)` is a fitted model."""
        model = new()
        assert model.fit(random_shop()) is model

    def test_progress_rises_to_one(self, new: NewModel) -> None:
        """A progress bar ends full and never runs backwards."""
        seen: list[float] = []
        new().fit(random_shop(), on_progress=seen.append)
        assert seen == sorted(seen)
        assert seen[-1] == 1.0

    def test_the_same_seed_gives_the_same_bytes(self, new: NewModel) -> None:
        """Two fits on the same data cannot be told apart."""
        first, second = (new().fit(random_shop(), rng=np.random.default_rng(7)).state() for _ in range(2))
        assert {k: v.tobytes() for k, v in first.items()} == {k: v.tobytes() for k, v in second.items()}

    def test_fitting_again_forgets(self, new: NewModel) -> None:
        """A model fitted twice is what the second data made of it."""
        again = new().fit(random_shop(seed=1)).fit(random_shop(), rng=np.random.default_rng(7)).state()
        fresh = new().fit(random_shop(), rng=np.random.default_rng(7)).state()
        assert {k: v.tobytes() for k, v in again.items()} == {k: v.tobytes() for k, v in fresh.items()}

    def test_asking_before_fitting_is_refused(self, new: NewModel) -> None:
        """The error says what to do."""
        model, histories = new(), HistoryBatch.of([[0]])
        asks: list[Callable[[], object]] = [model.state, partial(model.score, histories)]
        if isinstance(model, Embedder):
            asks += [partial(model.embed, histories), model.embed_items]
        for ask in asks:
            try:
                ask()
            except NotFitted as error:
                assert "fit" in str(error)
            else:
                raise AssertionError("an unfitted model answered")


class ScorerSuite(EstimatorSuite):
    """What every model that scores products must do besides."""

    def test_scores_have_a_row_each_and_a_column_for_each_product(self, new: NewModel) -> None:
        """Shape (B, n_items), float32, never NaN."""
        data = random_shop()
        scores = new().fit(data).score(data.histories)
        assert scores.shape == (data.n_users, data.n_items)
        assert scores.dtype == np.float32
        assert not np.isnan(scores).any()

    def test_state_is_all_that_was_learned(self, new: NewModel) -> None:
        """A model rebuilt from its state scores the same bytes."""
        data = random_shop()
        model = new().fit(data)
        rebuilt = type(model).from_state(model.config, model.state())
        assert rebuilt.score(data.histories).tobytes() == model.score(data.histories).tobytes()

    def test_one_visitor_is_a_batch_of_one(self, new: NewModel) -> None:
        """A row's scores do not depend on who else is asked for."""
        data = random_shop()
        model = new().fit(data)
        together = model.score(data.histories)
        alone = [model.score(data.histories.take(np.array([row])))[0] for row in range(data.n_users)]
        np.testing.assert_allclose(together, np.stack(alone), rtol=1e-5, atol=1e-6)

    def test_chosen_products_score_as_among_all(self, new: NewModel) -> None:
        """Asking for some columns is the same as cutting them out."""
        data = random_shop()
        model = new().fit(data)
        chosen = np.array([7, 0, 39, 7], np.int32)
        expected = model.score(data.histories)[:, chosen]
        np.testing.assert_allclose(model.score(data.histories, chosen), expected, rtol=1e-5, atol=1e-6)

    def test_products_outside_the_shop_are_refused(self, new: NewModel) -> None:
        """A number below zero or beyond the last product is no product, in a history as among the chosen."""
        model, stranger = new().fit(random_shop()), HistoryBatch.of([[0]])
        for outside in (-1, 40):
            history, chosen = HistoryBatch.of([[0, outside]]), np.array([0, outside], np.int32)
            assert _refused(partial(model.top_n, history, 5))
            assert _refused(partial(model.score, stranger, chosen))

    def test_nobody_gets_nothing(self, new: NewModel) -> None:
        """A batch without rows has an answer without rows; nothing chosen, one without columns."""
        model = new().fit(random_shop())
        nobody, nothing = HistoryBatch.of([]), np.empty(0, np.int32)
        assert model.score(nobody).shape == (0, 40)
        assert model.top_n(nobody, 5).item_idx.shape == (0, 5)
        assert model.explain(nobody, model.top_n(nobody, 5).item_idx) == []
        assert model.score(HistoryBatch.of([[0]]), nothing).shape == (1, 0)

    def test_a_list_longer_than_the_shop_ends_in_nothing(self, new: NewModel) -> None:
        """Each product once at most, then -1 at -inf."""
        data = random_shop()
        best = new().fit(data).top_n(data.histories, 60, Exclude(seen=False))
        listed = best.item_idx >= 0
        assert not listed[:, 40:].any()
        assert (listed == (best.score > -np.inf)).all()
        assert all(len(set(row[row >= 0].tolist())) == (row >= 0).sum() for row in best.item_idx)

    def test_time_that_runs_backwards_is_no_time(self, new: NewModel) -> None:
        """Whoever is asked for before what they did is answered as of what they did, without NaN."""
        data = random_shop()
        model = new().fit(data)
        scores = [model.score(data.histories.asked_at(np.full(data.n_users, moment))) for moment in (-_DAY_US, 0)]
        assert scores[0].tobytes() == scores[1].tobytes()
        assert not np.isnan(scores[0]).any()

    def test_a_stranger_is_scored(self, new: NewModel) -> None:
        """Histories that came after the fit, and an empty one, get an answer of the right shape."""
        model = new().fit(random_shop())
        assert model.score(HistoryBatch.of([[0, 1], [], [39]])).shape == (3, 40)

    def test_nobody_is_recommended_what_they_have(self, new: NewModel) -> None:
        """Seen products are left out unless asked for."""
        data = random_shop()
        best = new().fit(data).top_n(data.histories, 10)
        for row, items in enumerate(best.item_idx):
            assert not set(items[items >= 0].tolist()) & set(data.histories.items_of(row).tolist())

    def test_forbidden_products_never_come(self, new: NewModel) -> None:
        """What is sold out is in no list."""
        data = random_shop()
        forbidden = np.zeros(data.n_items, np.bool_)
        forbidden[:5] = True
        best = new().fit(data).top_n(data.histories, 10, Exclude(seen=False, items=forbidden))
        assert best.item_idx[best.item_idx >= 0].min(initial=5) >= 5

    def test_lists_are_in_order_and_ties_go_to_the_lower_index(self, new: NewModel) -> None:
        """The list is a stable sort of the scores."""
        data = random_shop()
        model = new().fit(data)
        scores = model.score(data.histories)
        for row, items in enumerate(model.top_n(data.histories, 10, Exclude(seen=False)).item_idx):
            order = np.argsort(-scores[row], kind="stable")[:10]
            assert items[items >= 0].tolist() == order[scores[row][order] > -np.inf].tolist()

    def test_lists_are_those_of_the_scores(self, new: NewModel) -> None:
        """A model that chooses while it scores finds what is found by scoring first, whatever is left out."""
        data = random_shop()
        model = new().fit(data)
        forbidden = np.arange(data.n_items) % 7 == 3
        some_excluded = [Exclude(), Exclude(items=forbidden)] if type(model).scores_alone else []
        for exclude in [Exclude(seen=False), *some_excluded]:
            expected = Scorer._top_n(model, data.histories, 10, exclude)
            found = model.top_n(data.histories, 10, exclude)
            assert (found.item_idx == expected.item_idx).all()
            np.testing.assert_allclose(found.score, expected.score, rtol=1e-5, atol=1e-6)

    def test_every_listed_product_has_a_reason(self, new: NewModel) -> None:
        """Reasons come in the shape of the list."""
        data = random_shop()
        model = new().fit(data)
        best = model.top_n(data.histories, 5)
        reasons = model.explain(data.histories, best.item_idx)
        assert [len(row) for row in reasons] == [5] * data.n_users

    def test_without_the_product_that_is_the_reason_the_score_is_lower(self, new: NewModel) -> None:
        """Every reason that names one is true: scored again without it, the product is worth less."""
        data = shop_with_texts(Product(item_id="new", title="red mug"))
        model, histories = new().fit(data), data.histories
        best = model.top_n(histories, 5, Exclude(seen=False)).item_idx
        for b, (items, reasons) in enumerate(zip(best, model.explain(histories, best), strict=True)):
            named = [(item, why.because) for item, why in zip(items, reasons, strict=True) if why.because >= 0 <= item]
            for item, because in named[:2]:
                own, chosen = histories.take(np.array([b])), np.array([item], np.int32)
                without = own.keep(own.item_idx != because)
                assert model.score(without, chosen)[0, 0] < model.score(own, chosen)[0, 0]

    def test_finds_the_missing_square_of_the_checkerboard(self, new: NewModel) -> None:
        """Where only one product is left of a person's kind, a personal model names it first."""
        data = checkerboard()
        model = new().fit(data)
        if model.personalised and model.completes:
            best = model.top_n(data.histories, 1).item_idx[:, 0]
            assert best.tolist() == list(range(data.n_items))

    def test_people_are_told_apart_where_it_is_said_so(self, new: NewModel) -> None:
        """Who took one thing sees what neither took in another order than who took another."""
        model = new().fit(shop_with_texts())
        odd, even = model.score(HistoryBatch.of([[1], [0]]))[:, 2:]
        assert (odd.argsort().tolist() != even.argsort().tolist()) == type(model).personalised

    def test_vectors_are_those_of_the_scores(self, new: NewModel) -> None:
        """Where a model has any: a score is their product, -inf where one is NaN; a rebuilt model has the same."""
        data = shop_with_texts()
        model = new().fit(data)
        if isinstance(model, Embedder):
            histories = data.histories
            of_people, of_products = model.embed(histories), model.embed_items()
            assert of_people.dtype == of_products.dtype == np.float32
            assert of_people.shape == (data.n_users, of_products.shape[1])
            for vectors in (of_people, of_products):
                empty = np.isnan(vectors).any(axis=1)
                assert np.isnan(vectors[empty]).all()
                assert np.isfinite(vectors[~empty]).all()
                assert not empty.all()
            products = of_people @ of_products.T
            expected = np.where(np.isnan(products), -np.inf, products)
            np.testing.assert_allclose(model.score(histories), expected, rtol=1e-4, atol=1e-5)
            rebuilt = type(model).from_state(model.config, model.state())
            assert isinstance(rebuilt, Embedder)
            assert rebuilt.embed(histories).tobytes() == of_people.tobytes()
            some = np.array([7, 0, 39, 7], np.int32)
            assert rebuilt.embed_items(some).tobytes() == of_products[some].tobytes()
            assert _refused(partial(model.embed_items, np.array([40], np.int32)))

    def test_order_matters_where_it_is_said_to(self, new: NewModel) -> None:
        """The same products a day apart, forwards and backwards."""
        data = spread_out(random_shop(n_users=200))
        model = new().fit(data)
        forth, back = (spread(HistoryBatch.of([order])) for order in ([0, 1, 2, 3, 4], [4, 3, 2, 1, 0]))
        same = np.allclose(model.score(forth), model.score(back), rtol=1e-4, atol=1e-6)
        assert same != type(model).order_matters or model.config != type(model).Config()

    def test_repeats_count_where_they_are_said_to(self, new: NewModel) -> None:
        """A product gains on another of the history when it is taken more often."""
        model = new().fit(spread_out(random_shop(n_users=200)))
        if type(model).counts_repeats:
            once, often = (
                model.score(spread(HistoryBatch.of([[0, 5]])))[0],
                model.score(spread(HistoryBatch.of([[0, 0, 0, 5]])))[0],
            )
            assert often[0] - often[5] > once[0] - once[5]

    def test_products_that_nobody_took_are_found_where_they_are_said_to(self, new: NewModel) -> None:
        """By a text like those of products that people took."""
        data = shop_with_texts(Product(item_id="new", title="red mug"))
        scores = new().fit(data).score(HistoryBatch.of([[1]]))
        assert scores.shape == (1, 41)
        assert not type(new()).knows_texts or np.isfinite(scores[0, 40])

    def test_people_are_looked_for_only_where_it_is_said_to(self, new: NewModel) -> None:
        """A history is answered as it is, whosever it is."""
        data = spread_out(random_shop(n_users=200))
        model, histories = new().fit(data), data.histories
        anybody = histories.of_users(np.full(len(histories), -1, np.int32))
        is_same = model.score(histories).tobytes() == model.score(anybody).tobytes()
        assert is_same or type(model).knows_people

    def test_says_what_a_fit_costs(self, new: NewModel) -> None:
        """The reference shows it."""
        assert type(new()).cost

    def test_the_smallest_shops_can_be_fitted(self, new: NewModel) -> None:
        """One user, one product, one event, one taste or none at all: an answer of the right shape, never NaN."""
        for data in smallest_shops():
            model = new().fit(data)
            for histories in (data.histories, HistoryBatch.of([[], [data.n_items - 1] * 3][: 1 + data.n_items])):
                scores = model.score(histories)
                assert scores.shape == (len(histories), data.n_items)
                assert not (np.isnan(scores) | (scores == np.inf)).any()
                assert model.top_n(histories, 3).item_idx.shape == (len(histories), 3)

    def test_an_empty_shop_can_be_fitted(self, new: NewModel) -> None:
        """No users, no events: no crash, and nothing to say."""
        data = random_shop()
        empty = data.with_histories(data.histories.keep(np.zeros(len(data.histories.item_idx), np.bool_)))
        assert new().fit(empty).score(HistoryBatch.of([[1]])).shape == (1, data.n_items)
