/* The only door into JavaScript. Everything here is called by libcurl, inside a call that JavaScript made: there is
 * always a JavaScript frame below, so no microtask runs, and a pending exception surfaces when that call returns. */
#ifndef CURLEW_CALL_H
#define CURLEW_CALL_H

#include "env.h"

/* Calls a hook with integers. Returns its integer, or `otherwise` if it could not run. */
int32_t call_hook(curlew_env *env, hook which, const double *numbers, size_t count, int32_t otherwise);

enum { MOST_ARGUMENTS = 8 };

/* A call that is put together argument by argument. Between open and close it holds a handle scope. */
typedef struct {
  curlew_env *env;
  napi_handle_scope scope;
  napi_value arguments[MOST_ARGUMENTS];
  size_t count;
  bool ready; /* every argument could be made */
} hook_call;

/* False in an environment that ends: then nothing is to be closed either. */
bool hook_open(hook_call *c, curlew_env *env);
void hook_number(hook_call *c, double value);
void hook_text(hook_call *c, const char *value); /* undefined for NULL */
void hook_bytes(hook_call *c, const void *data, size_t size); /* a copy */
void hook_value(hook_call *c, napi_value value); /* NULL: could not be made */

/* Makes the call. What it answers lives until hook_close; NULL if it could not run. */
napi_value hook_answer(hook_call *c, hook which);
void hook_close(hook_call *c);

/* The last two in one, for answers that are numbers; `otherwise` for all that is none. */
double hook_finish(hook_call *c, hook which, double otherwise);

#endif
