/*
 * Plaintext above the TLS of Bun: gentap's functions in BoringSSL's table (bun.h). Only data is changed, no code. On any
 * mismatch nothing is changed, a line in the log says so, and a counter.
 *
 * The table is looked for when the program's first TLS handshake begins. Most processes of an agent that is a Bun program
 * make none: version checks, searches, editors.
 */
#ifndef GT_HOOK_BUN_H
#define GT_HOOK_BUN_H

/* The constructor of a traced process: is this Bun, and may its table be changed (GENTAP_PATCH)? Loads only. */
void gt_bun_init(void);

/* A TLS handshake begins. Looks for the table, once. Any thread, inside the guard; another that comes here meanwhile does not
 * wait. */
void gt_bun_look(void);

#endif
