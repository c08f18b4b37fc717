--- revision one
--- up
CREATE EXTENSION IF NOT EXISTS "uuid-ossp";
CREATE EXTENSION pgcrypto WITH SCHEMA public;
--- down
SELECT 1;
