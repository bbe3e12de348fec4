-- Products that lie in enough of the same baskets, and how many people those baskets are of.
WITH often AS (
  SELECT * FROM lines WHERE in_baskets >= $least
), together AS (
  SELECT a.item AS one, b.item AS other, any_value(a.in_baskets) AS with_first, any_value(b.in_baskets) AS with_second,
    count(*) AS with_both
  FROM often a JOIN often b ON a.basket = b.basket AND a.item < b.item
  GROUP BY one, other HAVING count(*) >= $least
), owners AS (
  SELECT one, other, count(DISTINCT a.person) AS people
  FROM together JOIN often a ON a.item = one JOIN often b ON b.item = other AND b.basket = a.basket
  GROUP BY one, other
)
SELECT f.item_id AS first, s.item_id AS second, with_first, with_second, with_both, people
FROM together JOIN owners USING (one, other) JOIN items f ON f.item = one JOIN items s ON s.item = other
ORDER BY first, second
