-- Everything that people did in these days, each person's in order of time, then of arrival.
SELECT person, "at", type, item, query FROM log WHERE day BETWEEN $since AND $until
