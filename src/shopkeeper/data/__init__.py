"""The nouns: what a merchant would name, as plain immutable values and columns."""
