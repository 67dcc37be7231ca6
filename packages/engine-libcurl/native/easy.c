#include "easy.h"

#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "callbacks.h"
#include "mime.h"
#include "multi.h"
#include "share.h"
#include "sockets.h"

/* CURLINFO_PRIVATE holds our number, not a pointer: internal handles may be copies of a user's (DoH, HTTP/2 push), so
 * the number has to be checked against the handle it came with, and must stay harmless after the user's is gone. */
easy *easy_of(const curlew_env *env, const lib *lib, CURL *curl) {
  char *private = NULL;
  if (curl == NULL || lib->easy_getinfo(curl, CURLINFO_PRIVATE, &private) != CURLE_OK) return NULL;
  easy *e = env_find(env, EASY, (int32_t)(intptr_t)private);
  return e != NULL && e->curl == curl ? e : NULL;
}

void easy_apply_own(easy *e) {
  const lib *c = e->lib;
  c->easy_setopt(e->curl, CURLOPT_PRIVATE, (void *)(intptr_t)e->id);
  c->easy_setopt(e->curl, CURLOPT_ERRORBUFFER, e->error);
  /* No SIGALRM in a process that is not ours. */
  c->easy_setopt(e->curl, CURLOPT_NOSIGNAL, 1L);
  /* Up to 8.19 ending a transfer waits for its resolver thread unless this is set (C 5.11); unknown before 7.87. */
  c->easy_setopt(e->curl, CURLOPT_QUICK_EXIT, 1L);
  callbacks_default(e);
  sockets_apply(e);
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

static void forget(easy *e) {
  mime_drop(e);
  share_leave(e);
  gather_free(e);
  easy_drop_lists(e);
  replay_free(e);
  env_forget(e->env, e->id);
  free(e);
}

void easy_destroy(void *object) {
  easy *e = object;
  multi_detach(e);
  e->lib->easy_cleanup(e->curl);
  forget(e);
}

void easy_release(easy *e) {
  callbacks_clear(e);
  unset_lists(e);
  e->lib->easy_setopt(e->curl, CURLOPT_ERRORBUFFER, NULL);
  forget(e);
}

easy *easy_wrap(curlew_env *env, const lib *lib, CURL *curl) {
  easy *e = calloc(1, sizeof *e);
  if (e == NULL) return NULL;
  *e = (easy){.env = env, .lib = lib, .curl = curl};
  e->id = env_add(env, EASY, e);
  if (e->id != 0) {
    easy_apply_own(e);
    return e;
  }
  free(e);
  return NULL;
}

/* The easy's number, or 0; then the handle is gone, too. */
static napi_value number_of(curlew_env *env, const lib *c, CURL *curl, const easy *e) {
  if (e == NULL && curl != NULL) c->easy_cleanup(curl);
  return number(env, e == NULL ? 0 : e->id);
}

static napi_value init(napi_env napi, napi_callback_info info) {
  ARGUMENTS(1);
  const lib *c = lib_at(integer(env, argv[0]));
  CURL *curl = c->easy_init();
  return number_of(env, c, curl, curl == NULL ? NULL : easy_wrap(env, c, curl));
}

/* Copies share the lists they point to with their original, whose they are: copies of our own take their place. */
static bool copy_lists(easy *to, const easy *from) {
  for (const owned_list *l = from->lists; l != NULL; l = l->next) {
    struct curl_slist *copy = NULL;
    for (const struct curl_slist *line = l->list; line != NULL; line = line->next) {
      struct curl_slist *longer = to->lib->slist_append(copy, line->data);
      if (longer == NULL) {
        to->lib->slist_free_all(copy);
        return false;
      }
      copy = longer;
    }
    if (easy_keep_list(to, l->option, copy) != CURLE_OK) {
      to->lib->slist_free_all(copy);
      return false;
    }
  }
  return true;
}

easy *easy_wrap_copy(const easy *from, CURL *curl) {
  easy *e = easy_wrap(from->env, from->lib, curl);
  if (e == NULL) return NULL;
  callbacks_clear(e);
  if (from->mime != NULL) e->lib->easy_setopt(e->curl, CURLOPT_MIMEPOST, NULL);
  if (copy_lists(e, from)) return e;
  easy_release(e);
  return NULL;
}

/* easyDuphandle(id): the number of a copy without callbacks and MIME body, which JavaScript sets again; or 0; -1
 * for one that gathers. */
static napi_value duphandle(napi_env napi, napi_callback_info info) {
  ARGUMENTS(1);
  easy *from = env_find(env, EASY, integer(env, argv[0]));
  if (from == NULL) return number(env, 0);
  if (from->gather.on) return number(env, -1);
  CURL *curl = from->lib->easy_duphandle(from->curl);
  return number_of(env, from->lib, curl, curl == NULL ? NULL : easy_wrap_copy(from, curl));
}

/* easyRelease(id): of a pushed handle that was not wanted. */
static napi_value release(napi_env napi, napi_callback_info info) {
  ARGUMENTS(1);
  easy *e = env_find(env, EASY, integer(env, argv[0]));
  if (e != NULL) easy_release(e);
  return NULL;
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
  mime_forget(e);
  e->lib->easy_reset(e->curl);
  easy_drop_lists(e);
  gather_free(e);
  e->aborted = e->posts = false;
  e->error[0] = '\0';
  easy_apply_own(e);
  return NULL;
}

/* easyPause(id, bitmask): a CURLcode. Its callbacks may pause again meanwhile. */
static napi_value pause(napi_env napi, napi_callback_info info) {
  ARGUMENTS(2);
  easy *e = env_find(env, EASY, integer(env, argv[0]));
  if (e == NULL) return number(env, CURLE_BAD_FUNCTION_ARGUMENT);
  int bitmask = integer(env, argv[1]);
  bool before = e->receive_paused;
  e->receive_paused = (bitmask & CURLPAUSE_RECV) != 0;
  int code = e->lib->easy_pause(e->curl, bitmask);
  if (code == CURLE_BAD_FUNCTION_ARGUMENT) e->receive_paused = before;
  return number(env, code);
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
  export_function(env, exports, "easyRelease", release);
  export_function(env, exports, "easyReset", reset);
  export_function(env, exports, "easyPause", pause);
  export_function(env, exports, "easyDuphandle", duphandle);
  export_function(env, exports, "easyErrorBuffer", error_buffer);
  return exports;
}
