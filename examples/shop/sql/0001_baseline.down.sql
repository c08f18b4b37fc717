-- baseline: Create the customer and product tables
DROP TABLE products;
DROP TABLE customers;
