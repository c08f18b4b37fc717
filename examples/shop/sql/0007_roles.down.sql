-- rbac_roles: Create roles and what each may do
DROP TABLE role_permissions;
DROP TABLE roles;
