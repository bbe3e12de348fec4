"""What a shop asks its customers is read anew when it changed; while it cannot be read, nothing is allowed."""

from pathlib import Path

import pytest

from shopkeeper.adapters.privacy_file import FilePrivacy
from shopkeeper.data.consent import STRICTEST, Privacy, Purpose


def test_without_a_file_nobody_is_asked(tmp_path: Path) -> None:
    terms = FilePrivacy(tmp_path / "privacy.toml")
    assert (terms.get(), terms.problem()) == (Privacy(), None)


def test_a_change_counts_at_once(tmp_path: Path) -> None:
    path = tmp_path / "privacy.toml"
    terms = FilePrivacy(path)
    path.write_text('policies = ["1", "2"]\n[consent]\npersonal = "required"\n')
    assert terms.get() == Privacy(policies=("1", "2"), consent={Purpose.PERSONAL: "required"})
    path.write_text('policies = ["3"]\n')
    assert terms.get() == Privacy(policies=("3",))
    path.unlink()
    assert terms.get() == Privacy()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("policies = 1 2", "line 1"),
        ("polices = []", "polices: Extra inputs"),
        ('consent.personal = "asumed"', "consent.personal: Input should be 'assumed' or 'required'"),
        ('consent.persnal = "assumed"', "consent.persnal: Input should be 'personal'"),
        ('policies = [""]', "policies.0: String should have at least 1"),
    ],
)
def test_while_it_cannot_be_read_nothing_is_allowed(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "privacy.toml"
    path.write_text('policies = ["1"]')
    terms = FilePrivacy(path)
    assert terms.get() == Privacy()
    path.write_text(text)
    assert terms.get() == STRICTEST
    assert problem in str(terms.problem())
    path.write_text('policies = ["1"]')
    assert (terms.get(), terms.problem()) == (Privacy(), None)
