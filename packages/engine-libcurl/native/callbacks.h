/* The callbacks of an easy handle that reach JavaScript: the option says which, the easy is their data. Every one calls
 * the hook HOOK_EASY with the easy's number, the option's, and its own arguments. What the hook answers is libcurl's
 * answer; undefined, for a callback that threw, becomes the one that aborts the transfer. */
#ifndef CURLEW_CALLBACKS_H
#define CURLEW_CALLBACKS_H

#include "abi.h"
#include "call.h"

struct easy;

/* Begins the call of the callback of that option. */
bool callback_open(hook_call *c, struct easy *e, int option);
double callback_finish(hook_call *c, double abort);

/* The same for callbacks that give bytes: what they answer is put into `room`. */
size_t callback_fill(hook_call *c, char *room, size_t most);

/* For a new handle: what takes the place of libcurl's own, which read stdin and write stdout. */
void callbacks_default(struct easy *e);
/* For a copy, whose callbacks are those of its original. */
void callbacks_clear(struct easy *e);

/* In files of their own. */
long chunk_begins(const struct curl_fileinfo *file, void *easy, int remaining);
long chunk_ends(void *easy);
int name_matches(void *easy, const char *pattern, const char *name);
int hsts_read(CURL *curl, struct curl_hstsentry *entry, void *easy);
int hsts_write(CURL *curl, struct curl_hstsentry *entry, struct curl_index *index, void *easy);
int ssh_key(CURL *curl, const struct curl_khkey *known, const struct curl_khkey *found, int match, void *easy);
int ssh_host_key(void *easy, int keytype, const char *key, size_t size);

napi_value callbacks_register(curlew_env *env, napi_value exports);

#endif
