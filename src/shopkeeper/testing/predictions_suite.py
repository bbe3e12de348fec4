"""What the predictions service must do, whether it is called in this process or over HTTP.

Subclass with pytest fixtures for the events and the predictions of one shop whose clock stands at `NOW`, and for
`batch`, which tells what all scores of a prediction are at that time. It has learned `purchase_7d` and
`next_category`, not yet `purchase_30d`, and has found too little for `value_365d`. Its segments are `likely`
(`purchase_7d > 0.2`), `likely_books` (`likely and next_category == "Books"`) and `monthly` (`purchase_30d > 0.5`).
"""

from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest

from shopkeeper.kit.errors import InvalidInput, NotFitted, NotFound, TooLittle, UnknownName
from shopkeeper.prediction.outlook import Score
from shopkeeper.services.events.contract import EventBatch, EventIn, Events
from shopkeeper.services.predictions.contract import CheckRequest, Predictions, PredictRequest
from shopkeeper.testing.contract_suite import NOW

Batch = Callable[[str], Mapping[str, Score]]
_LEARNED = ("purchase_7d", "next_category")


class PredictionsSuite:
    """For implementations of `Predictions`."""

    async def test_what_can_be_asked_is_told_with_how_well_or_why_not(
        self, predictions: Predictions, batch: Batch
    ) -> None:
        """Nothing is left unsaid of one that does not answer."""
        told = {one.name: one for one in (await predictions.known()).predictions}
        for name in _LEARNED:
            assert told[name].version == next(iter(batch(name).values())).version
            assert told[name].as_of == told[name].fitted_at == NOW
            assert told[name].why_not is None
            assert told[name].metrics
        assert 0.6 < told["purchase_7d"].metrics["AUC"] < 1
        assert told["purchase_7d"].metrics["ECE"] < 0.1
        assert "shopkeeper fit --prediction purchase_30d" in str(told["purchase_30d"].why_not)
        assert "below 500" in str(told["value_365d"].why_not)
        assert all(one.about and one.not_for for one in told.values())
        assert [name for name in told if told[name].version is None and not told[name].why_not] == []

    @pytest.mark.parametrize("name", _LEARNED)
    async def test_one_and_many_get_the_numbers_of_the_batch(
        self, predictions: Predictions, batch: Batch, name: str
    ) -> None:
        """To the last digit, with the same reasons."""
        scores = batch(name)
        asked = [*list(scores)[::23], "nobody"]
        answer = await predictions.predict(name, PredictRequest(shopper_ids=asked, why=True))
        told = {one.shopper_id: one for one in answer.predictions}
        assert list(told) == asked
        assert [one.value is None for one in told.values()].count(False) > 10
        for shopper in asked[:-1]:
            one, expected = told[shopper], scores[shopper]
            assert (one.value, one.text, tuple(one.reasons)) == (expected.value, expected.text, expected.reasons)
            assert (one.version, one.as_of) == (expected.version, NOW)
        assert (told["nobody"].value, "nothing is known" in told["nobody"].text) == (None, True)
        alone = await predictions.predict(name, PredictRequest(shopper_ids=asked[:1]))
        assert alone.predictions[0].value == told[asked[0]].value
        assert alone.predictions[0].reasons == []

    async def test_what_was_just_done_counts(self, events: Events, predictions: Predictions, batch: Batch) -> None:
        """And what is done after the time that is asked about does not."""
        shopper = next(one for one in batch("purchase_7d").values() if "90 days before" in one.text)
        did = [EventIn(type="view", user_id=shopper.shopper_id, item_id="i1", at=NOW + timedelta(minutes=1))]
        await events.record(EventBatch(events=did))
        before, after = [
            (await predictions.predict("purchase_7d", PredictRequest(shopper_ids=[shopper.shopper_id], as_of=as_of)))
            for as_of in (None, NOW + timedelta(minutes=2))
        ]
        assert [(one.value is None, one.as_of) for one in (before.predictions[0], after.predictions[0])] == [
            (True, NOW),
            (False, NOW + timedelta(minutes=2)),
        ]

    async def test_without_ground_there_is_no_number(self, predictions: Predictions) -> None:
        """But what is wrong."""
        request = PredictRequest(shopper_ids=["u00000"])
        with pytest.raises((UnknownName, NotFound), match="did you mean purchase_7d"):
            await predictions.predict("purchase7d", request)
        with pytest.raises(NotFitted, match="fit --prediction purchase_30d"):
            await predictions.predict("purchase_30d", request)
        with pytest.raises(TooLittle, match="below 500 nothing is said"):
            await predictions.predict("value_365d", request)
        for days, why in ((-9999, "learned from events up to"), (2, "in the future")):
            asked = request.model_copy(update={"as_of": NOW + timedelta(days=days)})
            with pytest.raises(InvalidInput, match=why):
                await predictions.predict("purchase_7d", asked)

    async def test_segments_are_what_the_predictions_say(self, predictions: Predictions, batch: Batch) -> None:
        """Also of segments of segments; of what was not learned, nothing."""
        likely, after = batch("purchase_7d"), batch("next_category")
        asked = [*list(likely)[::11], "nobody"]
        answer = await predictions.segments_of(CheckRequest(shopper_ids=asked))
        told = {one.shopper_id: one.segments for one in answer.shoppers}
        expected: dict[str, list[str]] = {"nobody": []}
        for shopper in asked[:-1]:
            is_likely = (likely[shopper].value or 0) > 0.2
            to_books = is_likely and after[shopper].text == "Books"
            expected[shopper] = ["likely"] * is_likely + ["likely_books"] * to_books
        assert told == expected
        assert ["likely", "likely_books"] in told.values()
        assert (answer.as_of, list(answer.unsaid)) == (NOW, ["monthly"])
        assert "shopkeeper fit --prediction purchase_30d" in answer.unsaid["monthly"]

    async def test_segments_are_listed_with_what_they_are_made_of(self, predictions: Predictions) -> None:
        """And with why nothing can be said of some."""
        told = {one.name: one for one in (await predictions.segments()).segments}
        made_of = {name: one.predictions for name, one in told.items()}
        both = ["next_category", "purchase_7d"]
        assert made_of == {"likely": ["purchase_7d"], "likely_books": both, "monthly": ["purchase_30d"]}
        assert {one.name for one in told.values() if one.why_not} == {"monthly"}
        assert (told["likely"].about, told["likely"].where) == ("May buy", "purchase_7d > 0.2")
