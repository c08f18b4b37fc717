-- add_comms_tables: Add the message tables
-- Revises: 9d6a492bf126
CREATE TABLE message_threads (
    id INTEGER NOT NULL PRIMARY KEY,
    order_id INTEGER NOT NULL REFERENCES orders (id),
    subject TEXT NOT NULL
);

CREATE TABLE messages (
    id INTEGER NOT NULL PRIMARY KEY,
    thread_id INTEGER NOT NULL REFERENCES message_threads (id) ON DELETE CASCADE,
    sender TEXT NOT NULL CHECK (sender IN ('customer', 'shop')),
    body TEXT NOT NULL,
    sent_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
