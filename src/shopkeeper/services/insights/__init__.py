"""What the shop's behaviour looks like, in figures that single out nobody."""
