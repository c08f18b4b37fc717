--- revision one
--- up
CREATE TABLE IF NOT EXISTS orders (id integer);
CREATE OR REPLACE VIEW today AS SELECT 1;
CREATE OR REPLACE VIEW tomorrow AS SELECT 2;
DO $$ BEGIN CREATE TYPE mood AS ENUM ('sad', 'happy'); END $$;
--- down
DROP TYPE IF EXISTS mood;
-- What it was before.
CREATE OR REPLACE VIEW today AS SELECT 0;
DROP VIEW tomorrow;
DROP TABLE IF EXISTS orders;
--- revision two
--- up
CREATE VIEW tomorrow AS SELECT 1;
CREATE OR REPLACE VIEW tomorrow AS SELECT 2;
--- down
DROP VIEW tomorrow;
