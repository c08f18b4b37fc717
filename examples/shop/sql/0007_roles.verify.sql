-- An auditor changes nothing.
SELECT count(*) = 0
FROM role_permissions
WHERE role = 'auditor' AND permission LIKE '%.write';
