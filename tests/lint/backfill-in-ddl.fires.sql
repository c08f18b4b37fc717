ALTER TABLE customers ADD COLUMN tenant integer;
UPDATE customers SET tenant = 1;
ALTER TABLE public.orders DROP COLUMN note;
DELETE FROM ONLY orders WHERE id = 0;
