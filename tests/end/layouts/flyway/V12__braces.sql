INSERT INTO grove (name) VALUES ('${not_filled_in}')
