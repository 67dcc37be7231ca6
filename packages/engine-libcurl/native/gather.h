/* Collected mode: libcurl's data callbacks stay in C. What a transfer receives is gathered here and handed over for all
 * transfers in one crossing (collect); what it sends is taken from a queue that JavaScript fills. */
#ifndef CURLEW_GATHER_H
#define CURLEW_GATHER_H

#include <node_api.h>

#include "abi.h"
#include "buffer.h"
#include "env.h"

struct easy;
struct multi;

/* What a record of collect says; the numbers are those of src/gather.ts. */
typedef enum { HEADERS = 1, BODY = 2, TRAILERS = 3, FULL = 4, DRAIN = 5, PROGRESS = 6, PIECE = 7 } record_kind;

/* Why we failed a transfer; the numbers are those of src/native.ts. */
typedef enum { REFUSED_NOTHING, HEADERS_TOO_LARGE, NO_BODY, BODY_TOO_SHORT, BODY_TOO_LONG } refusal;

typedef struct {
  bool on;
  bool begun;          /* at least one transfer has */
  bool held;           /* JavaScript does not want more now: nothing is handed over, and the buffer fills up */
  bool receive_paused; /* at the high-water mark, by the write callback's answer or before it would have been called again */
  bool continuing;     /* libcurl hands over what it has kept */
  bool full_told;
  buffer headers, body, trailers;
  size_t whole_bytes; /* nothing of the body is handed over before there are that many bytes, or its end; 0: as it comes */
  size_t handed_over; /* bytes of the body that JavaScript has */
  size_t promised;    /* as long as the body says it is, while it has no room for that */
  napi_ref loan;      /* the memory of JavaScript's in which the body is */
  size_t loan_bytes;
  bool fresh;         /* which was nobody's before */
  bool in_pieces;     /* the body is taken as it comes */
  size_t usual_bytes; /* and so much of it was handed over at once the last time, also in the transfer before */
  bool in_head; /* between a status line and the empty line after it; header lines outside are trailers */
  size_t high_water_bytes, header_bytes, header_limit_bytes;

  bool sending, send_ended, send_paused;
  bool drain_wanted, drain_told; /* room for more of the body */
  bool rewindable; /* the whole body is here and stays: redirects and authentication may ask for it again */
  buffer out;
  size_t sent;
  size_t given; /* of what is in out, libcurl has read that much */
  curl_off_t declared; /* how many bytes were promised, or -1 */
  size_t most_queued_bytes; /* JavaScript gives no more when there are so many */
  refusal refused;

  bool moved_told;
  double moved[4]; /* dltotal, dlnow, ultotal, ulnow */

  size_t counted; /* of the body, in the multi's sum of what would be handed over */
  bool touched;   /* on the multi's list of transfers with something to hand over */
  struct easy *next, *previous;
  struct multi *home; /* the multi whose list that is; stays after removal, as bytes may be left */
} gather;

/* The read callback of a transfer that has no body to send. Without one libcurl would read stdin, and block. */
size_t gather_no_body(char *room, size_t size, size_t count, void *easy);

/* What libcurl has not read yet of the body that is queued. */
size_t gather_queued(const gather *g);
/* Its transfer has ended: nothing is sent again. */
void sending_ended(gather *g);

/* There is something to hand over. */
void gather_touch(struct easy *e);
void gather_free(struct easy *e);
/* A transfer begins: what is left of one before, not handed over, is dropped. Bytes that are queued to be sent stay, and a
 * stream begins anew with them. */
void gather_begin(struct easy *e, struct multi *home);
/* Sets the callbacks of a gathering handle: again after a reset. */
int gather_apply(struct easy *e);
void gather_forget_home(struct easy *e);
/* Its transfer has ended: all of a body that is wanted as a whole is there, and the next one is asked for anew. */
void gather_ended(struct easy *e);

/* Whether what there is of the body may be handed over. */
bool gather_body_is_due(const gather *g);
/* All of it was handed over: it leaves its multi's list. */
void gather_untouch(struct easy *e);

/* Below, a copy costs less than a reference. */
enum { LEAST_LOAN_BYTES = 64 * 1024 };

/* The body goes on in memory of JavaScript's, of as many bytes as there will be. False: it stays where it is. */
bool loan_open(struct easy *e, size_t size);
/* The memory, when the body fills it, or half of it where it is taken as it comes; NULL otherwise. */
napi_value loan_full(struct easy *e);
/* Whoever took the body out of it asks for this: what the body is not in any more is spare, or given back. */
void loan_settle(struct easy *e);
/* JavaScript has the memory now. */
void loan_given(struct easy *e);
/* There is no use for spare memory. */
void loan_drop_spares(curlew_env *env);

napi_value gather_register(curlew_env *env, napi_value exports);
napi_value sending_register(curlew_env *env, napi_value exports);
napi_value collect_register(curlew_env *env, napi_value exports);
napi_value loan_register(curlew_env *env, napi_value exports);
napi_value memory_register(curlew_env *env, napi_value exports);

#endif
