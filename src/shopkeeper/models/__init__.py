"""The models, one file each; a file here is found by its name, which is the model's name."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from pydantic import ValidationError

from shopkeeper.estimator import Config, Scorer
from shopkeeper.kit.errors import InvalidInput, UnknownName


@cache
def names() -> tuple[str, ...]:
    """Return the names of all models, in alphabetical order."""
    return tuple(sorted(module.name for module in iter_modules(__path__)))


def unasked() -> tuple[str, ...]:
    """Return the names of the models that are measured where none is named."""
    return tuple(name for name in names() if find(name).unasked)


@cache
def find(name: str) -> type[Scorer[Config]]:
    """Return the model class of a name; an unknown name is an error with the near matches."""
    if name not in names():
        raise UnknownName("model", name, names())
    module = import_module(f"{__name__}.{name}")
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, Scorer) and value.__module__ == module.__name__:
            return value
    raise InvalidInput(f"models/{name}.py defines no Scorer")


def create(name: str, options: Mapping[str, object] = MappingProxyType({})) -> Scorer[Config]:
    """Return a model that is not fitted yet, with its options checked."""
    model = find(name)
    for option in options:
        if option not in model.Config.model_fields:
            raise UnknownName(f"option of {name}", option, model.Config.model_fields)
    try:
        return model(model.Config.model_validate(options))
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(str(part) for part in problem["loc"])
        raise InvalidInput(f"{name}: option {where}: {problem['msg']}, not {problem['input']!r}.") from error
