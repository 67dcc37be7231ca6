/* One attachment: an epoll set, the thread that waits for it, and the threadsafe function by which that thread gets JavaScript
 * to look. */
#ifndef CURLEW_ATTACHMENT_H
#define CURLEW_ATTACHMENT_H

#include <node_api.h>

#include "epoll_set.h"
#include "waiter.h"

typedef struct {
  napi_env env;
  napi_threadsafe_function function;
  epoll_set set;
  waiter waiter;
  int32_t *events; /* JavaScript's: descriptor and bits, one after the other */
  int32_t room;    /* how many of such pairs */
  napi_ref events_ref;
  bool asked; /* the thread waits, or its call is queued or under way; JavaScript's thread only */
  bool closed;
  _Atomic int users; /* JavaScript, and a call that is queued or under way: the last one frees */
} attachment;

/* NULL, and `error` is -errno, or 0 when the runtime refused something. `listener` is called, without arguments, when
 * something is ready, and then not again until attachment_wait. */
attachment *attachment_open(napi_env env, napi_value listener, napi_value events, int *error);
/* How many events were put into `events`, or -errno; `expired` is only ever set. */
int attachment_ready(attachment *a, bool *expired);
/* Nothing where the thread waits already. 0, or -errno; then nothing is waited for, and never will be. */
int attachment_wait(attachment *a);
void attachment_hold(attachment *a, bool alive);
void attachment_close(attachment *a);

/* In module.c: enters JavaScript, from the loop. */
void attachment_tell(napi_env env, napi_value listener);

#endif
