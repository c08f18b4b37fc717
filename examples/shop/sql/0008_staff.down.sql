-- e60b94d8275c: Create the staff and give them roles
DROP TABLE staff_roles;
DROP TABLE staff;
