/* As much of Node-API as attachment.c wants: an environment whose loop is a queue that the main thread empties. */
#include <node_api.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

struct napi_threadsafe_function__ {
  pthread_mutex_t lock;
  pthread_cond_t filled;
  void *queue[8];
  int queued, refused, woken;
  napi_status answer;
  void *context;
  napi_threadsafe_function_call_js call;
};

static int32_t events[64];
static napi_status answer = napi_ok;

void answer_calls(napi_status status) { answer = status; }

static napi_node_version version = {.release = "node"};

void be_runtime(const char *name) { version.release = name; }

napi_status napi_get_node_version(napi_env env, const napi_node_version **out) {
  (void)env;
  *out = &version;
  return napi_ok;
}

static _Atomic int wakes_to_lose;

void lose_wakes(int count) { wakes_to_lose = count; }

napi_status napi_get_typedarray_info(napi_env env, napi_value value, napi_typedarray_type *type, size_t *length, void **data,
                                     napi_value *buffer, size_t *offset) {
  (void)env, (void)value, (void)type, (void)buffer, (void)offset;
  *length = sizeof events / sizeof *events;
  *data = events;
  return napi_ok;
}

napi_status napi_create_string_utf8(napi_env env, const char *text, size_t length, napi_value *out) {
  (void)env, (void)text, (void)length;
  *out = NULL;
  return napi_ok;
}

napi_status napi_create_reference(napi_env env, napi_value value, uint32_t count, napi_ref *out) {
  (void)env, (void)value, (void)count;
  *out = NULL;
  return napi_ok;
}

napi_status napi_delete_reference(napi_env env, napi_ref ref) {
  (void)env, (void)ref;
  return napi_ok;
}

napi_status napi_create_threadsafe_function(napi_env env, napi_value function, napi_value resource, napi_value name,
                                            size_t most, size_t threads, void *finalize_data, napi_finalize finalize,
                                            void *context, napi_threadsafe_function_call_js call,
                                            napi_threadsafe_function *out) {
  (void)env, (void)function, (void)resource, (void)name, (void)most, (void)threads, (void)finalize_data, (void)finalize;
  struct napi_threadsafe_function__ *made = calloc(1, sizeof *made);
  pthread_mutex_init(&made->lock, NULL);
  pthread_cond_init(&made->filled, NULL);
  made->context = context;
  made->call = call;
  made->answer = answer;
  *out = made;
  return napi_ok;
}

napi_status napi_call_threadsafe_function(napi_threadsafe_function function, void *data,
                                          napi_threadsafe_function_call_mode mode) {
  (void)mode;
  pthread_mutex_lock(&function->lock);
  napi_status status = function->answer;
  if (status == napi_ok) function->queue[function->queued++] = data;
  else function->refused++;
  if (wakes_to_lose > 0) wakes_to_lose--;
  else function->woken = 1;
  pthread_cond_signal(&function->filled);
  pthread_mutex_unlock(&function->lock);
  return status;
}

napi_status napi_unref_threadsafe_function(napi_env env, napi_threadsafe_function function) {
  (void)env, (void)function;
  return napi_ok;
}

napi_status napi_ref_threadsafe_function(napi_env env, napi_threadsafe_function function) {
  return napi_unref_threadsafe_function(env, function);
}

/* Kept until the test has emptied its queue, as runtimes do. */
napi_threadsafe_function last_released;

napi_status napi_release_threadsafe_function(napi_threadsafe_function function, napi_threadsafe_function_release_mode mode) {
  (void)mode;
  last_released = function;
  return napi_ok;
}

static void (*hook)(void *);
static void *hook_data;

napi_status napi_add_env_cleanup_hook(napi_env env, napi_cleanup_hook function, void *data) {
  (void)env;
  hook = function;
  hook_data = data;
  return napi_ok;
}

napi_status napi_remove_env_cleanup_hook(napi_env env, napi_cleanup_hook function, void *data) {
  (void)env, (void)function, (void)data;
  hook = NULL;
  return napi_ok;
}

void end_environment(void) { hook(hook_data); }

int queue_length(napi_threadsafe_function function) {
  pthread_mutex_lock(&function->lock);
  int queued = function->queued;
  pthread_mutex_unlock(&function->lock);
  return queued;
}

void queue_wait(napi_threadsafe_function function) {
  pthread_mutex_lock(&function->lock);
  while (!function->woken) pthread_cond_wait(&function->filled, &function->lock);
  pthread_mutex_unlock(&function->lock);
}

void answer_calls_of(napi_threadsafe_function function, napi_status status) {
  pthread_mutex_lock(&function->lock);
  function->answer = status;
  pthread_mutex_unlock(&function->lock);
}

int refused_calls(napi_threadsafe_function function) {
  pthread_mutex_lock(&function->lock);
  int refused = function->refused;
  pthread_mutex_unlock(&function->lock);
  return refused;
}

void wait_for_refused_call(napi_threadsafe_function function) {
  pthread_mutex_lock(&function->lock);
  while (function->refused == 0) pthread_cond_wait(&function->filled, &function->lock);
  pthread_mutex_unlock(&function->lock);
}

static int take(napi_threadsafe_function function, void **data) {
  pthread_mutex_lock(&function->lock);
  int any = function->queued > 0;
  if (any) {
    *data = function->queue[0];
    memmove(function->queue, function->queue + 1, (size_t)--function->queued * sizeof *function->queue);
  } else {
    function->woken = 0;
  }
  pthread_mutex_unlock(&function->lock);
  return any;
}

int queue_empty(napi_env env, napi_threadsafe_function function) {
  int calls = 0;
  for (void *data; take(function, &data); calls++) function->call(env, NULL, function->context, data);
  return calls;
}

void queue_free(napi_threadsafe_function function) {
  pthread_cond_destroy(&function->filled);
  pthread_mutex_destroy(&function->lock);
  free(function);
}
