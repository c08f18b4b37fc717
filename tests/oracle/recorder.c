#include "tests/oracle/recorder.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATIENCE_S = 60 }; /* until a client comes */

/* Requests that come instead of a protocol version. */
enum { CANCEL = 80877102, TLS = 80877103, GSS = 80877104 };

static bool read_whole(int fd, void *to, size_t size)
{
    for (char *at = to; size;) {
        ssize_t count = read(fd, at, size);

        if (count <= 0)
            return false;
        at += count;
        size -= (size_t)count;
    }
    return true;
}

static void send_all(int fd, const struct buffer *buffer)
{
    for (size_t at = 0; at < buffer->size;) {
        ssize_t count = send(fd, buffer->bytes + at, buffer->size - at, MSG_NOSIGNAL);

        if (count <= 0)
            return;
        at += (size_t)count;
    }
}

/* Where the size of a message stands, behind its kind. */
static size_t begin(struct buffer *buffer, char kind)
{
    buffer_add(buffer, (struct text){&kind, 1});
    buffer_add(buffer, TEXT("\0\0\0\0"));
    return buffer->size - 4;
}

static void end(struct buffer *buffer, size_t start)
{
    uint32_t size = htonl((uint32_t)(buffer->size - start));

    memcpy(buffer->bytes + start, &size, sizeof size);
}

static void add(struct buffer *buffer, char kind, struct text body)
{
    size_t start = begin(buffer, kind);

    buffer_add(buffer, body);
    end(buffer, start);
}

static void greet(struct buffer *reply)
{
    static const struct text parameters[] = {
        TEXT("server_version\00015.0"),
        TEXT("server_encoding\0UTF8"),
        TEXT("client_encoding\0UTF8"),
        TEXT("standard_conforming_strings\0on"),
    };

    add(reply, 'R', TEXT("\0\0\0\0")); /* AuthenticationOk */
    for (size_t i = 0; i < COUNT(parameters); i++) {
        size_t start = begin(reply, 'S');

        buffer_add(reply, parameters[i]);
        buffer_add(reply, TEXT("\0"));
        end(reply, start);
    }
    add(reply, 'Z', TEXT("I"));
}

/* returns  false where there is no message, or the last */
static bool read_message(int fd, char *kind, struct buffer *body)
{
    uint32_t size;

    if (!read_whole(fd, kind, 1) || !read_whole(fd, &size, sizeof size))
        return false;
    size = ntohl(size) - (uint32_t)sizeof size;
    body->size = 0;
    if (!read_whole(fd, buffer_reserve(body, size), size))
        return false;
    body->size = size;
    return *kind != 'X';
}

static bool start_up(int fd, struct buffer *body, struct buffer *reply)
{
    for (;;) {
        uint32_t head[2];

        if (!read_whole(fd, head, sizeof head))
            return false;
        size_t rest = ntohl(head[0]) - sizeof head;
        if (!read_whole(fd, buffer_reserve(body, rest), rest))
            return false;
        if (ntohl(head[1]) == CANCEL)
            return false;
        if (ntohl(head[1]) != TLS && ntohl(head[1]) != GSS)
            break;
        if (send(fd, "N", 1, MSG_NOSIGNAL) != 1)
            return false;
    }
    greet(reply);
    send_all(fd, reply);
    return true;
}

/* Behind blanks and comments, which psql sends along. The NUL behind a query is part of it. */
static struct text skip_comments(struct text query)
{
    size_t at = 0, depth = 0;

    while (at < query.size) {
        struct text rest = text_slice(query, at, query.size);

        if (text_starts(rest, TEXT("/*"))) {
            depth++;
            at += 2;
        } else if (depth > 0 && text_starts(rest, TEXT("*/"))) {
            depth--;
            at += 2;
        } else if (depth > 0 || (*rest.bytes && strchr(" \t\r\n\f", *rest.bytes))) {
            at++;
        } else if (text_starts(rest, TEXT("--"))) {
            while (at < query.size && query.bytes[at] != '\n' && query.bytes[at] != '\r')
                at++;
        } else {
            break;
        }
    }
    return text_slice(query, at, query.size);
}

static void serve(int fd, struct buffer *queries)
{
    CLEANUP(buffer_free) struct buffer body = {0}, reply = {0};
    char kind;

    if (!start_up(fd, &body, &reply))
        return;
    while (read_message(fd, &kind, &body)) {
        struct text query = skip_comments(buffer_text(&body));

        reply.size = 0;
        if (kind == 'Q') {
            buffer_add(queries, query);
            if (text_starts(query, TEXT("COPY t FROM STDIN"))) {
                add(&reply, 'G', TEXT("\0\0\0"));
                send_all(fd, &reply);
                continue;
            }
        } else if (kind != 'c' && kind != 'f') {
            continue; /* rows */
        }
        add(&reply, 'C', TEXT("DO\0"));
        add(&reply, 'Z', TEXT("I"));
        send_all(fd, &reply);
    }
}

int recorder_open(const char *folder)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval patience = {.tv_sec = PATIENCE_S};
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "%s/.s.PGSQL.5432", folder);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 1) != 0 ||
        setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0) {
        perror("recorder");
        abort();
    }
    return listener;
}

bool recorder_serve(int listener, struct buffer *queries)
{
    int fd = accept(listener, NULL, NULL);

    if (fd < 0)
        return false;
    serve(fd, queries);
    close(fd);
    return true;
}
