/* Options of a handle that is used again. curl_easy_reset is the only thing that makes libcurl forget all it has noted in
 * a handle: in 7.88.1 one that was never reset gives up after five connections that died, in all its transfers
 * together (state.retrycount). After a reset the options have to be set anew; here that is done in one crossing. */
#ifndef CURLEW_REPLAY_H
#define CURLEW_REPLAY_H

#include <node_api.h>

#include "env.h"

struct easy;

typedef enum { REPLAY_LONG, REPLAY_OFF_T, REPLAY_STRING } replay_kind;

typedef struct replay {
  replay_kind kind;
  int option;
  int64_t number;
  char *string; /* ours */
  struct replay *next;
} replay;

/* Notes an option that was set, if this handle's are to be noted; a CURLcode. */
int replay_note(struct easy *e, replay_kind kind, int option, int64_t number, const char *string);

void replay_free(struct easy *e);

napi_value replay_register(curlew_env *env, napi_value exports);

#endif
