SELECT count(*) = 1
FROM sqlite_schema
WHERE type = 'index' AND name = 'messages_by_thread' AND tbl_name = 'messages';
