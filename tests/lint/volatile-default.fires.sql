ALTER TABLE orders ADD COLUMN token uuid NOT NULL DEFAULT gen_random_uuid();
ALTER TABLE orders ADD COLUMN at timestamptz DEFAULT clock_timestamp();
ALTER TABLE orders ADD COLUMN number bigserial;
ALTER TABLE orders ADD COLUMN i integer GENERATED ALWAYS AS IDENTITY;
ALTER TABLE orders ADD COLUMN total integer GENERATED ALWAYS AS (a * b) STORED;
ALTER TABLE orders ADD COLUMN mine text DEFAULT app.next_number('x');
