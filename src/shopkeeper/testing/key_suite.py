"""What every store of keys must do.

Subclass with a pytest fixture `store` that returns an empty store.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from shopkeeper.data.keys import Key, digest_of
from shopkeeper.ports import KeyStore

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def key(key_id: str = "1", *, minutes: int = 0) -> Key:
    """Return a secret key made some minutes after noon."""
    made_at = NOW + timedelta(minutes=minutes)
    return Key(key_id, "secret", "default", frozenset({"events:read"}), digest_of(key_id), "back end", made_at)


class KeyStoreSuite:
    """For implementations of `KeyStore`."""

    def test_gives_back_what_it_was_given(self, store: KeyStore) -> None:
        """Every field survives, to the microsecond and the last letter."""
        at = NOW.replace(microsecond=123_457)
        full = replace(key(), name="店铺 é", kind="publishable", origins=("https://a", "https://b"), expires_at=at)
        full = replace(full, created_at=at, revoked_at=at, used_at=at, digest=bytes(range(32)))
        store.add(full)
        assert store.all() == [full]

    def test_the_oldest_comes_first(self, store: KeyStore) -> None:
        """Whatever their ids."""
        for one in (key("a", minutes=2), key("b", minutes=1), key("c", minutes=3)):
            store.add(one)
        assert [one.key_id for one in store.all()] == ["b", "a", "c"]

    def test_what_is_revoked_stays_so_from_then_on(self, store: KeyStore) -> None:
        """A second time changes nothing, and neither do other keys."""
        store.add(key("1"))
        store.add(key("2", minutes=1))
        for at in (NOW, NOW + HOUR):
            store.revoke("1", at)
        store.revoke("none", NOW)
        assert [one.revoked_at for one in store.all()] == [NOW, None]

    def test_an_end_only_comes_nearer(self, store: KeyStore) -> None:
        """Nobody makes a key last longer."""
        store.add(key())
        ends = []
        for hours in (2, 1, 3):
            store.expire("1", NOW + hours * HOUR)
            ends += [one.expires_at for one in store.all()]
        assert ends == [NOW + 2 * HOUR, NOW + HOUR, NOW + HOUR]

    def test_notes_when_keys_were_used(self, store: KeyStore) -> None:
        """Several at once."""
        for name in "123":
            store.add(key(name))
        store.note_use({"1", "3", "none"}, NOW + HOUR)
        assert [one.used_at for one in store.all()] == [NOW + HOUR, None, NOW + HOUR]
