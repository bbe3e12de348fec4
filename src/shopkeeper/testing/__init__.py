"""Suites that every model, store and service of a kind must pass, shipped so that yours can be held to them too."""
