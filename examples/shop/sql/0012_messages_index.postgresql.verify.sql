SELECT indisvalid FROM pg_index WHERE indexrelid = 'messages_by_thread'::regclass;
