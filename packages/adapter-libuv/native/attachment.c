#include "attachment.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void report(watcher *w, int bits) {
  w->bits |= bits;
  list_append(&w->owner->seen, &w->seen);
}

/* libuv calls for one descriptor after the other; they are told together, by the check handle. An error comes as a status
 * below 0 and means that libuv stopped the watcher (C 16.1): JavaScript watches it anew when the batch is over. */
static void on_poll(uv_poll_t *poll, int status, int events) {
  int bits = status < 0 ? SEEN_ERR : 0;
  if (events & UV_READABLE) bits |= SEEN_IN;
  if (events & UV_WRITABLE) bits |= SEEN_OUT;
  if (bits != 0) report((watcher *)poll, bits);
}

/* A descriptor that is unwatched by what another one leads to is off the list by then. */
static void tell_seen(attachment *a) {
  while (!list_empty(&a->seen) && !a->closing) {
    int32_t count = 0;
    while (!list_empty(&a->seen) && count < a->event_pairs) {
      watcher *w = LIST_ITEM(a->seen.next, watcher, seen);
      a->events[count * 2] = w->fd;
      a->events[count * 2 + 1] = w->bits;
      count++;
      w->bits = 0;
      list_remove(&w->seen);
    }
    attachment_tell(a, count);
  }
}

/* A delay of 0 ends here, and not as a timer of libuv's: up to 1.46 one that is set inside a timer's callback is run in
 * the same pass, so that nothing else of the loop would get its turn (C 4.9). What was asked for meanwhile is for the
 * next iteration. */
static void on_check(uv_check_t *check) {
  attachment *a = check->data;
  a->zero_due = uv_is_active((uv_handle_t *)&a->idle);
  tell_seen(a);
  if (!a->zero_due || a->closing) return;
  attachment_disarm(a);
  attachment_tell(a, TOLD_TIMER);
}

static void on_idle(uv_idle_t *idle) { (void)idle; }

/* Whether epoll takes it: it refuses what is closed (EBADF), files and directories (EPERM). */
static bool pollable(int fd) {
  struct stat status;
  return fstat(fd, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

/* libuv adds descriptors to epoll only when it polls, and aborts the process when one was closed since it was started
 * (P 3, P A3). Those are stopped in time, and told as errors; telling may start others. */
static void on_prepare(uv_prepare_t *prepare) {
  attachment *a = prepare->data;
  while (!list_empty(&a->started)) {
    watcher *w = LIST_ITEM(a->started.next, watcher, started);
    list_remove(&w->started);
    if (!pollable(w->fd)) {
      uv_poll_stop(&w->poll);
      w->gone = true;
      report(w, SEEN_ERR);
    }
    if (list_empty(&a->started)) tell_seen(a);
  }
  if (!a->closing) uv_prepare_stop(prepare);
}

static void on_timer(uv_timer_t *timer) { attachment_tell(timer->data, TOLD_TIMER); }

/* --- closing ----------------------------------------------------------------------------------------------------- */

static void release_references(attachment *a) {
  if (a->listener != NULL) napi_delete_reference(a->env, a->listener);
  if (a->events_ref != NULL) napi_delete_reference(a->env, a->events_ref);
  if (a->context != NULL) napi_async_destroy(a->env, a->context);
}

static void gone(attachment *a) {
  if (--a->open_handles > 0) return;
  if (!a->ending) {
    attachment_tell(a, TOLD_CLOSED);
    release_references(a);
  }
  napi_remove_async_cleanup_hook(a->cleanup);
  free(a->by_fd);
  free(a);
}

static void on_watcher_closed(uv_handle_t *handle) {
  watcher *w = (watcher *)handle;
  attachment *a = w->owner;
  free(w);
  gone(a);
}

static void on_closed(uv_handle_t *handle) { gone(handle->data); }

static void drop(attachment *a, watcher *w) {
  a->by_fd[w->fd] = NULL;
  list_remove(&w->seen);
  list_remove(&w->started);
  uv_poll_stop(&w->poll); /* takes effect now; closing does later */
  uv_close((uv_handle_t *)&w->poll, on_watcher_closed);
}

void attachment_close(attachment *a) {
  if (a->closing) return;
  a->closing = true;
  for (int fd = 0; fd < a->size; fd++)
    if (a->by_fd[fd] != NULL) drop(a, a->by_fd[fd]);
  uv_close((uv_handle_t *)&a->prepare, on_closed);
  uv_close((uv_handle_t *)&a->check, on_closed);
  uv_close((uv_handle_t *)&a->timer, on_closed);
  uv_close((uv_handle_t *)&a->idle, on_closed);
}

/* A loop that ends with open handles aborts the process, so a worker has to wait until the last one is closed. */
static void on_environment_ends(napi_async_cleanup_hook_handle hook, void *data) {
  attachment *a = data;
  (void)hook;
  a->ending = true;
  release_references(a); /* now: when the last handle is closed the environment is gone */
  attachment_close(a);
}

/* --- what JavaScript asks for ------------------------------------------------------------------------------------ */

static bool create_references(attachment *a, napi_value listener, napi_value events) {
  size_t length = 0;
  napi_value name;
  if (napi_get_typedarray_info(a->env, events, NULL, &length, (void **)&a->events, NULL, NULL) != napi_ok) return false;
  a->event_pairs = (int32_t)(length / 2);
  return napi_create_string_utf8(a->env, "CURLEW", NAPI_AUTO_LENGTH, &name) == napi_ok &&
         napi_async_init(a->env, NULL, name, &a->context) == napi_ok &&
         napi_create_reference(a->env, listener, 1, &a->listener) == napi_ok &&
         napi_create_reference(a->env, events, 1, &a->events_ref) == napi_ok;
}

attachment *attachment_open(napi_env env, napi_value listener, napi_value events) {
  attachment *a = calloc(1, sizeof *a);
  if (a == NULL) return NULL;
  a->env = env;
  /* The environment's loop, never uv_default_loop(): a worker has its own. */
  if (napi_get_uv_event_loop(env, &a->loop) != napi_ok || !create_references(a, listener, events) ||
      napi_add_async_cleanup_hook(env, on_environment_ends, a, &a->cleanup) != napi_ok) {
    release_references(a);
    free(a);
    return NULL;
  }
  list_init(&a->seen);
  list_init(&a->started);
  uv_prepare_init(a->loop, &a->prepare);
  uv_check_init(a->loop, &a->check);
  uv_timer_init(a->loop, &a->timer);
  uv_idle_init(a->loop, &a->idle);
  a->prepare.data = a->check.data = a->timer.data = a->idle.data = a;
  a->open_handles = 4;
  uv_check_start(&a->check, on_check);
  /* Nothing holds the process but the check handle, and that only when asked: it is always active. */
  uv_unref((uv_handle_t *)&a->prepare);
  uv_unref((uv_handle_t *)&a->check);
  uv_unref((uv_handle_t *)&a->timer);
  uv_unref((uv_handle_t *)&a->idle);
  return a;
}

static bool make_room(attachment *a, int fd) {
  if (fd < a->size) return true;
  int size = fd * 2 + 16;
  watcher **grown = realloc(a->by_fd, (size_t)size * sizeof *grown);
  if (grown == NULL) return false;
  memset(grown + a->size, 0, (size_t)(size - a->size) * sizeof *grown);
  a->by_fd = grown;
  a->size = size;
  return true;
}

static int create_watcher(attachment *a, int fd, watcher **out) {
  watcher *w = calloc(1, sizeof *w);
  if (w == NULL) return UV_ENOMEM;
  int error = uv_poll_init(a->loop, &w->poll, fd);
  if (error != 0) {
    free(w); /* libuv takes a handle into its books only when this succeeds */
    return error;
  }
  w->owner = a;
  w->fd = fd;
  list_init(&w->seen);
  list_init(&w->started);
  a->open_handles++;
  uv_unref((uv_handle_t *)&w->poll);
  if (!make_room(a, fd)) { /* after uv_poll_init: a number that passed it is of this process, and small */
    uv_close((uv_handle_t *)&w->poll, on_watcher_closed);
    return UV_ENOMEM;
  }
  a->by_fd[fd] = w;
  *out = w;
  return 0;
}

static watcher *find(const attachment *a, int fd) { return fd >= 0 && fd < a->size ? a->by_fd[fd] : NULL; }

int attachment_watch(attachment *a, int fd, int interest) {
  watcher *w = find(a, fd);
  if (a->closing) return UV_ECANCELED;
  if (w != NULL && w->gone) {
    drop(a, w);
    w = NULL;
  }
  if (w == NULL) {
    int error = create_watcher(a, fd, &w);
    if (error != 0) return error;
  }
  int events = (interest & SEEN_IN ? UV_READABLE : 0) | (interest & SEEN_OUT ? UV_WRITABLE : 0);
  int error = uv_poll_start(&w->poll, events, on_poll);
  if (error != 0) {
    drop(a, w);
    return error;
  }
  list_append(&a->started, &w->started);
  uv_prepare_start(&a->prepare, on_prepare);
  return 0;
}

void attachment_unwatch(attachment *a, int fd) {
  watcher *w = find(a, fd);
  if (w != NULL) drop(a, w);
}

/* libuv counts from its cached time, which may be long ago when JavaScript was busy (P B3), and in whole milliseconds: the
 * end is put on the next whole one after the real now plus the delay. */
void attachment_arm(attachment *a, double delay_ms) {
  if (a->closing) return;
  attachment_disarm(a);
  if (delay_ms <= 0) {
    uv_idle_start(&a->idle, on_idle);
    return;
  }
  uv_update_time(a->loop);
  double end = (double)uv_hrtime() / 1e6 + delay_ms;
  uv_timer_start(&a->timer, on_timer, (uint64_t)fmax(1, ceil(end) - (double)uv_now(a->loop)), 0);
}

void attachment_disarm(attachment *a) {
  if (a->closing) return;
  a->zero_due = false;
  uv_timer_stop(&a->timer);
  uv_idle_stop(&a->idle);
}

void attachment_hold(attachment *a, bool alive) {
  if (a->closing) return;
  if (alive) uv_ref((uv_handle_t *)&a->check);
  else uv_unref((uv_handle_t *)&a->check);
}
