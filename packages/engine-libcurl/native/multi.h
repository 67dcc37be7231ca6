/* A multi handle and the two callbacks that make it an event-driven one. */
#ifndef CURLEW_MULTI_H
#define CURLEW_MULTI_H

#include "env.h"
#include "lib.h"

struct easy;
struct own_sockets;

enum { CURLM_BAD_HANDLE = 1, CURLM_BAD_EASY_HANDLE = 2, CURLM_OUT_OF_MEMORY = 3, CURLM_UNKNOWN_OPTION = 6 };

/* What answers a count answers, when libcurl refused, -1000 - CURLMcode: below any of libcurl's codes. */
enum { FAILED = -1000 };

typedef struct multi {
  curlew_env *env;
  const lib *lib;
  CURLM *curl;
  int32_t id;
  bool tells_sockets; /* JavaScript wants to know which sockets are opened and closed */
  int32_t *kept;      /* then also memory of JavaScript's for what need not be told at once: telling.c */
  napi_ref kept_ref;
  int32_t kept_most;
  int64_t gathered_bytes; /* of bodies, what collect would hand over */
  struct easy *first_touched, *last_touched; /* transfers with something to hand over: gather.c */
  struct own_sockets *sockets;
  int shared[4]; /* connections that several transfers have at once, as far as is known; the first `shared_count` */
  int shared_count;
} multi;

/* From now on the easy is in the multi's hands. */
void multi_takes(multi *m, struct easy *e);
void multi_detach(struct easy *e);
void multi_destroy(void *m);

napi_value multi_register(curlew_env *env, napi_value exports);

#endif
