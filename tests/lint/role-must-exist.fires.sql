GRANT SELECT ON orders TO clerk, "Auditor";
REVOKE ALL ON orders FROM GROUP staff;
ALTER TABLE orders OWNER TO shop;
CREATE POLICY own ON orders FOR SELECT TO tenant USING (true);
