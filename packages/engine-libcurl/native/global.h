/* What a library says of itself, without any handle. */
#ifndef CURLEW_GLOBAL_H
#define CURLEW_GLOBAL_H

#include "env.h"

napi_value global_register(curlew_env *env, napi_value exports);

#endif
