/* The MIME body of an easy handle (CURLOPT_MIMEPOST). JavaScript describes all of it at once; what libcurl has of it
 * belongs to the easy, and lives as long as libcurl may look at it. */
#ifndef CURLEW_MIME_H
#define CURLEW_MIME_H

#include "env.h"

struct easy;

/* Takes the body away from libcurl and frees it. */
void mime_forget(struct easy *e);

/* Frees it when libcurl has let go of the handle. */
void mime_drop(struct easy *e);

napi_value mime_register(curlew_env *env, napi_value exports);

#endif
