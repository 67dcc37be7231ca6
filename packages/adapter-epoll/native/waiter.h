/* A thread that waits until one descriptor is readable, says so once, and then sleeps until it is let go. No JavaScript. */
#ifndef CURLEW_WAITER_H
#define CURLEW_WAITER_H

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>

typedef struct {
  pthread_t thread;
  sem_t released;
  int stop; /* an eventfd */
  int watched;
  bool (*call)(void *data); /* on the thread; false: nobody listens any more */
  void *data;
} waiter;

/* 0, or -errno; then nothing is left. */
int waiter_start(waiter *w, int watched, bool (*call)(void *data), void *data);

/* After a call: goes on waiting, on `watched` as it is now, which may be changed before this and at no other time. */
void waiter_release(waiter *w);

/* Ends the thread, wherever it is, and waits for that: it never waits for anything that the caller could be holding. */
void waiter_stop(waiter *w);

#endif
