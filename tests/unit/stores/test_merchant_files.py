import os
from pathlib import Path

import pytest

from shopkeeper.adapters.memory import MemoryRules
from shopkeeper.adapters.merchant_files import FileRules, FileScenarios
from shopkeeper.kit.errors import InvalidInput, UnknownName
from shopkeeper.ports import RuleStore
from shopkeeper.ranking.rules import Rule

PIN = Rule.model_validate({"action": "pin", "filter": 'brand == "Äcme"', "from": "2024-05-01T00:00:00+02:00"})
BURY = Rule(action="bury", filter="price > 5")


def written(folder: Path, text: str, name: str = "home") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    # As if a moment had passed: a file system's clock is coarse.
    os.utime(path, ns=(0, len(text)))
    return path


@pytest.mark.parametrize("name", FileScenarios(Path("nowhere")).names())
def test_every_scenario_of_the_package_says_what_it_is_for(name: str) -> None:
    assert FileScenarios(Path("nowhere")).get(name).about


def test_a_file_of_the_folder_counts_at_once_and_until_it_is_gone(tmp_path: Path) -> None:
    store = FileScenarios(tmp_path)
    before = store.get("home")
    path = written(tmp_path, "n = 3")
    assert store.get("home").n == 3
    written(tmp_path, "n = 42")
    assert store.get("home").n == 42
    path.unlink()
    assert store.get("home") == before


def test_a_new_scenario_is_a_new_file(tmp_path: Path) -> None:
    store = FileScenarios(tmp_path)
    with pytest.raises(UnknownName):
        store.get("kiosk")
    written(tmp_path, 'about = "The screen at the door."', "kiosk")
    assert store.get("kiosk").about == "The screen at the door."
    assert "kiosk" in store.names()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("n = 5\nfilter = 'pric < 3'\n", "home.toml: line 2: filter: character 1: .* did you mean price"),
        ("n = 5\nn 6", "home.toml: .*line 2, column 3"),
        ("\n\nnn = 5", "home.toml: line 3: nn: .*known: about, sources"),
        ("n = 1000", "home.toml: line 1: n: Input should be less than or equal to 200"),
        ("n = 5\nsources = ['modl']", "home.toml: line 2: There is no source 'modl'; did you mean model"),
        ("diversity = 'hi'", "home.toml: line 1: diversity: .*one of none, low, medium, high"),
    ],
)
def test_a_bad_file_is_refused_and_what_it_said_before_goes_on(tmp_path: Path, text: str, sentence: str) -> None:
    store = FileScenarios(tmp_path)
    written(tmp_path, "n = 7")
    assert store.get("home").n == 7
    written(tmp_path, text)
    assert store.get("home").n == 7
    with pytest.raises(InvalidInput, match=sentence):
        raise InvalidInput(store.problem("home") or "")
    written(tmp_path, "n = 9 # mended")
    assert (store.get("home").n, store.problem("home")) == (9, None)


def test_a_new_scenario_that_never_could_be_read_says_why(tmp_path: Path) -> None:
    written(tmp_path, "n = no", "kiosk")
    with pytest.raises(InvalidInput, match=r"kiosk cannot be used: kiosk.toml: .*line 1"):
        FileScenarios(tmp_path).get("kiosk")


@pytest.mark.parametrize("name", ["../home", "a/b", "", "home.toml", "h\0"])
def test_a_name_is_no_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnknownName):
        FileScenarios(tmp_path / "scenarios").get(name)


class TestRuleStores:
    @pytest.fixture(params=["memory", "file"])
    def store(self, request: pytest.FixtureRequest, tmp_path: Path) -> RuleStore:
        return MemoryRules() if request.param == "memory" else FileRules(tmp_path / "shop" / "rules.json")

    def test_keeps_rules_by_name_in_their_order(self, store: RuleStore) -> None:
        store.put("b", PIN)
        store.put("a", PIN)
        store.put("b", BURY)
        assert list(store.all().items()) == [("b", BURY), ("a", PIN)]
        assert (store.remove("b"), store.remove("b")) == (True, False)
        assert store.all() == {"a": PIN}


def test_rules_are_there_when_the_file_is_opened_again(tmp_path: Path) -> None:
    FileRules(tmp_path / "rules.json").put("a", PIN)
    assert FileRules(tmp_path / "rules.json").all() == {"a": PIN}
    assert [path.name for path in tmp_path.iterdir()] == ["rules.json"]


def test_a_rule_edited_by_hand_counts_and_a_slip_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "rules.json"
    store = FileRules(path)
    path.write_text('{"hand": {"action": "exclude", "filter": "price > 5"}}')
    assert list(store.all()) == ["hand"]
    path.write_text('{"hand": {"action": "exclude", "filter": "prise > 5"}}  ')
    assert list(store.all()) == ["hand"]
    with pytest.raises(InvalidInput, match=r"rules.json: hand.filter: .*did you mean price.*nothing was changed"):
        store.put("other", PIN)
    assert "prise" in path.read_text()
