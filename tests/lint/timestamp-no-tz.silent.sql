CREATE TABLE events (a timestamptz, b timestamp (6) with time zone, c date, d time, timestamp text);
