ALTER TABLE customers ALTER COLUMN tenant SET NOT NULL;
--- revision two
--- up
ALTER TABLE customers ADD CONSTRAINT email_there CHECK (email IS NOT NULL) NOT VALID;
ALTER TABLE customers ALTER email SET NOT NULL;
--- down: none
