-- 0c95e7b3d4a1: Let every thread count its messages
DROP TRIGGER messages_counted;
ALTER TABLE message_threads DROP COLUMN last_message_at;
ALTER TABLE message_threads DROP COLUMN message_count;
