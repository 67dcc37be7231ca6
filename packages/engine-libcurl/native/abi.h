/* What libcurl's stable binary interface looks like, as far as it is used here. The library is loaded at run time and
 * built against nothing, so these numbers and layouts are written down instead of included; libcurl promises not to
 * change them within soname 4. */
#ifndef CURLEW_ABI_H
#define CURLEW_ABI_H

#include <stddef.h>
#include <stdint.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>

typedef void CURL;
typedef void CURLM;
typedef int64_t curl_off_t;

struct curl_slist {
  char *data;
  struct curl_slist *next;
};

struct curl_blob {
  void *data;
  size_t len;
  unsigned int flags;
};

struct curl_sockaddr {
  int family;
  int socktype;
  int protocol;
  unsigned int addrlen;
  struct sockaddr addr;
};

struct curl_easyoption {
  const char *name;
  int id;
  int type;
  unsigned int flags;
};

struct curl_certinfo {
  int num_of_certs;
  struct curl_slist **certinfo;
};

struct curl_tlssessioninfo {
  int backend;
  void *internals;
};

typedef struct {
  int msg;
  CURL *easy_handle;
  union {
    void *whatever;
    int result;
  } data;
} CURLMsg;

struct curl_waitfd {
  int fd;
  short events;
  short revents;
};

struct curl_pushheaders;

typedef struct {
  int id;
  const char *name;
} curl_ssl_backend;

typedef struct curl_mime curl_mime;
typedef struct curl_mimepart curl_mimepart;
typedef void CURLSH;

struct curl_header {
  char *name;
  char *value;
  size_t amount;
  size_t index;
  unsigned int origin;
  void *anchor;
};

struct curl_ws_frame {
  int age;
  int flags;
  curl_off_t offset;
  curl_off_t bytesleft;
};

struct curl_fileinfo {
  char *filename;
  int filetype;
  time_t time; /* "always zero!", curl.h says */
  unsigned int perm;
  int uid;
  int gid;
  curl_off_t size;
  long hardlinks;
  struct {
    char *time;
    char *perm;
    char *user;
    char *group;
    char *target;
  } strings;
  unsigned int flags;
};

struct curl_hstsentry {
  char *name;
  size_t namelen;
  unsigned int includeSubDomains : 1;
  char expire[18];
};

struct curl_index {
  size_t index;
  size_t total;
};

struct curl_khkey {
  const char *key; /* base64 when len is 0 */
  size_t len;
  int keytype;
};

/* Fields after `protocols` exist from the given `age` on; 7.81 has age 9, feature_names came with 10 (7.87), rtmp_version
 * with 11 (8.8). */
struct curl_version_info_data {
  int age;
  const char *version;
  unsigned int version_num;
  const char *host;
  int features;
  const char *ssl_version;
  long ssl_version_num;
  const char *libz_version;
  const char *const *protocols;
  const char *ares;
  int ares_num;
  const char *libidn;
  int iconv_ver_num;
  const char *libssh_version;
  unsigned int brotli_ver_num;
  const char *brotli_version;
  unsigned int nghttp2_ver_num;
  const char *nghttp2_version;
  const char *quic_version;
  const char *cainfo;
  const char *capath;
  unsigned int zstd_ver_num;
  const char *zstd_version;
  const char *hyper_version;
  const char *gsasl_version;
  const char *const *feature_names;
  const char *rtmp_version;
};

enum {
  CURLE_OK = 0,
  CURLE_NOT_BUILT_IN = 4,
  CURLE_OUT_OF_MEMORY = 27,
  CURLE_ABORTED_BY_CALLBACK = 42,
  CURLE_BAD_FUNCTION_ARGUMENT = 43,
  CURL_ERROR_SIZE = 256,
  CURL_GLOBAL_ALL = 3,
  CURL_SOCKET_BAD = -1,
  CURL_POLL_IN = 1,
  CURL_POLL_REMOVE = 4,
  CURLSOCKTYPE_IPCXN = 0,
};

#define CURL_WRITEFUNC_PAUSE ((size_t)0x10000001)
#define CURL_WRITEFUNC_ERROR ((size_t)0xFFFFFFFF)
#define CURL_READFUNC_ABORT ((size_t)0x10000000)
#define CURL_READFUNC_PAUSE ((size_t)0x10000001)

enum { CURLPAUSE_RECV = 1, CURLPAUSE_SEND = 4 };
enum { CURL_MAX_WRITE_SIZE = 16 * 1024 }; /* what a write callback gets at once, at most */
enum { CURL_HTTP_VERSION_2_0 = 3 };
enum { CURL_SEEKFUNC_OK = 0, CURL_SEEKFUNC_FAIL = 1, CURL_SEEKFUNC_CANTSEEK = 2 };
enum { CURLSTS_OK, CURLSTS_DONE, CURLSTS_FAIL };
enum { CURLSHE_IN_USE = 2, CURLSHE_INVALID = 3, CURLSHE_NOMEM = 4 };

/* Option ids are base + n: long 0, object (char *, slist, void *) 10000, function 20000, off_t 30000, blob 40000. */
enum { OPTION_BASE = 10000 };
enum {
  CURLOPT_WRITEDATA = 10001,
  CURLOPT_READDATA = 10009,
  CURLOPT_ERRORBUFFER = 10010,
  CURLOPT_WRITEFUNCTION = 20011,
  CURLOPT_READFUNCTION = 20012,
  CURLOPT_HEADERDATA = 10029,
  CURLOPT_XFERINFOFUNCTION = 20219,
  CURLOPT_VERBOSE = 41,
  CURLOPT_NOPROGRESS = 43,
  CURLOPT_UPLOAD = 46,
  CURLOPT_POST = 47,
  CURLOPT_POSTFIELDSIZE_LARGE = 30120,
  CURLOPT_INFILESIZE_LARGE = 30115,
  CURLOPT_HEADERFUNCTION = 20079,
  CURLOPT_NOSIGNAL = 99,
  CURLOPT_DEBUGFUNCTION = 20094,
  CURLOPT_DEBUGDATA = 10095,
  CURLOPT_SHARE = 10100,
  CURLOPT_PRIVATE = 10103,
  CURLOPT_SOCKOPTFUNCTION = 20148,
  CURLOPT_SOCKOPTDATA = 10149,
  CURLOPT_OPENSOCKETFUNCTION = 20163,
  CURLOPT_OPENSOCKETDATA = 10164,
  CURLOPT_COPYPOSTFIELDS = 10165,
  CURLOPT_SEEKFUNCTION = 20167,
  CURLOPT_SEEKDATA = 10168,
  CURLOPT_SSH_KEYFUNCTION = 20184,
  CURLOPT_SSH_KEYDATA = 10185,
  CURLOPT_INTERLEAVEDATA = 10195,
  CURLOPT_INTERLEAVEFUNCTION = 20196,
  CURLOPT_CHUNK_BGN_FUNCTION = 20198,
  CURLOPT_CHUNK_END_FUNCTION = 20199,
  CURLOPT_FNMATCH_FUNCTION = 20200,
  CURLOPT_CHUNK_DATA = 10201,
  CURLOPT_FNMATCH_DATA = 10202,
  CURLOPT_CLOSESOCKETFUNCTION = 20208,
  CURLOPT_CLOSESOCKETDATA = 10209,
  CURLOPT_XFERINFODATA = 10057,
  CURLOPT_MIMEPOST = 10269,
  CURLOPT_RESOLVER_START_FUNCTION = 20272,
  CURLOPT_RESOLVER_START_DATA = 10273,
  CURLOPT_TRAILERFUNCTION = 20283,
  CURLOPT_TRAILERDATA = 10284,
  CURLOPT_HSTSREADFUNCTION = 20301,
  CURLOPT_HSTSREADDATA = 10302,
  CURLOPT_HSTSWRITEFUNCTION = 20303,
  CURLOPT_HSTSWRITEDATA = 10304,
  CURLOPT_PREREQFUNCTION = 20312,
  CURLOPT_PREREQDATA = 10313,
  CURLOPT_SSH_HOSTKEYFUNCTION = 20316,
  CURLOPT_SSH_HOSTKEYDATA = 10317,
  CURLOPT_QUICK_EXIT = 322,
};

enum {
  CURLMOPT_SOCKETFUNCTION = 20001,
  CURLMOPT_SOCKETDATA = 10002,
  CURLMOPT_TIMERFUNCTION = 20004,
  CURLMOPT_TIMERDATA = 10005,
  CURLMOPT_PUSHFUNCTION = 20014,
  CURLMOPT_PUSHDATA = 10015,
  CURLMOPT_NOTIFYFUNCTION = 20018,
  CURLMOPT_NOTIFYDATA = 10019,
};

/* The type of an info is in its number. */
enum {
  CURLINFO_STRING = 0x100000,
  CURLINFO_LONG = 0x200000,
  CURLINFO_DOUBLE = 0x300000,
  CURLINFO_PTR = 0x400000,
  CURLINFO_SOCKET = 0x500000,
  CURLINFO_OFF_T = 0x600000,
  CURLINFO_TYPEMASK = 0xf00000,
  CURLINFO_EFFECTIVE_URL = CURLINFO_STRING + 1,
  CURLINFO_PRIVATE = CURLINFO_STRING + 21,
  CURLINFO_CONTENT_LENGTH_DOWNLOAD_T = CURLINFO_OFF_T + 15,
  CURLINFO_RESPONSE_CODE = CURLINFO_LONG + 2,
  CURLINFO_REDIRECT_COUNT = CURLINFO_LONG + 20,
  CURLINFO_HTTP_VERSION = CURLINFO_LONG + 46,
  CURLINFO_CERTINFO = CURLINFO_PTR + 34,
  CURLINFO_TLS_SESSION = CURLINFO_PTR + 43,
  CURLINFO_TLS_SSL_PTR = CURLINFO_PTR + 45,
};

#endif
