SELECT count(*) = 0 FROM customers WHERE email <> lower(email);
