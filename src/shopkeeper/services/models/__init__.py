"""The fitted models, for whatever else the shop runs."""
