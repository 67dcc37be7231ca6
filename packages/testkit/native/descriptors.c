/* Descriptors for tests: the system calls Node does not offer. Each answers a number, or -errno. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <node_api.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static int32_t arguments(napi_env env, napi_callback_info info, napi_value *argv, size_t count) {
  int32_t first = -1;
  if (napi_get_cb_info(env, info, &count, argv, NULL, NULL) != napi_ok) return -1;
  napi_get_value_int32(env, argv[0], &first);
  return first;
}

static napi_value answer(napi_env env, ssize_t result) {
  napi_value out = NULL;
  napi_create_int32(env, (int32_t)(result < 0 ? -errno : result), &out);
  return out;
}

static napi_value pair(napi_env env, int failed, const int *fds) {
  if (failed) return answer(env, -1);
  napi_value out;
  napi_create_array(env, &out);
  for (uint32_t i = 0; i < 2; i++) napi_set_element(env, out, i, answer(env, fds[i]));
  return out;
}

static napi_value make_socketpair(napi_env env, napi_callback_info info) {
  int fds[2];
  (void)info;
  return pair(env, socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), fds);
}

static napi_value make_pipe(napi_env env, napi_callback_info info) {
  int fds[2];
  (void)info;
  return pair(env, pipe2(fds, O_NONBLOCK | O_CLOEXEC), fds);
}

static napi_value make_eventfd(napi_env env, napi_callback_info info) {
  (void)info;
  return answer(env, eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
}

static napi_value open_file(napi_env env, napi_callback_info info) {
  (void)info;
  return answer(env, open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
}

static napi_value duplicate(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  int fd = arguments(env, info, argv, 2);
  int32_t least = -1;
  napi_get_value_int32(env, argv[1], &least);
  return answer(env, fcntl(fd, F_DUPFD_CLOEXEC, least));
}

static napi_value close_fd(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  return answer(env, close(arguments(env, info, argv, 1)));
}

/* read(fd, bytes), write(fd, bytes) */
static napi_value transfer(napi_env env, napi_callback_info info, int writing) {
  napi_value argv[2];
  void *data = NULL;
  size_t length = 0;
  int fd = arguments(env, info, argv, 2);
  if (napi_get_typedarray_info(env, argv[1], NULL, &length, &data, NULL, NULL) != napi_ok) return NULL;
  return answer(env, writing ? write(fd, data, length) : read(fd, data, length));
}

static napi_value read_fd(napi_env env, napi_callback_info info) { return transfer(env, info, 0); }
static napi_value write_fd(napi_env env, napi_callback_info info) { return transfer(env, info, 1); }

/* poll(fd, events): what of the events is there now. */
static napi_value poll_fd(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  int32_t events = 0;
  struct pollfd wanted = {.fd = arguments(env, info, argv, 2)};
  napi_get_value_int32(env, argv[1], &events);
  wanted.events = (short)events;
  int found;
  do {
    found = poll(&wanted, 1, 0);
  } while(found < 0 && errno == EINTR);
  return answer(env, found < 0 ? found : wanted.revents);
}

/* shutdown(fd, how) */
static napi_value shut_down(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  int32_t how = 0;
  int fd = arguments(env, info, argv, 2);
  napi_get_value_int32(env, argv[1], &how);
  return answer(env, shutdown(fd, how));
}

/* limitDescriptors(most): no number from there on is given any more; those that are open stay so. */
static napi_value limit_descriptors(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return answer(env, -1);
  limit.rlim_cur = (rlim_t)arguments(env, info, argv, 1);
  return answer(env, setrlimit(RLIMIT_NOFILE, &limit));
}

static napi_value make_epoll(napi_env env, napi_callback_info info) {
  (void)info;
  return answer(env, epoll_create1(EPOLL_CLOEXEC));
}

/* epollCtl(epfd, operation, fd, events, data) */
static napi_value epoll_control(napi_env env, napi_callback_info info) {
  napi_value argv[5];
  int32_t operation = 0, fd = -1, events = 0, data = 0;
  int epfd = arguments(env, info, argv, 5);
  napi_get_value_int32(env, argv[1], &operation);
  napi_get_value_int32(env, argv[2], &fd);
  napi_get_value_int32(env, argv[3], &events);
  napi_get_value_int32(env, argv[4], &data);
  struct epoll_event event = {.events = (uint32_t)events, .data.u64 = (uint32_t)data};
  return answer(env, epoll_ctl(epfd, operation, fd, &event));
}

/* epollWait(epfd, most, into): what is ready now, as pairs of events and data; answers how many pairs. */
static napi_value epoll_look(napi_env env, napi_callback_info info) {
  napi_value argv[3];
  int32_t most = 0, *into = NULL;
  size_t length = 0;
  struct epoll_event found[256];
  int epfd = arguments(env, info, argv, 3);
  napi_get_value_int32(env, argv[1], &most);
  if (napi_get_typedarray_info(env, argv[2], NULL, &length, (void **)&into, NULL, NULL) != napi_ok) return NULL;
  int count = epoll_wait(epfd, found, most > 256 ? 256 : most, 0);
  for (int i = 0; i < count && (size_t)i * 2 + 1 < length; i++) {
    into[i * 2] = (int32_t)found[i].events;
    into[i * 2 + 1] = (int32_t)found[i].data.u32;
  }
  return answer(env, count);
}

NAPI_MODULE_INIT() {
  const struct {
    const char *name;
    napi_callback function;
  } functions[] = {{"socketpair", make_socketpair}, {"pipe", make_pipe}, {"eventfd", make_eventfd},
                   {"dup", duplicate},              {"close", close_fd}, {"read", read_fd},
                   {"write", write_fd},             {"poll", poll_fd},   {"shutdown", shut_down},
                   {"epollCreate1", make_epoll},    {"epollCtl", epoll_control},
                   {"epollWait", epoll_look},       {"openFile", open_file},
                   {"limitDescriptors", limit_descriptors}};
  for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
    napi_value value;
    napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].function, NULL, &value);
    napi_set_named_property(env, exports, functions[i].name, value);
  }
  return exports;
}
