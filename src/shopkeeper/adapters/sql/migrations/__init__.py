"""The steps from one version of the tables to the next; each is run once, in order, and never changed afterwards."""
