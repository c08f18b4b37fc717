-- add_comms_tables: Add the message tables
DROP TABLE messages;
DROP TABLE message_threads;
