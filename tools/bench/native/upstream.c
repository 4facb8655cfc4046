/* The MCP server behind every subject: answers by JSON-RPC method, from memory, in one thread, so that it is never what is measured.
 *
 *   upstream          HTTP on a free port of 127.0.0.1, which is printed on the first line
 *   upstream --stdio  one message per line on stdin, one answer per line on stdout
 *
 * It reads only what this benchmark sends: requests with a Content-Length, JSON without spaces between a key and its value, one `id`.
 * A GET opens an event stream that stays silent; a POST to /v1/... is a batch of traces, read and thrown away. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <unistd.h>

enum { TOOLS = 805, MAX_CONNECTIONS = 16384, MAX_REQUEST = 8 << 20, MAX_EVENTS = 256, MAX_ID = 128, HEAD = 512 };

/* A result that all answers share; only what stands before it, with the id, is made for each. */
typedef struct {
    char *bytes;
    size_t length;
} Text;

static Text small_result, list_result, megabyte_result, ten_megabyte_result, initialize_result, empty_result;

static void fail(const char *what) {
    fprintf(stderr, "upstream: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void append(Text *text, const char *bytes, size_t length) {
    text->bytes = realloc(text->bytes, text->length + length + 1);
    if (text->bytes == NULL) fail("out of memory");
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = 0;
}

static void append_string(Text *text, const char *string) { append(text, string, strlen(string)); }

/* A tool as real servers describe theirs: a paragraph, three arguments; 680 bytes, so that 805 are 0.55 MB. */
static void append_tool(Text *list, int index) {
    char tool[1024];
    snprintf(tool, sizeof tool,
        "%s{\"name\":\"service_operation_tool_%d\",\"description\":\"Starts operation %d of the service for the resource that is named, and answers with its state. "
        "An operation that is under way already is not started again; its state is answered instead. Ask for the result with the identifier of the operation, which stays good for a day.\","
        "\"inputSchema\":{\"type\":\"object\",\"properties\":{\"resource\":{\"type\":\"string\",\"description\":\"Name or ARN of the resource, as the list of resources has it\"},"
        "\"reason\":{\"type\":\"string\",\"description\":\"Why it is started; people read it\"},\"batch\":{\"type\":\"object\",\"properties\":{\"size\":{\"type\":\"integer\",\"minimum\":1},"
        "\"runs\":{\"type\":\"array\"}}}},\"required\":[\"resource\"]}}",
        index == 0 ? "" : ",", index, index);
    append_string(list, tool);
}

static Text text_result(size_t length) {
    static const char line[] = "2026-01-31T12:00:00Z job 4711 step 12: 1024 records read, 1019 written, 5 skipped\\n";
    Text result = {0};
    append_string(&result, "{\"content\":[{\"type\":\"text\",\"text\":\"");
    while (result.length + sizeof line < length) append_string(&result, line);
    append_string(&result, "\"}]}");
    return result;
}

static void build_results(void) {
    append_string(&list_result, "{\"tools\":[");
    for (int index = 0; index < TOOLS; index++) append_tool(&list_result, index);
    append_string(&list_result, "]}");
    append_string(&initialize_result, "{\"protocolVersion\":\"2025-06-18\",\"capabilities\":{\"tools\":{}},\"serverInfo\":{\"name\":\"stub\",\"version\":\"1.0.0\"}}");
    append_string(&empty_result, "{}");
    small_result = text_result(350);
    megabyte_result = text_result(1 << 20);
    ten_megabyte_result = text_result(10 << 20);
}

/* The result for a message. */
static const Text *result_of(const char *message) {
    if (strstr(message, "\"method\":\"tools/call\"") != NULL) {
        if (strstr(message, "\"name\":\"result_1mb\"") != NULL) return &megabyte_result;
        if (strstr(message, "\"name\":\"result_10mb\"") != NULL) return &ten_megabyte_result;
        return &small_result;
    }
    if (strstr(message, "\"method\":\"tools/list\"") != NULL) return &list_result;
    if (strstr(message, "\"method\":\"initialize\"") != NULL) return &initialize_result;
    return &empty_result;
}

/* Copies the id as it is written; false for a notification, or an answer to nobody. */
static int id_of(const char *message, char id[MAX_ID]) {
    const char *start = strstr(message, "\"id\":");
    if (start == NULL || strstr(message, "\"method\":") == NULL) return 0;
    start += strlen("\"id\":");
    size_t length = start[0] == '"' ? 1 + strcspn(start + 1, "\"") + 1 : strcspn(start, ",}");
    if (length >= MAX_ID) return 0;
    memcpy(id, start, length);
    id[length] = 0;
    return 1;
}

/* ---- stdio ---- */

static void serve_stdio(void) {
    char *line = NULL;
    size_t room = 0;
    static char out[1 << 20];
    setvbuf(stdout, out, _IOFBF, sizeof out);
    while (getline(&line, &room, stdin) > 0) {
        char id[MAX_ID];
        if (!id_of(line, id)) continue;
        const Text *result = result_of(line);
        printf("{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":", id);
        fwrite(result->bytes, 1, result->length, stdout);
        fputs("}\n", stdout);
        fflush(stdout);
    }
}

/* ---- HTTP ---- */

typedef struct {
    char *in;
    size_t in_length, in_room;
    char head[HEAD];
    struct iovec out[3];
    int out_count; /* 0: nothing waits to be written */
} Connection;

static Connection *connections[MAX_CONNECTIONS];
static int poller;

static void watch(int fd, int operation, unsigned events) {
    struct epoll_event event = {.events = events, .data.fd = fd};
    if (epoll_ctl(poller, operation, fd, &event) < 0) fail("epoll_ctl");
}

static void drop(int fd) {
    close(fd);
    free(connections[fd]->in);
    free(connections[fd]);
    connections[fd] = NULL;
}

/* Writes what waits; false when the connection is gone. Where the socket is full, the rest goes when it has room again. */
static int flush_out(int fd) {
    Connection *connection = connections[fd];
    while (connection->out_count > 0) {
        struct iovec *first = &connection->out[3 - connection->out_count];
        ssize_t written = writev(fd, first, connection->out_count);
        if (written < 0) {
            if (errno != EAGAIN) return 0;
            watch(fd, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
            return 1;
        }
        while (connection->out_count > 0 && (size_t)written >= first->iov_len) {
            written -= (ssize_t)first->iov_len;
            connection->out_count--;
            first++;
        }
        if (connection->out_count > 0) {
            first->iov_base = (char *)first->iov_base + written;
            first->iov_len -= (size_t)written;
        }
    }
    return 1;
}

/* Three parts: the head up to the id, the shared result, the end. */
static void answer(Connection *connection, const char *message) {
    static const Text nothing = {"", 0};
    char id[MAX_ID], frame[MAX_ID + 64];
    int has_id = id_of(message, id);
    const Text *result = has_id ? result_of(message) : &nothing;
    int frame_length = has_id ? snprintf(frame, sizeof frame, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":", id) : 0;
    size_t length = has_id ? (size_t)frame_length + result->length + 1 : 0;
    int head_length = snprintf(connection->head, HEAD, "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n%.*s",
        has_id ? "200 OK" : "202 Accepted", has_id ? "Content-Type: application/json\r\n" : "", length, frame_length, frame);
    connection->out[0] = (struct iovec){connection->head, (size_t)head_length};
    connection->out[1] = (struct iovec){result->bytes, result->length};
    connection->out[2] = (struct iovec){(char *)"}", has_id ? 1 : 0};
    connection->out_count = 3;
}

static void answer_plain(Connection *connection, const char *head) {
    connection->out[2] = (struct iovec){(char *)head, strlen(head)};
    connection->out_count = 1;
}

/* Answers the request at the start of the buffer. 1: answered; 0: not whole yet; -1: not one of ours. */
static int answer_first(Connection *connection) {
    char *end = memmem(connection->in, connection->in_length, "\r\n\r\n", 4);
    if (end == NULL) return 0;
    size_t head_length = (size_t)(end + 4 - connection->in);
    *end = 0; /* the head is text of its own from here on */
    const char *field = strcasestr(connection->in, "\r\nContent-Length:");
    size_t body_length = field == NULL ? 0 : strtoul(field + strlen("\r\nContent-Length:"), NULL, 10);
    if (body_length > MAX_REQUEST || strcasestr(connection->in, "\r\nTransfer-Encoding:") != NULL) return -1;
    if (connection->in_length < head_length + body_length) {
        *end = '\r';
        return 0;
    }
    char *body = connection->in + head_length;
    char after = body[body_length];
    body[body_length] = 0;
    if (strncmp(connection->in, "GET ", 4) == 0)
        answer_plain(connection, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n: open\n\n\r\n");
    else if (strncmp(connection->in, "POST /v1/", 9) == 0 || strncmp(connection->in, "DELETE ", 7) == 0)
        answer_plain(connection, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    else
        answer(connection, body);
    body[body_length] = after;
    size_t used = head_length + body_length;
    connection->in_length -= used;
    memmove(connection->in, connection->in + used, connection->in_length);
    return 1;
}

/* Answers every whole request that has come, one after the other; false when the connection is to be closed. */
static int serve(int fd) {
    Connection *connection = connections[fd];
    while (connection->out_count == 0) {
        int answered = answer_first(connection);
        if (answered <= 0) return answered == 0;
        if (!flush_out(fd)) return 0;
    }
    return 1;
}

/* Reads what has come; false when the other side is gone. */
static int receive(int fd) {
    Connection *connection = connections[fd];
    for (;;) {
        if (connection->in_room - connection->in_length < 4096) {
            connection->in_room = connection->in_room == 0 ? 4096 + 1 : connection->in_room * 2;
            if (connection->in_room > 2 * MAX_REQUEST) return 0;
            connection->in = realloc(connection->in, connection->in_room + 1);
            if (connection->in == NULL) fail("out of memory");
        }
        size_t room = connection->in_room - connection->in_length;
        ssize_t got = recv(fd, connection->in + connection->in_length, room, 0);
        if (got == 0) return 0;
        if (got < 0) return errno == EAGAIN;
        connection->in_length += (size_t)got;
        if ((size_t)got < room) return 1;
    }
}

static void accept_all(int listener) {
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
        if (fd < 0) return;
        if (fd >= MAX_CONNECTIONS) {
            close(fd);
            continue;
        }
        int yes = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        connections[fd] = calloc(1, sizeof(Connection));
        if (connections[fd] == NULL) fail("out of memory");
        watch(fd, EPOLL_CTL_ADD, EPOLLIN);
    }
}

static int listen_on_loopback(void) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 4096) < 0) fail("listen");
    getsockname(listener, (struct sockaddr *)&address, &length);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

static void serve_http(void) {
    struct epoll_event events[MAX_EVENTS];
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    int listener = listen_on_loopback();
    poller = epoll_create1(0);
    watch(listener, EPOLL_CTL_ADD, EPOLLIN);
    for (;;) {
        int count = epoll_wait(poller, events, MAX_EVENTS, -1);
        for (int index = 0; index < count; index++) {
            int fd = events[index].data.fd;
            if (fd == listener) {
                accept_all(listener);
                continue;
            }
            int was_full = connections[fd]->out_count > 0;
            int stays = (events[index].events & ~(unsigned)EPOLLOUT) == 0 || receive(fd);
            stays = stays && flush_out(fd) && serve(fd);
            if (!stays) drop(fd);
            else if (was_full && connections[fd]->out_count == 0) watch(fd, EPOLL_CTL_MOD, EPOLLIN);
        }
    }
}

int main(int argc, char **argv) {
    build_results();
    signal(SIGPIPE, SIG_IGN); /* a reader that went away is an error of writev */
    if (argc == 2 && strcmp(argv[1], "--stdio") == 0) serve_stdio();
    else serve_http();
    return 0;
}
