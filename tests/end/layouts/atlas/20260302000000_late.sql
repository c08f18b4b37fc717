-- atlas:sum ignore

INSERT INTO grove (name) VALUES ('South');
