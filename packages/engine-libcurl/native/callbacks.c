#include "callbacks.h"

#include <string.h>

#include "args.h"
#include "easy.h"
#include "setopt.h"

bool callback_open(hook_call *c, easy *e, int option) {
  if (!hook_open(c, e->env)) return false;
  hook_number(c, e->id);
  hook_number(c, option);
  return true;
}

double callback_finish(hook_call *c, double abort) { return hook_finish(c, HOOK_EASY, abort); }

size_t callback_fill(hook_call *c, char *room, size_t most) {
  napi_value answer = hook_answer(c, HOOK_EASY);
  unsigned char *data = NULL;
  size_t size = 0;
  double number = (double)CURL_READFUNC_ABORT;
  if (answer != NULL && bytes_of(c->env, answer, &data, &size)) {
    number = (double)(size < most ? size : most);
    if (size > 0) memcpy(room, data, (size_t)number);
  } else if (answer != NULL) {
    napi_get_value_double(c->env->napi, answer, &number);
  }
  hook_close(c);
  return (size_t)number;
}

/* --- data -------------------------------------------------------------------------------------------------------- */

static size_t take(int option, const char *data, size_t size, void *userp) {
  easy *e = userp;
  hook_call c;
  if (e->leaving) return size;
  if (!callback_open(&c, e, option)) return CURL_WRITEFUNC_ERROR;
  hook_bytes(&c, data, size);
  size_t taken = (size_t)callback_finish(&c, (double)CURL_WRITEFUNC_ERROR);
  if (taken == CURL_WRITEFUNC_PAUSE) e->receive_paused = true;
  return taken;
}

static size_t write_body(char *data, size_t size, size_t count, void *userp) {
  return take(CURLOPT_WRITEFUNCTION, data, size * count, userp);
}

static size_t write_header(char *data, size_t size, size_t count, void *userp) {
  return take(CURLOPT_HEADERFUNCTION, data, size * count, userp);
}

static size_t write_interleaved(void *data, size_t size, size_t count, void *userp) {
  return take(CURLOPT_INTERLEAVEFUNCTION, data, size * count, userp);
}

static size_t discard(char *data, size_t size, size_t count, void *userp) {
  (void)data;
  (void)userp;
  return size * count;
}

static size_t read_body(char *room, size_t size, size_t count, void *userp) {
  hook_call c;
  if (!callback_open(&c, userp, CURLOPT_READFUNCTION)) return CURL_READFUNC_ABORT;
  hook_number(&c, (double)(size * count));
  return callback_fill(&c, room, size * count);
}

static int seek_body(void *userp, curl_off_t offset, int origin) {
  hook_call c;
  if (!callback_open(&c, userp, CURLOPT_SEEKFUNCTION)) return CURL_SEEKFUNC_FAIL;
  hook_number(&c, (double)offset);
  hook_number(&c, origin);
  return (int)callback_finish(&c, CURL_SEEKFUNC_FAIL);
}

static bool append_lines(curlew_env *env, const lib *lib, napi_value answer, struct curl_slist **list) {
  return answer != NULL && list_of(env, lib, answer, list);
}

/* libcurl frees the list, also after an abort. */
static int trailers(struct curl_slist **list, void *userp) {
  enum { OK, ABORT };
  easy *e = userp;
  hook_call c;
  if (!callback_open(&c, e, CURLOPT_TRAILERFUNCTION)) return ABORT;
  bool given = append_lines(e->env, e->lib, hook_answer(&c, HOOK_EASY), list);
  hook_close(&c);
  return given ? OK : ABORT;
}

/* --- what happens ------------------------------------------------------------------------------------------------- */

static int progress(void *userp, curl_off_t dltotal, curl_off_t dlnow, curl_off_t ultotal, curl_off_t ulnow) {
  easy *e = userp;
  hook_call c;
  if (e->aborted) return 1;
  if (!e->hears_progress) return 0;
  if (!callback_open(&c, e, CURLOPT_XFERINFOFUNCTION)) return 1;
  const curl_off_t numbers[] = {dltotal, dlnow, ultotal, ulnow};
  for (int i = 0; i < 4; i++) hook_number(&c, (double)numbers[i]);
  return (int)callback_finish(&c, 1);
}

/* libcurl does not look at the answer: what threw is aborted from the progress callback. */
static int debug(CURL *curl, int type, char *data, size_t size, void *userp) {
  easy *e = userp;
  hook_call c;
  (void)curl;
  if (!callback_open(&c, e, CURLOPT_DEBUGFUNCTION)) return 0;
  hook_number(&c, type);
  hook_bytes(&c, data, size);
  if (callback_finish(&c, 1) != 0) e->aborted = true;
  return 0;
}

static int before_request(void *userp, char *primary_ip, char *local_ip, int primary_port, int local_port) {
  enum { ABORT = 1 };
  hook_call c;
  if (!callback_open(&c, userp, CURLOPT_PREREQFUNCTION)) return ABORT;
  hook_text(&c, primary_ip);
  hook_text(&c, local_ip);
  hook_number(&c, primary_port);
  hook_number(&c, local_port);
  return (int)callback_finish(&c, ABORT);
}

static int socket_options(void *userp, int fd, int purpose) {
  enum { ERROR = 1 };
  hook_call c;
  if (!callback_open(&c, userp, CURLOPT_SOCKOPTFUNCTION)) return ERROR;
  hook_number(&c, fd);
  hook_number(&c, purpose);
  return (int)callback_finish(&c, ERROR);
}

static int resolver_starts(void *state, void *reserved, void *userp) {
  hook_call c;
  (void)state;
  (void)reserved;
  return callback_open(&c, userp, CURLOPT_RESOLVER_START_FUNCTION) ? (int)callback_finish(&c, 1) : 1;
}

/* --- which of them -------------------------------------------------------------------------------------------------- */

typedef void any_function(void);

static const struct callback {
  int option, data_option;
  any_function *ours;
  any_function *otherwise;
} callbacks[] = {
#define CALLBACK(option, data, ours, otherwise) {option, data, (any_function *)(ours), (any_function *)(otherwise)}
    CALLBACK(CURLOPT_WRITEFUNCTION, CURLOPT_WRITEDATA, write_body, discard),
    CALLBACK(CURLOPT_READFUNCTION, CURLOPT_READDATA, read_body, gather_no_body),
    CALLBACK(CURLOPT_HEADERFUNCTION, CURLOPT_HEADERDATA, write_header, NULL),
    CALLBACK(CURLOPT_INTERLEAVEFUNCTION, CURLOPT_INTERLEAVEDATA, write_interleaved, NULL),
    CALLBACK(CURLOPT_SEEKFUNCTION, CURLOPT_SEEKDATA, seek_body, NULL),
    CALLBACK(CURLOPT_TRAILERFUNCTION, CURLOPT_TRAILERDATA, trailers, NULL),
    CALLBACK(CURLOPT_XFERINFOFUNCTION, CURLOPT_XFERINFODATA, progress, NULL),
    CALLBACK(CURLOPT_DEBUGFUNCTION, CURLOPT_DEBUGDATA, debug, NULL),
    CALLBACK(CURLOPT_PREREQFUNCTION, CURLOPT_PREREQDATA, before_request, NULL),
    CALLBACK(CURLOPT_SOCKOPTFUNCTION, CURLOPT_SOCKOPTDATA, socket_options, NULL),
    CALLBACK(CURLOPT_RESOLVER_START_FUNCTION, CURLOPT_RESOLVER_START_DATA, resolver_starts, NULL),
    CALLBACK(CURLOPT_CHUNK_BGN_FUNCTION, CURLOPT_CHUNK_DATA, chunk_begins, NULL),
    CALLBACK(CURLOPT_CHUNK_END_FUNCTION, CURLOPT_CHUNK_DATA, chunk_ends, NULL),
    CALLBACK(CURLOPT_FNMATCH_FUNCTION, CURLOPT_FNMATCH_DATA, name_matches, NULL),
    CALLBACK(CURLOPT_HSTSREADFUNCTION, CURLOPT_HSTSREADDATA, hsts_read, NULL),
    CALLBACK(CURLOPT_HSTSWRITEFUNCTION, CURLOPT_HSTSWRITEDATA, hsts_write, NULL),
    CALLBACK(CURLOPT_SSH_KEYFUNCTION, CURLOPT_SSH_KEYDATA, ssh_key, NULL),
    CALLBACK(CURLOPT_SSH_HOSTKEYFUNCTION, CURLOPT_SSH_HOSTKEYDATA, ssh_host_key, NULL),
#undef CALLBACK
};

enum { COUNT = sizeof callbacks / sizeof callbacks[0] };

/* The progress callback also aborts what failed in a debug callback. Without these two libcurl would write to stderr. */
static int apply_observers(easy *e) {
  const lib *c = e->lib;
  bool watch = e->hears_progress || e->hears_debug;
  c->easy_setopt(e->curl, CURLOPT_XFERINFOFUNCTION, watch ? progress : NULL);
  c->easy_setopt(e->curl, CURLOPT_XFERINFODATA, e);
  c->easy_setopt(e->curl, CURLOPT_VERBOSE, e->hears_debug ? 1L : 0L);
  return c->easy_setopt(e->curl, CURLOPT_NOPROGRESS, watch ? 0L : 1L);
}

static int apply(easy *e, const struct callback *which, bool on) {
  int code = e->lib->easy_setopt(e->curl, which->option, on ? which->ours : which->otherwise);
  /* With data and without a function of theirs, headers would go to the write callback. */
  bool unused = which->option == CURLOPT_HEADERFUNCTION && !on;
  if (code == CURLE_OK) code = e->lib->easy_setopt(e->curl, which->data_option, unused ? NULL : e);
  if (code != CURLE_OK) return code;
  if (which->option == CURLOPT_XFERINFOFUNCTION) e->hears_progress = on;
  else if (which->option == CURLOPT_DEBUGFUNCTION) e->hears_debug = on;
  else return code;
  return apply_observers(e);
}

void callbacks_default(easy *e) {
  for (int i = 0; i < COUNT; i++)
    if (callbacks[i].otherwise != NULL) apply(e, &callbacks[i], false);
}

void callbacks_clear(easy *e) {
  for (int i = 0; i < COUNT; i++) apply(e, &callbacks[i], false);
}

/* easySetCallback(id, option, on): whether the callback of that option reaches JavaScript. */
static napi_value set_callback(napi_env napi, napi_callback_info info) {
  ARGUMENTS(3);
  easy *e = env_find(env, EASY, integer(env, argv[0]));
  int option = integer(env, argv[1]);
  if (e == NULL) return number(env, CURLE_BAD_FUNCTION_ARGUMENT);
  for (int i = 0; i < COUNT; i++)
    if (callbacks[i].option == option) return number(env, apply(e, &callbacks[i], boolean(env, argv[2])));
  return number(env, CURLE_BAD_FUNCTION_ARGUMENT);
}

/* easyBegins(id): a transfer with callbacks begins; what failed in the one before does not concern it. */
static napi_value begins(napi_env napi, napi_callback_info info) {
  ARGUMENTS(1);
  easy *e = env_find(env, EASY, integer(env, argv[0]));
  if (e != NULL) e->aborted = false;
  return NULL;
}

napi_value callbacks_register(curlew_env *env, napi_value exports) {
  export_function(env, exports, "easySetCallback", set_callback);
  export_function(env, exports, "easyBegins", begins);
  return exports;
}
