#define _GNU_SOURCE
#include "waiter.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* One-shot, because what is ready stays so until JavaScript has dealt with it: to look before that would be to spin (P F).
 * The kernel keeps the thread asleep meanwhile; no lock has to be taken, and letting it go on wakes it for nothing. */
static void *run(void *data) {
  waiter *w = data;
  for (;;) {
    struct epoll_event found;
    if (epoll_wait(w->epoll, &found, 1, -1) < 1) {
      if (errno == EINTR) continue; /* a debugger's stop */
      w->call(w->data); /* somebody closed the descriptor: JavaScript meets that when it wants to wait again */
      return NULL;
    }
    if (found.data.fd == w->stop || !w->call(w->data)) return NULL;
  }
}

static int add_stop(waiter *w) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = w->stop};
  return epoll_ctl(w->epoll, EPOLL_CTL_ADD, w->stop, &event) == 0 ? 0 : -errno;
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

int waiter_start(waiter *w, int fd, bool (*call)(void *data), void *data) {
  w->call = call;
  w->data = data;
  w->epoll = epoll_create1(EPOLL_CLOEXEC);
  if (w->epoll < 0) return -errno;
  w->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  int error = w->stop < 0 ? -errno : add_stop(w);
  if (error == 0) error = waiter_wait_for(w, fd);
  if (error == 0) error = create_thread(w);
  if (error == 0) return 0;
  if (w->stop >= 0) close(w->stop);
  close(w->epoll);
  return error;
}

void waiter_stop(waiter *w) {
  const uint64_t one = 1;
  while (write(w->stop, &one, sizeof one) < 0 && errno == EINTR);
  pthread_join(w->thread, NULL);
  close(w->stop);
  close(w->epoll);
}
