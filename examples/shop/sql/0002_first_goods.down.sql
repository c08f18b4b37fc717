-- 3e8b51c07f4d: Put the first customers and goods on the shelf
DELETE FROM products
WHERE sku IN ('KTL-017', 'RUL-030', 'NBW-100', 'BKR-013', 'BRÛ-001', '茶碗-008');

DELETE FROM customers
WHERE id IN (1001, 1002, 1003);
