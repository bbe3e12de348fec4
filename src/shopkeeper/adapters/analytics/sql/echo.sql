-- What people turned to up to a day, and whether a list led there: each person's in order of time. Guests come but once.
SELECT person, type = 7 OR origin >= 0 AS led, item, day FROM log
WHERE type IN (0, 1, 2, 4, 7) AND item >= 0 AND day <= $until AND person < getvariable('n_known')
ORDER BY person, "at", rowid
