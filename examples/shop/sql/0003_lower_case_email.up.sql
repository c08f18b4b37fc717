-- b90e4a76d351: Store e-mail addresses in lower case
-- Two customers whose addresses differ in case only make this fail: a person must merge them first.
UPDATE customers
SET email = lower(email)
WHERE email <> lower(email);
