/* The select-style view of a multi, for programs without an event loop (C 13.7). */
#ifndef CURLEW_SELECT_H
#define CURLEW_SELECT_H

#include "env.h"

napi_value select_register(curlew_env *env, napi_value exports);

#endif
