CREATE TABLE "users" ("id" integer, "name" text, "key" text, value text);
INSERT INTO "user" ("order") VALUES (1);
CREATE INDEX "Name" ON users (name);
