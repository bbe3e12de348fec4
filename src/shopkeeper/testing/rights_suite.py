"""What the rights of people must do, on a shop with stores that keep and a worker's sweep.

Subclass with pytest fixtures `rights`, `events` and `sweep`, over the same empty shop.
"""

import io
import json
from collections.abc import Callable
from zipfile import ZipFile

import pytest
from pyrage import DecryptError, decrypt, x25519

from shopkeeper.kit.errors import InvalidInput, NotFound
from shopkeeper.services.events.contract import EventBatch, EventIn, Events, MergeRequest
from shopkeeper.services.people.rights import EraseRequest, ErasureTold, Rights
from shopkeeper.testing.contract_suite import NOW


async def _did(events: Events, *whose: dict[str, str]) -> None:
    told = [EventIn.model_validate({"type": "view", "item_id": "i1", "at": NOW, **one}) for one in whose]
    await events.record(EventBatch(events=told))


def _places(content: bytes) -> object:
    with ZipFile(io.BytesIO(content)) as file:
        return json.loads(file.read("all.json"))


def _found(told: ErasureTold) -> dict[str, int]:
    return {place.name: place.n for place in told.places if place.n}


class RightsSuite:
    """For implementations of `Rights`."""

    async def test_everything_is_told_by_all_the_ids_of_a_person(self, rights: Rights, events: Events) -> None:
        """What a visitor did before signing in is the user's too; of others nothing is told."""
        await _did(events, {"visitor_id": "v"}, {"user_id": "ann/a"}, {"user_id": "ben"})
        await events.merge("ann/a", MergeRequest(visitor_id="v", at=NOW))
        told = await rights.export("ann/a")
        assert {name: len(entries) for name, entries in told.places.items()} == {"live events": 2, "merges": 1}
        assert {str(entry["shopper_id"]) for entry in told.places["live events"]} == {"v", "ann/a"}
        assert (await rights.export("v")).places == told.places
        assert (await rights.export("nobody")).places == {}

    async def test_a_file_is_opened_by_whom_it_is_sealed_for(self, rights: Rights, events: Events) -> None:
        """It is a plain zip where nobody is named, and says so; what is no public key is refused, and not repeated."""
        await _did(events, {"user_id": "ann/a"})
        plain = await rights.export_file("ann/a")
        assert (plain.name, plain.media_type) == ("person.zip", "application/zip")
        hers = x25519.Identity.generate()
        sealed = await rights.export_file("ann/a", str(hers.to_public()))
        assert (sealed.name, sealed.media_type) == ("person.zip.age", "application/octet-stream")
        assert sealed.content.startswith(b"age-encryption.org/v1\n-> X25519 ")
        with pytest.raises(DecryptError):
            decrypt(sealed.content, [x25519.Identity.generate()])
        told = (await rights.export("ann/a")).places
        assert _places(decrypt(sealed.content, [hers])) == _places(plain.content) == told
        for wrong in ("", "age1q", str(hers)):
            with pytest.raises(InvalidInput, match="age1 and 58 signs") as refused:
                await rights.export_file("ann/a", wrong)
            assert str(hers) not in str(refused.value)

    async def test_what_never_happened_so_is_taken_out(self, rights: Rights, events: Events) -> None:
        """Of the person alone who is named; what is not there is said to be so."""
        await _did(events, {"user_id": "ann/a", "event_id": "x/1"}, {"user_id": "ann/a", "event_id": "2"})
        with pytest.raises(NotFound):
            await rights.correct("ben", "x/1")
        await rights.correct("ann/a", "x/1")
        assert [event.event_id for event in (await events.history("ann/a")).events] == ["2"]
        with pytest.raises(NotFound):
            await rights.correct("ann/a", "x/1")

    async def test_a_dry_run_counts_and_changes_nothing(self, rights: Rights, events: Events) -> None:
        """It is what is done where nothing is said."""
        await _did(events, {"user_id": "ann"})
        told = await rights.erase("ann", EraseRequest())
        assert (told.erasure_id, told.asked_at, _found(told)) == (None, None, {"live events": 1})
        assert len((await events.history("ann")).events) == 1

    async def test_an_erasure_counts_at_once_and_is_done_by_the_worker(
        self, rights: Rights, events: Events, sweep: Callable[[], str]
    ) -> None:
        """The receipt says of every place what was there, and what was done."""
        await _did(events, {"user_id": "ann"}, {"user_id": "ben"})
        asked = await rights.erase("ann", EraseRequest(dry_run=False))
        assert (asked.asked_at, asked.done_at, _found(asked)) == (NOW, None, {"live events": 1})
        assert (await events.history("ann")).events == []
        assert {place.state for place in asked.places} == {"waiting"}
        sweep()
        done = await rights.erasure(asked.erasure_id or "")
        assert (done.done_at, _found(done)) == (NOW, {"live events": 1})
        assert {place.state for place in done.places} == {"erased", "pseudonym", "later", "elsewhere"}
        assert (await rights.export("ann")).places == {}
        assert len((await events.history("ben")).events) == 1

    async def test_whom_nobody_knows_and_who_is_gone_is_taken_as_anybody(
        self, rights: Rights, events: Events, sweep: Callable[[], str]
    ) -> None:
        """Each gets a receipt of its own; what comes of them later is taken and not kept."""
        first = await rights.erase("nobody", EraseRequest(dry_run=False))
        again = await rights.erase("nobody", EraseRequest(dry_run=False))
        sweep()
        for told in (first, again):
            assert (await rights.erasure(told.erasure_id or "")).done_at == NOW
        await _did(events, {"user_id": "nobody"})
        assert (await events.history("nobody")).events == []
        assert first.erasure_id != again.erasure_id
        with pytest.raises(NotFound):
            await rights.erasure("none")
