#include "replay.h"

#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "easy.h"

/* In order, and each option once: the last value counts. */
static replay *place_of(easy *e, int option) {
  replay **at = &e->replay;
  while (*at != NULL && (*at)->option != option) at = &(*at)->next;
  if (*at == NULL) *at = calloc(1, sizeof **at);
  return *at;
}

int replay_note(easy *e, replay_kind kind, int option, int64_t number, const char *string) {
  if (!e->noting) return CURLE_OK;
  replay *r = place_of(e, option);
  char *copy = string == NULL ? NULL : strdup(string);
  if (r == NULL || (string != NULL && copy == NULL)) {
    free(copy);
    return CURLE_OUT_OF_MEMORY;
  }
  free(r->string);
  *r = (replay){.kind = kind, .option = option, .number = number, .string = copy, .next = r->next};
  return CURLE_OK;
}

void replay_free(easy *e) {
  while (e->replay != NULL) {
    replay *gone = e->replay;
    e->replay = gone->next;
    free(gone->string);
    free(gone);
  }
}

static int set_again(easy *e, const replay *r) {
  const lib *c = e->lib;
  if (r->kind == REPLAY_LONG) return c->easy_setopt(e->curl, r->option, (long)r->number);
  if (r->kind == REPLAY_OFF_T) return c->easy_setopt(e->curl, r->option, (curl_off_t)r->number);
  return c->easy_setopt(e->curl, r->option, r->string);
}

/* CURLOPT_PREREQFUNCTION: before each request, the first of a transfer and those that follow it. */
static int request_begins(void *userp, char *primary_ip, char *local_ip, int primary_port, int local_port) {
  easy *e = userp;
  (void)primary_ip;
  (void)local_ip;
  (void)primary_port;
  (void)local_port;
  e->requests++;
  return 0; /* CURL_PREREQFUNC_OK */
}

static int count_requests(easy *e) {
  e->lib->easy_setopt(e->curl, CURLOPT_PREREQDATA, e);
  return e->lib->easy_setopt(e->curl, CURLOPT_PREREQFUNCTION, request_begins);
}

static int set_all_again(easy *e) {
  easy_apply_own(e);
  count_requests(e);
  int code = gather_apply(e);
  for (const replay *r = e->replay; r != NULL && code == CURLE_OK; r = r->next) code = set_again(e, r);
  for (const owned_list *l = e->lists; l != NULL && code == CURLE_OK; l = l->next)
    code = e->lib->easy_setopt(e->curl, l->option, l->list);
  return code;
}

/* easyNote(id): what is set from now on can be set again, and whether that is wanted will be known. */
static napi_value note(napi_env napi, napi_callback_info info) {
  ARGUMENTS(1);
  easy *e = env_find(env, EASY, integer(env, argv[0]));
  if (e == NULL) return NULL;
  e->noting = true;
  count_requests(e);
  return NULL;
}

/* easyAgain(id): as new, with the same options; a CURLcode. */
static napi_value again(napi_env napi, napi_callback_info info) {
  ARGUMENTS(1);
  easy *e = env_find(env, EASY, integer(env, argv[0]));
  if (e == NULL) return number(env, CURLE_BAD_FUNCTION_ARGUMENT);
  e->lib->easy_reset(e->curl);
  e->error[0] = '\0';
  return number(env, set_all_again(e));
}

napi_value replay_register(curlew_env *env, napi_value exports) {
  export_function(env, exports, "easyNote", note);
  export_function(env, exports, "easyAgain", again);
  return exports;
}
