CREATE TABLE orders (id integer, day date, email text UNIQUE);
CREATE INDEX a ON orders (day);
CREATE INDEX b ON orders (id, day);
CREATE INDEX c ON orders (day, id) WHERE id > 0;
CREATE INDEX d ON orders (email, day);
CREATE INDEX e ON orders (email text_pattern_ops);
