/* The queue that stands for a runtime's loop. */
#ifndef CURLEW_HARNESS_H
#define CURLEW_HARNESS_H

#include <node_api.h>

void end_environment(void);
int queue_length(napi_threadsafe_function function);
void queue_wait(napi_threadsafe_function function);
int queue_empty(napi_env env, napi_threadsafe_function function); /* answers how many calls there were */
void queue_free(napi_threadsafe_function function);

#endif
