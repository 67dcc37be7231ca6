#define _GNU_SOURCE
#include "waiter.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* Longer than JavaScript is busy as a rule. A call too many does no harm: what it is for is to wake who sleeps. */
static const struct itimerspec NEVER, AFTER_A_CALL = {.it_value.tv_nsec = 100000000, .it_interval.tv_sec = 1};

static void set_patience(waiter *w, const struct itimerspec *to) {
  if (w->patience >= 0) timerfd_settime(w->patience, 0, to, NULL);
}

void waiter_heard(waiter *w) { set_patience(w, &NEVER); }

static bool call_again(waiter *w) {
  uint64_t times;
  if (read(w->patience, &times, sizeof times) < 0) return true; /* it was heard just now */
  return w->call(w->data, true);
}

/* One-shot, because what is ready stays so until JavaScript has dealt with it: to look before that would be to spin (P F).
 * The kernel keeps the thread asleep meanwhile; no lock has to be taken, and letting it go on wakes it for nothing. */
static void *run(void *data) {
  waiter *w = data;
  for (;;) {
    struct epoll_event found;
    if (epoll_wait(w->epoll, &found, 1, -1) < 1) {
      if (errno == EINTR) continue; /* a debugger's stop */
      w->call(w->data, false); /* somebody closed the descriptor: JavaScript meets that when it wants to wait again */
      return NULL;
    }
    if (found.data.fd == w->stop) return NULL;
    if (found.data.fd == w->patience) {
      if (!call_again(w)) return NULL;
      continue;
    }
    set_patience(w, &AFTER_A_CALL);
    if (!w->call(w->data, false)) return NULL;
  }
}

static int add(waiter *w, int fd) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  return epoll_ctl(w->epoll, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -errno;
}

static int open_stop(waiter *w) {
  w->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return w->stop < 0 ? -errno : add(w, w->stop);
}

static int open_patience(waiter *w) {
  w->patience = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  return w->patience < 0 ? -errno : add(w, w->patience);
}

/* Signals are for threads of the runtime's, which know what to do with them. */
static int create_thread(waiter *w) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int error = pthread_create(&w->thread, NULL, run, w);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (error == 0) pthread_setname_np(w->thread, "curlew-epoll");
  return -error;
}

int waiter_wait_for(waiter *w, int fd) {
  struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT, .data.fd = fd};
  if (epoll_ctl(w->epoll, EPOLL_CTL_MOD, fd, &event) == 0) return 0;
  /* The first one, or another than before. Memory and fs.epoll.max_user_watches have an end. */
  return epoll_ctl(w->epoll, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -errno;
}

static void close_all(const waiter *w) {
  const int fds[] = {w->stop, w->patience, w->epoll};
  for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
    if (fds[i] >= 0) close(fds[i]);
}

int waiter_start(waiter *w, int fd, bool repeats) {
  w->stop = w->patience = -1;
  w->epoll = epoll_create1(EPOLL_CLOEXEC);
  if (w->epoll < 0) return -errno;
  int error = open_stop(w);
  if (error == 0 && repeats) error = open_patience(w);
  if (error == 0) error = waiter_wait_for(w, fd);
  if (error == 0) error = create_thread(w);
  if (error != 0) close_all(w);
  return error;
}

void waiter_stop(waiter *w) {
  const uint64_t one = 1;
  while (write(w->stop, &one, sizeof one) < 0 && errno == EINTR);
  pthread_join(w->thread, NULL);
  close_all(w);
}
