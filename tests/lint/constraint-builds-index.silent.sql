CREATE TABLE rooms (id integer);
ALTER TABLE rooms ADD PRIMARY KEY (id);
ALTER TABLE customers ADD CONSTRAINT customers_email_key UNIQUE USING INDEX customers_email;
ALTER TABLE customers ADD CONSTRAINT customers_pkey PRIMARY KEY USING INDEX customers_id;
ALTER TABLE customers ADD COLUMN "unique" text;
