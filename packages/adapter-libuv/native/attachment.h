/* One attachment to the loop of an environment: its polls, its timer, and how its events reach JavaScript. */
#ifndef CURLEW_ATTACHMENT_H
#define CURLEW_ATTACHMENT_H

#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "list.h"

/* One registration. A new one is made for each, also for a number that comes again: libuv closes handles later, and only
 * one may be active on a descriptor (C 16.5). */
typedef struct watcher {
  uv_poll_t poll; /* first: the handle is the watcher */
  struct attachment *owner;
  int fd;
  int bits; /* reported by libuv in this iteration, not told to JavaScript yet */
  bool gone; /* the descriptor it was made for is closed */
  list seen, started;
} watcher;

typedef struct attachment {
  napi_env env;
  napi_async_context context;
  napi_async_cleanup_hook_handle cleanup;
  napi_ref listener;   /* (count of events or -1 for the timer, -2 when all is closed) => void */
  napi_ref events_ref; /* keeps `events` alive */
  int32_t *events;     /* descriptor and bits, one after the other */
  int32_t event_pairs;
  uv_loop_t *loop;
  uv_prepare_t prepare; /* runs right before polling, when something was started since */
  uv_check_t check;     /* runs right after polling: the end of a batch */
  uv_timer_t timer;
  uv_idle_t idle; /* active while a delay of 0 is armed: the loop does not block */
  bool zero_due;  /* and was so when this iteration's polling was over */
  watcher **by_fd;
  int size;
  list seen;    /* of watchers with bits */
  list started; /* of watchers that libuv will hand to the kernel when it polls next */
  int open_handles;
  bool closing, ending; /* ending: the environment is; JavaScript is not entered any more */
} attachment;

/* Event bits as JavaScript gets them: those of CURL_CSELECT. */
enum { SEEN_IN = 1, SEEN_OUT = 2, SEEN_ERR = 4 };
enum { TOLD_TIMER = -1, TOLD_CLOSED = -2 };

attachment *attachment_open(napi_env env, napi_value listener, napi_value events);
int attachment_watch(attachment *a, int fd, int interest);
void attachment_unwatch(attachment *a, int fd);
void attachment_arm(attachment *a, double delay_ms);
void attachment_disarm(attachment *a);
void attachment_hold(attachment *a, bool alive);
void attachment_close(attachment *a);

/* Enters JavaScript, from the loop. */
void attachment_tell(attachment *a, int32_t what);

#endif
