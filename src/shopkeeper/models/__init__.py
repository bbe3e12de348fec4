"""The models, one file each; a file here is found by its name, which is the model's name."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shopkeeper.estimator import Config, Embedder, Scorer
from shopkeeper.kit.errors import InvalidInput, UnknownName


class Capabilities(BaseModel):
    """What a model can, as its class says and the suite checks."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    personalised: bool = Field(title="personal")
    """Products that a person has not taken are ranked by what that person took."""
    order_matters: bool = Field(title="order matters")
    """The same events in another order are another history."""
    counts_repeats: bool = Field(title="buying again")
    """A product gains by each time that it was taken."""
    cold_users: bool = Field(title="new people")
    """Whoever came after the fit is served from the first event on."""
    cold_items: bool = Field(title="new products")
    """Products that nobody took yet can be found, by their texts."""
    explains: bool = Field(title="says why")
    """Each product of a list comes with a reason of its own."""
    embeds: bool = Field(title="vectors")
    """Histories and products have vectors, whose product is the score."""
    refits: bool = Field(title="refits")
    """A fit can go on from the one before it."""
    cost: str = Field(title="cost of a fit")
    """In the numbers of events, users, items, factors and so on."""


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


def capabilities(name: str) -> Capabilities:
    """Return what the model of a name can."""
    model = find(name)
    return Capabilities(
        personalised=model.personalised,
        order_matters=model.order_matters,
        counts_repeats=model.counts_repeats,
        # A model scores a history and not a user id: whose it is makes no difference.
        cold_users=True,
        cold_items=model.knows_texts,
        explains=model.explain is not Scorer.explain,
        embeds=issubclass(model, Embedder),
        refits=model.refits,
        cost=model.cost,
    )


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
