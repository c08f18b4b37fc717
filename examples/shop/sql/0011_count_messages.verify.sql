-- Every thread's count is the number of its messages.
SELECT count(*) = 0
FROM message_threads
WHERE message_count <> (SELECT count(*) FROM messages WHERE thread_id = message_threads.id);
