#include "multi.h"

#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "easy.h"
#include "sockets.h"
#include "telling.h"

static CURLM *init_quietly(const lib *c) {
  int numbers[FEW];
  sockets_lowest_free(numbers);
  CURLM *curl = c->multi_init();
  sockets_close_on_exec(numbers);
  return curl;
}

static napi_value init(napi_env napi, napi_callback_info info) {
  ARGUMENTS(1);
  multi *m = calloc(1, sizeof *m);
  if (m == NULL) return number(env, 0);
  m->env = env;
  m->lib = lib_at(integer(env, argv[0]));
  m->curl = init_quietly(m->lib);
  if (m->curl != NULL) m->id = env_add(env, MULTI, m);
  if (m->id == 0) {
    if (m->curl != NULL) m->lib->multi_cleanup(m->curl);
    free(m);
    return number(env, 0);
  }
  telling_begin(m);
  return number(env, m->id);
}

/* multiTellSockets(id, kept or undefined): whether JavaScript wants to know which sockets are opened and closed. */
static napi_value tell_sockets(napi_env napi, napi_callback_info info) {
  ARGUMENTS(2);
  multi *m = env_find(env, MULTI, integer(env, argv[0]));
  if (m != NULL) telling_to(m, argv[1]);
  return NULL;
}

/* Also for those that take an off_t, which is as wide on the platforms supported. */
static napi_value set_long(napi_env napi, napi_callback_info info) {
  ARGUMENTS(3);
  multi *m = env_find(env, MULTI, integer(env, argv[0]));
  if (m == NULL) return number(env, CURLM_BAD_HANDLE);
  return number(env, m->lib->multi_setopt(m->curl, integer(env, argv[1]), (long)wide(env, argv[2])));
}

/* multiNotify(id, type, wanted) */
static napi_value set_notify(napi_env napi, napi_callback_info info) {
  ARGUMENTS(3);
  multi *m = env_find(env, MULTI, integer(env, argv[0]));
  if (m == NULL) return number(env, CURLM_BAD_HANDLE);
  int (*set)(CURLM *, unsigned) = boolean(env, argv[2]) ? m->lib->multi_notify_enable : m->lib->multi_notify_disable;
  return number(env, set == NULL ? CURLM_UNKNOWN_OPTION : set(m->curl, (unsigned)integer(env, argv[1])));
}

void multi_takes(multi *m, easy *e) {
  gather_begin(e, m);
  e->receive_paused = false;
  e->multi = m;
  e->requests = 0;
  e->error[0] = '\0'; /* what a former transfer may have left there */
  sockets_apply(e);
}

/* Of src/native.ts. */
enum { SPOILED = -1 };

/* multiAddHandle(id, easy): a CURLMcode, or SPOILED. */
static napi_value add(napi_env napi, napi_callback_info info) {
  ARGUMENTS(2);
  multi *m = env_find(env, MULTI, integer(env, argv[0]));
  easy *e = env_find(env, EASY, integer(env, argv[1]));
  if (m == NULL) return number(env, CURLM_BAD_HANDLE);
  if (e == NULL || e->lib != m->lib) return number(env, CURLM_BAD_EASY_HANDLE);
  multi *before = e->multi;
  if (before == NULL && e->spoiled) return number(env, SPOILED);
  if (before == NULL) multi_takes(m, e);
  multi *kept_before = telling_keep(m);
  int code = m->lib->multi_add_handle(m->curl, e->curl);
  telling_kept(m, kept_before);
  if (code != 0) e->multi = before;
  return number(env, code);
}

/* Up to 8.6 what came in while a transfer was paused stays in the handle when it leaves a connection that others use, and
 * comes out in its next transfer, at an unpause: megabytes of some other answer, and a reset does not help. An unpause gives
 * it away here, as long as there is a connection; sending stays paused, because nobody is to be asked for bytes. */
static void drain(easy *e) {
  enum { KEPT_WITH_THE_TRANSFER = 0x080700 };
  long version = 0;
  if (!e->receive_paused || e->lib->version_num >= KEPT_WITH_THE_TRANSFER) return;
  e->receive_paused = false;
  e->lib->easy_getinfo(e->curl, CURLINFO_HTTP_VERSION, &version);
  if (version != CURL_HTTP_VERSION_2_0) return;
  e->leaving = true;
  if (e->lib->easy_pause(e->curl, CURLPAUSE_SEND) == CURLE_BAD_FUNCTION_ARGUMENT) e->spoiled = true;
  e->leaving = false;
}

static int multi_remove(multi *m, easy *e) {
  drain(e);
  int code = m->lib->multi_remove_handle(m->curl, e->curl);
  if (code != 0) return code;
  e->multi = NULL;
  e->gather.whole_bytes = 0; /* the next transfer asks anew, maybe before it is added */
  return code;
}

/* One of the two is about to be freed: a refusal leaves no pointer behind either. */
void multi_detach(easy *e) {
  if (e->multi != NULL) multi_remove(e->multi, e);
  e->multi = NULL;
}

static napi_value remove_handle(napi_env napi, napi_callback_info info) {
  ARGUMENTS(2);
  multi *m = env_find(env, MULTI, integer(env, argv[0]));
  easy *e = env_find(env, EASY, integer(env, argv[1]));
  if (m == NULL) return number(env, CURLM_BAD_HANDLE);
  if (e == NULL || e->multi != m) return number(env, CURLM_BAD_EASY_HANDLE);
  multi *kept_before = telling_keep(m);
  int code = multi_remove(m, e);
  telling_kept(m, kept_before);
  return number(env, code);
}

/* curl_multi_perform would have it called again; never since 7.20 (C 8.4). */
enum { CURLM_CALL_MULTI_PERFORM = -1 };

static double running_or_code(int code, int running) {
  if (code == 0) return running;
  return code == CURLM_CALL_MULTI_PERFORM ? code : FAILED - code;
}

static napi_value socket_action(napi_env napi, napi_callback_info info) {
  ARGUMENTS(3);
  multi *m = env_find(env, MULTI, integer(env, argv[0]));
  int running = 0; /* up to 8.0 an error leaves it unset (C 5.9) */
  if (m == NULL) return number(env, FAILED - CURLM_BAD_HANDLE);
  multi *kept_before = telling_keep(m);
  int fd = integer(env, argv[1]);
  bool begins = fd == CURL_SOCKET_BAD && m->shared_count > 0;
  if (begins) sockets_hold_writes(m);
  int code = m->lib->multi_socket_action(m->curl, fd, integer(env, argv[2]), &running);
  if (begins) sockets_let_go(m);
  telling_kept(m, kept_before);
  return number(env, running_or_code(code, running));
}

static napi_value socket_old(napi_env napi, napi_callback_info info) {
  ARGUMENTS(2);
  multi *m = env_find(env, MULTI, integer(env, argv[0]));
  int running = 0;
  if (m == NULL) return number(env, FAILED - CURLM_BAD_HANDLE);
  int code = m->lib->multi_socket(m->curl, integer(env, argv[1]), &running);
  return number(env, running_or_code(code, running));
}

static napi_value socket_all(napi_env napi, napi_callback_info info) {
  ARGUMENTS(1);
  multi *m = env_find(env, MULTI, integer(env, argv[0]));
  int running = 0;
  if (m == NULL) return number(env, FAILED - CURLM_BAD_HANDLE);
  int code = m->lib->multi_socket_all(m->curl, &running);
  return number(env, running_or_code(code, running));
}

static napi_value perform(napi_env napi, napi_callback_info info) {
  ARGUMENTS(1);
  multi *m = env_find(env, MULTI, integer(env, argv[0]));
  int running = 0;
  if (m == NULL) return number(env, FAILED - CURLM_BAD_HANDLE);
  int code = m->lib->multi_perform(m->curl, &running);
  return number(env, running_or_code(code, running));
}

static napi_value timeout(napi_env napi, napi_callback_info info) {
  ARGUMENTS(1);
  multi *m = env_find(env, MULTI, integer(env, argv[0]));
  long ms = -1;
  int code = m == NULL ? CURLM_BAD_HANDLE : m->lib->multi_timeout(m->curl, &ms);
  return number(env, code == 0 ? (double)ms : FAILED - code);
}

static napi_value assign(napi_env napi, napi_callback_info info) {
  ARGUMENTS(3);
  multi *m = env_find(env, MULTI, integer(env, argv[0]));
  if (m == NULL) return number(env, CURLM_BAD_HANDLE);
  return number(env, m->lib->multi_assign(m->curl, integer(env, argv[1]), (void *)(intptr_t)integer(env, argv[2])));
}

/* Whether something of a transfer may be left in its handle: it made more than one request, because it followed a redirect,
 * answered a challenge or was begun again on another connection; or it was asked who it is. */
static bool leaves_behind(const easy *e) {
  long status = 0;
  e->lib->easy_getinfo(e->curl, CURLINFO_RESPONSE_CODE, &status);
  return e->requests > 1 || status == 401 || status == 407;
}

/* multiInfoRead(id, out): the number of the easy that is done, 0 for one that is not ours, -1 when there is no message;
 * out receives the result, how many messages are left, why we failed it, and whether it has left something in a handle that is
 * noted. The message itself dies with the easy's removal (C 9.3). */
static napi_value info_read(napi_env napi, napi_callback_info info) {
  ARGUMENTS(2);
  multi *m = env_find(env, MULTI, integer(env, argv[0]));
  int32_t *out = NULL;
  int queued = 0;
  if (m == NULL || napi_get_typedarray_info(napi, argv[1], NULL, NULL, (void **)&out, NULL, NULL) != napi_ok)
    return number(env, -1);
  CURLMsg *message = m->lib->multi_info_read(m->curl, &queued);
  if (message == NULL) return number(env, -1);
  easy *e = easy_of(env, m->lib, message->easy_handle);
  if (e != NULL) gather_ended(e);
  out[0] = message->data.result;
  out[1] = queued;
  out[2] = e == NULL ? REFUSED_NOTHING : e->gather.refused;
  out[3] = e != NULL && e->noting && leaves_behind(e);
  return number(env, e == NULL ? 0 : e->id);
}

/* multiGetHandles(id): the numbers of the easies that are added; 0 stands for one of libcurl's own. */
static napi_value get_handles(napi_env napi, napi_callback_info info) {
  ARGUMENTS(1);
  multi *m = env_find(env, MULTI, integer(env, argv[0]));
  napi_value out;
  if (m == NULL || m->lib->multi_get_handles == NULL || napi_create_array(napi, &out) != napi_ok) return NULL;
  CURL **handles = m->lib->multi_get_handles(m->curl);
  if (handles == NULL) return NULL;
  for (uint32_t i = 0; handles[i] != NULL; i++) {
    easy *e = easy_of(env, m->lib, handles[i]);
    napi_set_element(napi, out, i, number(env, e == NULL ? 0 : e->id));
  }
  m->lib->free(handles);
  return out;
}

/* multiGetOfft(id, info): the number, or FAILED - CURLMcode. */
static napi_value get_offt(napi_env napi, napi_callback_info info) {
  ARGUMENTS(2);
  multi *m = env_find(env, MULTI, integer(env, argv[0]));
  curl_off_t value = 0;
  if (m == NULL || m->lib->multi_get_offt == NULL) return number(env, FAILED - CURLM_BAD_HANDLE);
  int code = m->lib->multi_get_offt(m->curl, integer(env, argv[1]), &value);
  return number(env, code == 0 ? (double)value : FAILED - code);
}

static void detach_easies(multi *m) {
  for (int32_t id = 1; id < m->env->slot_count; id++) {
    easy *e = env_find(m->env, EASY, id);
    if (e == NULL) continue;
    if (e->multi == m) multi_detach(e);
    if (e->gather.home == m) gather_forget_home(e);
  }
}

void multi_destroy(void *object) {
  multi *m = object;
  detach_easies(m);
  m->lib->multi_cleanup(m->curl);
  env_forget(m->env, m->id);
  sockets_free(m);
  telling_to(m, NULL);
  loan_drop_spares(m->env); /* who has closed one may have been busy for the last time */
  free(m);
}

static napi_value cleanup(napi_env napi, napi_callback_info info) {
  ARGUMENTS(1);
  multi *m = env_find(env, MULTI, integer(env, argv[0]));
  if (m != NULL) multi_destroy(m);
  return NULL;
}

napi_value multi_register(curlew_env *env, napi_value exports) {
  export_function(env, exports, "multiInit", init);
  export_function(env, exports, "multiTellSockets", tell_sockets);
  export_function(env, exports, "multiNotify", set_notify);
  export_function(env, exports, "multiSetLong", set_long);
  export_function(env, exports, "multiAddHandle", add);
  export_function(env, exports, "multiRemoveHandle", remove_handle);
  export_function(env, exports, "multiSocketAction", socket_action);
  export_function(env, exports, "multiSocket", socket_old);
  export_function(env, exports, "multiSocketAll", socket_all);
  export_function(env, exports, "multiPerform", perform);
  export_function(env, exports, "multiTimeout", timeout);
  export_function(env, exports, "multiAssign", assign);
  export_function(env, exports, "multiInfoRead", info_read);
  export_function(env, exports, "multiGetHandles", get_handles);
  export_function(env, exports, "multiGetOfft", get_offt);
  export_function(env, exports, "multiCleanup", cleanup);
  return exports;
}
