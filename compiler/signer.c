#include "compiler/signer.h"
#include "runtime/fence.h"
#include "runtime/file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#define OPERATIONS_MAX    UINT64_C(33554432)
#define KDF_MEMORY_MAX    UINT64_C(1073741824)
#define PROTECTED_COMMENT "untrusted comment: minisign encrypted secret key\n"
#define PLAIN_COMMENT     "untrusted comment: minisign unencrypted secret key\n"

static_assert(OPERATIONS_MAX == crypto_pwhash_scryptsalsa208sha256_OPSLIMIT_SENSITIVE &&
                  KDF_MEMORY_MAX == crypto_pwhash_scryptsalsa208sha256_MEMLIMIT_SENSITIVE,
              "what minisign derives keys with");

enum {
    PASSWORD_SIZE_MAX = 1023, /* minisign reads no more */
    PAIR_SIZE = 64,           /* a seed and the public key that comes from it */
    SALT_SIZE = 32,
    CHECKSUM_SIZE = 32,
    SECRET_FILE_SIZE_MAX = 2048,
};

/* What stands behind the base64 of a secret key file; body is XORed with what the password gives.
 */
struct secret_record {
    uint8_t algorithm[2];     /* "Ed" */
    uint8_t derivation[2];    /* "Sc": scrypt; two zero bytes: no password */
    uint8_t checksum_kind[2]; /* "B2": BLAKE2b-256 of algorithm, number and pair */
    uint8_t salt[SALT_SIZE];
    uint8_t operations[8], memory[8]; /* limits of scrypt, lowest byte first */
    struct {
        uint8_t number[KEY_NUMBER_SIZE];
        uint8_t pair[PAIR_SIZE];
        uint8_t checksum[CHECKSUM_SIZE];
    } body;
};
static_assert(sizeof(struct secret_record) == 158, "no padding");

struct secret_key {
    uint8_t number[KEY_NUMBER_SIZE];
    uint8_t pair[PAIR_SIZE];
};

/* All that is secret while a key is made or loaded. Bytes only: guarded memory is not aligned. */
struct vault {
    char password[PASSWORD_SIZE_MAX + 2], repeated[PASSWORD_SIZE_MAX + 2];
    char file[SECRET_FILE_SIZE_MAX + 1];
    struct secret_record record;
    uint8_t stream[sizeof(((struct secret_record *)0)->body)];
    uint8_t pair[PAIR_SIZE], checksum[CHECKSUM_SIZE];
};

static void *guarded_bytes(size_t size)
{
    void *bytes = sodium_init() < 0 ? NULL : sodium_malloc(size);

    if (!bytes)
        arena_exhausted();
    return bytes;
}

static struct vault *vault_open(void)
{
    fence_hide(); /* scrypt works in memory that is not guarded */
    struct vault *vault = guarded_bytes(sizeof(*vault));
    sodium_memzero(vault, sizeof(*vault));
    return vault;
}

static void vault_close(struct vault **vault)
{
    sodium_free(*vault);
    *vault = NULL;
}

void signer_close(struct secret_key **key)
{
    sodium_free(*key);
    *key = NULL;
}

static uint64_t load_number(const uint8_t bytes[static 8])
{
    uint64_t number = 0;

    for (size_t i = 8; i-- > 0;)
        number = number << 8 | bytes[i];
    return number;
}

static void store_number(uint64_t number, uint8_t bytes[static 8])
{
    for (size_t i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(number >> 8 * i);
}

/* Passwords */

enum typed {
    TYPED_LINE,
    TYPED_SIGNAL, /* a signal came first, and the program went on */
    TYPED_ERROR,  /* errno says which */
};

static void put_on(int terminal, struct text text)
{
    /* A prompt that cannot be shown is not worth an error: the read that follows tells. */
    if (write(terminal, text.bytes, text.size) < 0)
        return;
}

static int set_terminal(int terminal, const struct termios *settings)
{
    int failed;

    /* In the background this stops the program, and goes on when it is back. */
    do
        failed = tcsetattr(terminal, TCSAFLUSH, settings);
    while (failed && errno == EINTR);
    return failed;
}

/*
 * Reads one line without echo. Signals that end or stop the program are held back until the
 * terminal is as it was, and then do what they do.
 */
static enum typed type_line(int terminal, struct text prompt, char *line, size_t room, size_t *size)
{
    static const int held[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
    struct termios before, silent;
    enum typed typed = TYPED_ERROR;
    sigset_t hold, mask;

    sigemptyset(&hold);
    for (size_t i = 0; i < COUNT(held); i++)
        sigaddset(&hold, held[i]);
    CLEANUP(file_close) int signals = signalfd(-1, &hold, SFD_CLOEXEC);
    if (signals < 0 || tcgetattr(terminal, &before) < 0)
        return TYPED_ERROR;
    silent = before;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
    silent.c_lflag |= ICANON | ISIG;

    sigprocmask(SIG_BLOCK, &hold, &mask);
    if (set_terminal(terminal, &silent) == 0) {
        struct pollfd ready[] = {{.fd = signals, .events = POLLIN},
                                 {.fd = terminal, .events = POLLIN}};
        int count;

        put_on(terminal, prompt);
        do
            count = poll(ready, COUNT(ready), -1);
        while (count < 0 && errno == EINTR);
        if (ready[0].revents) {
            typed = TYPED_SIGNAL;
        } else if (count > 0) {
            ssize_t got = read(terminal, line, room);

            typed = got < 0 ? TYPED_ERROR : TYPED_LINE;
            *size = got < 0 ? 0 : (size_t)got;
        }
        put_on(terminal, TEXT("\n"));
        int number = errno;
        (void)set_terminal(terminal, &before);
        errno = number;
    }
    int number = errno;
    sigprocmask(SIG_SETMASK, &mask, NULL);
    errno = number;
    return typed;
}

static struct error *ask_terminal(struct arena *arena, struct text prompt, char *line, size_t room,
                                  size_t *size)
{
    CLEANUP(file_close) int terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    enum typed typed;

    if (terminal < 0)
        return error_hint(arena, error_system(arena, "cannot ask for the password on a terminal"),
                          "Without a terminal, use --password-fd, or a key made with "
                          "--no-password.");
    do
        typed = type_line(terminal, prompt, line, room, size);
    while (typed == TYPED_SIGNAL);
    return typed == TYPED_ERROR ? error_system(arena, "cannot read the password") : NULL;
}

/* Byte by byte, since what follows the line may be another password, for another reader. */
static struct error *read_descriptor(struct arena *arena, int fd, char *line, size_t room,
                                     size_t *size)
{
    size_t filled = 0;

    while (filled < room && (filled == 0 || line[filled - 1] != '\n')) {
        ssize_t got = read(fd, line + filled, 1);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_system(arena, "cannot read the password from descriptor %d", fd);
        if (got == 0)
            break;
        filled++;
    }
    if (filled == 0)
        return error_plain(arena, ERROR_INPUT, "no password on descriptor %d", fd);
    *size = filled;
    return NULL;
}

/* room holds the longest password and one byte more. What ends the line is taken off. */
static struct error *get_password(struct arena *arena, const struct password_source *source,
                                  struct text prompt, char *line, size_t room, size_t *size)
{
    struct error *error = source->fd < 0 ? ask_terminal(arena, prompt, line, room, size)
                                         : read_descriptor(arena, source->fd, line, room, size);

    if (error)
        return error;
    bool ended = *size && line[*size - 1] == '\n';
    *size -= ended;
    if (ended && *size && line[*size - 1] == '\r')
        --*size;
    if (*size > PASSWORD_SIZE_MAX)
        return error_plain(arena, ERROR_INPUT, "the password is longer than %d bytes",
                           PASSWORD_SIZE_MAX);
    if (memchr(line, '\0', *size) || memchr(line, '\r', *size))
        return error_plain(arena, ERROR_INPUT,
                           "the password holds a NUL or a carriage return, where minisign ends it");
    return NULL;
}

static struct error *new_password(struct arena *arena, const struct password_source *source,
                                  struct vault *vault, size_t *size)
{
    size_t repeated_size = 0;
    struct error *error = get_password(arena, source, TEXT("Password for the new key: "),
                                       vault->password, sizeof(vault->password), size);

    if (error)
        return error;
    if (*size == 0)
        return error_hint(arena, error_plain(arena, ERROR_INPUT, "the password is empty"),
                          "A key for pipelines, without a password, is made with --no-password.");
    if (source->fd >= 0)
        return NULL;
    error = get_password(arena, source, TEXT("The same password again: "), vault->repeated,
                         sizeof(vault->repeated), &repeated_size);
    if (error)
        return error;
    if (repeated_size != *size || sodium_memcmp(vault->password, vault->repeated, *size) != 0)
        return error_plain(arena, ERROR_INPUT, "the two passwords differ");
    return NULL;
}

/* Secret records */

static bool derive_stream(struct vault *vault, size_t password_size, uint64_t operations,
                          uint64_t memory)
{
    return crypto_pwhash_scryptsalsa208sha256(vault->stream, sizeof(vault->stream), vault->password,
                                              password_size, vault->record.salt, operations,
                                              memory) == 0;
}

static void apply_stream(struct vault *vault)
{
    uint8_t *body = (uint8_t *)&vault->record.body;

    for (size_t i = 0; i < sizeof(vault->stream); i++)
        body[i] ^= vault->stream[i];
}

static void make_checksum(const struct secret_record *record,
                          uint8_t checksum[static CHECKSUM_SIZE])
{
    crypto_generichash_state state;

    crypto_generichash_init(&state, NULL, 0, CHECKSUM_SIZE);
    crypto_generichash_update(&state, record->algorithm, sizeof(record->algorithm));
    crypto_generichash_update(&state, record->body.number, sizeof(record->body.number));
    crypto_generichash_update(&state, record->body.pair, sizeof(record->body.pair));
    crypto_generichash_final(&state, checksum, CHECKSUM_SIZE);
    sodium_memzero(&state, sizeof(state));
}

/* Where the machine has less than 1 GiB to give, both limits are halved, as minisign does. */
static struct error *protect_record(struct arena *arena, struct vault *vault, size_t password_size)
{
    struct secret_record *record = &vault->record;
    uint64_t operations = OPERATIONS_MAX, memory = KDF_MEMORY_MAX;

    randombytes_buf(record->salt, sizeof(record->salt));
    while (!derive_stream(vault, password_size, operations, memory)) {
        operations /= 2;
        memory /= 2;
        if (operations < crypto_pwhash_scryptsalsa208sha256_OPSLIMIT_MIN ||
            memory < crypto_pwhash_scryptsalsa208sha256_MEMLIMIT_MIN)
            return error_plain(arena, ERROR_SYSTEM,
                               "not enough memory to protect a key by password");
    }
    memcpy(record->derivation, "Sc", sizeof(record->derivation));
    store_number(operations, record->operations);
    store_number(memory, record->memory);
    apply_stream(vault);
    return NULL;
}

static struct error *damaged(struct arena *arena, struct text path, const char *how)
{
    return error_hint(
        arena,
        error_plain(arena, ERROR_INPUT, "secret key '%.*s' is damaged: %s", TEXT_ARGS(path), how),
        "Restore it from a copy. A signature made with it could give the key away.");
}

static struct error *unlock_record(struct arena *arena, struct text path,
                                   const struct password_source *source, struct vault *vault)
{
    uint64_t operations = load_number(vault->record.operations);
    uint64_t memory = load_number(vault->record.memory);
    struct text prompt = arena_escape(arena, path);
    size_t size = 0;

    if (operations > OPERATIONS_MAX || memory > KDF_MEMORY_MAX)
        return error_plain(arena, ERROR_INPUT,
                           "secret key '%.*s' asks for more work than minisign's own keys",
                           TEXT_ARGS(path));
    prompt = arena_format(arena, "Password for '%.*s': ", TEXT_ARGS(prompt));
    struct error *error =
        get_password(arena, source, prompt, vault->password, sizeof(vault->password), &size);
    if (error)
        return error;
    if (!derive_stream(vault, size, operations, memory))
        return error_plain(arena, ERROR_SYSTEM,
                           "not enough memory to unlock secret key '%.*s': it takes %llu MiB",
                           TEXT_ARGS(path), (unsigned long long)(memory >> 20));
    apply_stream(vault);
    return NULL;
}

/* Checks what is in the open: kinds the record states, then its own checksum and key pair. */
static struct error *open_record(struct arena *arena, struct text path,
                                 const struct password_source *source, struct vault *vault)
{
    static const uint8_t no_derivation[2] = {0};
    struct secret_record *record = &vault->record;
    bool is_plain = memcmp(record->derivation, no_derivation, sizeof(no_derivation)) == 0;

    if (memcmp(record->algorithm, "Ed", sizeof(record->algorithm)) != 0 ||
        (!is_plain && memcmp(record->derivation, "Sc", sizeof(record->derivation)) != 0) ||
        memcmp(record->checksum_kind, "B2", sizeof(record->checksum_kind)) != 0)
        return error_plain(arena, ERROR_INPUT, "secret key '%.*s' is of an unknown kind",
                           TEXT_ARGS(path));

    struct error *error = is_plain ? NULL : unlock_record(arena, path, source, vault);
    if (error)
        return error;
    make_checksum(record, vault->checksum);
    bool is_right = sodium_memcmp(vault->checksum, record->body.checksum, CHECKSUM_SIZE) == 0;
    /* `minisign -G -W` leaves the checksum at zero. */
    if (!is_right && !(is_plain && sodium_is_zero(record->body.checksum, CHECKSUM_SIZE)))
        return is_plain ? damaged(arena, path, "its checksum is wrong")
                        : error_plain(arena, ERROR_INPUT, "wrong password for secret key '%.*s'",
                                      TEXT_ARGS(path));

    /* One good and one bad public half under the same seed are enough to compute the secret. */
    crypto_sign_seed_keypair(vault->pair + PAIR_SIZE - PUBLIC_KEY_SIZE, vault->pair,
                             record->body.pair);
    if (sodium_memcmp(vault->pair, record->body.pair, PAIR_SIZE) != 0)
        return damaged(arena, path, "its public half is not that of its secret half");
    return NULL;
}

/* Files */

static struct error *read_mode(struct arena *arena, struct text path, int fd, unsigned *mode)
{
    struct stat status;

    if (fstat(fd, &status) < 0)
        return error_system(arena, "cannot read '%.*s'", TEXT_ARGS(path));
    if (!S_ISREG(status.st_mode))
        return error_plain(arena, ERROR_INPUT, "secret key '%.*s' is not a regular file",
                           TEXT_ARGS(path));
    *mode = status.st_mode;
    return NULL;
}

static struct error *check_private(struct arena *arena, struct text path, unsigned mode)
{
    if ((mode & (S_IRWXG | S_IRWXO)) == 0)
        return NULL;
    return error_hint(arena,
                      error_plain(arena, ERROR_INPUT,
                                  "others have access to secret key '%.*s' (mode %04o)",
                                  TEXT_ARGS(path), mode & 07777),
                      "Run: chmod 600 '%.*s'", TEXT_ARGS(path));
}

static struct error *already_exists(struct arena *arena, struct text path)
{
    return error_hint(arena,
                      error_plain(arena, ERROR_INPUT, "'%.*s' already exists", TEXT_ARGS(path)),
                      "A key is never overwritten: choose another name, or move the old key away.");
}

/* A secret key file being written, which disappears unless it is kept. */
struct new_key_file {
    int fd;
    struct text path;
};

static void discard(struct new_key_file *file)
{
    if (file->fd < 0)
        return;
    file_close(&file->fd);
    unlink(file->path.bytes);
}

static struct error *write_secret(struct arena *arena, struct new_key_file *file, struct text bytes)
{
    while (bytes.size) {
        ssize_t put = write(file->fd, bytes.bytes, bytes.size);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return error_system(arena, "cannot write '%.*s'", TEXT_ARGS(file->path));
        bytes = text_slice(bytes, (size_t)put, bytes.size);
    }
    if (fsync(file->fd) < 0)
        return error_system(arena, "cannot write '%.*s'", TEXT_ARGS(file->path));
    return NULL;
}

static struct error *write_pair(struct arena *arena, struct text path, struct text secret,
                                struct text public_path, struct text public)
{
    enum { FLAGS = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC };
    CLEANUP(discard)
    struct new_key_file file = {.fd = open(path.bytes, FLAGS, 0600), .path = path};

    if (file.fd < 0)
        return errno == EEXIST ? already_exists(arena, path)
                               : error_system(arena, "cannot write '%.*s'", TEXT_ARGS(path));
    /* A file system without permissions, on a USB stick for one, is no place for a secret. */
    unsigned mode;
    struct error *error = read_mode(arena, path, file.fd, &mode);

    if (!error)
        error = check_private(arena, path, mode);
    if (!error)
        error = write_secret(arena, &file, secret);
    /* This syncs the folder that both are in. */
    if (!error)
        error = file_save(arena, public_path, 0644, false, public);
    if (!error)
        file_close(&file.fd);
    return error;
}

/* Fills in the whole text of a secret key file. */
static struct text format_secret(struct vault *vault, const char *comment)
{
    size_t size = strlen(comment);

    memcpy(vault->file, comment, size);
    sodium_bin2base64(vault->file + size, sizeof(vault->file) - size,
                      (const unsigned char *)&vault->record, sizeof(vault->record),
                      sodium_base64_VARIANT_ORIGINAL);
    size += strlen(vault->file + size);
    vault->file[size++] = '\n';
    return (struct text){vault->file, size};
}

static struct public_key public_half(const uint8_t number[static KEY_NUMBER_SIZE],
                                     const uint8_t pair[static PAIR_SIZE])
{
    struct public_key key;

    memcpy(key.number, number, sizeof(key.number));
    memcpy(key.bytes, pair + PAIR_SIZE - PUBLIC_KEY_SIZE, sizeof(key.bytes));
    return key;
}

struct error *signer_create(struct arena *arena, struct text name, bool with_password,
                            const struct password_source *source)
{
    struct text paths[] = {arena_format(arena, "%.*s.key", TEXT_ARGS(name)),
                           arena_format(arena, "%.*s.pub", TEXT_ARGS(name))};
    CLEANUP(vault_close) struct vault *vault = vault_open();
    struct secret_record *record = &vault->record;
    size_t password_size = 0;
    struct stat status;
    struct error *error;

    if (file_name(name).size == 0)
        return error_plain(arena, ERROR_INPUT, "'%.*s' is not the name of a key", TEXT_ARGS(name));
    for (size_t i = 0; i < COUNT(paths); i++)
        if (lstat(paths[i].bytes, &status) == 0)
            return already_exists(arena, paths[i]);
    if (with_password) {
        error = new_password(arena, source, vault, &password_size);
        if (error)
            return error;
    }

    memcpy(record->algorithm, "Ed", sizeof(record->algorithm));
    memcpy(record->checksum_kind, "B2", sizeof(record->checksum_kind));
    randombytes_buf(record->body.number, sizeof(record->body.number));
    crypto_sign_keypair(vault->pair, record->body.pair);
    make_checksum(record, record->body.checksum);
    struct public_key key = public_half(record->body.number, record->body.pair);
    if (with_password) {
        error = protect_record(arena, vault, password_size);
        if (error)
            return error;
    }
    return write_pair(arena, paths[0],
                      format_secret(vault, with_password ? PROTECTED_COMMENT : PLAIN_COMMENT),
                      paths[1], minisign_key_file(arena, &key));
}

/* Reads the file into the vault, never into the arena. */
static struct error *read_secret(struct arena *arena, struct text path, struct vault *vault,
                                 size_t *size, unsigned *mode)
{
    enum { FLAGS = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY };
    CLEANUP(file_close) int fd = open(path.bytes, FLAGS);

    if (fd < 0)
        return error_system(arena, "cannot open secret key '%.*s'", TEXT_ARGS(path));
    struct error *error = read_mode(arena, path, fd, mode);
    if (error)
        return error;
    while (*size < sizeof(vault->file)) {
        ssize_t got = read(fd, vault->file + *size, sizeof(vault->file) - *size);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_system(arena, "cannot read secret key '%.*s'", TEXT_ARGS(path));
        if (got == 0)
            break;
        *size += (size_t)got;
    }
    return NULL;
}

struct error *signer_load(struct arena *arena, struct text path,
                          const struct password_source *source, struct secret_key **key)
{
    CLEANUP(vault_close) struct vault *vault = vault_open();
    struct public_key public;
    size_t size = 0;
    unsigned mode;

    path = arena_copy(arena, path);
    struct error *error = read_secret(arena, path, vault, &size, &mode);
    if (error)
        return error;

    struct text rest = {vault->file, size};
    (void)text_cut(&rest, '\n');
    struct text line = text_trim(text_cut(&rest, '\n'));
    if (minisign_key_read(line, &public))
        return error_hint(arena,
                          error_plain(arena, ERROR_INPUT,
                                      "'%.*s' is a public key; signing takes the secret key",
                                      TEXT_ARGS(path)),
                          "Give the .key file that was made together with it.");
    error = check_private(arena, path, mode);
    if (error)
        return error;
    if (size > SECRET_FILE_SIZE_MAX || text_trim(rest).size ||
        !crypto_from_base64(line, &vault->record, sizeof(vault->record)))
        return error_plain(arena, ERROR_INPUT, "'%.*s' is not a minisign secret key",
                           TEXT_ARGS(path));
    error = open_record(arena, path, source, vault);
    if (error)
        return error;

    struct secret_key *loaded = guarded_bytes(sizeof(*loaded));
    memcpy(loaded->number, vault->record.body.number, sizeof(loaded->number));
    memcpy(loaded->pair, vault->record.body.pair, sizeof(loaded->pair));
    sodium_mprotect_readonly(loaded);
    *key = loaded;
    return NULL;
}

struct public_key signer_public(const struct secret_key *key)
{
    return public_half(key->number, key->pair);
}

struct error *signer_sign(struct arena *arena, const struct secret_key *key, enum signed_kind kind,
                          struct text text, const struct digest *digest,
                          struct signature *signature)
{
    struct text comment = minisign_trusted_comment(arena, kind, digest);
    uint8_t *global = arena_array(arena, uint8_t, SIGNATURE_SIZE + comment.size);
    struct public_key public = signer_public(key);
    uint8_t prehash[PREHASH_SIZE];
    struct signature made;

    memcpy(made.number, key->number, sizeof(made.number));
    crypto_prehash(text, prehash);
    crypto_sign_detached(made.bytes, NULL, prehash, sizeof(prehash), key->pair);
    memcpy(global, made.bytes, SIGNATURE_SIZE);
    memcpy(global + SIGNATURE_SIZE, comment.bytes, comment.size);
    crypto_sign_detached(made.global_bytes, NULL, global, SIGNATURE_SIZE + comment.size, key->pair);
    if (!minisign_verify(&made, kind, prehash, digest, &public))
        return error_hint(arena,
                          error_plain(arena, ERROR_SYSTEM, "the new signature does not verify"),
                          "This machine computes wrong results: do not sign with it.");
    *signature = made;
    return NULL;
}
