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
  struct mime *mime;
  struct share *share;
  bool hears_progress, hears_debug;
  bool receive_paused;
  bool posts; /* POSTFIELDS */
  bool leaving; /* what libcurl still has for its callbacks is not wanted any more */
  bool spoiled; /* it has bytes of an ended transfer in it, for good */
  bool aborted; /* a callback failed whose answer libcurl does not look at */
  gather gather;
  replay *replay; /* options to be set again by replay_all, or NULL when nothing is noted */
  bool noting;
  unsigned requests; /* that its transfer has made; counted for handles that are noted */
  char error[CURL_ERROR_SIZE];
} easy;

/* The easy behind a pointer libcurl hands to a callback; NULL for handles of libcurl's own (C 2.10). */
easy *easy_of(const curlew_env *env, const lib *lib, CURL *curl);

/* An easy around a handle of libcurl's. NULL when memory is out, and then the handle is still the caller's. */
easy *easy_wrap(curlew_env *env, const lib *lib, CURL *curl);

/* The same around a copy of `from` that libcurl made: without callbacks and MIME body, with lists of its own. */
easy *easy_wrap_copy(const easy *from, CURL *curl);

/* Forgets the easy, and leaves the handle, which is somebody else's to free. */
void easy_release(easy *e);

/* Sets again what is ours: after init and after reset. */
void easy_apply_own(easy *e);

/* Sets a list and keeps it. The new one replaces the old one only once libcurl has taken it. */
int easy_keep_list(easy *e, int option, struct curl_slist *list);
void easy_drop_lists(easy *e);
void easy_destroy(void *e);

napi_value easy_register(curlew_env *env, napi_value exports);

#endif
