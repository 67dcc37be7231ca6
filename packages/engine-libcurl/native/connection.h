/* A connection in the hands of its user: CURLOPT_CONNECT_ONLY with send and recv, WebSocket frames, upkeep. */
#ifndef CURLEW_CONNECTION_H
#define CURLEW_CONNECTION_H

#include "env.h"

napi_value connection_register(curlew_env *env, napi_value exports);

#endif
