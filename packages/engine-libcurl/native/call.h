/* The only door into JavaScript. Everything here is called by libcurl, inside a call that JavaScript made: there is
 * always a JavaScript frame below, so no microtask runs, and a pending exception surfaces when that call returns. */
#ifndef CURLEW_CALL_H
#define CURLEW_CALL_H

#include "env.h"

/* Calls a hook with integers. Returns its integer, or `otherwise` if it could not run. */
int32_t call_hook(curlew_env *env, hook which, const double *numbers, size_t count, int32_t otherwise);

/* The same with a copy of some bytes as last argument. */
double call_hook_bytes(curlew_env *env, hook which, int32_t id, const char *data, size_t size, double otherwise);

#endif
