-- All six goods arrived with their names whole: '日本茶碗' is four characters, not twelve bytes.
SELECT count(*) = 6 AND max(CASE WHEN sku = '茶碗-008' THEN length(name) END) = 4
FROM products
WHERE sku IN ('KTL-017', 'RUL-030', 'NBW-100', 'BKR-013', 'BRÛ-001', '茶碗-008');
