/* An easy handle: what libcurl has of it, what we own for it. */
#ifndef CURLEW_EASY_H
#define CURLEW_EASY_H

#include "env.h"
#include "gather.h"
#include "lib.h"
#include "replay.h"

struct multi;

/* A list given to an option belongs to the caller until the option is set anew (man curl_easy_setopt). */
typedef struct owned_list {
  int option;
  struct curl_slist *list;
  struct owned_list *next;
} owned_list;

typedef struct easy {
  curlew_env *env;
  const lib *lib;
  CURL *curl;
  int32_t id;
  struct multi *multi; /* the multi it is added to, or NULL */
  owned_list *lists;
  bool js_write, js_header; /* raw callbacks, when not gathering */
  gather gather;
  replay *replay; /* options to be set again by replay_all, or NULL when nothing is noted */
  bool noting;
  char error[CURL_ERROR_SIZE];
} easy;

/* The easy behind a pointer libcurl hands to a callback; NULL for handles of libcurl's own (C 2.10). */
easy *easy_of(const curlew_env *env, const lib *lib, CURL *curl);

/* Sets again what is ours: after init and after reset. */
int easy_apply_own(easy *e);

/* Which of the data callbacks reach JavaScript. */
int easy_apply_callbacks(easy *e);

void easy_drop_lists(easy *e);
void easy_destroy(void *e);

napi_value easy_register(curlew_env *env, napi_value exports);

#endif
