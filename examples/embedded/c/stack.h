/* The stack, painted before the program begins. */
#ifndef STACK_H
#define STACK_H

#include <stdint.h>

/* The most bytes of the stack that were ever in use. */
uint32_t stack_used(void);

#endif
