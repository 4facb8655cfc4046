/* Sends one request so many times a second, whatever becomes of those before, and prints the latencies as JSON.
 *
 *   open-loop PORT REQUEST-FILE RATE SECONDS WARM-UP-SECONDS CONNECTIONS
 *
 * A latency counts from when the request was due, not from when a connection was free for it: a server that stalls is charged for every
 * request that had to wait (no coordinated omission). REQUEST-FILE holds a whole HTTP request; the seven digits behind its first `"id":` are
 * counted up. Every answer must have status 200. Loopback only. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { MAX_REQUEST = 65536, MAX_CONNECTIONS = 1024, CHUNK = 65536, ID_DIGITS = 7, FIRST_ID = 1000000, GRACE_S = 20 };
static const int64_t SECOND = 1000000000;

static void fail(const char *what) {
    fprintf(stderr, "open-loop: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * SECOND + now.tv_nsec;
}

/* ---- histogram: 128 steps for each doubling, so a figure is right to 0.8 % ---- */

enum { STEP_BITS = 7, STEPS = 1 << STEP_BITS, BUCKETS = 64 * STEPS };
static uint64_t buckets[BUCKETS], counted, worst;
static double total;

static int bucket_of(uint64_t ns) {
    if (ns < STEPS) return (int)ns;
    int shift = 63 - __builtin_clzll(ns) - STEP_BITS;
    return (shift + 1) * STEPS + (int)((ns >> shift) - STEPS);
}

static uint64_t value_of(int bucket) {
    if (bucket < STEPS) return (uint64_t)bucket;
    int shift = bucket / STEPS - 1;
    return (uint64_t)(STEPS + bucket % STEPS) << shift;
}

static void record(int64_t ns) {
    uint64_t latency = ns < 0 ? 0 : (uint64_t)ns;
    buckets[bucket_of(latency)]++;
    counted++;
    total += (double)latency;
    if (latency > worst) worst = latency;
}

static double percentile_us(double share) {
    uint64_t rank = (uint64_t)((double)counted * share), seen = 0;
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
        seen += buckets[bucket];
        if (seen > rank) return (double)value_of(bucket) / 1000;
    }
    return (double)worst / 1000;
}

/* ---- one connection ---- */

typedef struct {
    int fd;
    int64_t due_ns; /* of the request under way */
    char head[8192];
    size_t head_length;
    int is_in_body, is_chunked;
    int64_t left;   /* bytes of a body with a length */
    char tail[7];   /* the last bytes of a chunked one */
} Connection;

static Connection connections[MAX_CONNECTIONS];
static int idle[MAX_CONNECTIONS], idle_count;
static char request[MAX_REQUEST + 1];
static size_t request_length;
static char *id_digits;
static int64_t sent, finished, failed;
static int64_t measured_from_ns;

static void send_request(Connection *connection, int64_t due_ns) {
    char digits[24];
    snprintf(digits, sizeof digits, "%lld", (long long)(FIRST_ID + sent % (9LL * FIRST_ID)));
    memcpy(id_digits, digits, ID_DIGITS);
    connection->due_ns = due_ns;
    connection->head_length = 0;
    connection->is_in_body = 0;
    sent++;
    /* A few hundred bytes always fit into an idle socket of loopback. */
    if (send(connection->fd, request, request_length, MSG_NOSIGNAL) != (ssize_t)request_length) fail("send");
}

/* From the head of the answer, how its body ends. */
static void read_head(Connection *connection) {
    connection->head[connection->head_length] = 0;
    if (strncmp(connection->head, "HTTP/1.1 200", 12) != 0) failed++;
    const char *length = strcasestr(connection->head, "\r\nContent-Length:");
    connection->is_chunked = strcasestr(connection->head, "\r\nTransfer-Encoding: chunked") != NULL;
    connection->left = length == NULL ? 0 : atoll(length + strlen("\r\nContent-Length:"));
    memset(connection->tail, 0, sizeof connection->tail);
    connection->is_in_body = 1;
}

/* True when the body has come to its end. JSON holds no raw line break, so the last chunk cannot stand inside another. */
static int read_body(Connection *connection, const char *bytes, size_t length) {
    if (!connection->is_chunked) {
        connection->left -= (int64_t)length;
        return connection->left <= 0;
    }
    size_t room = sizeof connection->tail;
    if (length >= room) memcpy(connection->tail, bytes + length - room, room);
    else {
        memmove(connection->tail, connection->tail + length, room - length);
        memcpy(connection->tail + room - length, bytes, length);
    }
    return memcmp(connection->tail, "\r\n0\r\n\r\n", room) == 0;
}

/* True when the answer has come to its end. */
static int read_bytes(Connection *connection, const char *bytes, size_t length) {
    if (connection->is_in_body) return read_body(connection, bytes, length);
    size_t room = sizeof connection->head - 1 - connection->head_length;
    size_t taken = length < room ? length : room;
    memcpy(connection->head + connection->head_length, bytes, taken);
    size_t before = connection->head_length;
    connection->head_length += taken;
    char *end = memmem(connection->head, connection->head_length, "\r\n\r\n", 4);
    if (end == NULL) {
        if (taken < length) fail("a head of more than 8 KB");
        return 0;
    }
    size_t head_length = (size_t)(end + 4 - connection->head), used = head_length - before;
    connection->head_length = head_length;
    read_head(connection);
    return read_body(connection, bytes + used, length - used);
}

static void receive(Connection *connection) {
    static char bytes[CHUNK];
    ssize_t got = recv(connection->fd, bytes, sizeof bytes, 0);
    if (got == 0) fail("the server closed a connection");
    if (got < 0) {
        if (errno == EAGAIN) return;
        fail("recv");
    }
    if (!read_bytes(connection, bytes, (size_t)got)) return;
    finished++;
    if (connection->due_ns >= measured_from_ns) record(now_ns() - connection->due_ns);
    idle[idle_count++] = (int)(connection - connections);
}

/* ---- the schedule ---- */

static void open_connections(int poller, int port, int count) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int yes = 1;
    for (int index = 0; index < count; index++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) fail("connect");
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        connections[index].fd = fd;
        idle[idle_count++] = index;
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)index};
        epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
    }
}

static void wake_at(int timer, int64_t at_ns) {
    struct itimerspec when = {.it_value = {.tv_sec = at_ns / SECOND, .tv_nsec = at_ns % SECOND}};
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL);
}

/* Sends `all` requests, request n at start + n/rate, and waits for their answers. */
static void run(int poller, double rate, int64_t start_ns, int64_t all) {
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = MAX_CONNECTIONS}, events[256];
    epoll_ctl(poller, EPOLL_CTL_ADD, timer, &event);
    int64_t give_up_ns = start_ns + (int64_t)((double)all / rate * 1e9) + GRACE_S * SECOND;
    while (finished < all) {
        int64_t now = now_ns(), due = start_ns + (int64_t)((double)sent / rate * 1e9);
        if (now > give_up_ns) return;
        while (sent < all && due <= now && idle_count > 0) {
            send_request(&connections[idle[--idle_count]], due);
            due = start_ns + (int64_t)((double)sent / rate * 1e9);
        }
        /* Where all connections are busy, the next answer wakes us. */
        wake_at(timer, sent < all && idle_count > 0 ? due : give_up_ns + 1);
        int count = epoll_wait(poller, events, 256, 1000);
        for (int index = 0; index < count; index++) {
            uint64_t ticks;
            if (events[index].data.u32 < MAX_CONNECTIONS) receive(&connections[events[index].data.u32]);
            else if (read(timer, &ticks, sizeof ticks) < 0 && errno != EAGAIN) fail("timer");
        }
    }
}

static void load_request(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) fail(path);
    request_length = fread(request, 1, MAX_REQUEST, file);
    fclose(file);
    id_digits = memmem(request, request_length, "\"id\":", 5);
    if (id_digits == NULL) fail("the request has no id");
    id_digits += 5;
}

int main(int argc, char **argv) {
    if (argc != 7) {
        fprintf(stderr, "usage: open-loop PORT REQUEST-FILE RATE SECONDS WARM-UP-SECONDS CONNECTIONS\n");
        return 64;
    }
    double rate = atof(argv[3]), seconds = atof(argv[4]), warm_up = atof(argv[5]);
    int count = atoi(argv[6]);
    if (rate <= 0 || seconds <= 0 || count < 1 || count > MAX_CONNECTIONS) return 64;
    load_request(argv[2]);
    int poller = epoll_create1(0);
    open_connections(poller, atoi(argv[1]), count);
    int64_t start_ns = now_ns() + SECOND / 100;
    measured_from_ns = start_ns + (int64_t)(warm_up * 1e9);
    int64_t all = (int64_t)(rate * (seconds + warm_up));
    run(poller, rate, start_ns, all);
    printf("{\"sent\":%lld,\"unanswered\":%lld,\"failed\":%lld,\"measured\":%llu,\"meanUs\":%.1f,\"p50Us\":%.1f,\"p90Us\":%.1f,\"p99Us\":%.1f,\"p999Us\":%.1f,\"maxUs\":%.1f}\n",
        (long long)sent, (long long)(all - finished), (long long)failed, (unsigned long long)counted, counted == 0 ? 0 : total / (double)counted / 1000,
        percentile_us(0.5), percentile_us(0.9), percentile_us(0.99), percentile_us(0.999), (double)worst / 1000);
    return 0;
}
