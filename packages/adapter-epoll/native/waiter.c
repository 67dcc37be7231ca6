#define _GNU_SOURCE
#include "waiter.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void *run(void *data) {
  waiter *w = data;
  for (;;) {
    struct pollfd wanted[] = {{.fd = w->watched, .events = POLLIN}, {.fd = w->stop, .events = POLLIN}};
    if (poll(wanted, 2, -1) < 0) continue; /* EINTR: a debugger's stop */
    if (wanted[1].revents != 0 || !w->call(w->data)) return NULL;
    /* What is ready stays so until JavaScript has dealt with it: to look again before that would be to spin (P F). */
    while (sem_wait(&w->released) != 0);
  }
}

/* Signals are for threads of the runtime's, which know what to do with them. */
static int create_thread(waiter *w) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int error = pthread_create(&w->thread, NULL, run, w);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (error == 0) pthread_setname_np(w->thread, "curlew-epoll");
  return error;
}

int waiter_start(waiter *w, int watched, bool (*call)(void *data), void *data) {
  w->watched = watched;
  w->call = call;
  w->data = data;
  w->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (w->stop < 0) return -errno;
  sem_init(&w->released, 0, 0);
  int error = create_thread(w);
  if (error == 0) return 0;
  sem_destroy(&w->released);
  close(w->stop);
  return -error;
}

void waiter_release(waiter *w) { sem_post(&w->released); }

void waiter_stop(waiter *w) {
  const uint64_t one = 1;
  while (write(w->stop, &one, sizeof one) < 0 && errno == EINTR);
  sem_post(&w->released);
  pthread_join(w->thread, NULL);
  sem_destroy(&w->released);
  close(w->stop);
}
