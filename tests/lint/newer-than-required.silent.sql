--- manifest requires: {postgresql: 15.2}
--- revision one
--- up
MERGE INTO a USING b ON a.id = b.id WHEN MATCHED THEN DO NOTHING;
CREATE OR REPLACE TRIGGER t BEFORE UPDATE ON a EXECUTE FUNCTION f();
CREATE UNIQUE INDEX i ON a (b) NULLS NOT DISTINCT;
--- down: none
