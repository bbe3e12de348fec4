"""Arithmetic and small tools that know no shop: standard library, numpy, scipy and numba only."""
