SELECT count(*) = 1
FROM sqlite_schema
WHERE type = 'table' AND name = 'orders' AND sql LIKE '%CHECK (status IN (%''cancelled''))%';
