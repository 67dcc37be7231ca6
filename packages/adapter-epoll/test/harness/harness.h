/* What stands for a runtime, and for a kernel that refuses. */
#ifndef CURLEW_HARNESS_H
#define CURLEW_HARNESS_H

#include <node_api.h>

/* The queue that stands for a runtime's loop. */
void end_environment(void);
int queue_length(napi_threadsafe_function function);
void queue_wait(napi_threadsafe_function function);
int queue_empty(napi_env env, napi_threadsafe_function function); /* answers how many calls there were */
void queue_free(napi_threadsafe_function function);

extern napi_threadsafe_function last_released;

/* What calls of a threadsafe function are answered from now on: napi_closing as when the environment ends. */
void answer_calls(napi_status status);
void answer_calls_of(napi_threadsafe_function function, napi_status status);
void wait_for_refused_call(napi_threadsafe_function function);
int refused_calls(napi_threadsafe_function function);

/* What the runtime calls itself from now on: "node" at first. */
void be_runtime(const char *name);
/* As many calls are queued without waking the loop that sleeps in queue_wait. */
void lose_wakes(int count);

/* The next EPOLL_CTL_ADD but which - 1, the next epoll_create1, or the next thread fails with that errno. */
void refuse_add(int which, int error);
void refuse_create(int error);
void refuse_thread(int error);
int refusals_left(void);

#endif
