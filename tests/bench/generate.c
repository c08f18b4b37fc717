/*
 * generate chain|graph|trips COUNT FOLDER DIALECT - writes a manifest of COUNT revisions of about
 * 800 bytes each: CREATE TABLE with six columns, an index, an ALTER of an earlier table, two
 * INSERTs. The graph forks and merges in every ten revisions; in trips, a chain, each has a down
 * script. Also writes all.sql, what a stock client would be fed: the same statements in the same
 * order, a transaction and a ledger row for each revision.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static FILE *create(const char *folder, const char *name)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    if (!file) {
        perror(path);
        exit(1);
    }
    return file;
}

/* Which table of an earlier revision is altered. */
static int altered_by(int number)
{
    int most = number > 9 ? 9 : number - 1;

    return number - 1 - (number * 7) % (most ? most : 1);
}

static void write_script(FILE *file, int number)
{
    fprintf(file,
            "-- Revision %06d: keep the readings of one more kind of device.\n"
            "CREATE TABLE reading_%06d (\n"
            "    id INTEGER PRIMARY KEY,\n"
            "    device_name VARCHAR(64) NOT NULL,\n"
            "    measured_at TIMESTAMP NOT NULL,\n"
            "    measured_value NUMERIC(12, 4) NOT NULL,\n"
            "    unit VARCHAR(16) NOT NULL DEFAULT 'kWh',\n"
            "    remark TEXT\n"
            ");\n"
            "CREATE INDEX reading_%06d_by_device ON reading_%06d (device_name, measured_at);\n",
            number, number, number, number);
    if (number > 1)
        fprintf(file, "ALTER TABLE reading_%06d ADD COLUMN checked_in_%06d TEXT;\n",
                altered_by(number), number);
    fprintf(file,
            "INSERT INTO reading_%06d (id, device_name, measured_at, measured_value)\n"
            "    VALUES (1, 'meter %d', '2026-01-01 00:00:00', %d.5);\n"
            "INSERT INTO reading_%06d (id, device_name, measured_at, measured_value, remark)\n"
            "    VALUES (2, 'meter %d', '2026-01-02 00:00:00', %d.25, 'it''s calibrated');\n",
            number, number, number % 997, number, number, number % 991);
}

static void write_down(FILE *file, int number)
{
    if (number > 1)
        fprintf(file, "ALTER TABLE reading_%06d DROP COLUMN checked_in_%06d;\n", altered_by(number),
                number);
    fprintf(file, "DROP TABLE reading_%06d;\n", number);
}

/* Of each ten: a fork into two lines of four behind the first, and a merge as the last. */
static void write_parents(FILE *manifest, const char *shape, int number)
{
    int place = number % 10, first = number - place;

    if (number == 1)
        fprintf(manifest, "    parents: []\n");
    else if (strcmp(shape, "graph") != 0 || first == 0)
        return;
    else if (place == 5)
        fprintf(manifest, "    parents: [r%06d]\n", first);
    else if (place == 9)
        fprintf(manifest, "    parents: [r%06d, r%06d]\n", first + 4, first + 8);
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: generate chain|graph|trips COUNT FOLDER DIALECT\n");
        return 2;
    }
    const char *shape = argv[1], *folder = argv[3];
    int count = atoi(argv[2]);
    char name[64];

    mkdir(folder, 0777);
    char path[4096];
    snprintf(path, sizeof(path), "%s/sql", folder);
    mkdir(path, 0777);
    FILE *manifest = create(folder, "ferry.yaml"), *all = create(folder, "all.sql");
    fprintf(manifest, "ferry: 1\nproject: bench\ndialect: %s\nrevisions:\n", argv[4]);
    bool sqlite = strcmp(argv[4], "sqlite") == 0;
    if (sqlite)
        fprintf(all, "PRAGMA synchronous=FULL;\nPRAGMA foreign_keys=ON;\n");
    fprintf(all,
            "CREATE TABLE ledger (number INTEGER PRIMARY KEY, event TEXT NOT NULL, revision TEXT "
            "NOT NULL, script TEXT NOT NULL, bundle TEXT NOT NULL, who TEXT NOT NULL, started "
            "TEXT NOT NULL, finished TEXT NOT NULL, previous TEXT NOT NULL, digest TEXT NOT "
            "NULL);\n");
    for (int i = 1; i <= count; i++) {
        fprintf(manifest, "  - id: r%06d\n    title: Keep the readings of device kind %d\n", i, i);
        write_parents(manifest, shape, i);
        fprintf(manifest, "    up: sql/r%06d.sql\n", i);
        snprintf(name, sizeof(name), "sql/r%06d.sql", i);
        FILE *script = create(folder, name);
        write_script(script, i);
        fclose(script);
        if (strcmp(shape, "trips") == 0) {
            fprintf(manifest, "    down: sql/r%06d.down.sql\n", i);
            snprintf(name, sizeof(name), "sql/r%06d.down.sql", i);
            script = create(folder, name);
            write_down(script, i);
            fclose(script);
        }
        fprintf(all, sqlite ? "BEGIN IMMEDIATE;\n" : "BEGIN;\n");
        write_script(all, i);
        fprintf(
            all,
            "INSERT INTO ledger VALUES (%d, 'applied', 'r%06d', '%064d', '%064d', 'somebody@host', "
            "'2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z', '%064d', '%064d');\nCOMMIT;\n",
            i, i, i, 1, i, i);
    }
    return fclose(manifest) || fclose(all);
}
