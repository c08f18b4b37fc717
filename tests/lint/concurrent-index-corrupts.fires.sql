--- manifest requires: {postgresql: 14.3}
--- revision one
--- transaction: none
--- up
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS orders_by_day ON orders (day);
--- down: none
