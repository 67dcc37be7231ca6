/* CURLMOPT_PUSHFUNCTION: responses that a server sends without being asked. */
#ifndef CURLEW_PUSH_H
#define CURLEW_PUSH_H

#include "abi.h"

int push_told(CURL *parent, CURL *pushed, size_t count, struct curl_pushheaders *headers, void *multi);

#endif
