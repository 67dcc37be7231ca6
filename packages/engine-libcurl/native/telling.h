/* The callbacks of a multi. Only those that JavaScript wants are installed. */
#ifndef CURLEW_TELLING_H
#define CURLEW_TELLING_H

#include "env.h"

struct multi;

/* For a new multi. */
void telling_begin(struct multi *m);

/* multiTellSockets(id, kept or undefined): see multi.h. NULL: nobody is told any more. */
void telling_to(struct multi *m, napi_value kept);

/* Of bodies, so much more would be handed over, or less. JavaScript sees the sum beside what is kept. */
void telling_gathered(struct multi *m, int64_t bytes);

/* Around a call after which JavaScript looks at what was kept. What `keep` answers is for `kept`. */
struct multi *telling_keep(struct multi *m);
void telling_kept(struct multi *m, struct multi *before);

/* Before anything else is told: what is kept comes first. */
void telling_catch_up(curlew_env *env);

napi_value telling_register(curlew_env *env, napi_value exports);

#endif
