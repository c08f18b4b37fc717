CREATE ROLE clerk;
GRANT SELECT ON orders TO clerk, PUBLIC, CURRENT_USER, pg_read_all_data;
REVOKE ALL ON orders FROM PUBLIC;
CREATE POLICY own ON orders USING (true);
DO $$ BEGIN CREATE ROLE auditor; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
GRANT auditor TO clerk WITH ADMIN OPTION;
