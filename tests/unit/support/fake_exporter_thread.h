/* Replaces exporter_thread.c: starts no thread, and counts in gt_fake_wanted how often the shim wanted a thread. */
#ifndef GT_FAKE_EXPORTER_THREAD_H
#define GT_FAKE_EXPORTER_THREAD_H

extern _Atomic int gt_fake_wanted;

#endif
