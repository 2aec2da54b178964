/*
 * The only definition of a function in the process: every scope that has the name has it.
 *
 * So no scope need be searched, which takes the loader's lock and discards what dlerror() would report to the application.
 * dlopen runs constructors under that lock and dlclose destructors. These may wait for the calling thread.
 */
#ifndef GT_ONLY_DEFINITION_H
#define GT_ONLY_DEFINITION_H

#include <link.h>

#include "shim/object.h"

/* The function that this object itself defines and exports, in that version; NULL when it has no such. `version` NULL: the
 * default. A definition without a version fits every reference. */
void *gt_definition_in(const struct gt_dynamic *d, ElfW(Addr) base, const char *name, const char *version);

/* The only one in all objects but gentap. NULL: no object has one, or several have, or it is of another version. Any
 * thread; takes the lock of the loader's list, which the loader holds for moments. */
void *gt_only_definition(const char *name, const char *version);

#endif
