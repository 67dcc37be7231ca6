/* A share handle: caches that several easies have in common. */
#ifndef CURLEW_SHARE_H
#define CURLEW_SHARE_H

#include "env.h"

struct easy;

/* The easy has let go of its share, which is freed if that was the last that kept it. */
void share_leave(struct easy *e);
void share_destroy(void *s);

napi_value share_register(curlew_env *env, napi_value exports);

#endif
