ALTER TABLE customers ADD CONSTRAINT customers_email_key UNIQUE (email);
ALTER TABLE customers ADD PRIMARY KEY (id);
ALTER TABLE customers ADD COLUMN code text UNIQUE;
ALTER TABLE rooms ADD CONSTRAINT rooms_free EXCLUDE USING gist (room WITH =, during WITH &&);
