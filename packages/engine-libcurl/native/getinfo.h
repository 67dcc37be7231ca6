/* curl_easy_getinfo: the number of an info says what type its value has. */
#ifndef CURLEW_GETINFO_H
#define CURLEW_GETINFO_H

#include "env.h"

napi_value getinfo_register(curlew_env *env, napi_value exports);

#endif
