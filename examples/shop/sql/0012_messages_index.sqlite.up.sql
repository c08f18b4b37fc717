-- f8d216ac4e70: Find the messages of a thread by index, without stopping the shop
DROP INDEX IF EXISTS messages_by_thread;
CREATE INDEX messages_by_thread ON messages (thread_id, sent_at);
