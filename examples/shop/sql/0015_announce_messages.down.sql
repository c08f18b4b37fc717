-- d4e07b6f1a93: Merge messages and webhooks: list the messages still to be announced
DROP VIEW unannounced_messages;
