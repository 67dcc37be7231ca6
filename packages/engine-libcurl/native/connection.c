#include "connection.h"

#include "args.h"
#include "easy.h"

/* Each answers a CURLcode and puts what else there is to say into an array of numbers. libcurl begins its error text anew
 * for a transfer, and not for these calls: what one of them said is not to be told of the next one. */
static easy *with_numbers(curlew_env *env, napi_value id, napi_value numbers, double **out) {
  easy *e = env_find(env, EASY, integer(env, id));
  bool given = napi_get_typedarray_info(env->napi, numbers, NULL, NULL, (void **)out, NULL, NULL) == napi_ok;
  if (e != NULL) e->error[0] = '\0';
  return given ? e : NULL;
}

/* easySend(id, bytes, out: [sent]) */
static napi_value send_bytes(napi_env napi, napi_callback_info info) {
  ARGUMENTS(3);
  double *out = NULL;
  easy *e = with_numbers(env, argv[0], argv[2], &out);
  unsigned char *data = NULL;
  size_t size = 0, sent = 0;
  if (e == NULL || !bytes_of(env, argv[1], &data, &size)) return number(env, CURLE_BAD_FUNCTION_ARGUMENT);
  int code = e->lib->easy_send(e->curl, data, size, &sent);
  out[0] = (double)sent;
  return number(env, code);
}

/* easyRecv(id, room, out: [received]) */
static napi_value receive(napi_env napi, napi_callback_info info) {
  ARGUMENTS(3);
  double *out = NULL;
  easy *e = with_numbers(env, argv[0], argv[2], &out);
  unsigned char *room = NULL;
  size_t size = 0, received = 0;
  if (e == NULL || !bytes_of(env, argv[1], &room, &size)) return number(env, CURLE_BAD_FUNCTION_ARGUMENT);
  int code = e->lib->easy_recv(e->curl, room, size, &received);
  out[0] = (double)received;
  return number(env, code);
}

static napi_value upkeep(napi_env napi, napi_callback_info info) {
  ARGUMENTS(1);
  easy *e = env_find(env, EASY, integer(env, argv[0]));
  return number(env, e == NULL ? CURLE_BAD_FUNCTION_ARGUMENT : e->lib->easy_upkeep(e->curl));
}

/* easyWsSend(id, bytes, fragment's size, flags, out: [sent]) */
static napi_value ws_send(napi_env napi, napi_callback_info info) {
  ARGUMENTS(5);
  double *out = NULL;
  easy *e = with_numbers(env, argv[0], argv[4], &out);
  unsigned char *data = NULL;
  size_t size = 0, sent = 0;
  if (e == NULL || !bytes_of(env, argv[1], &data, &size)) return number(env, CURLE_BAD_FUNCTION_ARGUMENT);
  if (e->lib->ws_send == NULL) return number(env, CURLE_NOT_BUILT_IN);
  int code = e->lib->ws_send(e->curl, data == NULL ? (unsigned char *)"" : data, size, &sent, wide(env, argv[2]),
                             (unsigned)integer(env, argv[3]));
  out[0] = (double)sent;
  return number(env, code);
}

static void put_frame(double *out, const struct curl_ws_frame *frame) {
  out[0] = frame->flags;
  out[1] = (double)frame->offset;
  out[2] = (double)frame->bytesleft;
}

/* easyWsRecv(id, room, out: [received, flags, offset, bytes left]) */
static napi_value ws_receive(napi_env napi, napi_callback_info info) {
  ARGUMENTS(3);
  double *out = NULL;
  easy *e = with_numbers(env, argv[0], argv[2], &out);
  unsigned char *room = NULL;
  size_t size = 0, received = 0;
  const struct curl_ws_frame *frame = NULL;
  if (e == NULL || !bytes_of(env, argv[1], &room, &size)) return number(env, CURLE_BAD_FUNCTION_ARGUMENT);
  if (e->lib->ws_recv == NULL) return number(env, CURLE_NOT_BUILT_IN);
  int code = e->lib->ws_recv(e->curl, room, size, &received, &frame);
  out[0] = (double)received;
  if (code == CURLE_OK && frame != NULL) put_frame(out + 1, frame);
  return number(env, code);
}

/* easyWsMeta(id, out: [flags, offset, bytes left]): whether there is a frame, which is the case in a write callback only. */
static napi_value ws_meta(napi_env napi, napi_callback_info info) {
  ARGUMENTS(2);
  double *out = NULL;
  easy *e = with_numbers(env, argv[0], argv[1], &out);
  const struct curl_ws_frame *frame = e == NULL || e->lib->ws_meta == NULL ? NULL : e->lib->ws_meta(e->curl);
  if (frame != NULL) put_frame(out, frame);
  return boolean_value(env, frame != NULL);
}

napi_value connection_register(curlew_env *env, napi_value exports) {
  export_function(env, exports, "easySend", send_bytes);
  export_function(env, exports, "easyRecv", receive);
  export_function(env, exports, "easyUpkeep", upkeep);
  export_function(env, exports, "easyWsSend", ws_send);
  export_function(env, exports, "easyWsRecv", ws_receive);
  export_function(env, exports, "easyWsMeta", ws_meta);
  return exports;
}
