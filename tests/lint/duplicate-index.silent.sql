--- revision one
--- up
CREATE TABLE orders (id integer PRIMARY KEY, day date, email text);
CREATE INDEX a ON orders (day);
CREATE INDEX b ON orders (day DESC);
CREATE INDEX c ON orders (day, id);
CREATE INDEX d ON orders (id, day);
CREATE INDEX e ON orders (day) WHERE id > 0;
CREATE INDEX f ON orders (day) INCLUDE (email);
CREATE INDEX g ON orders USING hash (day);
CREATE INDEX h ON orders (email text_pattern_ops);
CREATE INDEX i ON orders (email);
CREATE INDEX j ON items (day);
--- down: none
--- revision two
--- up
CREATE INDEX new_name ON orders (day);
DROP INDEX a;
ALTER INDEX b RENAME TO other_name;
--- down: none
