-- How many baskets there are, and products in enough of them.
SELECT count(DISTINCT basket), count(DISTINCT item) FILTER (in_baskets >= $least) FROM lines
