-- 0c95e7b3d4a1: Let every thread count its messages
ALTER TABLE message_threads ADD COLUMN message_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE message_threads ADD COLUMN last_message_at TIMESTAMP WITH TIME ZONE;

UPDATE message_threads
SET message_count = (SELECT count(*) FROM messages WHERE thread_id = message_threads.id),
    last_message_at = (SELECT max(sent_at) FROM messages WHERE thread_id = message_threads.id);

CREATE FUNCTION count_message() RETURNS trigger
LANGUAGE plpgsql
AS $body$
BEGIN
    UPDATE message_threads
    SET message_count = message_count + 1
    WHERE id = NEW.thread_id;
    UPDATE message_threads
    SET last_message_at = NEW.sent_at
    WHERE id = NEW.thread_id AND (last_message_at IS NULL OR last_message_at < NEW.sent_at);
    RETURN NULL;
END;
$body$;

CREATE TRIGGER messages_counted
AFTER INSERT ON messages
FOR EACH ROW EXECUTE FUNCTION count_message();
