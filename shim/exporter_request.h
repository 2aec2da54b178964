/*
 * What application threads ask of the exporter's thread, and its answers: to send what it holds before the process ends
 * (flush), and to end itself before a call that needs a single thread (rest). One thread asks at a time; of two that flush,
 * both get the answer to the first.
 *
 * The asking thread waits on a futex and takes no lock, so it may be in a signal handler. Every wait has a limit.
 */
#ifndef GT_EXPORTER_REQUEST_H
#define GT_EXPORTER_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "shim/shared/clock.h"

/* ---------------------------------------------------------------- application threads; each keeps errno */

/* True when a flush has something to wait for. Two loads. */
bool gt_exporter_request_is_busy(void);

/* How often the exporter has answered a flush, and how often its thread has ended. Read before the caller finds out whether
 * the thread runs, so that an answer in between is not missed. */
uint32_t gt_exporter_request_answers(void);
uint32_t gt_exporter_request_ends(void);

/* Asks for a flush, and waits at most `within_ns` for more than `answers`. True when the exporter has answered: it has sent
 * or given up what it held, and its counts are complete. `may_go_on`: see exporter_host.h. */
bool gt_exporter_request_flush(uint32_t answers, int64_t within_ns, bool may_go_on);

/* Asks the thread to end, and waits at most `within_ns` for more than `ends`. True when it has ended, for the kernel too. */
bool gt_exporter_request_rest(uint32_t ends, int64_t within_ns);

/* For a caller that finds no thread running: waits until the kernel has removed the last, some 0.1 ms. One
 * load when nothing has ended since the last wait. */
void gt_exporter_request_wait_until_gone(void);

/* True when nothing in the spool is needed any more. Valid while not busy. */
bool gt_exporter_request_is_settled(void);

/* ---------------------------------------------------------------- the exporter's thread: see exporter_host.h */

bool gt_exporter_request_must_flush(struct gt_mono *deadline, bool *may_go_on);
void gt_exporter_request_drained(bool is_busy);
void gt_exporter_request_set_busy(bool is_busy);
void gt_exporter_request_set_settled(bool is_settled);
bool gt_exporter_request_must_rest(struct gt_mono *deadline);

/* True while a flush waits. seq_cst, for a thread that is about to end. */
bool gt_exporter_request_is_flush_due(void);

/* The thread is about to end, and application threads will find that none runs; or it stays after all. `id`: the kernel's
 * number of the thread, or 0 when not known. */
void gt_exporter_request_leaves(int id);
void gt_exporter_request_stays(void);

/* The thread calls nothing of gentap any more. */
void gt_exporter_request_ended(int id);

/* In a forked child, single-threaded. */
void gt_exporter_request_after_fork(void);

#endif
