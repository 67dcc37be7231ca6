/* curl_easy_setopt by kind of value. Which option has which kind is asked of libcurl, by TypeScript. */
#ifndef CURLEW_SETOPT_H
#define CURLEW_SETOPT_H

#include "env.h"
#include "lib.h"

/* Appends the strings of an array; false when memory is out or one is no string. */
bool list_of(curlew_env *env, const lib *lib, napi_value array, struct curl_slist **list);

napi_value setopt_register(curlew_env *env, napi_value exports);

#endif
