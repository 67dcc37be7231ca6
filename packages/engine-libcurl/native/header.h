#ifndef CURLEW_HEADER_H
#define CURLEW_HEADER_H

#include "env.h"

napi_value header_register(curlew_env *env, napi_value exports);

#endif
