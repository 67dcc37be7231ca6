/* A thread that waits until one descriptor is readable and then says so, once, until it is asked to wait again. No JavaScript. */
#ifndef CURLEW_WAITER_H
#define CURLEW_WAITER_H

#include <pthread.h>
#include <stdbool.h>

typedef struct {
  pthread_t thread;
  int epoll; /* holds the watched descriptor, one-shot, and `stop` */
  int stop;  /* an eventfd */
  bool (*call)(void *data); /* on the thread; false: nobody listens any more */
  void *data;
} waiter;

/* Waits for that descriptor. 0, or -errno; then nothing is left. */
int waiter_start(waiter *w, int fd, bool (*call)(void *data), void *data);

/* Waits again after a call, for that descriptor or another. Wakes the thread only if it is readable already. 0, or -errno;
 * then nothing is waited for. */
int waiter_wait_for(waiter *w, int fd);

/* Ends the thread, wherever it is, and waits for that: it never waits for anything that the caller could be holding. */
void waiter_stop(waiter *w);

#endif
