-- e60b94d8275c: Create the staff and give them roles
CREATE TABLE staff (
    login TEXT NOT NULL PRIMARY KEY,
    display_name TEXT NOT NULL,
    active BOOLEAN NOT NULL DEFAULT TRUE
);

CREATE TABLE staff_roles (
    login TEXT NOT NULL REFERENCES staff (login) ON DELETE CASCADE,
    role TEXT NOT NULL REFERENCES roles (name),
    PRIMARY KEY (login, role)
);

INSERT INTO staff (login, display_name) VALUES ('system', 'The shop''s own jobs');
INSERT INTO staff_roles (login, role) VALUES ('system', 'owner');
