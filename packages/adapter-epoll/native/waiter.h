/* A thread that waits until one descriptor is readable and then says so, once, until it is asked to wait again; or, where
 * what it says can be lost, until it was heard. No JavaScript. */
#ifndef CURLEW_WAITER_H
#define CURLEW_WAITER_H

#include <pthread.h>
#include <stdbool.h>

typedef struct {
  pthread_t thread;
  int epoll;    /* holds the watched descriptor, one-shot, and the other two */
  int stop;     /* an eventfd */
  int patience; /* a timerfd that runs from a call until that is heard; -1 where no call is lost */
  bool (*call)(void *data, bool again); /* on the thread; false: nobody listens any more */
  void *data;
} waiter;

/* Waits for that descriptor; `call` and `data` are set by then. 0, or -errno; then nothing is left.
 * `repeats`: a call that is not heard is made again, until it is. */
int waiter_start(waiter *w, int fd, bool repeats);

/* The call was heard. */
void waiter_heard(waiter *w);

/* Waits again after a call, for that descriptor or another. Wakes the thread only if it is readable already. 0, or -errno;
 * then nothing is waited for. */
int waiter_wait_for(waiter *w, int fd);

/* Ends the thread, wherever it is, and waits for that: it never waits for anything that the caller could be holding. */
void waiter_stop(waiter *w);

#endif
