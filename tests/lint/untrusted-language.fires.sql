CREATE FUNCTION f() RETURNS text LANGUAGE plpython3u AS 'return ""';
CREATE OR REPLACE FUNCTION g() RETURNS integer AS 'library', 'g' LANGUAGE C STRICT;
CREATE FUNCTION h() RETURNS text AS 'return "";' LANGUAGE 'plperlu';
