-- f8d216ac4e70: Find the messages of a thread by index, without stopping the shop
DROP INDEX CONCURRENTLY IF EXISTS messages_by_thread;
