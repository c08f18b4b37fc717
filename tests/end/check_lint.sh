# Findings as check and build tell them: severities, --strict, -q, --json, --sarif, what is allowed.
. "$ROOT/tests/end/lib"

# json PATH: a value of the last command's output.
json()
{
    sqlite3 :memory: "SELECT json_extract(readfile('out'), '$1')"
}

begin_manifest postgresql
revision first 'parents: []' 'down: none' << 'SQL'
CREATE TABLE orders (id integer, day date, at timestamp);
SQL
revision second 'down: none' << 'SQL'
CREATE INDEX orders_by_day ON orders (day);
SQL

# Warnings are told and let pass; information only on demand.
expect 0 sqlferry check
has err 'sql/second.sql:1:14: warning: nobody can write to '\''orders'\'' while this index is built [index-not-concurrent]' \
    '    1 | CREATE INDEX orders_by_day ON orders (day);' 'hint: Say CREATE INDEX CONCURRENTLY'
lacks err timestamp
has out 'findings: 0 errors, 1 warning, 1 of information (--info shows them)'
expect 0 sqlferry check --info
has err "sql/first.sql:1:44: info: column 'at' is a timestamp without time zone [timestamp-no-tz]"
expect 0 sqlferry check -q
is "$(cat err)" ''
has out '1 warning'
expect 1 sqlferry check --strict
has err 'warning: nobody can write' 'error: 1 warning, and --strict lets none pass'
expect 0 sqlferry build --release 1 -o one.ferry
has err "1 warning: 'sqlferry check' shows it"
lacks err 'nobody can write'
expect 0 sqlferry build --release 1 -o one.ferry -q
is "$(cat err)" ''

# Only these rules.
expect 0 sqlferry check --rule timestamp-no-tz --rule json-column --strict
has err timestamp-no-tz
lacks err index-not-concurrent
expect 2 sqlferry check --json --sarif
expect 2 sqlferry check --rule timestamp-no-tx
has err "Did you mean 'timestamp-no-tz'?"

# JSON: one line, every finding whole.
expect 0 sqlferry check --json
is "$(wc -l < out)" 1
is "$(cat err)" ''
is "$(json '$.error_count') $(json '$.warning_count') $(json '$.info_count')" '0 1 1'
is "$(json '$.orphan_count') $(json '$.down_count') $(json '$.irreversible_count') $(json '$.missing_down_count')" '0 0 2 0'
is "$(json '$.findings[1].rule') $(json '$.findings[1].severity') $(json '$.findings[1].file')" \
    'index-not-concurrent warning sql/second.sql'
is "$(json '$.findings[1].line'):$(json '$.findings[1].column') $(json '$.findings[1].revision')" '1:14 second'
is "$(json '$.findings[1].dialects')" '["postgresql"]'
is "$(json '$.findings[1].message')" "nobody can write to 'orders' while this index is built"
is "$(json '$.findings[1].hint')" "Say CREATE INDEX CONCURRENTLY, in a revision with 'transaction: none'."

# SARIF, as the schema of OASIS wants it: versions, unique rules with help, and results whose rule
# stands where ruleIndex says, at a region of a file as seen from here.
mkdir elsewhere
cd elsewhere
expect 0 sqlferry check .. --sarif
is "$(wc -l < out)" 1
is "$(sqlite3 :memory: "SELECT json_valid(readfile('out'))")" 1
is "$(json '$.version') $(json '$."$schema"')" '2.1.0 https://json.schemastore.org/sarif-2.1.0.json'
is "$(sqlite3 :memory: "SELECT json_array_length(readfile('out'), '\$.runs')")" 1
is "$(json '$.runs[0].tool.driver.name') $(json '$.runs[0].columnKind')" 'sqlferry unicodeCodePoints'
is "$(sqlite3 :memory: "
    WITH driver AS (SELECT json_extract(readfile('out'), '\$.runs[0].tool.driver.rules') AS rules)
    SELECT count(*) > 40 AND count(*) = count(DISTINCT json_extract(value, '\$.id'))
        AND min(length(json_extract(value, '\$.shortDescription.text'))) > 0
        AND min(length(json_extract(value, '\$.fullDescription.text'))) > 0
        AND min(length(json_extract(value, '\$.help.text'))) > 0
        AND min(json_extract(value, '\$.defaultConfiguration.level') IN ('none', 'note', 'warning', 'error')) = 1
    FROM driver, json_each(rules)")" 1
sqlite3 :memory: "
    WITH run AS (SELECT json_extract(readfile('out'), '\$.runs[0]') AS run)
    SELECT json_extract(value, '\$.ruleId') = json_extract(run, '\$.tool.driver.rules[' || json_extract(value, '\$.ruleIndex') || '].id'),
        json_extract(value, '\$.ruleId'), json_extract(value, '\$.level'),
        json_extract(value, '\$.locations[0].physicalLocation.artifactLocation.uri'),
        json_extract(value, '\$.locations[0].physicalLocation.region'),
        json_extract(value, '\$.message.text')
    FROM run, json_each(json_extract(run, '\$.results'))" > results
cat > expected << 'TEXT'
1|timestamp-no-tz|note|../sql/first.sql|{"startLine":1,"startColumn":44,"endColumn":46}|column 'at' is a timestamp without time zone. Say timestamptz.
1|index-not-concurrent|warning|../sql/second.sql|{"startLine":1,"startColumn":14,"endColumn":27}|nobody can write to 'orders' while this index is built. Say CREATE INDEX CONCURRENTLY, in a revision with 'transaction: none'.
TEXT
diff expected results
cd ..

# The manifest weighs rules anew. Errors refuse check and build, and nothing is written.
cp ferry.yaml before.yaml
sed 's/^project: demo/&\nseverity: {index-not-concurrent: error, timestamp-no-tz: off}/' before.yaml > ferry.yaml
expect 1 sqlferry check
has err 'sql/second.sql:1:14: error: nobody can write'
has out 'findings: 1 error, 0 warnings, 0 of information'
rm one.ferry
expect 1 sqlferry build --release 1 -o one.ferry
has err 'error: nobody can write'
missing one.ferry
expect 1 sqlferry check --json
is "$(json '$.findings[0].severity') $(json '$.error_count')" 'error 1'
sed 's/^project: demo/&\nseverity: {index-not-concurrent: warn, index-not-concurent: off, split-ambiguous: off}/' before.yaml > ferry.yaml
expect 1 sqlferry check
has err "the severity of 'index-not-concurrent' must be 'off', 'info', 'warning' or 'error'" \
    "there is no rule 'index-not-concurent'" "hint: Did you mean 'index-not-concurrent'?" \
    "the severity of 'split-ambiguous' cannot be changed"

# What is allowed is not told, in the manifest and beside the statement; what is not needed is.
sed 's/^  - id: second/&\n    allow: [index-not-concurrent]/' before.yaml > ferry.yaml
expect 0 sqlferry check --strict
cp before.yaml ferry.yaml
echo 'CREATE INDEX orders_by_day ON orders (day); -- ferry: allow index-not-concurrent it is small' > sql/second.sql
expect 0 sqlferry check --strict
sed 's/^project: demo/&\nseverity: {unused-allow: error}/; s/^  - id: second/&\n    allow: [index-not-concurrent, drop-table]/' before.yaml > ferry.yaml
expect 1 sqlferry check
has err "ferry.yaml:11:35: error: nothing here breaks the rule 'drop-table' [unused-allow]"
lacks err "the rule 'index-not-concurrent'"

# A byte-order mark moves no column; a script that both dialects run is told of once, and what one of
# them needs is not unused.
begin_manifest '[postgresql, sqlite]'
revision first 'parents: []' 'down: none' << 'SQL'
CREATE TABLE events (id integer PRIMARY KEY, name text);
SQL
printf '\357\273\277ALTER TABLE events ADD COLUMN metadata text; -- é\nALTER TABLE events RENAME COLUMN name TO title; -- ferry: allow rename-breaking\nCREATE INDEX events_id ON events (title); -- ferry: allow index-not-concurrent\n' |
    revision second 'down: none'
expect 0 sqlferry check --json
is "$(sqlite3 :memory: "SELECT json_array_length(readfile('out'), '\$.findings')")" 1
is "$(json '$.findings[0].rule') $(json '$.findings[0].line'):$(json '$.findings[0].column') $(json '$.findings[0].dialects')" \
    'mapper-reserved-name 1:31 ["postgresql","sqlite"]'
expect 0 sqlferry check --dialect sqlite
lacks err unused-allow
has err 'sql/second.sql:1:31: warning: '

# Of very many findings, a person is shown a hundred; a program gets all of them.
begin_manifest postgresql
awk 'BEGIN { for (i = 1; i <= 150; i++) print "DROP TABLE old_" i ";" }' | revision first 'parents: []' 'down: none'
expect 0 sqlferry check
is "$(grep -c 'warning: ' err)" 100
has err '50 more; --json prints all of them'
expect 0 sqlferry check --json
is "$(sqlite3 :memory: "SELECT json_array_length(readfile('out'), '\$.findings')")" 150
