/* The callbacks of a multi. Only those that JavaScript wants are installed. */
#ifndef CURLEW_TELLING_H
#define CURLEW_TELLING_H

#include "env.h"

struct multi;

/* For a new multi. */
void telling_begin(struct multi *m);

napi_value telling_register(curlew_env *env, napi_value exports);

#endif
