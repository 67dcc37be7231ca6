/* curl_easy_setopt by kind of value. Which option has which kind is asked of libcurl, by TypeScript. */
#ifndef CURLEW_SETOPT_H
#define CURLEW_SETOPT_H

#include "env.h"

napi_value setopt_register(curlew_env *env, napi_value exports);

#endif
