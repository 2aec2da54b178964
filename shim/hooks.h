/* Prototypes of all hooks, from hooks.def. For the hook_*.c files only. */
#ifndef GT_HOOKS_H
#define GT_HOOKS_H

#include "shim/real.h"

#define GT_LIBC(type, name, parameters, arguments)	type name parameters;
#define GT_LIBC_LATE(type, name, parameters, arguments) type name parameters;
#define GT_BUILT(type, name, parameters)		type name parameters;
#define GT_FOREIGN(type, name, parameters)		type name parameters;
#include "shim/hooks.def"

#endif
