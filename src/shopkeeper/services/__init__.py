"""The rooms of the shop, each with the same doors: contract, service, client, http."""
