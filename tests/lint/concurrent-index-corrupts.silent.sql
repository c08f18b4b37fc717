--- manifest requires: {postgresql: {version: 14.4}}
--- revision one
--- transaction: none
--- up
CREATE INDEX CONCURRENTLY orders_by_day ON orders (day);
--- down: none
