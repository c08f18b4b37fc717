-- 3e8b51c07f4d: Put the first customers and goods on the shelf
-- The names are what real goods are called: quotes, semicolons, dashes and all.
INSERT INTO customers (id, name, email) VALUES
    (1001, 'Café "Zum Anker"', 'Bestellung@anker.example'),
    (1002, 'L''Atelier du Thé', 'bonjour@atelier.example'),
    (1003, '喫茶 みどり', 'order@midori.example');

INSERT INTO products (sku, name, price_cents) VALUES
    ('KTL-017', 'Kettle, 1.7 l, “Hot & Quick”', 3490),
    ('RUL-030', 'Ruler, 12" (30 cm)', 250),
    ('NBW-100', 'Nuts; bolts; washers -- 100 g', 495),
    ('BKR-013', 'Baker''s dozen box /* 13 */', 1300),
    ('BRÛ-001', 'Crème brûlée torch 🔥', 2750),
    ('茶碗-008', '日本茶碗', 4200);
