CREATE TABLE "user" (id integer, "order" integer, "Group" text);
ALTER TABLE orders ADD COLUMN "offset" integer;
ALTER TABLE orders RENAME COLUMN position TO "window";
