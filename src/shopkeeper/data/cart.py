"""What somebody is about to buy."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CartLine:
    """Some pieces of one product."""

    item_id: str
    quantity: int
    unit_minor: int
    """What one piece costs before any coupon."""
    categories: tuple[str, ...] = ()
    """Paths from the root, levels joined by ` > `."""
    public_minor: int | None = None
    """What the shop asks of everybody; None: not known."""
    cost_minor: int | None = None
    """What one piece costs the shop; None: not known."""

    @property
    def minor(self) -> int:
        """What the line costs before any coupon."""
        return self.quantity * self.unit_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Cart:
    """All lines of one order, each of another product, and what sending it costs."""

    lines: tuple[CartLine, ...]
    currency: str
    shipping_minor: int = 0

    @property
    def goods_minor(self) -> int:
        """What the goods cost before any coupon."""
        return sum(line.minor for line in self.lines)

    @property
    def cost_minor(self) -> int | None:
        """What the goods cost the shop; None where that is not known of all."""
        costs = [line.cost_minor for line in self.lines]
        if any(cost is None for cost in costs):
            return None
        return sum(line.quantity * (line.cost_minor or 0) for line in self.lines)
