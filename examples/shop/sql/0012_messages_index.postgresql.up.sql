-- f8d216ac4e70: Find the messages of a thread by index, without stopping the shop
-- CONCURRENTLY cannot run in a transaction. Interrupted, it leaves an invalid index behind, which
-- IF NOT EXISTS would take for a good one; so the script drops first, and may run again.
DROP INDEX CONCURRENTLY IF EXISTS messages_by_thread;
CREATE INDEX CONCURRENTLY messages_by_thread ON messages (thread_id, sent_at);
