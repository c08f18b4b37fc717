INSERT INTO orders VALUES ('COPY orders FROM ''/tmp/x'' ');
COMMENT ON TABLE orders IS 'from /tmp';
