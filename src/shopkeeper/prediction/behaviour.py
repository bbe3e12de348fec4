"""What predictions are made from."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.vocabulary import Vocabulary
from shopkeeper.kit.clock import from_us
from shopkeeper.kit.errors import InvalidInput


@dataclass(frozen=True, slots=True, eq=False)
class Behaviour:
    """What a prediction is made from: events, and where the products belong."""

    log: EventLog
    names: Vocabulary
    """Of the categories."""
    category_of: NDArray[np.int32]
    """Of each product of the log; -1 for none."""

    @classmethod
    def of(cls, log: EventLog, categories: Mapping[str, str]) -> "Behaviour":
        """Return it with the category of each product by its id, where there is one."""
        names = Vocabulary(sorted({categories[item] for item in log.items if item in categories}))
        return cls(log, names, names.indices([categories.get(item) for item in log.items]))

    def until(self, as_of: int) -> EventLog:
        """Return what had happened by a moment; InvalidInput where nothing had."""
        past = self.log.take((self.log.at <= as_of) & ~self.log.is_guest()[self.log.user_idx])
        if not len(past):
            when = (
                f"the first event is of {from_us(int(self.log.at.min()))}" if len(self.log) else "there are no events"
            )
            raise InvalidInput(f"Nothing had happened by {from_us(as_of)}; {when}: ask for a later time.")
        return past
