-- All events once, under the persons who did them, with the day of the shop's calendar. `events` is a view of what is
-- stored; `spans` says which visitor was which user when; `circle` names who is counted, if `are_in`, or who is not; `local_day` turns microseconds since 1970 UTC into that day;
-- `beginning` is what the ids of all answers of the same origin begin with.
CREATE OR REPLACE TEMP VIEW of_all AS
SELECT coalesce(spans.user_id, events.shopper_id) AS shopper_id, events.* EXCLUDE (shopper_id)
FROM events LEFT JOIN spans
  ON events.shopper_id = spans.visitor_id AND events."at" > spans.after_us AND events."at" <= spans.until_us;
-- Guests are nobody who could be asked; what is nobody's is one event of somebody who refused.
CREATE OR REPLACE TEMP VIEW owned AS
FROM of_all WHERE NOT starts_with(shopper_id, 'guest:nobody:')
  AND (starts_with(shopper_id, 'guest:') OR (shopper_id IN (FROM circle)) = getvariable('are_in'));

-- Those who can come back first: guests are numbered from n_known on.
CREATE OR REPLACE TEMP TABLE people AS
SELECT shopper_id, CAST(row_number() OVER (ORDER BY starts_with(shopper_id, 'guest:'), shopper_id) - 1 AS INTEGER) AS person
FROM (SELECT DISTINCT shopper_id FROM owned);
SET VARIABLE n_known = (SELECT count(*) FROM people WHERE NOT starts_with(shopper_id, 'guest:'));

CREATE OR REPLACE TEMP TABLE items AS
SELECT item_id, CAST(row_number() OVER (ORDER BY item_id) - 1 AS INTEGER) AS item
FROM (SELECT DISTINCT item_id FROM owned WHERE item_id IS NOT NULL);

CREATE OR REPLACE TEMP TABLE origins AS
SELECT told, CAST(row_number() OVER (ORDER BY told) - 1 AS INTEGER) AS origin
FROM (SELECT DISTINCT beginning(recommendation_id) AS told FROM events WHERE recommendation_id IS NOT NULL);

-- Words of searches, each with whether anything was found: -1 where nobody says.
CREATE OR REPLACE TEMP VIEW worded AS
SELECT *, CASE WHEN type = 8 THEN nullif(lower(trim(query, e' \t\r\n')), '') END AS words,
  CAST(sign(coalesce(n_results, -1)) AS TINYINT) AS results
FROM owned;
CREATE OR REPLACE TEMP TABLE queries AS
SELECT words, results, CAST(row_number() OVER (ORDER BY words, results) - 1 AS INTEGER) AS query
FROM (SELECT DISTINCT words, results FROM worded WHERE words IS NOT NULL);

-- In order of time, and of arrival where times are the same.
CREATE OR REPLACE TEMP TABLE log AS
SELECT person, "at", type, coalesce(item, -1) AS item, coalesce(origin, -1) AS origin,
  coalesce(queries.query, -1) AS query, local_day("at") AS day
FROM worded JOIN people USING (shopper_id) LEFT JOIN items USING (item_id)
  LEFT JOIN origins ON beginning(recommendation_id) = told LEFT JOIN queries USING (words, results)
ORDER BY person, "at", place;

-- A basket is an order; without the id of one, what a person bought on a day.
CREATE OR REPLACE TEMP TABLE purchases AS
SELECT person, item, type, "at", coalesce(origin, -1) AS origin, local_day("at") AS day,
  quantity * price_minor AS minor, currency,
  hash(person, coalesce(order_id, ''), CASE WHEN order_id IS NULL THEN local_day("at") END) AS basket
FROM owned JOIN people USING (shopper_id) LEFT JOIN items USING (item_id)
  LEFT JOIN origins ON beginning(recommendation_id) = told
WHERE type IN (4, 5);
