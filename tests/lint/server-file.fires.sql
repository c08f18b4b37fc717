COPY orders FROM '/tmp/orders.csv' WITH (FORMAT csv);
COPY public.orders (id, day) FROM PROGRAM 'zcat orders.gz';
COPY (SELECT * FROM orders WHERE id > 0) TO '/tmp/orders';
SELECT lo_import('/etc/motd');
