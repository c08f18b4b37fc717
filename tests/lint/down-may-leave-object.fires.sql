--- revision one
--- up
CREATE TABLE IF NOT EXISTS orders (id integer);
CREATE OR REPLACE VIEW today AS SELECT 1;
DO $$ BEGIN
    CREATE TYPE mood AS ENUM ('sad', 'happy');
EXCEPTION
    WHEN duplicate_object THEN NULL;
END $$;
ALTER TABLE customers ADD COLUMN IF NOT EXISTS tenant integer;
--- down
SELECT 1;
