-- add_tenants: Create the tenants, and the one that owns what is already there
DROP TABLE tenants;
