/* Calls that the linker leads here: one of them can be refused. */
#include <errno.h>
#include <pthread.h>
#include <sys/epoll.h>

#include "harness.h"

int __real_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event);
int __real_epoll_create1(int flags);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *data);

static int add_to_refuse, create_to_refuse, thread_to_refuse, error_to_give;

void refuse_add(int which, int error) {
  add_to_refuse = which;
  error_to_give = error;
}

void refuse_create(int error) {
  create_to_refuse = 1;
  error_to_give = error;
}

void refuse_thread(int error) {
  thread_to_refuse = 1;
  error_to_give = error;
}

int refusals_left(void) { return add_to_refuse + create_to_refuse + thread_to_refuse; }

int __wrap_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event) {
  if (operation != EPOLL_CTL_ADD || add_to_refuse == 0 || --add_to_refuse > 0)
    return __real_epoll_ctl(epoll, operation, fd, event);
  errno = error_to_give;
  return -1;
}

int __wrap_epoll_create1(int flags) {
  if (create_to_refuse == 0) return __real_epoll_create1(flags);
  create_to_refuse = 0;
  errno = error_to_give;
  return -1;
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *data) {
  if (thread_to_refuse == 0) return __real_pthread_create(thread, attributes, run, data);
  thread_to_refuse = 0;
  return error_to_give;
}
