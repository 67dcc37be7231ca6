/* One loaded libcurl: its functions by name. Libraries are shared by all environments of the process and never unloaded. */
#ifndef CURLEW_LIB_H
#define CURLEW_LIB_H

#include <stdbool.h>

#include "abi.h"

typedef int (*socket_callback)(CURL *easy, int fd, int what, void *userp, void *socketp);
typedef int (*timer_callback)(CURLM *multi, long timeout_ms, void *userp);

/* X(return type, name without the curl_ prefix, parameters): all of them exist since 7.80, older than what is accepted. */
#define CURL_FUNCTIONS(X)                                                                 \
  X(int, global_init, (long flags))                                                       \
  X(char *, version, (void))                                                              \
  X(struct curl_version_info_data *, version_info, (int age))                             \
  X(struct curl_slist *, slist_append, (struct curl_slist *, const char *))               \
  X(void, slist_free_all, (struct curl_slist *))                                          \
  X(CURL *, easy_init, (void))                                                            \
  X(int, easy_setopt, (CURL *, int option, ...))                                          \
  X(int, easy_getinfo, (CURL *, int info, ...))                                           \
  X(int, easy_pause, (CURL *, int bitmask))                                               \
  X(void, easy_reset, (CURL *))                                                           \
  X(void, easy_cleanup, (CURL *))                                                         \
  X(CURL *, easy_duphandle, (CURL *))                                                     \
  X(int, easy_upkeep, (CURL *))                                                           \
  X(int, easy_send, (CURL *, const void *, size_t, size_t *sent))                         \
  X(int, easy_recv, (CURL *, void *, size_t, size_t *received))                           \
  X(curl_mime *, mime_init, (CURL *))                                                     \
  X(void, mime_free, (curl_mime *))                                                       \
  X(curl_mimepart *, mime_addpart, (curl_mime *))                                         \
  X(int, mime_name, (curl_mimepart *, const char *))                                      \
  X(int, mime_filename, (curl_mimepart *, const char *))                                  \
  X(int, mime_type, (curl_mimepart *, const char *))                                      \
  X(int, mime_encoder, (curl_mimepart *, const char *))                                   \
  X(int, mime_data, (curl_mimepart *, const char *, size_t))                              \
  X(int, mime_filedata, (curl_mimepart *, const char *))                                  \
  X(int, mime_data_cb, (curl_mimepart *, curl_off_t, size_t (*)(char *, size_t, size_t, void *), \
                        int (*)(void *, curl_off_t, int), void (*)(void *), void *))      \
  X(int, mime_subparts, (curl_mimepart *, curl_mime *))                                   \
  X(int, mime_headers, (curl_mimepart *, struct curl_slist *, int owned))                 \
  X(CURLSH *, share_init, (void))                                                         \
  X(int, share_setopt, (CURLSH *, int option, ...))                                       \
  X(int, share_cleanup, (CURLSH *))                                                       \
  X(const char *, easy_strerror, (int code))                                              \
  X(const struct curl_easyoption *, easy_option_next, (const struct curl_easyoption *))   \
  X(CURLM *, multi_init, (void))                                                          \
  X(int, multi_setopt, (CURLM *, int option, ...))                                        \
  X(int, multi_add_handle, (CURLM *, CURL *))                                             \
  X(int, multi_remove_handle, (CURLM *, CURL *))                                          \
  X(int, multi_socket_action, (CURLM *, int fd, int bits, int *running))                  \
  X(int, multi_socket, (CURLM *, int fd, int *running))                                   \
  X(int, multi_socket_all, (CURLM *, int *running))                                       \
  X(int, multi_perform, (CURLM *, int *running))                                          \
  X(int, multi_timeout, (CURLM *, long *ms))                                              \
  X(int, multi_fdset, (CURLM *, fd_set *, fd_set *, fd_set *, int *most))                 \
  X(int, multi_wait, (CURLM *, struct curl_waitfd *, unsigned, int ms, int *ready))       \
  X(int, multi_poll, (CURLM *, struct curl_waitfd *, unsigned, int ms, int *ready))       \
  X(int, multi_wakeup, (CURLM *))                                                         \
  X(int, multi_assign, (CURLM *, int fd, void *socketp))                                  \
  X(CURLMsg *, multi_info_read, (CURLM *, int *queued))                                   \
  X(int, multi_cleanup, (CURLM *))                                                        \
  X(const char *, multi_strerror, (int code))                                             \
  X(const char *, share_strerror, (int code))                                             \
  X(const char *, url_strerror, (int code))                                               \
  X(const char *, pushheader_bynum, (struct curl_pushheaders *, size_t))                  \
  X(int, global_sslset, (int id, const char *name, const curl_ssl_backend ***))           \
  X(void, free, (void *))

/* The same, NULL where the library is too old: headers came with 7.83, WebSocket with 7.86, get_handles with 8.4, waitfds
 * with 8.8, get_offt with 8.16, notifications with 8.17. */
#define CURL_NEWER_FUNCTIONS(X)                                                                 \
  X(CURL **, multi_get_handles, (CURLM *))                                                      \
  X(int, multi_waitfds, (CURLM *, struct curl_waitfd *, unsigned size, unsigned *count))        \
  X(int, multi_get_offt, (CURLM *, int info, curl_off_t *))                                     \
  X(int, multi_notify_enable, (CURLM *, unsigned type))                                         \
  X(int, multi_notify_disable, (CURLM *, unsigned type))                                        \
  X(int, easy_header, (CURL *, const char *, size_t, unsigned int, int, struct curl_header **)) \
  X(struct curl_header *, easy_nextheader, (CURL *, unsigned int, int, struct curl_header *))   \
  X(int, ws_recv, (CURL *, void *, size_t, size_t *received, const struct curl_ws_frame **))    \
  X(int, ws_send, (CURL *, const void *, size_t, size_t *sent, curl_off_t, unsigned int))       \
  X(const struct curl_ws_frame *, ws_meta, (CURL *))

typedef struct lib {
  char *path; /* resolved: what the dynamic linker says it mapped */
  unsigned int version_num;
#define DECLARE(type, name, parameters) type(*name) parameters;
  CURL_FUNCTIONS(DECLARE)
  CURL_NEWER_FUNCTIONS(DECLARE)
#undef DECLARE
} lib;

typedef enum { LIB_OK, LIB_NOT_FOUND, LIB_NOT_LIBCURL, LIB_TOO_OLD, LIB_INIT_FAILED, LIB_TOO_MANY } lib_status;

/* Loads `path`, or finds it loaded; `fresh` says which. `why` receives a sentence when the status is not LIB_OK. */
lib_status lib_load(const char *path, int *index, bool *fresh, char *why, size_t why_size);

/* In memory.c: for what libcurl frees. */
void keep_freed_memory(void);

/* A library by the index lib_load gave. */
const lib *lib_at(int index);

#endif
