/* The control: a plain C loop over epoll on the same libcurl, with the same workload and the same words on stdin as
 * worker.mjs. libcurl is loaded by path and without its headers: what is used of them stands here.
 *
 *   loop LIBCURL URL AT_ONCE EXPECTED_BYTES SENT_BYTES FRESH(0|1) PERFORM(0|1) [CAFILE]
 *
 * PERFORM: the older way, curl_multi_perform and curl_multi_poll, which look at every transfer each time. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

typedef struct {
  int msg;
  void *easy;
  union {
    void *whatever;
    int result;
  } data;
} message;

static struct {
  int (*global_init)(long);
  void *(*easy_init)(void);
  int (*easy_setopt)(void *, int, ...);
  int (*easy_getinfo)(void *, int, ...);
  const char *(*easy_strerror)(int);
  void *(*multi_init)(void);
  int (*multi_setopt)(void *, int, ...);
  int (*multi_add_handle)(void *, void *);
  int (*multi_remove_handle)(void *, void *);
  int (*multi_socket_action)(void *, int, int, int *);
  int (*multi_perform)(void *, int *);
  int (*multi_poll)(void *, void *, unsigned, int, int *);
  message *(*multi_info_read)(void *, int *);
} curl;

enum { URL = 10002, WRITEDATA = 10001, WRITEFUNCTION = 20011, PRIVATE = 10103, NOSIGNAL = 99, CAINFO = 10065 };
enum { POSTFIELDS = 10015, POSTFIELDSIZE = 60, PIPEWAIT = 237, CUSTOMREQUEST = 10036 };
enum { FRESH_CONNECT = 74, FORBID_REUSE = 75, SSL_SESSIONID_CACHE = 150, HTTPHEADER = 10023 };
enum { M_SOCKETFUNCTION = 20001, M_TIMERFUNCTION = 20004, INFO_PRIVATE = 0x100015 };
enum { POLL_IN = 1, POLL_OUT = 2, POLL_REMOVE = 4, TIMEOUT = -1, NAMED = 64 };

typedef struct {
  void *easy;
  size_t bytes, room;
  char *body;
  double since_ms;
  bool idle;
} request;

struct slist {
  char *data;
  struct slist *next;
};

static struct {
  const char *url, *ca_file;
  int at_once;
  size_t expected, sent_bytes;
  bool fresh, perform;
} target;

static void *multi;
static int epoll_fd;
static double timer_ms = -1;

static request **spare;
static int spares;

static struct {
  long requests, failed, running;
  char failure[256];
  double *latencies;
  long latency_count, latency_room;
} slice;

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double cpu_us(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static void fail(const char *why) {
  printf("{\"unavailable\":\"%s\"}\n", why);
  fflush(stdout);
  exit(0);
}

static void load(const char *path) {
  void *library = dlopen(path, RTLD_NOW);
  if (library == NULL) fail("libcurl cannot be loaded");
#define LOAD(name) \
  if ((*(void **)&curl.name = dlsym(library, "curl_" #name)) == NULL) fail("this libcurl has no curl_" #name)
  LOAD(global_init);
  LOAD(easy_init);
  LOAD(easy_setopt);
  LOAD(easy_getinfo);
  LOAD(easy_strerror);
  LOAD(multi_init);
  LOAD(multi_setopt);
  LOAD(multi_add_handle);
  LOAD(multi_remove_handle);
  LOAD(multi_socket_action);
  LOAD(multi_perform);
  LOAD(multi_poll);
  LOAD(multi_info_read);
}

static int socket_told(void *easy, int fd, int what, void *userp, void *known) {
  (void)easy;
  (void)userp;
  (void)known;
  struct epoll_event event = {.data.fd = fd};
  if (what == POLL_REMOVE) {
    epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, NULL);
    return 0;
  }
  event.events = (what & POLL_IN ? EPOLLIN : 0) | (what & POLL_OUT ? EPOLLOUT : 0);
  if (epoll_ctl(epoll_fd, EPOLL_CTL_MOD, fd, &event) != 0) epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
  return 0;
}

static int timer_told(void *of, long timeout_ms, void *userp) {
  (void)of;
  (void)userp;
  timer_ms = timeout_ms < 0 ? -1 : now_ms() + (double)timeout_ms;
  return 0;
}

/* The body is kept, as the other clients do. */
static size_t wrote(char *data, size_t size, size_t count, void *userp) {
  request *r = userp;
  size_t length = size * count;
  if (r->bytes + length > r->room) {
    r->room = r->bytes + length > target.expected ? r->bytes + length : target.expected;
    r->body = realloc(r->body, r->room);
  }
  memcpy(r->body + r->bytes, data, length);
  r->bytes += length;
  return length;
}

static request *make(const char *url, bool idle) {
  static struct slist expect = {"Expect:", NULL}; /* as the client says it, too */
  static char *body;
  request *r = calloc(1, sizeof *r);
  r->easy = curl.easy_init();
  r->idle = idle;
  curl.easy_setopt(r->easy, URL, url);
  curl.easy_setopt(r->easy, PRIVATE, r);
  curl.easy_setopt(r->easy, NOSIGNAL, 1L);
  curl.easy_setopt(r->easy, WRITEFUNCTION, wrote);
  curl.easy_setopt(r->easy, WRITEDATA, r);
  if (idle) return r; /* without PIPEWAIT: they would all wait for the first one's answer */
  curl.easy_setopt(r->easy, PIPEWAIT, 1L);
  if (target.ca_file) curl.easy_setopt(r->easy, CAINFO, target.ca_file);
  if (target.fresh) {
    curl.easy_setopt(r->easy, FRESH_CONNECT, 1L);
    curl.easy_setopt(r->easy, FORBID_REUSE, 1L);
    curl.easy_setopt(r->easy, SSL_SESSIONID_CACHE, 0L);
  }
  if (target.sent_bytes > 0) {
    if (body == NULL) body = memset(malloc(target.sent_bytes), 'a', target.sent_bytes);
    curl.easy_setopt(r->easy, POSTFIELDSIZE, (long)target.sent_bytes);
    curl.easy_setopt(r->easy, POSTFIELDS, body);
    curl.easy_setopt(r->easy, HTTPHEADER, &expect);
    curl.easy_setopt(r->easy, CUSTOMREQUEST, "PUT");
  }
  return r;
}

static void begin(double since_ms) {
  request *r = spares > 0 ? spare[--spares] : make(target.url, false);
  r->bytes = 0;
  r->since_ms = since_ms;
  slice.running++;
  curl.multi_add_handle(multi, r->easy);
}

static void ended(request *r, int result) {
  static int room;
  slice.running--;
  if (result == 0 && r->bytes == target.expected) slice.requests++;
  else if (slice.failed++ == 0)
    snprintf(slice.failure, sizeof slice.failure, "%s, %zu bytes", curl.easy_strerror(result), r->bytes);
  if (slice.latency_count < slice.latency_room) slice.latencies[slice.latency_count++] = now_ms() - r->since_ms;
  if (spares == room) spare = realloc(spare, (size_t)(room = room * 2 + 64) * sizeof *spare);
  spare[spares++] = r;
}

/* One turn; then `more` decides what begins. */
static void turn(double wait_ms) {
  int running = 0;
  if (target.perform) {
    curl.multi_perform(multi, &running);
    curl.multi_poll(multi, NULL, 0, (int)wait_ms, NULL);
    return;
  }
  struct epoll_event events[256];
  double left = timer_ms < 0 ? wait_ms : timer_ms - now_ms();
  if (left > wait_ms) left = wait_ms;
  int count = epoll_wait(epoll_fd, events, 256, left <= 0 ? 0 : (int)(left + 0.999));
  for (int i = 0; i < count; i++) {
    int bits = (events[i].events & EPOLLIN ? 1 : 0) | (events[i].events & EPOLLOUT ? 2 : 0);
    curl.multi_socket_action(multi, events[i].data.fd, bits, &running);
  }
  if (timer_ms >= 0 && timer_ms <= now_ms()) {
    timer_ms = -1;
    curl.multi_socket_action(multi, TIMEOUT, 0, &running);
  }
}

static int read_messages(void) {
  int left, count = 0;
  for (message *m; (m = curl.multi_info_read(multi, &left)) != NULL; count++) {
    void *easy = m->easy;
    int result = m->data.result;
    request *r = NULL;
    curl.easy_getinfo(easy, INFO_PRIVATE, &r);
    curl.multi_remove_handle(multi, easy);
    if (!r->idle) ended(r, result);
  }
  return count;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void report(double began_ms, double cpu_before) {
  double cpu = cpu_us() - cpu_before, wall = now_ms() - began_ms;
  long n = slice.latency_count;
  printf("{\"requests\":%ld,\"failed\":%ld,\"wallMs\":%.3f,\"cpuUs\":%.0f", slice.requests, slice.failed, wall, cpu);
  if (slice.failed > 0) printf(",\"failure\":\"%s\"", slice.failure);
  if (n > 0) {
    qsort(slice.latencies, (size_t)n, sizeof(double), ascending);
    long late = (long)((double)n * 0.99);
    printf(",\"p50Ms\":%.4f,\"p99Ms\":%.4f", slice.latencies[n / 2], slice.latencies[late < n ? late : n - 1]);
  }
  puts("}");
  fflush(stdout);
}

static void reset(long latency_room) {
  slice.requests = slice.failed = slice.running = slice.latency_count = 0;
  slice.latency_room = latency_room;
  slice.latencies = realloc(slice.latencies, (size_t)(latency_room + 1) * sizeof(double));
}

static void full_load(int at_once, long count) {
  reset(0);
  double began = now_ms(), cpu = cpu_us();
  long begun = 0;
  for (; begun < at_once && begun < count; begun++) begin(0);
  while (slice.running > 0) {
    turn(1000);
    for (int done = read_messages(); done > 0 && begun < count; done--, begun++) begin(0);
  }
  report(began, cpu);
}

static void fixed_rate(double per_sec, double ms) {
  long total = (long)(per_sec * ms / 1000), begun = 0;
  reset(total);
  double began = now_ms(), cpu = cpu_us();
  while (begun < total || slice.running > 0) {
    double now = now_ms();
    for (; begun < total; begun++) {
      double due = began + (double)begun * 1000 / per_sec;
      if (due > now) break;
      begin(now - due > 2 ? due : now);
    }
    turn(begun < total ? 1 : 1000);
    read_messages();
  }
  report(began, cpu);
}

int main(int argc, char **argv) {
  if (argc < 8) fail("usage: loop LIBCURL URL AT_ONCE EXPECTED SENT FRESH PERFORM [CAFILE]");
  load(argv[1]);
  target.url = argv[2];
  target.at_once = atoi(argv[3]);
  target.expected = strtoul(argv[4], NULL, 10);
  target.sent_bytes = strtoul(argv[5], NULL, 10);
  target.fresh = atoi(argv[6]) != 0;
  target.perform = atoi(argv[7]) != 0;
  target.ca_file = argc > 8 ? argv[8] : NULL;
  curl.global_init(3);
  multi = curl.multi_init();
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (!target.perform) {
    curl.multi_setopt(multi, M_SOCKETFUNCTION, socket_told);
    curl.multi_setopt(multi, M_TIMERFUNCTION, timer_told);
  }
  puts("{\"ready\":true}");
  fflush(stdout);
  char line[512], url[NAMED + 256];
  while (fgets(line, sizeof line, stdin) != NULL) {
    double a = 0, b = 0;
    if (sscanf(line, "run %lf", &a) == 1) full_load(target.at_once, (long)a);
    else if (sscanf(line, "rate %lf %lf", &a, &b) == 2) fixed_rate(a, b);
    else if (sscanf(line, "idle %300s %lf", url, &a) == 2) {
      for (long i = 0; i < (long)a; i++) curl.multi_add_handle(multi, make(url, true)->easy);
      puts("{}");
      fflush(stdout);
    } else if (strncmp(line, "first", 5) == 0) full_load(1, 0);
  }
  return 0;
}
