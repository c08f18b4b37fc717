/*
 * pack FOLDER OUTPUT - the floor that `sqlferry build` is held against: sorts the names in a
 * folder, reads each file, hashes it with BLAKE2b-256 and writes it to one output. No manifest, no
 * graph, no SQL, no compression.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int is_file(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
    static char bytes[8 << 20];
    struct dirent **names;

    if (argc != 3 || chdir(argv[1]) != 0)
        return 2;
    int count = scandir(".", &names, is_file, alphasort);
    FILE *output = fopen(argv[2], "w");
    if (count < 0 || !output)
        return 1;
    for (int i = 0; i < count; i++) {
        unsigned char digest[32];
        int fd = open(names[i]->d_name, O_RDONLY);
        ssize_t size = read(fd, bytes, sizeof(bytes));

        if (fd < 0 || size < 0)
            return 1;
        close(fd);
        crypto_generichash(digest, sizeof(digest), (unsigned char *)bytes, (size_t)size, NULL, 0);
        fwrite(digest, 1, sizeof(digest), output);
        fwrite(bytes, 1, (size_t)size, output);
    }
    return fclose(output);
}
