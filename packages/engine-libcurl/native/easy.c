#include "easy.h"

#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "call.h"
#include "multi.h"
#include "sockets.h"

/* CURLINFO_PRIVATE holds our number, not a pointer: internal handles may be copies of a user's (DoH, HTTP/2 push), so
 * the number has to be checked against the handle it came with, and must stay harmless after the user's is gone. */
easy *easy_of(const curlew_env *env, const lib *lib, CURL *curl) {
  char *private = NULL;
  if (curl == NULL || lib->easy_getinfo(curl, CURLINFO_PRIVATE, &private) != CURLE_OK) return NULL;
  easy *e = env_find(env, EASY, (int32_t)(intptr_t)private);
  return e != NULL && e->curl == curl ? e : NULL;
}

static size_t write_callback(char *data, size_t size, size_t count, void *userp) {
  easy *e = userp;
  double taken = call_hook_bytes(e->env, HOOK_WRITE, e->id, data, size * count, (double)CURL_WRITEFUNC_ERROR);
  return (size_t)taken;
}

static size_t header_callback(char *data, size_t size, size_t count, void *userp) {
  easy *e = userp;
  double taken = call_hook_bytes(e->env, HOOK_HEADER, e->id, data, size * count, (double)CURL_WRITEFUNC_ERROR);
  return (size_t)taken;
}

static size_t discard(char *data, size_t size, size_t count, void *userp) {
  (void)data;
  (void)userp;
  return size * count;
}

int easy_apply_callbacks(easy *e) {
  const lib *c = e->lib;
  /* Without a callback libcurl would write to stdout. */
  int code = c->easy_setopt(e->curl, CURLOPT_WRITEFUNCTION, e->js_write ? write_callback : discard);
  if (code == CURLE_OK) code = c->easy_setopt(e->curl, CURLOPT_WRITEDATA, e);
  if (code == CURLE_OK) code = c->easy_setopt(e->curl, CURLOPT_HEADERFUNCTION, e->js_header ? header_callback : NULL);
  if (code == CURLE_OK) code = c->easy_setopt(e->curl, CURLOPT_HEADERDATA, e->js_header ? e : NULL);
  return code;
}

int easy_apply_own(easy *e) {
  const lib *c = e->lib;
  c->easy_setopt(e->curl, CURLOPT_PRIVATE, (void *)(intptr_t)e->id);
  c->easy_setopt(e->curl, CURLOPT_ERRORBUFFER, e->error);
  /* No SIGALRM in a process that is not ours. */
  c->easy_setopt(e->curl, CURLOPT_NOSIGNAL, 1L);
  /* Up to 8.19 ending a transfer waits for its resolver thread unless this is set (C 5.11); unknown before 7.87. */
  c->easy_setopt(e->curl, CURLOPT_QUICK_EXIT, 1L);
  c->easy_setopt(e->curl, CURLOPT_READFUNCTION, gather_no_body);
  c->easy_setopt(e->curl, CURLOPT_READDATA, e);
  sockets_apply(e);
  return easy_apply_callbacks(e);
}

/* Reset forgets the options, but not all that was made of them: RESOLVE's list is read by the next transfer. */
static void unset_lists(easy *e) {
  for (owned_list *l = e->lists; l != NULL; l = l->next) e->lib->easy_setopt(e->curl, l->option, NULL);
}

void easy_drop_lists(easy *e) {
  while (e->lists != NULL) {
    owned_list *gone = e->lists;
    e->lists = gone->next;
    e->lib->slist_free_all(gone->list);
    free(gone);
  }
}

void easy_destroy(void *object) {
  easy *e = object;
  multi_detach(e);
  e->lib->easy_cleanup(e->curl);
  gather_free(e);
  easy_drop_lists(e);
  replay_free(e);
  env_forget(e->env, e->id);
  free(e);
}

static napi_value init(napi_env napi, napi_callback_info info) {
  ARGUMENTS(1);
  easy *e = calloc(1, sizeof *e);
  if (e == NULL) return number(env, 0);
  e->env = env;
  e->lib = lib_at(integer(env, argv[0]));
  e->curl = e->lib->easy_init();
  if (e->curl != NULL) e->id = env_add(env, EASY, e);
  if (e->id == 0) {
    if (e->curl != NULL) e->lib->easy_cleanup(e->curl);
    free(e);
    return number(env, 0);
  }
  easy_apply_own(e);
  return number(env, e->id);
}

static napi_value cleanup(napi_env napi, napi_callback_info info) {
  ARGUMENTS(1);
  easy *e = env_find(env, EASY, integer(env, argv[0]));
  if (e != NULL) easy_destroy(e);
  return NULL;
}

static napi_value reset(napi_env napi, napi_callback_info info) {
  ARGUMENTS(1);
  easy *e = env_find(env, EASY, integer(env, argv[0]));
  if (e == NULL) return NULL;
  unset_lists(e);
  e->lib->easy_reset(e->curl);
  easy_drop_lists(e);
  gather_free(e);
  e->js_write = e->js_header = false;
  e->error[0] = '\0';
  easy_apply_own(e);
  return NULL;
}

static napi_value pause(napi_env napi, napi_callback_info info) {
  ARGUMENTS(2);
  easy *e = env_find(env, EASY, integer(env, argv[0]));
  return number(env, e == NULL ? CURLE_BAD_FUNCTION_ARGUMENT : e->lib->easy_pause(e->curl, integer(env, argv[1])));
}

static napi_value set_callbacks(napi_env napi, napi_callback_info info) {
  ARGUMENTS(3);
  easy *e = env_find(env, EASY, integer(env, argv[0]));
  if (e == NULL) return number(env, CURLE_BAD_FUNCTION_ARGUMENT);
  e->js_write = boolean(env, argv[1]);
  e->js_header = boolean(env, argv[2]);
  return number(env, easy_apply_callbacks(e));
}

/* libcurl's sentence about the last failure; empty when it wrote none. */
static napi_value error_buffer(napi_env napi, napi_callback_info info) {
  ARGUMENTS(1);
  easy *e = env_find(env, EASY, integer(env, argv[0]));
  return text(env, e == NULL ? "" : e->error);
}

napi_value easy_register(curlew_env *env, napi_value exports) {
  export_function(env, exports, "easyInit", init);
  export_function(env, exports, "easyCleanup", cleanup);
  export_function(env, exports, "easyReset", reset);
  export_function(env, exports, "easyPause", pause);
  export_function(env, exports, "easyCallbacks", set_callbacks);
  export_function(env, exports, "easyErrorBuffer", error_buffer);
  return exports;
}
