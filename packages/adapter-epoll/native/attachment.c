#include "attachment.h"

#include <stdlib.h>
#include <string.h>

static void drop(attachment *a) {
  if (--a->users == 0) free(a);
}

/* What a call is, as the function's data. */
static char first_call, repeated_call;

/* On the thread. It calls and then sleeps until it is asked to wait again, so one first call at most is ever queued. */
static bool call(void *data, bool again) {
  attachment *a = data;
  a->users++;
  void *which = again ? &repeated_call : &first_call;
  if (napi_call_threadsafe_function(a->function, which, napi_tsfn_nonblocking) == napi_ok) return true;
  drop(a);
  return false;
}

/* On JavaScript's thread, from its loop. Without an environment, or after close, it is a call that was queued before. A
 * repeated one has done what it was for by then: it woke a loop that slept on the first. */
static void on_call(napi_env env, napi_value listener, void *context, void *data) {
  attachment *a = context;
  if (data == &first_call) {
    a->asked = false;
    if (!a->closed) waiter_heard(&a->waiter);
    if (env != NULL && !a->closed) attachment_tell(env, listener);
  }
  drop(a);
}

/* Deno's queue of calls looks whether it is empty before it notes who is to be woken: a call that comes in between is queued
 * and wakes nobody (libs/core/tasks.rs; 2.9.6). A program that waits for that alone waits for ever. */
static bool loses_calls(napi_env env) {
  const napi_node_version *version;
  return napi_get_node_version(env, &version) == napi_ok && strcmp(version->release, "Deno") == 0;
}

/* What is ready is asked for on JavaScript's thread only, so no report is older than the call that asks. */
int attachment_ready(attachment *a, bool *expired) { return epoll_set_ready(&a->set, a->events, a->room, expired); }

/* A turn by setImmediate finds the thread waiting, or having called: asked once more it would queue a second call. A ghost
 * can wait for the turn of that call. */
int attachment_wait(attachment *a) {
  if (a->asked) return 0;
  int error = epoll_set_exorcise(&a->set);
  if (error == 0) error = waiter_wait_for(&a->waiter, a->set.epoll);
  a->asked = error == 0;
  return error;
}

/* Runs when a worker ends, and when the main thread's loop runs out; after process.exit() nothing runs. Synchronous: Deno
 * frees twice what an asynchronous hook removes (P 2.2). The threadsafe function has a hook of its own, which was added
 * before this one and thus runs after it, when no thread can call any more. */
static void on_environment_ends(void *data) {
  attachment *a = data;
  a->closed = true;
  waiter_stop(&a->waiter);
  epoll_set_close(&a->set);
  drop(a);
}

static bool create_function(attachment *a, napi_value listener, napi_value events) {
  size_t length = 0;
  napi_value name;
  if (napi_get_typedarray_info(a->env, events, NULL, &length, (void **)&a->events, NULL, NULL) != napi_ok) return false;
  a->room = (int32_t)(length / 2);
  return napi_create_string_utf8(a->env, "CURLEW", NAPI_AUTO_LENGTH, &name) == napi_ok &&
         napi_create_reference(a->env, events, 1, &a->events_ref) == napi_ok &&
         napi_create_threadsafe_function(a->env, listener, NULL, name, 0, 1, NULL, NULL, a, on_call, &a->function) ==
             napi_ok &&
         napi_unref_threadsafe_function(a->env, a->function) == napi_ok;
}

static void abandon_function(attachment *a) {
  if (a->function != NULL) napi_release_threadsafe_function(a->function, napi_tsfn_release);
  if (a->events_ref != NULL) napi_delete_reference(a->env, a->events_ref);
}

static bool start(attachment *a, napi_value listener, napi_value events, int *error) {
  *error = epoll_set_open(&a->set);
  if (*error != 0) return false;
  if (create_function(a, listener, events)) {
    a->asked = true;
    a->waiter.call = call;
    a->waiter.data = a;
    *error = waiter_start(&a->waiter, a->set.epoll, loses_calls(a->env));
    if (*error == 0) return true;
  }
  abandon_function(a);
  epoll_set_close(&a->set);
  return false;
}

attachment *attachment_open(napi_env env, napi_value listener, napi_value events, int *error) {
  attachment *a = calloc(1, sizeof *a);
  if (a == NULL) return NULL;
  a->env = env;
  a->users = 1;
  if (!start(a, listener, events, error)) {
    free(a);
    return NULL;
  }
  if (napi_add_env_cleanup_hook(env, on_environment_ends, a) == napi_ok) return a;
  attachment_close(a);
  return NULL;
}

void attachment_hold(attachment *a, bool alive) {
  if (alive) napi_ref_threadsafe_function(a->env, a->function);
  else napi_unref_threadsafe_function(a->env, a->function);
}

/* The thread is not waited for long: all it ever waits for is the epoll descriptor that is written to here. */
void attachment_close(attachment *a) {
  if (a->closed) return;
  a->closed = true;
  napi_remove_env_cleanup_hook(a->env, on_environment_ends, a);
  waiter_stop(&a->waiter);
  epoll_set_close(&a->set);
  attachment_hold(a, false);
  abandon_function(a);
  drop(a);
}
