--- revision one
--- up
CREATE TABLE orders (id integer, note text);
CREATE TABLE opaque AS SELECT * FROM orders;
--- down
DROP TABLE IF EXISTS oders;
DROP TABLE opaque;
DROP TABLE orders;
--- revision two
--- up
DROP VIEW adopted;
ALTER TABLE strangers ADD COLUMN a integer;
ALTER TABLE opaque DROP COLUMN a;
ALTER TABLE orders DROP COLUMN IF EXISTS missing;
DROP FUNCTION of_an_extension(integer);
DROP SEQUENCE orders_id_seq;
ALTER TABLE orders DROP CONSTRAINT orders_note_check;
--- down: none
--- revision three
--- up
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_type WHERE typname = 'mood') THEN
        DROP TYPE mood;
        ALTER TABLE orders DROP COLUMN missing;
    END IF;
END
$$;
--- down: none
