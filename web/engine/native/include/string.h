/* What the kernels use of <string.h>; see ../libc.c. */
#ifndef CHUVIET_WEB_STRING_H
#define CHUVIET_WEB_STRING_H

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);

#endif
